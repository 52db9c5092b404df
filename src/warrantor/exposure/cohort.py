"""The fleet by the day its cover began: records + calendar -> Cohorts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.exposure.scope import Scope
from warrantor.exposure.strata import integers, is_word, numbers, strata_of
from warrantor.exposure.window import costs_of, started
from warrantor.tally import Cohorts, Floats, Ints

if TYPE_CHECKING:
    import pyarrow as pa


def cohorts_of(scope: Scope, by: str | Iterable[str] = ()) -> Cohorts:
    """Count units by stratum, guarantee version and start day, and their known claims by age month and report lag.

    A month of age is 30.4375 days: floor(days / 30.4375).

    Parameters
    ----------
    scope : Scope
        The records and the day.
    by : str or iterable of str
        Columns of units; `origin` is added, the guarantee version stands in its own column.

    Returns
    -------
    Cohorts
        Sorted by stratum, guarantee version, start day.

    Raises
    ------
    Refused
        Columns the units do not have.
    """
    names = tuple(n for n in scope.by(by) if n != "guarantee")
    asked = (*names, "guarantee")
    whole, how = started(scope.ask("units", asked), scope)
    moved = [scope.ask(q, asked, axis="start_day") for q in ("shifted", "firsts")]
    cells = scope.ask("cells", asked)
    strata, stratum = strata_of([whole, *moved, cells], names)
    versions, version = strata_of([whole, *moved, cells], ("guarantee",))
    days = [integers(whole, "start_day"), *(integers(m, "place") for m in moved), integers(cells, "start_day")]
    places = _numbered(stratum, version, days)
    order, first = np.unique(places[0], return_index=True)
    rows = [np.searchsorted(order, p) for p in places]
    units = np.bincount(rows[0], weights=numbers(whole, "units"), minlength=len(order)).astype(np.float64)
    return Cohorts(by=names, strata=strata, stratum=stratum[0][first], as_of=scope.as_of, how=(*how, *_said(scope)),
                   guarantees=tuple(v for (v,) in versions), guarantee=version[0][first], start_day=days[0][first],
                   end_day=integers(whole, "end_day")[first], units=units,
                   claimed=_moved(rows[1:3], moved, "claimed", len(order)),
                   gone=_moved(rows[1:3], moved, "gone", len(order)), **_cells(rows[3], cells, scope))


def _numbered(stratum: list[Ints], version: list[Ints], days: list[Ints]) -> list[Ints]:
    """One number per (stratum, version, start day), rising in that order."""
    lowest = min((int(d.min()) for d in days if len(d)), default=0)
    width = max((int(d.max()) for d in days if len(d)), default=0) - lowest + 1
    versions = max((int(v.max()) for v in version if len(v)), default=0) + 1
    return [(s * versions + v) * width + d - lowest for s, v, d in zip(stratum, version, days, strict=True)]


def _moved(rows: list[Ints], moved: list[pa.Table], what: str, size: int) -> Floats:
    total = np.zeros(size)
    for at, table in zip(rows, moved, strict=True):
        total += np.bincount(at, weights=numbers(table, "units") * is_word(table, "why", what), minlength=size)
    return total


def _cells(rows: Ints, cells: pa.Table, scope: Scope) -> dict[str, Any]:
    month, lag = integers(cells, "age_month"), integers(cells, "lag")
    order = np.lexsort((lag, month, rows))
    cost = costs_of(cells, "cost")["cost"] if scope.currency is not None else np.full(len(rows), np.nan)
    return {"claim_cohort": rows[order], "claim_age": month[order], "claim_lag": lag[order],
            "claim_count": numbers(cells, "claims")[order], "claim_cost": cost[order]}


def _said(scope: Scope) -> tuple[str, ...]:
    return (f"claims reported by {scope.as_of} are known; later reports of the same ages are not",
            "the end of a cohort is its calendar's; ends moved for single units are in no cohort's end_day")
