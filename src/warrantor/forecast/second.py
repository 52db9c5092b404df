"""A second opinion on a reserve: the chain ladder on each guarantee version's own triangle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.finding import Refused
from warrantor.forecast.months import day_of
from warrantor.forecast.triangle import Triangle, chain_ladder, cumulated
from warrantor.forecast.watched import as_of_day, lag_of, placed
from warrantor.tally import DAYS_PER_MONTH, Cohorts, Ints, Tally

if TYPE_CHECKING:
    from warrantor.forecast.outlook import Outlook

WIDTHS = (1, 3, 6)
"""Months of a period: the first that is not too thin for a standard error is taken."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Second:
    """What the chain ladder says of one stratum.

    Attributes
    ----------
    triangle : Triangle or None
        Cost by period of sale and periods from sale to report.
    width : int
        Months of a period, one of `WIDTHS`.
    until : date or None
        Last day of the last period; what is reported later is not in the triangle.
    refused : str or None
        Why there is none.
    """

    triangle: Triangle | None
    width: int
    until: date | None
    refused: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the total and its standard error, or why there is none."""
        error = None if self.triangle is None or np.isnan(self.triangle.total_se) else self.triangle.total_se
        return {"months": self.width, "until": None if self.until is None else self.until.isoformat(),
                "total": None if self.triangle is None else self.triangle.total, "se": error,
                "refused": self.refused or (self.triangle.refused if self.triangle else None)}


def second_opinions(told: Outlook, cohorts: Cohorts) -> tuple[Second, ...]:
    """Put the chain ladder beside each stratum of an outlook.

    Origins are months of sale, development counts calendar months from sale to report, up to the last whole month by
    `as_of`; quarters or half years where months are too thin for a standard error. Cost is that of all claims, never
    discounted. A triangle needs one promise, costs for every claim, and an oldest origin whose cover has run off, for
    nothing is foretold beyond its development.

    Parameters
    ----------
    told : Outlook
        For its strata.
    cohorts : Cohorts
        The same units by start day.

    Returns
    -------
    (S,) tuple of Second
    """
    none = np.empty(0)
    like = Tally.of(by=told.by, strata=told.strata, stratum=none.astype(np.int64), age=none)
    place = placed(like, cohorts)
    return tuple(_opinion(cohorts, np.flatnonzero((place == s) & (cohorts.units > 0)))
                 for s in range(len(told.strata)))


def _opinion(cohorts: Cohorts, rows: Ints) -> Second:
    try:
        _checked(cohorts, rows)
        end = int(_month(as_of_day(cohorts) + 1)) - 1  # the last whole month
        until = np.datetime64(end + 1, "M").astype("datetime64[D]").astype(np.int64) - 1
        tried = ((width, _triangle(cohorts, rows, end, width)) for width in WIDTHS)
        width, found = next(((w, one) for w, one in tried if one.refused is None),
                            (WIDTHS[0], _triangle(cohorts, rows, end, WIDTHS[0])))
        return Second(triangle=found, width=width, until=day_of(int(until)), refused=None)
    except Refused as why:
        return Second(triangle=None, width=1, until=None, refused=str(why))


def _checked(cohorts: Cohorts, rows: Ints) -> None:
    """Refuse what makes no triangle."""
    if not len(rows):
        raise Refused("No units.")
    if len(np.unique(cohorts.guarantee[rows])) > 1:
        raise Refused("Several guarantee versions in one stratum: a chain ladder takes one promise.")
    if np.isnan(cohorts.claim_cost[np.isin(cohorts.claim_cohort, rows)]).any():
        raise Refused("Some claims have no cost.")
    oldest = rows[_month(cohorts.start_day[rows]) == _month(cohorts.start_day[rows].min())]
    lag = lag_of(cohorts)
    late = int(cohorts.end_day[oldest].max()) + (0 if lag is None else lag.quantile(0.99))
    if late > as_of_day(cohorts):
        raise Refused("The units sold first are still covered, or their last claims still on the way: no triangle "
                      "shows how development ends.")


def _triangle(cohorts: Cohorts, rows: Ints, end: int, width: int) -> Triangle:
    """Add up the cost of some cohorts by periods of `width` months that end with month `end`."""
    def period(day: Ints) -> Ints:
        return np.asarray(-((end - _month(day)) // width))

    claims = np.flatnonzero(np.isin(cohorts.claim_cohort, rows))
    start = cohorts.start_day[cohorts.claim_cohort[claims]]
    opened = start + np.floor((cohorts.claim_age[claims] + 0.5) * DAYS_PER_MONTH).astype(np.int64)
    reported = period(np.minimum(opened + cohorts.claim_lag[claims], as_of_day(cohorts)))
    sold = np.unique(period(cohorts.start_day[rows]))
    sold, inside = sold[sold <= 0], reported <= 0
    origin = period(start)[inside]
    table = cumulated(np.searchsorted(sold, origin), reported[inside] - origin, cohorts.claim_cost[claims][inside],
                      1 - sold)
    return chain_ladder(table, origins=tuple(str(np.datetime64(int(end + m * width - width + 1), "M")) for m in sold))


def _month(day: Ints | int) -> Ints:
    """Months since 1970-01 of day numbers."""
    return np.asarray(day, np.int64).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
