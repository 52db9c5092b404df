"""Failures beyond cover, where no claim tells of them: from who was still heard on one day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.finding import Refused
from warrantor.life.fit import fit
from warrantor.life.fitted import Fit
from warrantor.life.joint import Joint, accumulated
from warrantor.life.silence import Ears, returns_of
from warrantor.tally import DAYS_PER_MONTH, Floats, Heard, Tally

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "warrantor.heartbeat/1"
FALLS = (0.0, 0.01, 0.02)
DRAWS = 4000
MONTHS_UNDER_COVER = 6
DIFFERENT = 10.0  # days by which ends of cover may differ in a stratum
TOO_WIDE = 1.0  # sd of the factor on the law's hazard: beyond it no failures and twice as many are told alike
ASSUMES = (
    "Never censored at last sight: a failed unit falls silent, and so do living ones.",
    "Assumes a failure silences a unit for good: one that is repaired at its owner's cost counts as alive.",
)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Heartbeat:
    """First failures between the end of cover and later ages, from who was still heard.

    Attributes
    ----------
    by, strata
        Names of the stratum columns, and one value per name.
    law : str
        Of the claims under cover; beyond it the hazard is the law's times a factor.
    level : float
        Level of the intervals.
    drift : float
        Standard deviation of the stated prior on how far the monthly fall of ln pi beyond cover is from that under it.
    start : (S,) month
        End of cover.
    months : (M,) month
        Ages at which the answer is given; the last is the one asked for.
    survival : (S, M, 3)
        Share of units sold without a failure at each age: mean, lower, upper.
    failures : (S, M, 3) failures per 1000 units sold
        From the end of cover to each age: mean, lower, upper.
    scenarios : (S, 3) failures per 1000 units sold
        To the last age, were pi to fall by 0, 1 and 2 % a month beyond cover; nan where `scenario_refused` says why.
    scenario_refused : tuple of tuple of str or None
    carried : (S,) failures per 1000 units sold
        To the last age, by the law of the claims alone.
    factor : (S, 3)
        On the law's hazard beyond cover: estimate, lower, upper.
    fall : (S,) share a month
        Fall of pi under cover.
    silent_alive : (S,)
        Share of unclaimed units under cover that were not heard: every one a false death.
    returning : (S,)
        Of those silent for one to two windows under cover, the share that comes back.
    spread : (S,)
        Pearson's chi-square over its degrees of freedom under cover, at least 1; intervals are widened by its root.
    refused : tuple of str or None
        Why a stratum has no answer.
    how : tuple of str
        How it was obtained, and what it assumes.
    """

    by: tuple[str, ...]
    strata: tuple[tuple[str, ...], ...]
    law: str
    level: float
    drift: float
    start: Floats
    months: Floats
    survival: Floats
    failures: Floats
    scenarios: Floats
    scenario_refused: tuple[tuple[str | None, ...], ...]
    carried: Floats
    factor: Floats
    fall: Floats
    silent_alive: Floats
    returning: Floats
    spread: Floats
    refused: tuple[str | None, ...]
    how: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name; numbers null where refused."""
        return {"schema": SCHEMA, "law": self.law, "level": self.level, "drift": self.drift, "how": list(self.how),
                "months": self.months.tolist(), "strata": [self._stratum(s) for s in range(len(self.strata))]}

    def _stratum(self, s: int) -> dict[str, Any]:
        named: dict[str, Any] = {"by": dict(zip(self.by, self.strata[s], strict=True)), "refused": self.refused[s]}
        single = ("start", "carried", "fall", "silent_alive", "returning", "spread")
        triples = ("mean", "lower", "upper")
        if self.refused[s] is not None:
            return named | dict.fromkeys((*single, "factor", "failures", "survival", "scenarios"))
        rows = {name: [dict(zip(triples, row, strict=True)) for row in getattr(self, name)[s].tolist()]
                for name in ("failures", "survival")}
        falls = [{"fall": f, "failures": None if told else float(v), "refused": told} for f, v, told in
                 zip(FALLS, self.scenarios[s], self.scenario_refused[s], strict=True)]
        return (named | {name: float(getattr(self, name)[s]) for name in single} | rows
                | {"factor": dict(zip(triples, self.factor[s].tolist(), strict=True)), "scenarios": falls})

    def to_arrow(self) -> pa.Table:
        """Return one row per stratum, at the last age."""
        import pyarrow as pa

        columns: dict[str, Any] = {name: [s[i] for s in self.strata] for i, name in enumerate(self.by)}
        for i, name in enumerate(("failures", "failures_lower", "failures_upper")):
            columns[name] = self.failures[:, -1, i]
        columns |= {f"at_fall_{f:g}": self.scenarios[:, i] for i, f in enumerate(FALLS)}
        columns |= {"carried": self.carried, "fall": self.fall, "silent_alive": self.silent_alive}
        return pa.table(columns | {"refused": pa.array(self.refused, pa.string())})

    def sentence(self, s: int) -> str:
        """Say the answer of stratum `s`."""
        name = ", ".join(self.strata[s]) or "All units"
        if self.refused[s] is not None:
            return f"{name}: refused. {self.refused[s]}"
        mean, lower, upper = self.failures[s, -1]
        falls = ", ".join("no answer" if told else f"{v:.1f}" for v, told in
                          zip(self.scenarios[s], self.scenario_refused[s], strict=True))
        return (f"{name}: {mean:.1f} failures per 1000 units sold from month {self.start[s]:.1f} to "
                f"{self.months[-1]:g} ({self.level:.0%} interval {lower:.1f} to {upper:.1f}); were a living unit 0, 1, "
                f"2 % less likely to be heard each month: {falls}. By the claims' law alone: {self.carried[s]:.1f}.")

    def __repr__(self) -> str:
        return "\n".join([*(self.sentence(s) for s in range(min(10, len(self.strata)))), *self.how])


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    """One stratum's numbers, in the order of the fields of `Heartbeat`."""

    start: float
    survival: Floats
    failures: Floats
    scenarios: list[float | str]
    carried: float
    factor: Floats
    fall: float
    silent_alive: float
    returning: float
    spread: float


