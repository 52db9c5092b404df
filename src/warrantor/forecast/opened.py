"""Freeze, forecast, open, compare: the forecaster put to what is known by now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from warrantor.finding import Refused
from warrantor.forecast.backtest import Backtest, compare, from_predictive
from warrantor.forecast.extend import checked
from warrantor.forecast.lived import RATIO, in_months
from warrantor.forecast.mix import Asked
from warrantor.forecast.monthly import forecast
from warrantor.forecast.months import EPOCH, Months, day_of
from warrantor.forecast.outlook import Outlook
from warrantor.forecast.past import Case, Lesson, Past
from warrantor.forecast.watched import placed
from warrantor.tally import Cohorts, Floats, Tally

OLDER = 6  # months sold before the first freeze
STARTS = (6.0, 12.0, 18.0, 24.0)
COUNTED = "Came: first claims reported in the window, of units in service on the day of the forecast."
LEFT_OUT = ("Each product was foretold from its own first months and all other products; windows with 10 claims seen "
            "and 50 units left.")


@dataclass(frozen=True, slots=True)
class Known:
    """A fleet as it was known on any day.

    Attributes
    ----------
    claims : callable
        Day to the tally of first claims, or of hard faults, and that of soft faults where they are told apart.
    cohorts : callable
        Day to cohorts of the same columns.
    """

    claims: Callable[[date], tuple[Tally, Tally | None]]
    cohorts: Callable[[date], Cohorts]


def freezes(first: int, until: date, months: int, every: int) -> tuple[date, ...]:
    """Month ends to freeze on: the last that `months` whole months follow, and each `every` months before it.

    Parameters
    ----------
    first : int
        Day the first unit was sold; no freeze comes before half a year of sales.
    until : date
        Day the records reach to.
    months : int
    every : int

    Raises
    ------
    Refused
        No day is left.

    Examples
    --------
    >>> [d.isoformat() for d in freezes(17167, date(2018, 7, 15), 6, 3)]
    ['2017-06-30', '2017-09-30', '2017-12-31']
    """
    if months < 1 or every < 1:
        raise Refused(f"{months} months every {every} months ask for nothing: give whole numbers of at least 1.")
    ahead = np.datetime64(until + timedelta(days=1), "M") - months
    begun = np.datetime64(first, "D").astype("datetime64[M]") + OLDER
    found = np.arange(ahead, begun - 1, -every)[::-1]
    if not len(found):
        raise Refused(f"The records reach from {day_of(first)} to {until}: that leaves no day with {OLDER} months of "
                      f"sales before it and {months} months after it. Ask fewer months.")
    return tuple(day_of(int(d) - 1) for d in found.astype("datetime64[D]").astype(np.int64))


def open_up(known: Known, days: Sequence[date], until: date, *, months: int = 6, **asked: Any) -> Backtest:
    """Forecast from what was known on each day, and count what came.

    Parameters
    ----------
    known : Known
    days : sequence of date
    until : date
        Day the records reach to.
    months : int
        Calendar months foretold from each day.
    **asked
        For `forecast`: lots, level, seed, draws.

    Returns
    -------
    Backtest

    Raises
    ------
    Refused
        No day, or one whose months have not passed, or none on which a forecast could be made.
    """
    _passed(days, until, months)
    found, missed = [], []
    for day in days:
        try:
            told = _foretold(known, day, months, asked)
        except Refused as why:
            missed.append(f"As of {day}: refused. {why}")
        else:
            found.append(compare(told, came(told, known.cohorts), seed=asked.get("seed", 0)))
    if not found:
        raise Refused("No forecast could be made. " + " ".join(missed))
    return replace(reduce(add, found), how=(COUNTED, *_lasting(found), *missed))


def _foretold(known: Known, day: date, months: int, asked: dict[str, Any]) -> Outlook:
    hard, soft = known.claims(day)
    if not len(hard.strata):
        raise Refused("No unit was in service.")
    return forecast(hard, known.cohorts(day), months=months, soft=soft, **asked)


def _lasting(found: list[Backtest]) -> list[str]:
    """Sentences that hold for every forecast."""
    return [line for line in found[0].how if all(line in one.how for one in found)]


def _passed(days: Sequence[date], until: date, months: int) -> None:
    if not days:
        raise Refused("A back-test needs a day to freeze on.")
    for day in days:
        last = day_of(int(Months.of(day.toordinal() - EPOCH, months, 0).end[-1]))
        if last > until:
            raise Refused(f"The {months} months after {day} end on {last}; the records reach to {until}. Freeze on an "
                          "earlier day, or ask fewer months.")


def came(told: Outlook, cohorts: Callable[[date], Cohorts]) -> Floats:
    """Count (S, M) the first claims reported in each month foretold, of units sold by the day of the forecast.

    Parameters
    ----------
    told : Outlook
    cohorts : callable
        Day to the cohorts as known then.
    """
    as_of = told.as_of.toordinal() - EPOCH
    ends = np.append(as_of, Months.of(as_of, len(told.months), as_of).end)
    return np.diff(np.stack([_claimed(told, cohorts(day_of(int(d))), as_of) for d in ends], axis=1), axis=1)


def _claimed(told: Outlook, cohorts: Cohorts, as_of: int) -> Floats:
    """(S,) units sold by `as_of` whose first claim is known."""
    none = np.empty(0)
    place = placed(Tally.of(by=told.by, strata=told.strata, stratum=none.astype(np.int64), age=none), cohorts)
    rows = (place >= 0) & (cohorts.start_day <= as_of)
    return np.bincount(place[rows], cohorts.claimed[rows], len(told.strata)).astype(np.float64, copy=False)


def backtest(history: Tally, windows: Sequence[tuple[float, float]] = (), *, level: float = 0.9,
             seed: int = 0) -> Backtest:
    """Cut past products at the start of windows, forecast each as `extend` does, open and compare.

    Parameters
    ----------
    history : Tally
        Uncut past products, a stratum each.
    windows : sequence of (float, float)
        Months of age, from and to; by default 6, 12, 18 and 24 months and half as many again.
    level : float
        Level of the intervals.
    seed : int
        Of the draws.

    Returns
    -------
    Backtest

    Raises
    ------
    Refused
        A window that is none, or no product that lived long enough for one.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> age = np.minimum(np.ceil(rng.weibull(1.0, (4, 2000)) * 400), 60.0)
    >>> rows = [(p, a, (age[p] == a).sum()) for p in range(4) for a in np.unique(age[p])]
    >>> p, a, n = (np.array(column) for column in zip(*rows))
    >>> past = Tally.of(by=("product",), strata=tuple((str(i),) for i in range(4)), unit="month",
    ...                 age=np.append(a, [0.0] * 4), stratum=np.append(p, range(4)),
    ...                 entered=np.append(0 * n, [2000.0] * 4), claimed=np.append(n * (a < 60), [0] * 4),
    ...                 open=np.append(n * (a == 60), [0] * 4))
    >>> backtest(past, [(12, 18)]).coverage()
    (4, 4)
    """
    found, empty = [], []
    for start, end in windows or [(s, s * RATIO) for s in STARTS]:
        checked(start, end, level)
        case = Case.of(history, start, end / start)
        if case is None:
            empty.append(f"No product lived enough for months {start:g} to {end:g}: refused.")
        else:
            found.append(_window(history, case, (start, end), level, seed))
    if not found:
        raise Refused("No window could be asked. " + " ".join(empty))
    return replace(reduce(add, found), how=(LEFT_OUT, *empty), made={"seed": seed})


def _window(history: Tally, case: Case, window: tuple[float, float], level: float, seed: int) -> Backtest:
    past, asked = Past.of(history, *window), _asked(case, window, seed)
    found = []
    for i, product in enumerate(case.product.tolist()):
        lesson = past.only(np.arange(len(history.strata)) != product).lesson()
        found.append(replace(asked, lesson=lesson).mixed(i).upto(window[1]))
    chance = np.random.default_rng([seed, int(window[0] * 1000)]).random(len(found))
    size = len(found)
    return Backtest(by=history.by, strata=case.seen.strata, unit="month", start=np.full(size, float(window[0])),
                    end=np.full(size, float(window[1])), level=level, refused=(None,) * size,
                    **from_predictive(found, case.came, level, chance))


def _asked(case: Case, window: tuple[float, float], seed: int) -> Asked:
    """Fit the laws to all products at once; the lesson is each product's own."""
    scale = 1.0 / in_months(1.0, case.seen.unit)
    risk = case.risk.within(window[0] * scale, window[1] * scale)
    return Asked.of(case.seen, risk, window, Lesson(ratio=case.ratio), seed)
