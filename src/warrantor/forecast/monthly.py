"""A fleet's claims and cost by future calendar month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from warrantor.finding import Refused
from warrantor.forecast.costs import SAME, UNKNOWN
from warrantor.forecast.drawn import TAU, untaught
from warrantor.forecast.exposed import Units
from warrantor.forecast.months import EPOCH, Months
from warrantor.forecast.outlook import Outlook
from warrantor.forecast.past import UNITS_LEFT, Past
from warrantor.forecast.plan import Plan, Sales, planned
from warrantor.forecast.rush import NOT_SEPARATED
from warrantor.forecast.stratum import LAWS_MIXED, Asked, Drawn
from warrantor.forecast.watched import as_of_day, closed, lag_of, lag_said, placed, watched_of
from warrantor.life.fit import fit
from warrantor.tally import DAYS_PER_MONTH, Cohorts, Floats, Ints, Tally, regrouped

if TYPE_CHECKING:
    from warrantor.forecast.past import Lesson
    from warrantor.life.lag import Lag

MOST = 2e9  # bytes of draws
COUNTED = ("Claims are first claims, in the month they will be reported in; cost includes repeats at the ratio of all "
           "claims to first claims so far.")
ASSUMES = ("Returns without fault still to come are not taken off. Assumes no new failure mode after the last observed "
           "month.")


def forecast(tally: Tally, cohorts: Cohorts, *, months: int = 18, soft: Tally | None = None, lots: str | None = None,
             sales: Sales | None = None, lengths: Sequence[float] | None = None, history: Tally | Past | None = None,
             sold_by: date | None = None, level: float = 0.9, seed: int = 0, draws: int = 2000) -> Outlook:
    """Forecast a fleet's first claims and their cost by the calendar month they will be reported in.

    Every cohort claims until its own cover ends. In month m a stratum of hazard h brings sum_a h(a) E(a, m), E the
    units that will live through age a in m; claims of the past that are not known yet are
    sum_a h(a) N(a) (1 - G(as_of - day opened)), G the report lag. A draw takes a law by its Akaike weight, parameters
    from their large-sample distribution, beyond the ages seen the error of such forecasts, factors of the lots, then
    a binomial count, dealt out to the months.

    Parameters
    ----------
    tally : Tally
        First claims by age in days; of hard faults only where `soft` is given. Any strata; the guarantee may be one.
    cohorts : Cohorts
        The same units by start day.
    months : int
        Calendar months to foretell; the first begins on the day after `as_of`.
    soft : Tally, optional
        First claims of soft faults, same strata: failures = hard / (1 - share of soft), claimed in the rush before
        cover ends, which moves with that end.
    lots : str, optional
        Stratum column whose cells share a law up to a factor; added over in the answer. A month of planned sales is
        a lot of its own.
    sales : mapping of columns, optional
        Planned sales: the strata's columns, `month` (2026-03) and `units`.
    lengths : sequence of float, optional
        Months: the same forecast were units whose cover has not ended, and those planned, promised so long.
    history : Tally or Past, optional
        Past products, uncut, a stratum a product: how wrong forecasts of theirs were. Without at least four, the
        stated prior sd of 0.3 for a window half as long again as what was seen, more for a longer one.
    sold_by : date, optional
        Count only claims of units whose cover had begun by then; all units still teach the law.
    level : float
        Level of the intervals.
    seed : int
        Of the draws.
    draws : int
        D.

    Returns
    -------
    Outlook

    Raises
    ------
    Refused
        Ages that are not days, no month, no level, no draws, a length or planned sales that cannot be.

    Source
    ------
    Kalbfleisch, Lawless and Robinson (1991) for claims by age and report lag; Tian and others for the direct
    predictive distribution.

    Examples
    --------
    >>> from datetime import date
    >>> t = Tally.of(by=(), strata=((),), stratum=np.zeros(4, int), age=np.array([0.0, 30.0, 90.0, 180.0]),
    ...              entered=np.array([1000.0, 0, 0, 0]), claimed=np.array([0.0, 6, 8, 0]),
    ...              open=np.array([0.0, 0, 0, 986]))
    >>> fleet = Cohorts(by=(), strata=((),), stratum=np.zeros(1, int), as_of=date(2019, 12, 31), guarantees=("a@1",),
    ...                 guarantee=np.zeros(1, int), start_day=np.array([18081]), end_day=np.array([18446]),
    ...                 units=np.array([1000.0]), claimed=np.array([14.0]), gone=np.zeros(1))
    >>> ahead = forecast(t, fleet, months=9)
    >>> ahead.months[0].isoformat(), ahead.expected.shape, bool(ahead.expected[0, 7] == 0.0)
    ('2020-01-01', (1, 9), True)
    """
    _checked(tally, months, level, draws, lengths)
    found = _Fleet.of((tally, soft), cohorts, lots=lots, ahead=(months, sales), level=level)
    if sold_by is not None:
        found = found.sold_by(sold_by.toordinal() - EPOCH)
    found = found.taught(_lesson(history, found, max(lengths or (0.0,))), seed, draws)
    if found.size(draws) > MOST:
        raise Refused(f"{len(found.pooled.strata):,} strata x {months} months x {draws:,} draws are more than memory "
                      "should hold: ask fewer draws, or fewer strata.")
    return replace(found.outlook(), under=tuple((float(w), found.outlook(float(w))) for w in lengths or ()))


def _checked(tally: Tally, months: int, level: float, draws: int, lengths: Sequence[float] | None) -> None:
    if tally.unit != "day":
        raise Refused("A fleet's tally has ages in days; this one has " + tally.unit + ".")
    if months < 1 or months != int(months):
        raise Refused(f"{months} months are no horizon: give a whole number of at least 1.")
    if not 0.0 < level < 1.0:
        raise Refused(f"A level of {level} is no level: give a number between 0 and 1, such as 0.9.")
    if draws < 100:
        raise Refused(f"{draws} draws give no interval: ask for at least 100.")
    wrong = [w for w in lengths or () if not 0.0 < w < 1200.0]
    if wrong:
        raise Refused(f"A guarantee of {wrong[0]:g} months is none: give a number of months above 0.")


def _lesson(history: Tally | Past | None, found: _Fleet, longest: float) -> Lesson | None:
    """What past products teach of the ages that this forecast goes beyond."""
    if isinstance(history, Past):
        return history.lesson()
    start = float(np.nanmax(found.seen, initial=0.0)) / DAYS_PER_MONTH
    end = max(float((found.units.end - found.units.start).max(initial=0)) / DAYS_PER_MONTH, longest)
    if history is None or not 0.0 < start < end:
        return None
    return Past.of(history, start, end).lesson()


@dataclass(frozen=True, slots=True, eq=False)
class _Fleet:
    """What is known of the fleet before any length of promise is supposed."""

    pooled: Tally
    asked: Asked
    units: Units
    months: Months
    plan: Plan
    lag: Lag | None
    seen: Floats
    cohorts: Cohorts
    place: Ints
    level: float

    @classmethod
    def of(cls, claims: tuple[Tally, Tally | None], cohorts: Cohorts, *, lots: str | None,
           ahead: tuple[int, Sales | None], level: float) -> _Fleet:
        (tally, soft), lag = claims, lag_of(cohorts)
        shorter = closed(tally, watched_of(tally, cohorts, lag))
        soft = None if soft is None else closed(soft, watched_of(soft, cohorts, lag))
        pooled = shorter.over(lots) if lots else shorter
        _, group = regrouped(tally.by, tally.strata, pooled.by)
        each = placed(tally, cohorts)
        place = np.where(each >= 0, group[each], -1)
        first = Months.of(as_of_day(cohorts), ahead[0], as_of_day(cohorts))
        plan = planned(ahead[1], pooled.by, pooled.strata, first.dates)
        units, lot = _units(cohorts, (each, group), plan, first, new=bool(lots))
        months = Months.of(first.as_of, ahead[0], int(units.end.max(initial=0)))
        fits = [fit(pooled, law, level) for law in LAWS_MIXED]
        seen = _seen(pooled)
        asked = Asked(shorter, soft, lot, fits, seen, _own(cohorts, place, len(pooled.strata)), months, lag, level)
        return cls(pooled, asked, units, months, plan, lag, seen, cohorts, place, level)

    def size(self, draws: int) -> float:
        """Bytes of the result's draws."""
        return 8.0 * 4 * len(self.pooled.strata) * len(self.months.end) * draws

    def sold_by(self, day: int) -> _Fleet:
        """Keep the units whose cover had begun by a day; what the law is fitted to stays."""
        keep = np.flatnonzero(self.units.start <= day)
        return replace(self, units=self.units.only(keep), place=np.where(self.cohorts.start_day <= day, self.place, -1))

    def taught(self, lesson: Lesson | None, seed: int, draws: int) -> _Fleet:
        """Say what past products teach, and how to draw."""
        return replace(self, asked=replace(self.asked, lesson=lesson, seed=seed, draws=draws))

    def outlook(self, length: float | None = None) -> Outlook:
        """Foretell under their own promises, or one of `length` months."""
        units = self.units if length is None else self.units.promised(length, self.months.as_of)
        until = int(units.end.max(initial=0))
        months = Months.of(self.months.as_of, len(self.months.end), until)
        asked = replace(self.asked, months=months, length=length)
        return self.told([asked.drawn(s, units) for s in range(len(self.pooled.strata))], length)

    def told(self, found: list[Drawn | str], length: float | None) -> Outlook:
        """Put the strata together."""
        s, m, draws = len(found), len(self.months.end), self.asked.draws
        arrays = {name: np.full((s, *shape), np.nan) for name, shape in (
            ("not_reported", (m, draws)), ("to_occur", (m, draws)), ("cost_not_reported", (m, draws)),
            ("cost_to_occur", (m, draws)), ("after", (draws,)), ("cost_after", (draws,)), ("repeats", ()))}
        for i, one in enumerate(found):
            if not isinstance(one, str):
                for name, value in arrays.items():
                    value[i] = getattr(one, name)
        live = np.maximum(self.cohorts.units - self.cohorts.claimed - self.cohorts.gone, 0.0)
        live = live * (self.cohorts.end_day > self.months.as_of)
        rows = self.place >= 0
        return Outlook(
            by=self.pooled.by, strata=self.pooled.strata, as_of=_date(self.months.as_of), months=self.months.dates,
            level=self.level, units=np.bincount(self.place[rows], self.cohorts.units[rows], s).astype(np.float64),
            covered=np.bincount(self.place[rows], live[rows], s).astype(np.float64),
            planned=np.bincount(self.plan.stratum, self.plan.units, s).astype(np.float64),
            currency=self.pooled.currency, **arrays,
            weights=tuple({} if isinstance(f, str) else f.weights for f in found),
            by_law=tuple({} if isinstance(f, str) else f.by_law for f in found),
            refused=tuple(f if isinstance(f, str) else None for f in found), under=(), how=self.said(length))

    def said(self, length: float | None) -> tuple[str, ...]:
        """Say how it was obtained, and what it assumes."""
        lesson = self.asked.lesson
        lines = [
            *self.pooled.how, lag_said(self.lag),
            COUNTED,
            NOT_SEPARATED if self.asked.soft is None else "Soft faults told apart: failures = hard / (1 - share of "
            "soft); the rush moves with the end of cover.",
            f"Laws mixed by AIC: {', '.join(LAWS_MIXED)}, those that the claims can tell.",
            f"Fewer than four past products: how wrong forecasts beyond the ages seen are is a stated prior, sd {TAU} "
            "on the log scale for half as long again, one error for all strata." if untaught(lesson) else
            "The error that forecasts of past products showed is carried over beyond the ages seen, one for all "
            "strata.",
            UNKNOWN if np.isnan(self.pooled.total("cost")).any() else SAME,
            ASSUMES,
        ]
        if not self.months.whole:
            lines.append(f"The first month is the rest of it: {self.months.dates[0]:%Y-%m} after "
                         f"{_date(self.months.as_of)}.")
        if self.plan.later > 0:
            lines.append(f"{self.plan.later:,.0f} units planned for later months bring nothing to these.")
        if length is not None:
            lines.append(f"What if: units whose cover has not ended, and those planned, are promised {length:g} "
                         "months.")
        return tuple(lines)