def heartbeat(heard: Heard, tally: Tally, *, to: float = 18.0, law: str = "weibull", drift: float = 0.001,
              level: float = 0.9, seed: int = 0) -> Heartbeat:
    """Estimate failures between the end of cover and later ages from who was heard on one day.

    Of n units past cover, unclaimed and not gone, heard ~ Binomial(n, S(a - s) / S(w) pi(a)); under cover
    heard ~ Binomial(n, pi(a)). w is the end of cover, s the age by which a failure is late to show as silence,
    S = exp(-H), H the claims' law up to w and beyond it H(w) + k (H(a) - H(w)).
    ln pi(a) = A - r a + B exp(-v a): units silent for good, and those who come back at rate v, seen under cover. Beyond
    cover r may differ by a normal prior of sd `drift`. All parameters in one likelihood, in which the claims stand by
    the peak and the curvature of theirs; binomial variances are multiplied by Pearson's chi-square per degree of
    freedom under cover.

    Parameters
    ----------
    heard : Heard
        From `fleet.heard`.
    tally : Tally
        First claims of the same units, in days, with windows shortened by the report lag where there is one; of the
        faults that silence a unit. Its strata are those answered.
    to : float
        Months.
    law : str
        A name in `LAWS`.
    drift : float
        Share a month.
    level : float
        Level of the intervals.
    seed : int
        Of the draws.

    Returns
    -------
    Heartbeat
        A stratum is refused where who was heard cannot tell failure from silence.

    Raises
    ------
    Refused
        Ages that are not days, strata that do not match, a drift that is not above zero, or a level that is none.

    Source: current status on one day is our own estimator; the binomial likelihood by Fisher's scoring.

    Examples
    --------
    >>> from warrantor.world.connected import Connected
    >>> fleet = Connected.of(100_000, 1, later=2.0)
    >>> found = heartbeat(fleet.heard(30), fleet.tally())
    >>> found.failures[0, -1, 1] < fleet.failed_between(365, 548) < found.failures[0, -1, 2]
    np.True_
    """
    if tally.unit != "day":
        raise Refused(f"A tally of claims beside heartbeats has ages in days; this one has {tally.unit}.")
    if drift <= 0.0:
        raise Refused(f"drift={drift:g}: state how far the fall of pi may differ beyond cover, as a share above zero.")
    ears = _matched(heard, tally)
    fitted = fit(tally, law, level)
    asked = _Asked(ears, fitted, to, drift, level, seed)
    found = [asked.stratum(s) for s in range(len(tally.strata))]
    return _told(tally, asked, found)


