"""All evidence of a trial at all its looks, each from sums known then; nothing is decided here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np

from warrantor.finding import Refused
from warrantor.ledger import CONVENTIONAL, EXTENDED, Ledger
from warrantor.tally import DAYS_PER_MONTH, Floats
from warrantor.trial.difference import DifferenceSums, difference_evidence
from warrantor.trial.evidence import Evidence
from warrantor.trial.overspend import spend_log_e, stakes_above
from warrantor.trial.plan import Baseline, Guardrail, Trial
from warrantor.trial.rate import baseline_margin, lot_margin, rate_interval, rate_log_e
from warrantor.trial.ratio import blocks_evidence
from warrantor.trial.sentences import UNMEASURED

Role = Literal["difference", "alarm", "guardrail"]
DOUBT = 0.2  # of an alarm's level goes to either margin of an expectation that is itself an estimate


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One kind of evidence, or why there is none.

    Attributes
    ----------
    name : str
    role : "difference", "alarm" or "guardrail"
        Decides the verdict on cost; stops the trial; must be shown to be no worse before a roll-out.
    evidence : Evidence or None
    unmeasured : str
        Why it is not measured; empty where it is.
    waived : str
        The plan's reason for rolling out without it.
    """

    name: str
    role: Role
    evidence: Evidence | None
    unmeasured: str = ""
    waived: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {"name": self.name, "role": self.role, "unmeasured": self.unmeasured, "waived": self.waived,
                "evidence": None if self.evidence is None else self.evidence.to_dict()}


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """Everything that the looks of a trial read.

    Attributes
    ----------
    below, above : Evidence or None
        That the difference in cost a unit is below, and above, the limit; None before a cohort is mature.
    alarms : tuple of Reading
        Any one of them stops the trial.
    guardrails : tuple of Reading
        All of them must be shown to be no worse before a roll-out.
    difference : float
        Currency a unit: extended less conventional, matured cohorts weighted by their units; nan before one is mature.
    error : float
        Its standard error, from sums of squares; for the table, no verdict reads it.
    """

    below: Evidence | None
    above: Evidence | None
    alarms: tuple[Reading, ...]
    guardrails: tuple[Reading, ...]
    difference: float
    error: float


def readings(trial: Trial, ledger: Ledger, *, intervals: bool = True) -> Readings:
    """Read all evidence from the ledger.

    Parameters
    ----------
    trial : Trial
    ledger : Ledger
        Of that trial.
    intervals : bool
        Whether confidence sequences are worked out; no verdict reads them.

    Returns
    -------
    Readings

    Raises
    ------
    Refused
        A design by cluster: its units are not independent.
    """
    if trial.design == "cluster":
        raise Refused("Units of one cluster share their fate: evidence from unit totals would be too sure. A look at a "
                      "trial by cluster is not built; compare one number a cluster with t on 2(c - 1) degrees.")
    below, above = _difference(trial, ledger, intervals=intervals)
    value, error = estimate(ledger)
    counted = tuple(_guardrail(trial, g, ledger, intervals=intervals) for g in trial.guardrails)
    own = _overspend(trial, ledger), _claim_rate(trial, ledger, intervals=intervals)
    alarms = (*own, *(stop for stop, _ in counted))
    return Readings(below, above, alarms, tuple(kept for _, kept in counted), value, error)


def estimate(ledger: Ledger) -> tuple[float, float]:
    """Difference in cost a unit over matured cohorts, and its standard error; (nan, nan) before one is mature.

    D = sum_c w_c (m1c - m0c), w_c = n_c / n; Var = sum_c w_c^2 (s1c^2 / n1c + s0c^2 / n0c).

    Source
    ------
    Neyman (1923), stratified by cohort.
    """
    done = int(ledger.matured[-1])
    n = ledger.units.sum(axis=0)[:, :done].astype(float)
    good = n.min(axis=0, initial=0.0) > 1 if not done else n.min(axis=0) > 1
    if not done or not good.any():
        return float("nan"), float("nan")
    n = n[:, good]
    total = ledger.cents.sum(axis=0)[:, :done][:, good] / 100
    squared = ledger.squared.sum(axis=0)[:, :done][:, good] / 10_000
    mean = total / n
    variance = np.maximum(squared / n - mean**2, 0.0) * n / (n - 1)
    weight = n.sum(axis=0) / n.sum()
    value = (weight * (mean[EXTENDED] - mean[CONVENTIONAL])).sum()
    return float(value), float(np.sqrt((weight**2 * (variance / n).sum(axis=0)).sum()))


