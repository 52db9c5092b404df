"""A trial simulated before it starts: how often each verdict comes out, and when, if something is true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.finding import Refused
from warrantor.ledger import Ledger
from warrantor.tally import DAYS_PER_MONTH, Floats, Ints
from warrantor.trial.assumed import Assumed, pool_of, true_difference
from warrantor.trial.drawn import known_by, ledgers, setting_of
from warrantor.trial.evidence import Evidence
from warrantor.trial.health import health
from warrantor.trial.plan import Trial
from warrantor.trial.readings import Reading, Readings, readings
from warrantor.trial.verdict import Says, judged

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "warrantor.simulatedtrials/1"
SAYS: tuple[Says, ...] = ("ROLL OUT", "STOP", "INCONCLUSIVE")
TRIALS = 1000
TRUTH = 0  # seed of the claiming units that are drawn from: the truth is the same whatever the seed of the trials


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class SimulatedTrials:
    """What a plan's rule said in many simulated trials of one truth.

    Attributes
    ----------
    trial, plan : str
        Name and hash of the plan.
    assumed : Assumed
    difference, limit : float
        Cost a unit, extended less conventional: true, and the plan's limit.
    currency : str
    first_on : date
    looks : (K,) tuple of date
        Planned, and the day on which the trial ends.
    says : (R,) int
        Place in `SAYS` of each trial's verdict.
    look : (R,) int
        Look of the verdict, from 0.
    cause : (R,) tuple of str
        What stopped a trial: an alarm's name, or `difference`; empty otherwise.
    spent : (R,) currency
        Paid for claims of both arms by then.
    seed : int
    """

    trial: str
    plan: str
    assumed: Assumed
    difference: float
    limit: float
    currency: str
    first_on: date
    looks: tuple[date, ...]
    says: Ints
    look: Ints
    cause: tuple[str, ...]
    spent: Floats
    seed: int

    @property
    def months(self) -> Floats:
        """Months from the first sale to each look, (K,)."""
        return np.array([(day - self.first_on).days for day in self.looks]) / DAYS_PER_MONTH

    def share(self, says: Says) -> tuple[float, float, float]:
        """Share of trials with a verdict, and its exact 95% binomial interval.

        Source
        ------
        Clopper and Pearson (1934).
        """
        from scipy.special import betaincinv

        n, x = len(self.says), int((self.says == SAYS.index(says)).sum())
        low = float(betaincinv(x, n - x + 1, 0.025)) if x else 0.0
        high = float(betaincinv(x + 1, n - x, 0.975)) if x < n else 1.0
        return x / n, low, high

    def by_look(self, says: Says) -> Floats:
        """Share of trials that have a verdict by each look, (K,)."""
        hit = self.look[self.says == SAYS.index(says)]
        return np.asarray(np.cumsum(np.bincount(hit, minlength=len(self.looks))) / len(self.says))

    def rows(self) -> list[dict[str, Any]]:
        """Return a row a verdict: share with its interval, median month, mean cost spent, what stopped it."""
        found = []
        for at, says in enumerate(SAYS):
            mine = self.says == at
            share, low, high = self.share(says)
            month = float(np.median(self.months[self.look[mine]])) if mine.any() else None
            cost = float(self.spent[mine].mean()) if mine.any() else None
            found.append({"says": says, "trials": int(mine.sum()), "share": share, "low": low, "high": high,
                          "month": month, "spent": cost})
        return found

    @property
    def causes(self) -> dict[str, int]:
        """Trials stopped by each alarm or by the difference, the most first."""
        stopped = [c for c in self.cause if c]
        return {name: stopped.count(name) for name in sorted(set(stopped), key=lambda n: (-stopped.count(n), n))}

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the single trials as plain values."""
        return {"schema": SCHEMA, "simulated": True, "trial": self.trial, "plan": self.plan, "trials": len(self.says),
                "seed": self.seed, "assumed": self.assumed.to_dict(), "difference": self.difference,
                "limit": self.limit, "currency": self.currency, "verdicts": self.rows(), "stopped_by": self.causes,
                "looks": [d.isoformat() for d in self.looks],
                "by_look": {says: self.by_look(says).tolist() for says in SAYS}}

    def to_arrow(self) -> pa.Table:
        """Return a row a simulated trial."""
        import pyarrow as pa

        return pa.table({"says": np.array(SAYS)[self.says], "on": [self.looks[k] for k in self.look],
                         "month": self.months[self.look], "cause": list(self.cause), "spent": self.spent})

    def __repr__(self) -> str:
        true = f"true difference {self.difference:.3f} {self.currency} a unit, limit {self.limit:g}"
        lines = [f"{self.trial}, {len(self.says):,} simulated trials: {true}"]
        for row in self.rows():
            when = "" if row["month"] is None else f", median month {row['month']:.0f}"
            lines.append(f"  {row['says']:<12} {row['share']:7.2%} ({row['low']:.2%} to {row['high']:.2%}){when}")
        return "\n".join(lines)


