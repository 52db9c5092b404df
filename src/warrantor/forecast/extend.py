"""Given what the first months showed, how many claims will the next months bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

import numpy as np

from warrantor.finding import Refused
from warrantor.forecast.ahead import FAN, Ahead
from warrantor.forecast.at_risk import AtRisk, cut
from warrantor.forecast.lived import in_months
from warrantor.forecast.mix import Asked, Mix
from warrantor.forecast.past import Lesson, Past
from warrantor.forecast.record import FORECASTERS
from warrantor.tally import Cohorts, Floats, Tally

if TYPE_CHECKING:
    from warrantor.forecast.longer import Longer

THIN = 4  # the months between are drawn, not scored
ASSUMES = "Assumes no new failure mode after the last observed month."


@overload
def extend(  # noqa: D418  a public name says what it is
    tally: Tally, at_risk: AtRisk, *, start: float = ..., end: float = ..., months: float | None = ...,
           history: Tally | Past | None = ..., level: float = ..., seed: int = ..., fan: bool = ...) -> Ahead:
    """Forecast units at risk."""


@overload
def extend(  # noqa: D418  a public name says what it is
    tally: Tally, at_risk: Cohorts, *, start: float = ..., end: float = ..., months: float | None = ...,
           history: Tally | Past | None = ..., level: float = ..., seed: int = ..., soft: Tally | None = ...,
           lots: str | None = ...) -> Longer:
    """Forecast a fleet's cohorts."""


def extend(tally: Tally, at_risk: AtRisk | Cohorts, *, start: float = 12.0, end: float = 18.0,
           months: float | None = None, history: Tally | Past | None = None, level: float = 0.9, seed: int = 0,
           fan: bool = True, soft: Tally | None = None, lots: str | None = None) -> Ahead | Longer:
    """Forecast the first claims of months `start` to `end` from what was seen up to `start`.

    Forecasters are averaged quantile by quantile, each weighed by how well it foretold the past products: the dynamic
    hazard; a Weibull, a limited-population Weibull and the middle of the dynamic hazard, each times the error that such
    forecasts showed.

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
    fan : bool
        Whether to work out the months between as well.
    soft : Tally, optional
        Of a fleet: first claims of the soft faults, `tally` then holding those of the others; see `extend_cohorts`.
    lots : str, optional
        Of a fleet: stratum column whose cells share a law up to a factor each; see `extend_cohorts`.

    Returns
    -------
    Ahead, or Longer for a fleet's cohorts

    Raises
    ------
    Refused
        The window is empty, or the level is none.

    Examples
    --------
    >>> t = Tally.of(by=(), strata=((),), stratum=np.zeros(4, int), age=np.array([0.0, 3.0, 9.0, 12.0]), unit="month",
    ...              entered=np.array([1000.0, 0, 0, 0]), claimed=np.array([0.0, 6, 8, 0]),
    ...              open=np.array([0.0, 0, 0, 986]))
    >>> risk = AtRisk(by=(), strata=((),), stratum=np.zeros(1, int), until=np.array([np.inf]), units=np.array([986.0]))
    >>> ahead = extend(t, risk, start=12, end=18)
    >>> ahead.claims_seen.tolist(), bool(ahead.lower[0] < ahead.expected[0] < ahead.upper[0])
    ([14.0], True)
    """
    end = end if months is None else months
    checked(start, end, level)
    if not isinstance(at_risk, AtRisk):
        from warrantor.forecast.cohorts import extend_cohorts

        lesson = None if history is None else taught(history, start, end)
        return extend_cohorts(tally, at_risk, start=start, end=end, soft=soft, lots=lots, history=lesson, level=level,
                              seed=seed)
    if soft is not None or lots is not None:
        raise Refused("soft and lots are for a fleet's cohorts: give fleet.cohorts(...) instead of units at risk.")
    scale = 1.0 / in_months(1.0, tally.unit)
    seen = cut(tally, start * scale)
    risk = matched(at_risk, tally).within(start * scale, end * scale)
    lesson = taught(history, start, end)
    found = [_Stratum.of(s, seen, lesson, total) for s, total in enumerate(risk.total())]
    asked = Asked.of(seen, risk, (start, end), lesson, seed)
    mixes = [None if f.refused else asked.mixed(f.s) for f in found]
    return told(found, mixes, asked, level, fan_months(start, end) if fan else np.empty(0))


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
    return Lesson(ratio=end / start) if history is None else history.lesson()


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
            refused = ("Nobody is under watch at the start of the window. Units observed up to that age, with or "
                       "without a claim, would tell.")
        elif lived_on <= 0 and (lesson.taught is None or lesson.taught.level is None):
            refused = ("No claim after age 0 was seen and no past product tells the level. A history of past products "
                       "with claims, or more months or units, would tell.")
        return cls(s, float(seen.entered[rows].sum()), claims, at_risk, refused)


def told(found: list[_Stratum], mixes: list[Mix | None], asked: Asked, level: float, months: Floats) -> Ahead:
    """Read mean, interval and fan off the mixtures."""
    s, lesson, tally = len(found), asked.lesson, asked.seen
    expected, lower, upper = np.full(s, np.nan), np.full(s, -1, np.int64), np.full(s, -1, np.int64)
    fan, weights = np.full((s, len(months), len(FAN)), np.nan), np.zeros((s, len(FORECASTERS)))
    for i, mix in enumerate(mixes):
        if mix is not None:
            count = mix.upto(asked.end)
            expected[i], weights[i] = count.expected(), mix.weight
            lower[i], upper[i] = count.quantile((1 - level) / 2), count.quantile((1 + level) / 2)
            for j, month in enumerate(months.tolist()):
                until = count if month == asked.end else mix.upto(month, THIN)
                fan[i, j] = [until.quantile(q) for q in FAN]
    return Ahead(by=tally.by, strata=tally.strata, start=asked.start, end=asked.end, level=level,
                 units=np.array([f.units for f in found]), claims_seen=np.array([f.claims for f in found]),
                 at_risk=np.array([f.at_risk for f in found]), expected=expected, lower=lower, upper=upper,
                 fan_months=months, fan=fan, forecasters=FORECASTERS, weights=weights, products=lesson.products,
                 prior=lesson.prior, refused=tuple(f.refused for f in found),
                 how=(*tally.how, *sentences(lesson), ASSUMES))


def fan_months(start: float, end: float) -> Floats:
    """Whole months from `start` on, and `end`; at most 36 ages."""
    step = max(1.0, np.ceil((end - start) / 36.0))
    return np.append(np.arange(start + step, end - 1e-9, step), end)


def sentences(lesson: Lesson) -> tuple[str, ...]:
    """Say what the history taught, and what it could not."""
    if lesson.taught is None:
        return ("No history of past products: how wrong such forecasts are is a stated prior.",)
    skipped = f"; {lesson.idle} more had no claim to learn from" if lesson.idle else ""
    if lesson.prior:
        said = f"{lesson.products} past products{skipped}; fewer than four had a window to compare"
        return (f"{said}, so how wrong such forecasts are is a stated prior.",)
    opened = f"{len(lesson.windows)} windows foretold and opened"
    return (f"Assumes the product errs as {lesson.products} past products did ({opened}{skipped}).",)