def expected_claims(baseline: Baseline, ledger: Ledger) -> Floats:
    """Claims of the extended arm expected to be known at each look, (K,), by days of age and of lag.

    L(t) = sum_s n_s int h(u) G(t - s - u) du; rates and lags are even within their months.

    Parameters
    ----------
    baseline : Baseline
    ledger : Ledger
    """
    start = ledger.start_day
    days = np.array([(look - date(1970, 1, 1)).days for look in ledger.looks])
    span = int(max(days.max() - start.min(), 0)) + 1
    months = np.arange(span + 1) / DAYS_PER_MONTH

    def by_day(values: tuple[float, ...]) -> Floats:
        return np.diff(np.interp(months, np.arange(len(values) + 1), np.append(0.0, np.cumsum(values))))

    known = np.cumsum(np.convolve(by_day(baseline.rates), by_day(baseline.report_lag))[:span])
    units = ledger.sold.sum(axis=0)[EXTENDED]
    age = days - start[:, None]
    return np.asarray((units[:, None] * np.where(age >= 0, known[np.clip(age, 0, span - 1)], 0.0)).sum(axis=0))


def _difference(trial: Trial, ledger: Ledger, *, intervals: bool) -> tuple[Evidence | None, Evidence | None]:
    units = ledger.units.sum(axis=0).min(axis=0).astype(float)
    if not units[: int(ledger.matured[-1])].sum() > 0:
        return None, None
    sums = DifferenceSums(ledger.down.sum(axis=(0, 1)), ledger.up.sum(axis=(0, 1)), units, np.array(trial.stakes))
    return difference_evidence(sums, ledger.matured.astype(float), limit=trial.limit, level=trial.level,
                               intervals=intervals)


def _margin(baseline: Baseline, level: float) -> tuple[float, float]:
    """Ratio up to which history and lots alone may push the claims, and the level that is left for the test."""
    doubt = DOUBT * level
    ratio = baseline_margin(baseline.history, baseline.history, doubt=doubt)
    return ratio * lot_margin(baseline.lot_variation, baseline.lots, doubt=doubt), level - 2 * doubt


def _claim_rate(trial: Trial, ledger: Ledger, *, intervals: bool) -> Reading:
    base = trial.baseline
    if base is None:
        return Reading("claim rate", "alarm", None, UNMEASURED["claims frozen"])
    expected = expected_claims(base, ledger)
    if not expected[-1] > 0:
        return Reading("claim rate", "alarm", None, UNMEASURED["expected"])
    ratio, level = _margin(base, trial.alarm_levels["claim rate"])
    seen = ledger.known if base.counted == "all claims" else ledger.claimants
    claims = seen.sum(axis=0)[EXTENDED].astype(float)
    found = Evidence.of("claim rate", f"claims <= {ratio:.3f} times those expected",
                        rate_log_e(claims, expected, ratio, side="above"), level,
                        interval=rate_interval(claims, expected, level=level) if intervals else None,
                        how=f"gamma-Poisson on {base.counted}; margin {ratio:.3f} for history and lots")
    return Reading("claim rate", "alarm", found)


def _overspend(trial: Trial, ledger: Ledger) -> Reading:
    base = trial.baseline
    if base is None:
        return Reading("overspend", "alarm", None, UNMEASURED["cost frozen"])
    expected = expected_claims(base, ledger)
    if not expected[-1] > 0:
        return Reading("overspend", "alarm", None, UNMEASURED["expected"])
    ratio, level = _margin(base, trial.alarm_levels["cost"])
    limit = base.mean_cost * base.overspend * ratio
    path = spend_log_e(ledger.staked.sum(axis=0)[EXTENDED], expected, limit, stakes_above(base.mean_cost))
    found = Evidence.of("overspend", f"cost <= {limit:.2f} an expected claim", path, level,
                        how=f"compound-Poisson betting above; {base.overspend:g} times the expected cost and margin "
                            f"{ratio:.3f} for history and lots")
    return Reading("overspend", "alarm", found)


def _guardrail(trial: Trial, rail: Guardrail, ledger: Ledger, *, intervals: bool) -> tuple[Reading, Reading]:
    """Its stop alarm and its proof of being no worse."""
    why = _unmeasured(rail, ledger)
    if why:
        return (Reading(rail.name, "alarm", None, why, rail.waived),
                Reading(rail.name, "guardrail", None, why, rail.waived))
    at = ledger.counted.index(rail.name)
    events, bases = ledger.events[at].sum(axis=0).astype(float), ledger.bases[at].sum(axis=0).astype(float)
    r = np.maximum(bases[EXTENDED], 0.5) / np.maximum(bases[CONVENTIONAL], 0.5)
    counts = rail.name, events[EXTENDED], events[CONVENTIONAL], r
    worse = blocks_evidence(*counts, margin=rail.margin, side="above", level=rail.level, intervals=intervals)
    kept = blocks_evidence(*counts, margin=rail.margin, side="below", level=trial.level, intervals=intervals)
    return Reading(rail.name, "alarm", worse), Reading(rail.name, "guardrail", kept, "", rail.waived)


def _unmeasured(rail: Guardrail, ledger: Ledger) -> str:
    if rail.name not in ledger.counted:
        return UNMEASURED["faults" if rail.source == "claims" else rail.source]
    at = ledger.counted.index(rail.name)
    if not ledger.bases[at].sum(axis=0)[:, -1].min() > 0:
        return UNMEASURED["answers" if rail.source == "surveys" else "units"]
    return "" if rail.source != "returns" or ledger.events[at].sum() else UNMEASURED["nobody"]