def _matched(heard: Heard, tally: Tally) -> Heard:
    """Bring the units heard to the strata of the tally."""
    lacking = [name for name in tally.by if name not in heard.by]
    if lacking:
        raise Refused(f"The tally is by {', '.join(lacking)} and who was heard is not: ask both by the same columns.")
    same = heard.over(*(name for name in heard.by if name not in tally.by))
    order = [same.by.index(name) for name in tally.by]
    place = {tuple(key[i] for i in order): i for i, key in enumerate(same.strata)}
    back = np.full(len(same.strata), -1, np.int64)
    for s, key in enumerate(tally.strata):
        if key in place:
            back[place[key]] = s
    keep = back[same.stratum] >= 0
    columns = {name: getattr(same, name)[keep] for name in ("month", "past", "spell", "units", "age_days",
                                                            "cover_days", "silent_days")}
    return Heard(by=tally.by, strata=tally.strata, stratum=back[same.stratum][keep], as_of=same.as_of, how=same.how,
                 within=same.within, **columns)


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """One question of every stratum."""

    heard: Heard
    fit: Fit
    to: float
    drift: float
    level: float
    seed: int

    def stratum(self, s: int) -> _Answer | str:
        """Answer for one stratum, or say why not."""
        if self.fit.refused[s] is not None:
            return f"The claims under cover tell no law: {self.fit.refused[s]}"
        ears = Ears.of(self.heard, s)
        reason = self._untold(ears)
        if reason is not None:
            return reason
        back = returns_of(self.heard, s)
        joint = self._spread(Joint(ears, self.fit, s, back.rate, self.drift))
        solved = joint.solve()
        if solved is None:
            return "No set of parameters stands out: who was heard does not tell failure from silence."
        if np.sqrt(solved[1][joint.place("k"), joint.place("k")]) > TOO_WIDE:
            return ("Too few units were heard: no failures beyond cover and twice as many as the claims' law foretells "
                    "are told alike. Ask with more units, or with fewer strata.")
        return self._answered(joint, *solved, back.share)

    def _untold(self, ears: Ears) -> str | None:
        """Say why who was heard cannot tell who failed."""
        under, past = ~ears.past & (ears.heard > 0), ears.past & (ears.units > 0)
        if int(under.sum()) < MONTHS_UNDER_COVER:
            return (f"Units under cover were heard in {int(under.sum())} months of age, and {MONTHS_UNDER_COVER} are "
                    "needed: only there do claims tell who died, and so how likely a living unit is to be heard.")
        if not past.any():
            return "No unit is past the end of its cover: there is nothing that claims do not tell."
        oldest = float(ears.unseen[past].max()) / DAYS_PER_MONTH
        if oldest < self.to - 1.0:
            return (f"The oldest units tell of failures up to month {oldest:.1f}, not to {self.to:g}: ask up to there, "
                    "or later.")
        if float(np.ptp(ears.cover)) > DIFFERENT:
            ends = " to ".join(f"{d / DAYS_PER_MONTH:.1f}" for d in (ears.cover.min(), ears.cover.max()))
            return f"Cover ends at {ends} months: ask with the guarantee among the strata."
        if self._start(ears) >= self.to:
            return f"Cover ends at month {self._start(ears):.1f}: ask for a later age than {self.to:g}."
        return None

    @staticmethod
    def _start(ears: Ears) -> float:
        return float(ears.units @ ears.cover / ears.units.sum()) / DAYS_PER_MONTH

    @staticmethod
    def _spread(joint: Joint) -> Joint:
        """Widen by Pearson's chi-square per degree of freedom under cover."""
        solved = joint.solve()
        if solved is None:
            return joint
        under = ~joint.ears.past
        due, units = joint.heard_as_fitted(solved[0])[under], joint.ears.units[under]
        pearson = float(((joint.ears.heard[under] - due) ** 2 / np.maximum(due * (1.0 - due / units), 1e-9)).sum())
        return replace(joint, spread=max(1.0, pearson / max(int(under.sum()) - len(joint.names) + 2, 1)))

    def _scenario(self, joint: Joint) -> float | str:
        solved = joint.solve()
        if solved is None:
            return "no peak is reached"
        factor = float(solved[0][joint.place("k")])
        if factor <= 0.0:
            return "units would fall silent faster than they did"
        return float(self._lives(joint, solved[0][:, None])[1][-1, 0])

    def months(self, start: float) -> Floats:
        """Whole months after the end of cover, and the age asked for."""
        return np.append(np.arange(np.floor(start + 0.5) + 1.0, self.to - 1e-9), self.to)

    def _lives(self, joint: Joint, found: Floats) -> tuple[Floats, Floats]:
        """Survival, and failures per 1000 sold from the end of cover on, at each month (M, B), of parameters (Q, B)."""
        p, start = len(self.fit.names), self._start(joint.ears)
        factor = np.maximum(found[joint.place("k")], 0.0)
        ages = np.concatenate(([start], self.months(start))) * DAYS_PER_MONTH
        hazard = np.stack([accumulated(self.fit, joint.s, np.full(found.shape[1], a), found[:p])[0] for a in ages])
        kept = np.exp(-hazard[0] - factor * (hazard[1:] - hazard[0]))
        return kept, 1000.0 * (np.exp(-hazard[0]) - kept)

    def _answered(self, joint: Joint, found: Floats, covariance: Floats, returning: float) -> _Answer:
        scenarios = [self._scenario(replace(joint, fall=-float(np.log1p(-f)))) for f in FALLS]
        rng = np.random.default_rng([self.seed, joint.s])
        drawn = rng.multivariate_normal(found, covariance, DRAWS, method="cholesky").T
        k = joint.place("k")
        tails = ((1.0 - self.level) / 2.0, (1.0 + self.level) / 2.0)
        both = [np.concatenate((m, np.quantile(d, tails, axis=1).T), axis=1) for m, d in
                zip(self._lives(joint, found[:, None]), self._lives(joint, drawn), strict=True)]
        plain = found.copy()
        plain[: len(self.fit.names)], plain[k] = self.fit.theta[:, joint.s], 1.0
        factor = np.maximum([found[k], *np.quantile(drawn[k], tails)], 0.0)
        return _Answer(self._start(joint.ears), both[0], both[1], scenarios,
                       float(self._lives(joint, plain[:, None])[1][-1, 0]), factor,
                       float(-np.expm1(-found[joint.place("r")])), joint.ears.silent_alive, returning,
                       joint.spread)


