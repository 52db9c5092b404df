"""Planned sales: units of a stratum to be sold in a month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from warrantor.finding import Refused
from warrantor.tally import Floats, Ints

Sales = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Planned sales, one row a stratum and month.

    Attributes
    ----------
    stratum : (P,) int
    month : (P,) int
        Index into the months shown.
    units : (P,) count
    later : float
        Units planned for months after those shown; they bring nothing to them.
    """

    stratum: Ints
    month: Ints
    units: Floats
    later: float = 0.0


def planned(sales: Sales | None, by: tuple[str, ...], strata: tuple[tuple[str, ...], ...],
            months: tuple[date, ...]) -> Plan:
    """Read planned sales.

    Parameters
    ----------
    sales : mapping of columns, optional
        The columns of `by`, `month` (a date, or text such as 2026-03) and `units`; rows may repeat. `guarantee` may be
        left out where each stratum has but one.
    by, strata
        What the strata are.
    months : tuple of date
        First days of the months shown.

    Returns
    -------
    Plan

    Raises
    ------
    Refused
        A column is missing, a stratum is not among those known, a month is past or no month, units are no count.

    Examples
    --------
    >>> plan = planned({"product": ["A", "A"], "month": ["2026-02", "2026-04"], "units": [100, 50]}, ("product",),
    ...                (("A",),), (date(2026, 1, 1), date(2026, 2, 1)))
    >>> plan.month.tolist(), plan.units.tolist(), plan.later
    ([1], [100.0], 50.0)
    """
    none = np.empty(0, np.int64)
    if sales is None:
        return Plan(none, none, np.empty(0))
    lacking = [name for name in (*by, "month", "units") if name not in sales]
    if lacking == ["guarantee"]:
        by, strata = _unversioned(by, strata)
    elif lacking:
        raise Refused(f"The planned sales have no column {', '.join(lacking)}: give {', '.join(by)}, month and units.")
    units = _units(sales["units"])
    place = {key: i for i, key in enumerate(strata)}
    keys = list(zip(*(map(str, sales[name]) for name in by), strict=True)) if by else [()] * len(units)
    unknown = [key for key in keys if key not in place]
    if unknown:
        raise Refused(f"Planned sales of {', '.join(unknown[0])}, which is no stratum of the fleet: there is nothing "
                      "to tell its claims from. Plan for a stratum that has been sold, or leave the row out.")
    month = np.array([_month(m, months[0]) for m in sales["month"]], np.int64)
    shown = month < len(months)
    stratum = np.array([place[key] for key in keys], np.int64)
    return Plan(stratum[shown], month[shown], units[shown], float(units[~shown].sum()))


def _unversioned(by: tuple[str, ...],
                 strata: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Leave the guarantee out of the strata's names, where each has one."""
    i = by.index("guarantee")
    short = tuple(key[:i] + key[i + 1 :] for key in strata)
    twice = next((key for key in short if short.count(key) > 1), None)
    if twice is not None:
        raise Refused(f"{', '.join(twice) or 'The fleet'} was sold under several guarantees: give the planned sales a "
                      "column guarantee.")
    return by[:i] + by[i + 1 :], short


def _units(given: Sequence[Any]) -> Floats:
    try:
        units = np.array([float(u) for u in given])
    except ValueError as error:
        raise Refused(f"Planned units must be numbers: {error}.") from error
    if not np.all(np.isfinite(units) & (units >= 0)):
        raise Refused("Planned units must be counts, zero or more.")
    return units


def _month(given: Any, first: date) -> int:
    """How many months after the first one shown."""
    try:
        day = given if isinstance(given, date) else date.fromisoformat(f"{str(given).strip()}-01"[:10])
    except ValueError as error:
        raise Refused(f"{given!r} is no month: write it as in 2026-03.") from error
    ahead = (day.year - first.year) * 12 + day.month - first.month
    if ahead < 0:
        raise Refused(f"Sales are planned for {day:%Y-%m}, before {first:%Y-%m}, the first month of the forecast: "
                      "units sold already are in the fleet.")
    return ahead
