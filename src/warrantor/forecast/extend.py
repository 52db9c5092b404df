"""Given what the first months showed, how many claims will the next months bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from warrantor.forecast.ahead import FAN, Ahead
from warrantor.forecast.at_risk import AtRisk, cut
from warrantor.forecast.counts import Predictive, mixture
from warrantor.forecast.curves import brought, brought_by
from warrantor.forecast.forecasters import Foretold, foretell
from warrantor.forecast.hazard import Hyper
from warrantor.forecast.lived import Lived, edges_to, in_months, lived
from warrantor.forecast.past import FEW, Lesson, Past, rise, time_in
from warrantor.forecast.posterior import posterior
from warrantor.forecast.record import FORECASTERS
from warrantor.finding import Refused
from warrantor.tally import Floats, Tally

DRAWS = 1000
ASSUMES = "Assumes no new failure mode after the last observed month."


def extend(tally: Tally, at_risk: Any, *, start: float = 12.0, end: float = 18.0, months: float | None = None,
           history: Tally | Past | None = None, level: float = 0.9, seed: int = 0) -> Ahead:
    """Forecast the first claims of months `start` to `end` from what was seen up to `start`.

    The count is a mixture of forecasters, each weighed by how well it foretold the past products: the dynamic hazard; a Weibull, a
    limited-population Weibull and the middle of the dynamic hazard, each times the error that such forecasts showed.

    Parameters
    ----------
    tally : Tally
        First claims and exits; what lies beyond `start` is hidden first.
    at_risk : AtRisk or Cohorts
        Units without a claim at `start` with their known ends of watch (unit of the tally); or a fleet's cohorts.
    start, end : float
        Months of age.
    months : float, optional
        The same as `end`.
    history : Tally or Past, optional
        Past products, uncut, a stratum a product; None: the prior alone.
    level : float
        Level of the interval.
    seed : int
        Of the draws of the dynamic hazard.

    Returns
    -------
    Ahead

    Raises
    ------
    Refused
        The window is empty, or the level is none.

    Examples
    --------
    >>> t = Tally.of(by=(), strata=((),), stratum=np.zeros(4, int), age=np.array([0.0, 3.0, 9.0, 12.0]), unit="month",
    ...              entered=np.array([1000.0, 0, 0, 0]), claimed=np.array([0.0, 6, 8, 0]), open=np.array([0.0, 0, 0, 986]))
    >>> risk = AtRisk(by=(), strata=((),), stratum=np.zeros(1, int), until=np.array([np.inf]), units=np.array([986.0]))
    >>> ahead = extend(t, risk, start=12, end=18)
    >>> ahead.claims_seen.tolist(), bool(ahead.lower[0] < ahead.expected[0] < ahead.upper[0])
    ([14.0], True)
    """
    end = end if months is None else months
    checked(start, end, level)
    if not isinstance(at_risk, AtRisk):
        from warrantor.forecast.cohorts import extend_cohorts

        answer: Ahead = extend_cohorts(tally, at_risk, start=start, end=end, history=history, level=level, seed=seed)
        return answer
    scale = 1.0 / in_months(1.0, tally.unit)
    seen = cut(tally, start * scale)
    risk = matched(at_risk, tally).within(start * scale, end * scale)
    lesson = taught(history, start, end)
    found = [_Stratum.of(s, seen, lesson, total) for s, total in enumerate(risk.total())]
    asked = Asked.of(seen, risk, start, end, lesson, seed)
    mixes = [None if f.refused else asked.mixed(f.s) for f in found]
    return told(tally, found, mixes, asked, level)


def checked(start: float, end: float, level: float) -> None:
    """Refuse a window that is none, and a level that is none."""
    if not 0.0 < start < end < np.inf:
        raise Refused(f"Months {start:g} to {end:g} are no window: give 0 < from < to.")
    if not 0.0 < level < 1.0:
        raise Refused(f"A level of {level} is no level: give a number between 0 and 1, such as 0.9.")


def taught(history: Tally | Past | None, start: float, end: float) -> Lesson:
    """What the history teaches of this window."""
    if isinstance(history, Tally):
        history = Past.of(history, start, end)
    return Lesson() if history is None else history.lesson()


def matched(risk: AtRisk, tally: Tally) -> AtRisk:
    """Number the strata of `risk` as the tally does."""
    place = {key: i for i, key in enumerate(tally.strata)}
    unknown = [key for key in risk.strata if key not in place]
    if unknown or risk.by != tally.by:
        raise ValueError(f"the units at risk are of strata the tally does not hold: {risk.by} {unknown[:3]}")
    index = np.array([place[key] for key in risk.strata], np.int64)
    return AtRisk(by=tally.by, strata=tally.strata, stratum=index[risk.stratum], until=risk.until, units=risk.units)


@dataclass(frozen=True, slots=True)
class _Stratum:
    """Counts of one stratum, and why it is refused."""

    s: int
    units: float
    claims: float
    at_risk: float
    refused: str | None

    @classmethod
    def of(cls, s: int, seen: Tally, lesson: Lesson, at_risk: float) -> _Stratum:
        rows = seen.stratum == s
        claims, lived_on = float(seen.claimed[rows].sum()), seen.claimed[rows & (seen.age > 0)].sum()
        refused = None
        if at_risk <= 0:
            refused = ("Nobody is under watch at the start of the window. Units observed up to that age, with or without a claim, "
                       "would tell.")
        elif lived_on <= 0 and lesson.taught is None:
            refused = ("No claim after age 0 was seen and there are no past products to tell the level. A history of past products, "
                       "or more months or units, would tell.")
        return cls(s, float(seen.entered[rows].sum()), claims, at_risk, refused)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A window asked of every stratum."""

    seen: Tally
    risk: AtRisk
    laws: Foretold
    mine: Lived
    start: float
    end: float
    lesson: Lesson
    hyper: Hyper
    seed: int

    @classmethod
    def of(cls, seen: Tally, risk: AtRisk, start: float, end: float, lesson: Lesson, seed: int) -> Asked:
        """Fit the laws to every stratum at once and bin what was lived."""
        scale = 1.0 / in_months(1.0, seen.unit)
        return cls(seen, risk, foretell(seen, risk, np.full(len(seen.strata), start * scale), np.full(len(seen.strata), end * scale)), lived(seen, edges_to(start, end)), start, end,
                   lesson, Hyper.prior(), seed)

    def mixed(self, s: int) -> Mix:
        """Make the forecasters of one stratum."""
        rows = self.risk.stratum == s
        until = self.risk.until[rows] * in_months(1.0, self.seen.unit)
        whole = posterior(self.mine, s, self.hyper, self.lesson.taught)
        middle = posterior(self.mine, s, Hyper.prior(FEW), None)
        rises = np.vstack((self.laws.rise[:, rows], rise(middle, until, self.start)))
        spread = np.append(self.laws.spread[:, s], 0.0)
        weight = np.where(np.append(True, np.isfinite(rises).all(axis=1) & np.isfinite(spread)), self.lesson.weights, 0.0)
        ahead = slice(int(np.searchsorted(self.mine.edges, self.start * (1 - 1e-12))), None)
        return Mix(whole.edges[ahead], whole.draws(ahead, self.seed), until, self.risk.units[rows], rises,
                   tuple(t.quantiles(DRAWS, v) if np.isfinite(v) else None
                         for t, v in zip(self.lesson.transports, spread, strict=True)), weight / weight.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Mix:
    """The forecasters of one stratum, ready for any part of the window."""

    edges: Floats
    log_hazard: Floats
    until: Floats
    units: Floats
    rises: Floats
    factors: tuple[Floats | None, ...]
    weight: Floats

    def upto(self, month: float) -> Predictive:
        """Count of claims from the start of the window up to an age in months."""
        until = np.minimum(self.until, month)
        parts = [brought_by(self.log_hazard, time_in(self.edges, self.edges[0], until), self.units)]
        kept = [self.weight[0]]
        share = _part(self.until, self.edges[0], month)
        for factor, rise, w in zip(self.factors, self.rises, self.weight[1:], strict=True):
            if w > 0 and factor is not None:
                parts.append(brought(factor, rise * share, self.units))
                kept.append(w)
        return mixture(parts, np.array(kept))


def _part(until: Floats, start: float, month: float) -> Floats:
    """Share of each unit's rise that falls before an age: the hazard is level over the window, as its bins are."""
    length = np.maximum(until - start, 0.0)
    return np.where(length > 0, np.minimum(length, month - start) / np.where(length > 0, length, 1.0), 0.0)


def told(tally: Tally, found: list[_Stratum], mixes: list[Mix | None], asked: Asked, level: float) -> Ahead:
    """Read mean, interval and fan off the mixtures."""
    months = fan_months(asked.start, asked.end)
    s = len(found)
    expected, lower, upper = np.full(s, np.nan), np.full(s, -1, np.int64), np.full(s, -1, np.int64)
    fan, weights = np.full((s, len(months), len(FAN)), np.nan), np.zeros((s, len(FORECASTERS)))
    for i, mix in enumerate(mixes):
        if mix is not None:
            whole = mix.upto(asked.end)
            expected[i], weights[i] = whole.expected(), mix.weight
            lower[i], upper[i] = whole.quantile((1 - level) / 2), whole.quantile((1 + level) / 2)
            fan[i] = [[p.quantile(q) for q in FAN] for p in (mix.upto(m) for m in months)]
    counts = np.array([[f.units, f.claims, f.at_risk] for f in found]).reshape(s, 3)
    lesson = asked.lesson
    return Ahead(by=tally.by, strata=tally.strata, start=asked.start, end=asked.end, level=level, units=counts[:, 0],
                 claims_seen=counts[:, 1], at_risk=counts[:, 2], expected=expected, lower=lower, upper=upper, fan_months=months,
                 fan=fan, forecasters=FORECASTERS, weights=weights, products=lesson.products, prior=lesson.prior,
                 refused=tuple(f.refused for f in found), how=(*tally.how, *sentences(lesson), ASSUMES))


def fan_months(start: float, end: float) -> Floats:
    """Whole months from `start` on, and `end`; at most 36 ages."""
    step = max(1.0, np.ceil((end - start) / 36.0))
    return np.append(np.arange(start + step, end - 1e-9, step), end)


def sentences(lesson: Lesson) -> tuple[str, ...]:
    """Say what the history taught, and what it could not."""
    if lesson.taught is None:
        return ("No history of past products: how wrong such forecasts are is a stated prior.",)
    skipped = f"; {lesson.idle} past products had no claim to learn from" if lesson.idle else ""
    if lesson.prior:
        return (f"{lesson.products} past products{skipped}; fewer than four had a window to compare, so how wrong forecasts are is a "
                "stated prior.",)
    return (f"Assumes the product errs as {lesson.products} past products did ({len(lesson.windows)} windows foretold and opened"
            f"{skipped}).",)