def _told(tally: Tally, asked: _Asked, found: list[_Answer | str]) -> Heartbeat:
    """Gather the strata; months are those of the first answered one, cover ending alike."""
    answers = [f if isinstance(f, _Answer) else None for f in found]
    months = next((asked.months(f.start) for f in answers if f), np.array([asked.to]))

    def read(name: str, *shape: int) -> Floats:
        blank = np.full(shape, np.nan)
        return np.array([blank if f is None else getattr(f, name) for f in answers]).reshape(len(found), *shape)

    falls = [[v if isinstance(v, float) else np.nan for v in f.scenarios] if f else [np.nan] * len(FALLS)
             for f in answers]
    said = tuple(tuple(v if isinstance(v, str) else None for v in f.scenarios) if f else (None,) * len(FALLS)
                 for f in answers)
    stated = f"Beyond cover the monthly fall of ln pi is as under it, give or take a stated {asked.drift:g} (sd)."
    return Heartbeat(by=tally.by, strata=tally.strata, law=asked.fit.law, level=asked.level, drift=asked.drift,
                     start=read("start"), months=months, survival=read("survival", len(months), 3),
                     failures=read("failures", len(months), 3), scenarios=np.array(falls), scenario_refused=said,
                     carried=read("carried"), factor=read("factor", 3), fall=read("fall"),
                     silent_alive=read("silent_alive"), returning=read("returning"), spread=read("spread"),
                     refused=tuple(f if isinstance(f, str) else None for f in found),
                     how=(*asked.heard.how, *tally.how, *ASSUMES, stated))