def simulate_trials(trial: Trial, assumed: Assumed, *, trials: int = TRIALS, seed: int = 0,
                    told: Callable[[int], None] | None = None) -> SimulatedTrials:
    """Run a plan's looks and its rule on many trials drawn from one truth.

    Each trial's ledger holds the sums that a real look reads; the evidence, the health and the rule are those of a
    real look. Alarms are heard on looks only, so that a real trial that is looked at every day may stop earlier.

    Parameters
    ----------
    trial : Trial
        Design by unit.
    assumed : Assumed
    trials : int
    seed : int
        The same seed gives the same answer.
    told : function of int, optional
        Called with the number of trials done.

    Returns
    -------
    SimulatedTrials

    Raises
    ------
    Refused
        No trials, a design without arms, a difference that cannot come about, nothing that says how many are sold.

    Examples
    --------
    >>> plan = Trial.load("docs/examples/trial/trial.toml")
    >>> from warrantor.trial.assumed import load_assumed
    >>> truth = load_assumed("docs/examples/trial/truth.toml", plan)
    >>> found = simulate_trials(plan, truth, trials=20, seed=1)
    >>> sum(row["trials"] for row in found.rows()), round(found.difference, 2)
    (20, 0.77)
    """
    if trials < 1:
        raise Refused(f"{trials} trials tell nothing: simulate some hundreds.")
    rng, pool = np.random.default_rng(seed), pool_of(assumed, trial.cap, np.random.default_rng(TRUTH))
    setting = setting_of(trial, assumed, pool)
    says, look, cause, spent = np.empty(trials, int), np.empty(trials, int), [], np.empty(trials)
    for r, ledger in enumerate(ledgers(setting, trials, rng)):
        word, k, why = verdict_of(trial, ledger)
        says[r], look[r], spent[r] = SAYS.index(word), k, float(ledger.spent[..., k].sum()) / 100
        cause.append(why)
        if told is not None:
            told(r + 1)
    return SimulatedTrials(
        trial=trial.name, plan=trial.hash, assumed=assumed, difference=true_difference(assumed, pool),
        limit=trial.limit, currency=trial.currency, first_on=trial.first_on, looks=ledger.looks, says=says, look=look,
        cause=tuple(cause), spent=spent, seed=seed)


def verdict_of(trial: Trial, ledger: Ledger) -> tuple[Says, int, str]:
    """Return the first verdict that ends a trial, its look, and what stopped it.

    Parameters
    ----------
    trial : Trial
    ledger : Ledger
        Whole, to the day on which the trial ends.

    Raises
    ------
    Refused
        The ledger ends before the trial does.
    """
    whole, done = readings(trial, ledger, intervals=False), ledger.matured
    first = min((e.alarm for e in _all(whole) if e.alarm is not None), default=len(ledger.looks) + 1)
    for k, on in enumerate(ledger.looks):
        if k + 1 < first and on < trial.stop_on:
            continue
        found = _then(whole, k + 1, matured=bool(done[k]))
        says, _, _ = judged(trial, found, health(trial, known_by(ledger, k)), on=on)
        if says != "CONTINUE":
            return says, k, _cause(found) if says == "STOP" else ""
    raise Refused(f"The ledger ends on {ledger.looks[-1]}, before the trial does, on {trial.stop_on}.")


def _all(found: Readings) -> list[Evidence]:
    """Every evidence that can end a trial or let it end."""
    kept = (found.below, found.above, *(a.evidence for a in found.alarms))
    return [e for e in kept if e is not None]


def _then(found: Readings, looks: int, *, matured: bool) -> Readings:
    """Return the readings of the first looks; the evidence of a look does not depend on later ones."""
    def cut(e: Evidence | None) -> Evidence | None:
        if e is None:
            return None
        return replace(e, log_e=e.log_e[:looks], lower=e.lower[:looks], upper=e.upper[:looks])

    def each(kept: tuple[Reading, ...]) -> tuple[Reading, ...]:
        return tuple(replace(r, evidence=cut(r.evidence)) for r in kept)

    below, above = (cut(e) if matured else None for e in (found.below, found.above))
    return replace(found, below=below, above=above, alarms=each(found.alarms), guardrails=each(found.guardrails))


def _cause(found: Readings) -> str:
    """Name what stopped a trial: the first alarm, else the difference."""
    fired = [a.name for a in found.alarms if a.evidence is not None and a.evidence.alarm is not None]
    return fired[0] if fired else "difference"
