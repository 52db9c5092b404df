"""Exposure of cohorts by age and calendar month: what a hazard has to be multiplied by to give claims."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from warrantor.forecast.months import Months
from warrantor.life.lag import Lag
from warrantor.tally import DAYS_PER_MONTH, Floats, Ints

STEP = DAYS_PER_MONTH / 2.0
"""Width of an age bin in days. Bin 0 is the day of the sale itself, bin k >= 1 holds ages ((k - 1) STEP, k STEP]."""


SMALL = 250_000
"""Multiply-adds of one piece of a matrix product: threads on more of them took thrice as long on a busy machine."""


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Units that can still claim: those in service without a known claim, and those yet to be sold.

    Attributes
    ----------
    group : (X,) int
        Lot of a stratum, or whatever shares one hazard.
    start, end : (X,) day number
        First day, and last covered day.
    known : (X,) day number
        Last covered day under the units' own promise: claims of the past were opened by then.
    units : (X,) count
    """

    group: Ints
    start: Ints
    end: Ints
    known: Ints
    units: Floats

    def only(self, keep: Ints) -> Units:
        """Some of the rows."""
        return Units(self.group[keep], self.start[keep], self.end[keep], self.known[keep], self.units[keep])

    def promised(self, months: float, as_of: int) -> Units:
        """Give units whose cover has not ended another length; within three days of their own they keep theirs."""
        days = round(months * DAYS_PER_MONTH)
        other = (self.end > as_of) & (abs(self.end - self.start - days) > 3)
        return replace(self, end=np.where(other, self.start + days, self.end))


@dataclass(frozen=True, slots=True, eq=False)
class Exposed:
    """What hazards (.., A) are multiplied by to give expected claims of each group, by month of report.

    The last month column is "later".

    Attributes
    ----------
    ahead : (G, A, M + 1) count
        Units expected to live through each age bin, by the mean hazard, and to have claims then reported in a month.
    lived : (G, A, M + 1)
        Share of each bin that those units have lived through since as_of: how a draw's hazard thins them out.
    past : (G, A, M + 1) count
        Units whose claim in an age bin of the past would be reported in each month.
    mean, square : (G,)
        Sums over units of p and p^2, p the chance that a unit claims at all.
    """

    ahead: Floats
    lived: Floats
    past: Floats
    mean: Floats
    square: Floats

    def past_of(self, hazard: Floats, lot: Floats) -> Floats:
        """Expected claims (D, M + 1) of the past, by month of report; hazard (D, A), factors of the groups (D, G)."""
        return np.asarray((_product(hazard, self.past) * lot[:, :, None]).sum(axis=1))

    def ahead_of(self, hazard: Floats, lot: Floats, centre: Floats) -> Floats:
        """Expected claims (D, M + 1) still to come, by month of report.

        hazard (D, A), factors (D, G), centre (G, A) the mean hazard that the exposure was worked out with. A draw's
        own depletion is the mean's times exp(-sum (h - mean h) lived).
        """
        factor = lot[:, :, None]
        more = _product(hazard, self.lived) * factor - np.einsum("ga,gao->go", centre, self.lived)
        return np.asarray((_product(hazard, self.ahead) * factor * np.exp(-np.maximum(more, -50.0))).sum(axis=1))


