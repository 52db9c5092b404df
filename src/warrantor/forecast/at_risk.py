"""Who is at risk: the units alive at the start of the window, each with its own known end of watch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from warrantor.tally import DAYS_PER_MONTH, Floats, Ints, Tally


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AtRisk:
    """Units without a claim at the start of a window.

    Attributes
    ----------
    by : tuple of str
        Names of the stratum columns.
    strata : tuple of tuple of str
        One value per name of `by`.
    stratum : (R,) int
        Index into `strata` of each row.
    until : (R,) unit of age
        Age at which watching is known to end; at or below the start adds nothing, beyond the window it is cut there.
    units : (R,) count
        How many units the row stands for.
    """

    by: tuple[str, ...]
    strata: tuple[tuple[str, ...], ...]
    stratum: Ints
    until: Floats
    units: Floats

    def __post_init__(self) -> None:
        if not len(self.stratum) == len(self.until) == len(self.units):
            raise ValueError("stratum, until and units need one value per row")
        if np.any(self.units < 0) or np.any(np.isnan(self.until)):
            raise ValueError("units cannot be below zero, and until must be a number (inf where no end is known)")

    def total(self) -> Floats:
        """(S,) units at risk."""
        return np.bincount(self.stratum, self.units, len(self.strata)).astype(np.float64, copy=False)

    def within(self, start: float, end: float) -> AtRisk:
        """Cut every end of watch to the window and add up units with the same one."""
        until = np.clip(self.until, start, end)
        order = np.lexsort((until, self.stratum))
        stratum, until, units = self.stratum[order], until[order], self.units[order]
        first = np.flatnonzero((np.diff(stratum, prepend=-1) != 0) | (np.diff(until, prepend=np.nan) != 0))
        added = np.add.reduceat(units, first) if len(first) else units
        return replace(self, stratum=stratum[first], until=until[first], units=added)

    def __repr__(self) -> str:
        return f"<AtRisk: {self.units.sum():,.0f} units of {len(self.strata):,} strata>"


def ages(unit: str, of: float) -> float:
    """Carry an age in months to the unit of a tally: days at 30.4375 a month; any other unit is taken as months."""
    return of * (DAYS_PER_MONTH if unit == "day" else 1.0)


def cut(tally: Tally, start: float) -> Tally:
    """Hide everything after `start`: what a guarantee of that length would have shown.

    Claims up to `start` stay; the unclaimed who left before the whole part of `start` stay as they left; all others
    leave, unclaimed, at `start`.

    Parameters
    ----------
    tally : Tally
        Uncut; exact grain, or interval grain with `start` a whole number.
    start : float
        In the unit of the tally.

    Returns
    -------
    Tally
        Everybody watched to `start` stands in `expired` there.
    """
    seen = (tally.age <= start) if tally.grain == "exact" else (tally.age < start)
    early = tally.age < np.floor(start)
    claimed = np.where(seen, tally.claimed, 0.0)
    gone = [np.where(early, getattr(tally, n), 0.0) for n in ("expired", "open", "gone")]
    entered = np.where(tally.age < start, tally.entered, 0.0)
    s = len(tally.strata)
    rest = (np.bincount(tally.stratum, entered - claimed - gone[0] - gone[1] - gone[2], s)).astype(np.float64)
    rows, blank = np.arange(s), np.zeros(s)
    columns = {"entered": (entered, blank), "claimed": (claimed, blank), "open": (gone[1], blank),
               "gone": (gone[2], blank), "expired": (gone[0], np.maximum(rest, 0.0))}
    stratum = np.concatenate((tally.stratum, rows))
    age = np.concatenate((np.minimum(tally.age, start), np.full(s, start)))
    counts: dict[str, Any] = {n: np.concatenate(c) for n, c in columns.items()}
    return Tally.of(by=tally.by, strata=tally.strata, stratum=stratum, age=age, unit=tally.unit, grain=tally.grain,
                    as_of=tally.as_of, how=tally.how, **counts)


def alive(tally: Tally, start: float) -> AtRisk:
    """Find the units at risk at `start`, by each row's own age: those who left later at that age, those who claimed
    later without end.

    Parameters
    ----------
    tally : Tally
        Uncut.
    start : float
        In the unit of the tally.

    Returns
    -------
    AtRisk
    """
    stays = (tally.age >= np.floor(start)) & (tally.left > 0)
    claims = ((tally.age > start) if tally.grain == "exact" else (tally.age >= start)) & (tally.claimed > 0)
    until = np.concatenate((np.maximum(tally.age[stays], start), np.full(int(claims.sum()), np.inf)))
    stratum = np.concatenate((tally.stratum[stays], tally.stratum[claims]))
    return AtRisk(by=tally.by, strata=tally.strata, stratum=stratum, until=until,
                  units=np.concatenate((tally.left[stays], tally.claimed[claims])))


def came(tally: Tally, start: float, end: float) -> Floats:
    """(S,) first claims in (start, end]."""
    step = 0.0 if tally.grain == "exact" else 0.5
    inside = (tally.age + step > start) & (tally.age + step <= end)
    return np.bincount(tally.stratum[inside], tally.claimed[inside], len(tally.strata)).astype(np.float64, copy=False)
