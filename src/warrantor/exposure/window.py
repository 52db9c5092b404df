"""Windows closed and added: records + calendar -> Tally."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.exposure.faults import named
from warrantor.exposure.scope import Scope
from warrantor.exposure.strata import integers, is_word, numbers, strata_of
from warrantor.tally import COUNTS, Floats, Ints, Tally

if TYPE_CHECKING:
    import pyarrow as pa

EXITS = ("expired", "open", "gone")


def tally_of(scope: Scope, by: str | Iterable[str] = (), *, faults: Sequence[str] | None = None) -> Tally:
    """Count entries, first claims and exits by age in days.

    All units are counted by stratum and start day, and leave when their guarantee's calendar or `as_of` says.
    The few that left otherwise, and those that claimed, are then moved. A window closes at
    min(first claim, returned, end of cover, as_of).

    Parameters
    ----------
    scope : Scope
        The records and the day.
    by : str or iterable of str
        Columns of units; `guarantee` and `origin` are added to them.
    faults : sequence of str, optional
        Count only claims of these faults, the empty text being a claim without a code; a unit whose first claim is of
        another is `gone` on that day, the usual competing risk.

    Returns
    -------
    Tally
        Exact day grain, strata sorted.

    Raises
    ------
    Refused
        Columns the units do not have.
    """
    names = scope.by(by)
    whole = scope.ask("units", names)
    shifted, firsts, claims = (scope.ask(q, names, faults=faults) for q in ("shifted", "firsts", "claims"))
    kept, how = started(whole, scope)
    tables = [kept, shifted, firsts, claims]
    strata, places = strata_of(tables, names)
    rows = _Rows(len(strata))
    _enter(rows, places[0], kept, scope.day)
    _move(rows, places[1], shifted, covered=True)
    _move(rows, places[2], firsts, covered=False)
    costs = costs_of(claims, "cost", "cost_squared")
    rows.put(places[3], integers(claims, "place"), claims=numbers(claims, "claims"), **costs)
    how = (*how, *_said(scope, claims, faults))
    stratum, age, counts = rows.summed(costed=scope.currency is not None)
    return Tally.of(by=names, strata=strata, stratum=stratum, age=age.astype(np.float64), as_of=scope.as_of, how=how,
                    currency=scope.currency, **counts)


class _Rows:
    """Counts waiting to be added by stratum and age."""

    def __init__(self, strata: int) -> None:
        self.strata = strata
        self.parts: list[tuple[Ints, Ints, dict[str, Floats]]] = []

    def put(self, stratum: Ints, age: Ints, **counts: Floats) -> None:
        self.parts.append((stratum, age, counts))

    def summed(self, *, costed: bool) -> tuple[Ints, Ints, dict[str, Any]]:
        """Add up; drop rows where everything cancelled. Without a currency a cost is nan, not zero."""
        stratum = np.concatenate([p[0] for p in self.parts])
        age = np.concatenate([p[1] for p in self.parts])
        width = int(age.max(initial=0)) + 1
        cells, at = np.unique(stratum * width + age, return_inverse=True)
        edges = np.cumsum([0, *(len(p[0]) for p in self.parts)])
        sums = {name: np.zeros(len(cells)) for name in COUNTS}
        for (_, _, counts), start, stop in zip(self.parts, edges[:-1], edges[1:], strict=True):
            for name, values in counts.items():
                sums[name] += np.bincount(at[start:stop], weights=values, minlength=len(cells))
        keep = np.any([sums[name] != 0 for name in COUNTS], axis=0)  # nan differs from zero
        if not costed:
            sums |= {name: np.full(len(cells), np.nan) for name in ("cost", "cost_squared")}
        return cells[keep] // width, cells[keep] % width, {name: sums[name][keep] for name in COUNTS}


def started(whole: pa.Table, scope: Scope) -> tuple[pa.Table, tuple[str, ...]]:
    """Keep the units under watch by `as_of`; say how many are not, and why."""
    import pyarrow.compute as pc

    begun = pc.less_equal(whole["start_day"], scope.day)
    covered = pc.is_valid(whole["end_day"])
    count = {
        "whose start is not known": pc.is_null(whole["start_day"]),
        f"that start after {scope.as_of}": pc.fill_null(pc.invert(begun), fill_value=False),
        "without a guarantee": pc.and_(pc.fill_null(begun, fill_value=False), pc.invert(covered)),
    }
    units = {why: pc.sum(whole["units"].filter(mask)).as_py() or 0 for why, mask in count.items()}
    how = tuple(f"{n:,} units {why} are in no count" for why, n in units.items() if n)
    return whole.filter(pc.and_(pc.fill_null(begun, fill_value=False), covered)), how


def _enter(rows: _Rows, stratum: Ints, units: pa.Table, day: int) -> None:
    """Every unit enters at age 0 and leaves at the end of its cover, or is open."""
    start, end, n = integers(units, "start_day"), integers(units, "end_day"), numbers(units, "units")
    over = end <= day
    rows.put(stratum, np.zeros_like(start), entered=n, covered_in=n)
    rows.put(stratum, np.where(over, end, day) - start, expired=n * over, open=n * ~over, covered_out=n)


def _move(rows: _Rows, stratum: Ints, moved: pa.Table, *, covered: bool) -> None:
    """Put corrections where they belong; `covered`: an exit that moves takes the end of cover along."""
    age, n = integers(moved, "place"), numbers(moved, "units")
    counts = {name: n * is_word(moved, "why", name) for name in (*EXITS, "claimed", "covered_out")}
    if covered:
        counts["covered_out"] = n
    rows.put(stratum, age, **counts)


def costs_of(claims: pa.Table, *names: str) -> dict[str, Floats]:
    """Return sums of cost, nan where one claim of the sum has none."""
    whole = numbers(claims, "priced") == numbers(claims, "claims")
    return {name: np.where(whole, numbers(claims, name), np.nan) for name in names}


def _said(scope: Scope, claims: pa.Table, faults: Sequence[str] | None) -> tuple[str, ...]:
    unpriced = numbers(claims, "claims").sum() - numbers(claims, "priced").sum()
    said = [f"claims reported by {scope.as_of} are known; ages within the report lag of that day are still filling"]
    if scope.currency is not None and unpriced:
        said.append(f"{unpriced:,.0f} claims have no cost; a sum that needs one is missing, not smaller")
    if faults is not None:
        said.append(f"claims are those of {named(faults)}; a unit first claimed for another fault is gone that day")
    return tuple(said)
