"""Repeat claims: which unit claimed when, and how long every unit was under cover.

Only units with claims have rows; all others stand in the windows, counted by the ages at which cover began and ended.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from warrantor.finding import Refused
from warrantor.tally import Floats, Ints, either, merged, regrouped

if TYPE_CHECKING:
    import pyarrow as pa

Strata = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Repeats:
    """All claims under cover with the units they came from, and everybody's time under cover.

    Attributes
    ----------
    by : tuple of str
        Names of the stratum columns.
    strata : tuple of tuple of str
        One text value per name of `by`.
    window_stratum : (W,) int
        Index into `strata`; windows are sorted by stratum, enter, leave, each once.
    window_enter, window_leave : (W,) unit
        First and last age under cover, both inside.
    window_units : (W,) count
        Units, claims or not.
    stratum : (R,) int
        Index into `strata` of each claim; claims are sorted by stratum, unit, age.
    which : (R,) int
        The unit a claim came from, numbered from 0 within the value.
    age : (R,) unit
    enter, leave : (R,) unit
        The window of the claim's unit.
    cost : (R,) currency
        nan where the records hold none.
    unit : str
        Unit of age: "day" or the file's own.
    currency : str or None
    as_of : date or None
        The day up to which the records were read.
    how : tuple of str
        Sentences on how the value was obtained.
    """

    by: tuple[str, ...]
    strata: Strata
    window_stratum: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    window_enter: Floats = field(default_factory=lambda: np.empty(0))
    window_leave: Floats = field(default_factory=lambda: np.empty(0))
    window_units: Floats = field(default_factory=lambda: np.empty(0))
    stratum: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    which: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    age: Floats = field(default_factory=lambda: np.empty(0))
    enter: Floats = field(default_factory=lambda: np.empty(0))
    leave: Floats = field(default_factory=lambda: np.empty(0))
    cost: Floats = field(default_factory=lambda: np.empty(0))
    unit: str = "day"
    currency: str | None = None
    as_of: date | None = None
    how: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if np.any(self.window_enter > self.window_leave):
            raise ValueError("a window ends before it begins")
        if np.any((self.age < self.enter) | (self.age > self.leave)):
            raise ValueError("a claim lies outside the window of its unit")

    def __len__(self) -> int:
        return len(self.stratum)

    @classmethod
    def of(cls, *, by: tuple[str, ...], strata: Strata, windows: tuple[Ints, Floats, Floats, Floats],
           claims: tuple[Ints, Ints, Floats, Floats, Floats, Floats], **said: Any) -> Repeats:
        """Add windows that are alike, sort, and number the units anew.

        Parameters
        ----------
        by, strata
            As in the class.
        windows : (stratum, enter, leave, units)
            (W,) each; a negative number of units takes a window back.
        claims : (stratum, which, age, enter, leave, cost)
            (R,) each.
        **said
            unit, currency, as_of, how.

        Examples
        --------
        >>> one, zero = np.zeros(3, int), np.zeros(3)
        >>> r = Repeats.of(by=(), strata=((),), windows=(one, zero, np.array([9.0, 9.0, 5.0]), np.ones(3)),
        ...                claims=(one, np.array([7, 4, 7]), np.array([3.0, 2, 1]), zero, zero + 9, zero + 10))
        >>> r.window_leave.tolist(), r.window_units.tolist(), r.which.tolist(), r.age.tolist()
        ([5.0, 9.0], [1.0, 2.0], [0, 1, 1], [2.0, 1.0, 3.0])
        """
        at, enter, leave, units = (np.asarray(w) for w in windows)
        order = np.lexsort((leave, enter, at))
        at, enter, leave = at[order].astype(np.int64), enter[order], leave[order]
        new = (np.diff(at, prepend=-1) != 0) | (np.diff(enter, prepend=np.nan) != 0) | (
            np.diff(leave, prepend=np.nan) != 0)
        first = np.flatnonzero(new)
        summed = np.add.reduceat(units[order].astype(np.float64), first) if len(first) else np.empty(0)
        keep = first[summed != 0]
        stratum, which, age, *rest = (np.asarray(c) for c in claims)
        sort = np.lexsort((rest[-1], age, which, stratum))
        number = np.cumsum(np.diff(which[sort], prepend=-1) != 0) - 1
        entered, left, cost = (c[sort].astype(np.float64) for c in rest)
        return cls(by=by, strata=strata, window_stratum=at[keep], window_enter=enter[keep].astype(np.float64),
                   window_leave=leave[keep].astype(np.float64), window_units=summed[summed != 0],
                   stratum=stratum[sort].astype(np.int64), which=number.astype(np.int64),
                   age=age[sort].astype(np.float64), enter=entered, leave=left, cost=cost, **said)

    def total(self) -> Floats:
        """(S,) units under cover, claims or not."""
        return np.bincount(self.window_stratum, self.window_units, len(self.strata)).astype(np.float64)

    def at_risk(self, stratum: Ints, age: Floats) -> Floats:
        """(Q,) units under cover at ages of strata: Y(a) = those that entered by a and did not leave before a."""
        return (_running(self.window_stratum, self.window_enter, self.window_units, (stratum, age), "right")
                - _running(self.window_stratum, self.window_leave, self.window_units, (stratum, age), "left"))

    def _parts(self) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        return ((self.window_stratum, self.window_enter, self.window_leave, self.window_units),
                (self.stratum, self.which, self.age, self.enter, self.leave, self.cost))

    def __add__(self, other: Repeats) -> Repeats:
        """Add the repeats of other units to the same question."""
        for name in ("by", "unit", "currency"):
            if getattr(self, name) != getattr(other, name):
                raise ValueError(f"cannot add repeats whose {name} differ: "
                                 f"{getattr(self, name)!r} and {getattr(other, name)!r}")
        strata, mine, theirs = merged(self.strata, other.strata)
        (w1, c1), (w2, c2) = self._parts(), other._parts()
        moved = theirs[c2[0]], c2[1] + int(c1[1].max(initial=-1)) + 1
        windows = [(mine[w1[0]], theirs[w2[0]]), *zip(w1[1:], w2[1:], strict=True)]
        claims = [(mine[c1[0]], moved[0]), (c1[1], moved[1]), *zip(c1[2:], c2[2:], strict=True)]
        return Repeats.of(by=self.by, strata=strata, unit=self.unit, currency=self.currency,
                          as_of=self.as_of if self.as_of == other.as_of else None, how=either(self.how, other.how),
                          windows=tuple(map(np.concatenate, windows)),  # type: ignore[arg-type]
                          claims=tuple(map(np.concatenate, claims)))  # type: ignore[arg-type]

    def over(self, *names: str) -> Repeats:
        """Add over stratum columns."""
        kept = tuple(name for name in self.by if name not in names)
        if len(kept) + len(names) != len(self.by):
            raise ValueError(f"cannot add over {names}: the strata are {self.by}")
        strata, index = regrouped(self.by, self.strata, kept)
        windows, claims = self._parts()
        return Repeats.of(by=kept, strata=strata, windows=(index[windows[0]], *windows[1:]),
                          claims=(index[claims[0]], *claims[1:]), unit=self.unit, currency=self.currency,
                          as_of=self.as_of, how=self.how)

    def only(self, keep: NDArray[np.bool_]) -> Repeats:
        """Keep the strata where `keep` (S,) is true."""
        index, (windows, claims) = np.cumsum(keep) - 1, self._parts()
        (w_at, *w), (c_at, *c) = ([p[keep[part[0]]] for p in part] for part in (windows, claims))
        return Repeats.of(by=self.by, strata=tuple(s for s, k in zip(self.strata, keep, strict=True) if k),
                          windows=(index[w_at], *w), claims=(index[c_at], *c),
                          unit=self.unit, currency=self.currency, as_of=self.as_of, how=self.how)

    def to_arrow(self) -> pa.Table:
        """Return one row per claim, the strata written out as text columns; the windows are not in it."""
        import pyarrow as pa

        columns: dict[str, Any] = {n: [self.strata[s][i] for s in self.stratum] for i, n in enumerate(self.by)}
        return pa.table(columns | {n: getattr(self, n) for n in ("which", "age", "enter", "leave", "cost")})

    def __repr__(self) -> str:
        return (f"<Repeats: {len(self):,} claims of {int(self.which.max(initial=-1)) + 1:,} units among "
                f"{self.total().sum():,.0f}, {len(self.strata):,} strata by {', '.join(self.by) or 'nothing'}, "
                f"{self.unit} ages>")


def repeats_of_ages(system: ArrayLike, age: ArrayLike, event: ArrayLike, stratum: ArrayLike | None = None,
                    cost: ArrayLike | None = None, *, unit: str = "day", currency: str | None = None) -> Repeats:
    """Count raw histories: a row per claim, and one row per system for the age at which watching it ended.

    Parameters
    ----------
    system : (N,) number or text
        Which unit a row belongs to.
    age : (N,) unit
    event : (N,) bool or 0/1
        1: a claim at the age. 0: watching the system ended at the age; once for each.
    stratum : (N,) int, optional
        Stratum number of each row from 0.
    cost : (N,) currency, optional
        Of the claims.
    unit : str
        Unit of age.
    currency : str, optional
        Of the costs.

    Returns
    -------
    Repeats
        Every system enters at age 0.

    Raises
    ------
    Refused
        Lengths that differ, a negative, missing or infinite age, an event other than 0 and 1, a system without exactly
        one end, in two strata, or with a claim after its end.

    Examples
    --------
    >>> repeats_of_ages([1, 1, 1, 2], [5, 8, 9, 7], [1, 1, 0, 0])
    <Repeats: 2 claims of 1 units among 2, 1 strata by nothing, day ages>
    """
    ages, events = np.asarray(age, np.float64), np.asarray(event) == 1
    at = np.zeros(len(ages), np.int64) if stratum is None else np.asarray(stratum).astype(np.int64)
    costs = np.full(len(ages), np.nan) if cost is None else np.asarray(cost, np.float64)
    if len({len(ages), len(events), len(at), len(costs), len(np.asarray(system))}) > 1:
        raise Refused("Systems, ages, events, strata and costs have different lengths.")
    if len(ages) and not (ages.min() >= 0 and ages.max() < np.inf and at.min() >= 0):
        raise Refused("An age or a stratum number is negative or missing, or infinite; both are 0 or more, and end.")
    if not np.all(events | (np.asarray(event) == 0)):
        raise Refused("An event is neither 1, a claim, nor 0, the end of watching.")
    names, which = np.unique(np.asarray(system), return_inverse=True)
    ended = np.flatnonzero(~events)
    _ended_once(names, which, ended)
    leave, home = np.empty(len(names)), np.empty(len(names), np.int64)
    leave[which[ended]], home[which[ended]] = ages[ended], at[ended]
    if np.any(home[which] != at) or np.any(ages > leave[which]):
        bad = names[which[np.flatnonzero((home[which] != at) | (ages > leave[which]))[0]]]
        raise Refused(f"System {bad} has a claim after its watching ended, or stands in two strata.")
    labels = tuple((str(s),) for s in range(int(at.max(initial=-1)) + 1)) if stratum is not None else ((),)
    w, c = which[events], np.zeros(int(events.sum()))
    return Repeats.of(by=() if stratum is None else ("stratum",), strata=labels, unit=unit, currency=currency,
                      how=("counted from raw ages",), windows=(home, np.zeros_like(leave), leave, np.ones(len(leave))),
                      claims=(at[events], w, ages[events], c, leave[w], costs[events]))


def _ended_once(names: Any, which: Ints, ended: Ints) -> None:
    ends = np.bincount(which[ended], minlength=len(names))
    if np.any(ends != 1):
        bad = names[np.flatnonzero(ends != 1)[0]]
        raise Refused(f"System {bad} needs exactly one row with event 0, the age at which watching it ended.")


def _running(stratum: Ints, age: Floats, weight: Floats, asked: tuple[Ints, Floats], side: str) -> Floats:
    """Sum weights of the same stratum up to each age asked for; side "left" leaves out the age itself."""
    place = positions(stratum, age, asked, side)
    order = np.lexsort((age, stratum))
    whole = np.concatenate(([0.0], np.cumsum(weight[order])))
    start = np.searchsorted(stratum[order], asked[0], "left")
    return np.asarray(whole[place] - whole[start])


def positions(stratum: Ints, age: Floats, asked: tuple[Ints, Floats], side: str) -> Ints:
    """Find where (stratum, age) pairs asked for would stand among those given, once these are sorted.

    Parameters
    ----------
    stratum, age : (N,)
    asked : (stratum, age), (Q,) each
    side : "left" or "right"
        Before or after equal pairs.

    Returns
    -------
    (Q,) int

    Examples
    --------
    >>> two = np.array([0, 0, 1]), np.array([2.0, 5.0, 1.0])
    >>> positions(*two, (np.array([0, 0, 1]), np.array([5.0, 9.0, 0.5])), "left").tolist()
    [1, 2, 2]
    """
    ages = np.unique(np.concatenate((age, asked[1])))
    width = len(ages) + 1
    key = np.sort(stratum * width + np.searchsorted(ages, age))
    found: Ints = np.searchsorted(key, asked[0] * width + np.searchsorted(ages, asked[1]),
                                  "left" if side == "left" else "right")
    return found