def _product(hazard: Floats, load: Floats) -> Floats:
    """(D, A) by (G, A, M), as one matrix product: (D, G, M); in pieces too small for a library to start threads on."""
    groups, ages, months = load.shape
    wide = load.transpose(1, 0, 2).reshape(ages, groups * months)
    rows = max(SMALL // max(wide.size, 1), 16)
    parts = [hazard[i : i + rows] @ wide for i in range(0, len(hazard), rows)]
    return np.concatenate(parts).reshape(len(hazard), groups, months)


def exposed(units: Units, centre: Floats, months: Months, lag: Lag | None) -> Exposed:
    """Work out the exposure of every group.

    Parameters
    ----------
    units : Units
    centre : (G, A) mean hazard of each group by age bin
        What units are expected to live through before they claim.
    months : Months
    lag : Lag or None

    Returns
    -------
    Exposed
    """
    shape = (*centre.shape, len(months.first))
    total = np.concatenate((np.zeros((len(centre), 1)), np.cumsum(centre, axis=1)), axis=1)
    past, unknown = _past(units, centre, months, lag)
    today = np.where(units.start > months.as_of, -STEP, np.minimum(months.as_of, units.end) - units.start)
    low, high = _ages(units, months)
    since = _at(total, units.group, today)
    rise = _at(total, units.group, high) - _at(total, units.group, low)
    alive = units.units[:, None] * np.exp(-(unknown + _at(total, units.group, low).T - since).T)
    weight = alive * np.divide(-np.expm1(-rise), rise, out=np.ones_like(rise), where=rise > 0)
    p = -np.expm1(-unknown - rise.sum(axis=1))
    groups, spread = len(centre), months.spread(lag)
    lived, due = _lived(units.group, today, (low + high) / 2.0, weight * rise, shape)
    told = due @ spread
    return Exposed(_ahead(units.group, low, high, weight, shape) @ spread,
                   np.divide(lived @ spread, told, out=np.zeros((*shape[:2], told.shape[2])), where=told > 0), past,
                   np.bincount(units.group, units.units * p, groups).astype(np.float64),
                   np.bincount(units.group, units.units * p**2, groups).astype(np.float64))


def _ages(units: Units, months: Months) -> tuple[Floats, Floats]:
    """(X, O) ages at the beginning and the end of each period, kept inside cover; -STEP before the sale."""
    start, cover = units.start[:, None], np.maximum(units.end - units.start, 0)[:, None]

    def inside(day: Ints) -> Floats:
        age = (day - start).astype(np.float64)
        return np.where(age < 0, -STEP, np.minimum(age, cover))

    return inside(np.maximum(months.first - 1, months.as_of)), inside(months.last)


def _at(total: Floats, group: Ints, age: Floats) -> Floats:
    """Cumulative hazard at ages (X,) or (X, O), straight between the edges of the bins."""
    place = age / STEP + 1.0
    k = np.minimum(place.astype(np.int64), total.shape[1] - 2)
    row = group if age.ndim == 1 else group[:, None]
    return np.asarray(total[row, k] + (total[row, k + 1] - total[row, k]) * (place - k))


def _ahead(group: Ints, low: Floats, high: Floats, weight: Floats, shape: tuple[int, int, int]) -> Floats:
    """(G, A, O) sum of weights times the share of the bin lived through."""
    g, a, o = shape
    begin, end = low / STEP + 1.0, high / STEP + 1.0
    first = begin.astype(np.int64)
    month = np.arange(o)
    found = np.zeros(g * a * o)
    for j in range(int(np.ceil((end - first).max(initial=0.0)))):
        k = first + j
        share = np.clip(np.minimum(end, k + 1.0) - np.maximum(begin, k), 0.0, None)
        rows = share > 0
        cell = ((group[:, None] * a + k) * o + month)[rows]
        found += np.bincount(cell, (weight * share)[rows], g * a * o)
    return found.reshape(shape)


def _lived(group: Ints, today: Floats, middle: Floats, weight: Floats,
           shape: tuple[int, int, int]) -> tuple[Floats, Floats]:
    """(G, A, O) share of each bin between today's age and the middle of the period, by claims due; (G, 1, O) those."""
    upto = _below(group, middle, weight, shape) - _below(group, np.broadcast_to(today[:, None], middle.shape), weight,
                                                         shape)
    month = np.arange(shape[2])
    due = np.bincount((group[:, None] * shape[2] + month).ravel(), weight.ravel(), shape[0] * shape[2])
    return upto, due.reshape(shape[0], 1, shape[2]).astype(np.float64)


def _below(group: Ints, age: Floats, weight: Floats, shape: tuple[int, int, int]) -> Floats:
    """(G, A, O) sum of weights times the share of each bin below the age."""
    g, a, o = shape
    place = age / STEP + 1.0
    k = np.minimum(place.astype(np.int64), a)
    cell = ((group[:, None] * (a + 1) + k) * o + np.arange(o)).ravel()
    size = g * (a + 1) * o
    whole = np.bincount(cell, weight.ravel(), size).reshape(g, a + 1, o)
    part = np.bincount(cell, (weight * (place - k)).ravel(), size).reshape(g, a + 1, o)
    over = whole[:, ::-1].cumsum(axis=1)[:, ::-1]
    return np.asarray((over - whole + part)[:, :a])


def _past(units: Units, centre: Floats, months: Months, lag: Lag | None) -> tuple[Floats, Floats]:
    """(G, A, M + 1) units by the bin and the month of report of a claim not known yet; (X,) what they are due of it.

    A unit due u claims not known yet brings one with probability 1 - exp(-u).
    """
    g, a = centre.shape
    back = np.zeros(0, np.int64) if lag is None else np.arange(len(lag.cumulative) - 1)
    share = months.reported(months.as_of - back, lag)
    due = np.zeros(len(units.units))
    for day, reported in zip(back, share, strict=True):
        k, width, mine = _opened(units, months.as_of, int(day))
        due[mine] += centre[units.group[mine], k] * width * reported.sum()
    weight = units.units * np.divide(-np.expm1(-due), due, out=np.ones_like(due), where=due > 0)
    found = np.zeros((g * a, len(months.end) + 1))
    for day, reported in zip(back, share, strict=True):
        k, width, mine = _opened(units, months.as_of, int(day))
        count = np.bincount(units.group[mine] * a + k, weight[mine] * width, g * a)
        some = np.flatnonzero(count)
        found[some] += count[some, None] * reported
    return found.reshape(g, a, -1), due


def _opened(units: Units, as_of: int, back: int) -> tuple[Ints, Floats, Ints]:
    """Bin of age so many days ago, the share of the bin that is that day, and the units that were covered then."""
    day = as_of - back
    mine = np.flatnonzero((units.start <= day) & (units.known >= day))
    age = day - units.start[mine]
    k = np.where(age == 0, 0, np.floor((age - 0.5) / STEP).astype(np.int64) + 1)
    return k, np.where(age == 0, 1.0, 1.0 / STEP), mine
