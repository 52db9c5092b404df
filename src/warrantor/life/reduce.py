"""From raw ages to a tally: a count per age, by the fastest road the ages allow."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from warrantor.finding import Refused
from warrantor.tally import Floats, Ints, Tally

WIDEST = 1 << 26


def outcomes(failed: ArrayLike) -> NDArray[np.bool_]:
    """Read outcomes as true and false.

    Raises
    ------
    Refused
        One that is neither 0 nor 1: files with 1 for watched and 2 for failed would have everybody fail.

    Examples
    --------
    >>> outcomes([1, 0]).tolist()
    [True, False]
    """
    event = np.asarray(failed)
    if event.dtype == bool:
        return event
    came = event == 1
    if not np.all(came | (event == 0)):
        raise Refused("An outcome is neither 0 nor 1: 1 is a claim at the age, 0 is none up to it.")
    return np.asarray(came, bool)


def tally_of_ages(
    age: ArrayLike,
    failed: ArrayLike,
    stratum: ArrayLike | None = None,
    count: ArrayLike | None = None,
    *,
    names: tuple[str, ...] | None = None,
    unit: str = "day",
) -> Tally:
    """Count raw lifetimes into a tally: units enter at age 0, and claim or stay open at their age.

    Parameters
    ----------
    age : (N,) unit
        Age at the first claim, or at which watching ended; whole numbers are counted without sorting.
    failed : (N,) bool or 0/1
        Whether the age is a claim's.
    stratum : (N,) int, optional
        Stratum number of each row from 0; one stratum where none is given.
    count : (N,) count, optional
        Units a row stands for; one each where none is given.
    names : tuple of str, optional
        Names of the strata; their numbers where none are given.
    unit : str
        Unit of age.

    Returns
    -------
    Tally
        Exact grain.

    Raises
    ------
    Refused
        An age that is negative, missing or infinite, an outcome that is neither 0 nor 1, a stratum that is no whole
        number, or lengths that differ.

    Examples
    --------
    >>> t = tally_of_ages([3, 5, 5], [1, 0, 1])
    >>> t.age.tolist(), t.claimed.tolist(), t.open.tolist()
    ([0.0, 3.0, 5.0], [0.0, 1.0, 1.0], [0.0, 0.0, 1.0])
    """
    ages, event = np.asarray(age), outcomes(failed)
    at = None if stratum is None else np.asarray(stratum)
    number = None if count is None else np.asarray(count, np.float64)
    _checked(ages, event, at, number)
    strata = 1 if at is None else max(int(at.max(initial=-1)) + 1, len(names or ()))
    cells, values, left, claimed = _counted(ages, event, at, number, strata)
    labels = names or tuple(str(s) for s in range(strata))
    return _tally(cells, values, left, claimed, strata=((),) if at is None else tuple((n,) for n in labels), unit=unit)


def _checked(age: Any, event: Any, at: Any, number: Any) -> None:
    lengths = {len(a) for a in (age, event, at, number) if a is not None}
    if len(lengths) > 1:
        raise Refused(f"Ages, outcomes, strata and counts have different lengths: {sorted(lengths)}.")
    if len(age) and not (age.min() >= 0 and age.max() < np.inf):
        raise Refused("An age is negative or missing, or infinite; an age is 0 or more, and ends.")
    if number is not None and not np.all((number >= 0) & np.isfinite(number)):
        raise Refused("A count is negative or missing; a count is 0 or more.")
    if at is not None and len(at) and not (at.min() >= 0 and (at.dtype.kind in "iu" or np.all(at == np.floor(at)))):
        raise Refused("A stratum number is negative, missing or no whole number; strata are numbered from 0.")


def _counted(age: Any, event: Any, at: Any, number: Floats | None, strata: int) -> tuple[Ints, Floats, Floats, Floats]:
    """Stratum, age, exits and claims of each (stratum, age) that occurs, sorted, age 0 of every stratum among
    them.
    """
    whole = age.dtype.kind in "iu" or (len(age) > 0 and bool(np.all(age == np.floor(age))))
    top = int(age.max(initial=0)) + 1 if whole and np.all(np.isfinite(age)) else WIDEST
    if top * strata * 2 > min(WIDEST, 8 * len(age) + 4096):
        grid, place = np.unique(np.concatenate(([0.0], age)), return_inverse=True)
        place, top = place.ravel()[1:], len(grid)
    else:
        grid, place = np.arange(top, dtype=np.float64), age
    if top * strata * 2 > max(WIDEST, 4 * len(age)):
        return _sorted(age, event, at, number, strata)
    cell = place if at is None else np.multiply(at, top, dtype=np.int64, casting="unsafe")
    if at is not None:
        np.add(cell, place, out=cell, casting="unsafe")
    elif cell.dtype.kind == "f":
        cell = cell.astype(np.int64)
    every = np.bincount(cell, number, top * strata)
    claimed = np.bincount(cell[event], None if number is None else number[event], top * strata)
    every.reshape(strata, top)[:, 0] += 1  # age 0 stands in every stratum, seen or not
    found = np.flatnonzero(every)
    stratum, column = np.divmod(found, top)
    counted = every[found] - (column == 0)
    return stratum, grid[column], (counted - claimed[found]).astype(np.float64), claimed[found].astype(np.float64)


def _sorted(age: Any, event: Any, at: Any, number: Floats | None, strata: int) -> tuple[Ints, Floats, Floats, Floats]:
    """Many ages in many strata: sort instead of counting into a table that would be mostly empty."""
    number = np.ones(len(age)) if number is None else number
    stratum = np.concatenate((np.arange(strata), np.zeros(len(age), np.int64) if at is None else at))
    ages = np.concatenate((np.zeros(strata), age))
    order = np.lexsort((ages, stratum))
    stratum, ages = stratum[order], ages[order]
    first = np.flatnonzero((np.diff(stratum, prepend=-1) != 0) | (np.diff(ages, prepend=np.nan) != 0))
    blank = np.zeros(strata)
    left = np.concatenate((blank, np.where(event, 0.0, number)))[order]
    claimed = np.concatenate((blank, np.where(event, number, 0.0)))[order]
    return stratum[first], ages[first], np.add.reduceat(left, first), np.add.reduceat(claimed, first)


def _tally(
    stratum: Ints, age: Floats, left: Floats, claimed: Floats, *, strata: tuple[tuple[str, ...], ...], unit: str
) -> Tally:
    entered, first = np.zeros_like(age), np.flatnonzero(age == 0.0)  # one row at age 0 in every stratum
    entered[first] = np.add.reduceat(left, first) + np.add.reduceat(claimed, first)
    zero, none = np.zeros_like(age), np.full_like(age, np.nan)
    return Tally(
        by=("stratum",) if strata != ((),) else (),
        strata=strata,
        stratum=stratum,
        age=age,
        unit=unit,
        how=("counted from raw ages",),
        entered=entered,
        claimed=claimed,
        expired=zero,
        open=left,
        gone=zero,
        covered_in=zero,
        covered_out=zero,
        claims=zero,
        cost=none,
        cost_squared=none,
    )