def _date(day: int) -> date:
    return date.fromordinal(day + EPOCH)


def _seen(pooled: Tally) -> Floats:
    """(S,) age up to which at least 50 units were watched, or half of them where they are fewer than 100; 0: none."""
    enough = np.minimum(UNITS_LEFT, 0.5 * pooled.total("entered"))
    watched = (pooled.at_risk >= np.maximum(enough, 1e-9)[pooled.stratum]) & (pooled.left + pooled.claimed > 0)
    found = np.zeros(len(pooled.strata))
    np.maximum.at(found, pooled.stratum[watched], pooled.age[watched])
    return found


def _own(cohorts: Cohorts, place: Ints, strata: int) -> Floats:
    """(S, 2) shortest and longest promise of each stratum's units in days; nan where there are none."""
    length = (cohorts.end_day - cohorts.start_day).astype(np.float64)
    rows = (place >= 0) & (cohorts.units > 0)
    low, high = np.full(strata, np.inf), np.full(strata, -np.inf)
    np.minimum.at(low, place[rows], length[rows])
    np.maximum.at(high, place[rows], length[rows])
    return np.stack((low, high), axis=1)


def _units(cohorts: Cohorts, placing: tuple[Ints, Ints], plan: Plan, months: Months, *,
           new: bool) -> tuple[Units, Ints]:
    """Units in service and planned; (G,) the stratum of each group, the tally's own first, then new lots."""
    each, group = placing
    left = np.maximum(cohorts.units - cohorts.claimed - cohorts.gone, 0.0)
    rows = np.flatnonzero((each >= 0) & (left > 0))
    lives = Units(each[rows], cohorts.start_day[rows], cohorts.end_day[rows], cohorts.end_day[rows], left[rows])
    length = _newest(cohorts, np.where(each >= 0, group[each], -1), int(group.max(initial=-1)) + 1)
    first, days = months.begin[plan.month], (months.end - months.begin + 1)[plan.month]
    of = len(group) + np.arange(len(plan.units)) if new else plan.stratum
    row = np.repeat(np.arange(len(plan.units)), days)
    start = first[row] + np.arange(len(row)) - np.repeat(np.cumsum(days) - days, days)
    end = start + length[plan.stratum[row]]
    joined = [np.concatenate(pair) for pair in (
        (lives.group, of[row]), (lives.start, start), (lives.end, end), (lives.known, end),
        (lives.units, (plan.units / days)[row]))]
    return Units(*joined), np.concatenate((group, plan.stratum)) if new else group


def _newest(cohorts: Cohorts, place: Ints, strata: int) -> Ints:
    """(S,) days of the promise that the units sold last were given."""
    found = np.zeros(strata, np.int64)
    order = np.argsort(cohorts.start_day, kind="stable")
    order = order[place[order] >= 0]
    found[place[order]] = (cohorts.end_day - cohorts.start_day)[order]
    return found
