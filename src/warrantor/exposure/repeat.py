"""Which unit claimed when: records + calendar -> Repeats."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from warrantor.exposure.scope import Scope
from warrantor.exposure.strata import integers, is_word, numbers, strata_of
from warrantor.exposure.window import started
from warrantor.repeats import Repeats
from warrantor.tally import Floats, Ints

if TYPE_CHECKING:
    import pyarrow as pa


def repeats_of(scope: Scope, by: str | Iterable[str] = ()) -> Repeats:
    """Read every known claim under cover with its unit, and count all units by the age at which their cover ends.

    Cover begins at age 0 and ends at min(returned, end of cover, exchanged, as_of), as in `tally_of`: all units are
    counted by stratum and start day, and only units with claims are looked at one by one.

    Parameters
    ----------
    scope : Scope
        The records and the day.
    by : str or iterable of str
        Columns of units; `guarantee` and `origin` are added to them.

    Returns
    -------
    Repeats
        Ages in days, strata sorted.

    Raises
    ------
    Refused
        Columns the units do not have.
    """
    names = scope.by(by)
    whole, *tables = (scope.ask(question, names) for question in ("units", "shifted", "firsts", "repeats"))
    kept, how = started(whole, scope)
    strata, places = strata_of([kept, *tables], names)
    claims = tables[-1]
    age, leaves = integers(claims, "place"), integers(claims, "leaves")
    inside = age <= leaves
    said = [f"claims reported by {scope.as_of} are known; ages within the report lag of that day are still filling"]
    if not inside.all():
        said.append(f"{int((~inside).sum()):,} claims of units already exchanged are in no count")
    cost = numbers(claims, "cost") if scope.currency is not None else np.full(len(claims), np.nan)
    zero = np.zeros(int(inside.sum()))
    return Repeats.of(by=names, strata=strata, windows=_windows(kept, tables[:2], places[:3], scope.day),
                      claims=(places[-1][inside], integers(claims, "unit")[inside], age[inside].astype(np.float64),
                              zero, leaves[inside].astype(np.float64), cost[inside]),
                      currency=scope.currency, as_of=scope.as_of, how=(*how, *said))


def _windows(
    units: pa.Table, moved: list[pa.Table], places: list[Ints], day: int
) -> tuple[Ints, Floats, Floats, Floats]:
    """Everybody leaves when the calendar or the day says; then the few that left otherwise are moved."""
    start, end = integers(units, "start_day"), integers(units, "end_day")
    shifted, firsts = moved
    leave = [np.minimum(end, day) - start, integers(shifted, "place"), integers(firsts, "place")]
    count = [numbers(units, "units"), numbers(shifted, "units"),
             numbers(firsts, "units") * is_word(firsts, "why", "covered_out")]
    last = np.concatenate(leave).astype(np.float64)
    return np.concatenate(places), np.zeros_like(last), last, np.concatenate(count)
