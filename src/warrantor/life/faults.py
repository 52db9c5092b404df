"""First claims by fault: each fault competes with the others to be the one that comes first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

from warrantor.finding import Refused
from warrantor.life.fitted import whole
from warrantor.life.table import life_table
from warrantor.repeats import positions
from warrantor.tally import Floats, Grain, Ints, Tally

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "warrantor.incidence/1"
COLUMNS = ("claims", "incidence", "variance", "lower", "upper")
OTHER = "(other)"
NOBODY = "No unit was under watch after age 0."


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Incidence:
    """Share of units whose first claim is of each fault, by age.

    At every row the shares of all faults and `survival` add to 1.

    Attributes
    ----------
    by : tuple of str
        Names of the stratum columns.
    strata : tuple of tuple of str
        One value per name of `by`.
    faults : tuple of str
        K names; "(other)" holds first claims of no fault that was named.
    unit : str
        Unit of age.
    grain : "exact" or "interval"
        interval: claims of a row lie in the unit of age before `age`.
    level : float
        Level of the bands, each at its age alone.
    units : (S,) count
    claimed, dead_on_arrival : (K, S) count
        First claims of each fault; those at age 0, which stand in no row.
    stratum : (R,) int
        Stratum of each row.
    age, at_risk, survival : (R,)
        Age; units whose window reaches it; share without a claim after it (Kaplan-Meier over all faults).
    claims : (K, R) count
        First claims of each fault; a share of one where a unit's first day has claims of several.
    incidence, variance, lower, upper : (K, R)
        Share of units first claimed for the fault by the age, its variance and its log(-log) band; the band is nan
        where the share is 0 or 1.
    refused : tuple of str or None
        Why a stratum has no rows.
    how : tuple of str
    """

    by: tuple[str, ...]
    strata: tuple[tuple[str, ...], ...]
    faults: tuple[str, ...]
    unit: str
    grain: Grain
    level: float
    units: Floats
    claimed: Floats
    dead_on_arrival: Floats
    stratum: Ints
    age: Floats
    at_risk: Floats
    survival: Floats
    claims: Floats
    incidence: Floats
    variance: Floats
    lower: Floats
    upper: Floats
    refused: tuple[str | None, ...]
    how: tuple[str, ...]

    def of(self, fault: str, s: int = 0) -> dict[str, Floats]:
        """Return age, at_risk, survival and the columns of one fault in one stratum, by name."""
        k, rows = self._number(fault), self.stratum == s
        plain = {name: getattr(self, name)[rows] for name in ("age", "at_risk", "survival")}
        return plain | {name: getattr(self, name)[k, rows] for name in COLUMNS}

    def at(self, age: float, name: str = "incidence") -> Floats:
        """(K, S) a column at an age: its last step at or before it; nan past the last age somebody was watched.

        Raises
        ------
        Refused
            No such column.
        """
        if name not in COLUMNS[1:]:
            raise Refused(f"There is no column {name!r}; there are {', '.join(COLUMNS[1:])}.")
        blank = np.nan if name in ("lower", "upper") else 0.0
        found = np.full((len(self.faults), len(self.strata)), blank)
        last = np.full(len(self.strata), -np.inf)
        np.maximum.at(last, self.stratum, self.age)
        rows = np.flatnonzero(self.age <= age)
        found[:, self.stratum[rows]] = getattr(self, name)[:, rows]
        return np.where(last >= age, found, np.nan)

    def _number(self, fault: str) -> int:
        if fault not in self.faults:
            raise Refused(f"There is no fault {fault!r}; there are {', '.join(self.faults)}.")
        return self.faults.index(fault)

    def to_arrow(self) -> pa.Table:
        """Return one row per stratum, fault and age, strata and fault as text columns."""
        import pyarrow as pa

        k = len(self.faults)
        columns: dict[str, Any] = {n: [self.strata[s][i] for s in self.stratum] * k for i, n in enumerate(self.by)}
        columns["fault"] = [fault for fault in self.faults for _ in self.stratum]
        columns |= {n: np.tile(getattr(self, n), k) for n in ("age", "at_risk", "survival")}
        return pa.table(columns | {n: getattr(self, n).ravel() for n in COLUMNS})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name; a number that does not exist is None."""
        return {"schema": SCHEMA, "unit": self.unit, "grain": self.grain, "level": self.level,
                "faults": list(self.faults), "how": list(self.how),
                "strata": [self._stratum(s) for s in range(len(self.strata))]}

    def _stratum(self, s: int) -> dict[str, Any]:
        rows = self.stratum == s
        return {"by": dict(zip(self.by, self.strata[s], strict=True)), "units": whole(self.units[s]),
                "claimed": {f: float(self.claimed[k, s]) for k, f in enumerate(self.faults)},
                "dead_on_arrival": {f: float(self.dead_on_arrival[k, s]) for k, f in enumerate(self.faults)},
                "refused": self.refused[s],
                "rows": {n: getattr(self, n)[rows].tolist() for n in ("age", "at_risk", "survival")},
                "faults": {f: {n: _plain(getattr(self, n)[k, rows]) for n in COLUMNS}
                           for k, f in enumerate(self.faults)}}

    def __repr__(self) -> str:
        head = (f"<first claims by fault: {self.claimed.sum():,.0f} of {self.units.sum():,.0f} units, "
                f"{len(self.strata):,} strata, {self.unit} ages, bands at {self.level:.0%}>")
        return "\n".join([head, *(self._line(s) for s in range(min(len(self.strata), 10)))])

    def _line(self, s: int) -> str:
        name = ", ".join(f"{n}={v}" for n, v in zip(self.by, self.strata[s], strict=True)) or "all"
        rows = np.flatnonzero(self.stratum == s)
        if not len(rows):
            return f"  {name}: {self.refused[s]}"
        shares = ", ".join(f"{f} {self.incidence[k, rows[-1]]:.4%}" for k, f in enumerate(self.faults))
        return f"  {name}: by {self.age[rows[-1]]:g}, {shares}"


def incidence(whole: Tally, faults: Mapping[str, Tally], level: float = 0.9) -> Incidence:
    """Estimate the share of units whose first claim is of each fault, by age, in every stratum at once.

    With N at risk, d_k first claims of fault k and d of any, S(a) = prod_{b <= a} (1 - d / N) and
    F_k(a) = sum_{b <= a} S(b-) d_k / N (Aalen-Johansen). The variance is the delta method's on the counts,
    sum_b (F_k(a) - F_k(b))^2 d / (N (N - d)) + S(b-)^2 d_k (N - d_k) / N^3 - 2 (F_k(a) - F_k(b)) S(b-) d_k / N^2,
    which is Greenwood's where there is one fault. Age 0 is counted apart.

    Parameters
    ----------
    whole : Tally
        First claims of any fault: `fleet.tally(by)`.
    faults : mapping of str to Tally
        First claims of each fault in the same units: `fleet.tally(by, faults=[...])`. First claims of no fault
        named here stand under "(other)".
    level : float
        Level of the bands, 0.9 by default.

    Returns
    -------
    Incidence

    Raises
    ------
    Refused
        No fault, tallies of other units than the whole, or a level outside (0, 1).

    Examples
    --------
    >>> from warrantor.life.reduce import tally_of_ages
    >>> age, fault = [2, 3, 5, 5], np.array(["a", "b", "a", ""])
    >>> found = incidence(tally_of_ages(age, fault != ""), {f: tally_of_ages(age, fault == f) for f in "ab"})
    >>> found.incidence.tolist(), found.survival.round(9).tolist()
    ([[0.25, 0.25, 0.5], [0.0, 0.25, 0.25]], [0.75, 0.5, 0.25])
    """
    if not faults:
        raise Refused("Name at least one fault, with the tally of its first claims.")
    life = life_table(whole, level)
    names, counts, how = _shared(whole, faults)
    rows = _matched(whole, life.stratum, life.age)
    d = counts[:, rows]
    zero = counts * ((whole.age == 0) & (whole.grain == "exact"))
    share, variance = _aalen_johansen(life.stratum, life.at_risk, d, life.survival)
    size = len(whole.strata)
    alive = np.bincount(life.stratum, minlength=size) > 0
    return Incidence(
        by=whole.by, strata=whole.strata, faults=names, unit=whole.unit, grain=whole.grain, level=level,
        units=life.units, claimed=np.stack([np.bincount(whole.stratum, c, size) for c in counts]),
        dead_on_arrival=np.stack([np.bincount(whole.stratum, c, size) for c in zero]), stratum=life.stratum,
        age=life.until, at_risk=life.at_risk, survival=life.survival, claims=d, incidence=share, variance=variance,
        refused=tuple(None if a else NOBODY for a in alive),
        how=(*whole.how, *how, "Aalen-Johansen shares of first claims by fault; age 0 counted apart"),
        **dict(zip(("lower", "upper"), _bands(share, variance, level), strict=True)))


def _shared(whole: Tally, faults: Mapping[str, Tally]) -> tuple[tuple[str, ...], Floats, tuple[str, ...]]:
    """First claims by fault on the rows of the whole (K, R), so that they add up to its own.

    A unit whose first day has claims of several faults stands in several tallies; there the counts are scaled to
    the units that there are.
    """
    counts = np.stack([_on(whole, name, tally) for name, tally in faults.items()])
    named, names, how = counts.sum(axis=0), tuple(faults), []
    over = named > whole.claimed
    if over.any():
        several = (named - whole.claimed)[over].sum()
        how.append(f"{several:,.0f} first days with claims of several faults: counted once, in shares")
        counts = np.where(over, counts * np.where(over, whole.claimed / np.where(over, named, 1.0), 1.0), counts)
    rest = np.where(over, 0.0, whole.claimed - named)
    if rest.any():
        if OTHER in names:
            raise Refused(f"The name {OTHER} is taken by first claims of no fault that was named: choose another.")
        names, counts = (*names, OTHER), np.concatenate((counts, rest[None]))
    return names, counts, tuple(how)


def _on(whole: Tally, name: str, tally: Tally) -> Floats:
    """First claims of a fault on the rows of the whole; refused where the tally is not of the same units."""
    alike = all(getattr(tally, n) == getattr(whole, n) for n in ("by", "strata", "unit", "grain"))
    if not (alike and np.array_equal(tally.total("entered"), whole.total("entered"))):
        raise Refused(f"The tally of fault {name} is not of the units of the whole: ask for both with the same strata, "
                      "on the same day.")
    keep = tally.claimed != 0
    found = np.zeros(len(whole))
    at = _matched(whole, tally.stratum[keep], tally.age[keep])
    if np.any(at < 0) or np.any(whole.claimed[at] < tally.claimed[keep]):
        raise Refused(f"Fault {name} has first claims that the whole has not: pass the tally of all faults first.")
    found[at] = tally.claimed[keep]
    return found


def _matched(whole: Tally, stratum: Ints, age: Floats) -> Ints:
    """Rows of the whole that hold (stratum, age); -1 where it has none."""
    asked = stratum, age
    place = positions(whole.stratum, whole.age, asked, "left")
    return np.where(positions(whole.stratum, whole.age, asked, "right") > place, place, -1)


def _aalen_johansen(stratum: Ints, n: Floats, d: Floats, survival: Floats) -> tuple[Floats, Floats]:
    """Shares and variances (K, R); the squares are opened so that all ages are one running sum."""
    first = np.diff(stratum, prepend=-1) != 0
    before = np.where(first, 1.0, np.concatenate(([1.0], survival))[:-1])
    safe, every = np.where(n > 0, n, 1.0), d.sum(axis=0)
    share = _running(first, before * d / safe)
    spread = np.where((n > every) & (n > 0), every / (safe * np.where(n > every, n - every, 1.0)), 0.0)
    cross = before * d / safe**2
    at_age = before**2 * d * (safe - d) / safe**3
    sums = [_running(first, column) for column in (np.broadcast_to(spread, d.shape), spread * share, spread * share**2,
                                                   at_age, cross, share * cross)]
    variance = (share**2 * sums[0] - 2 * share * sums[1] + sums[2] + sums[3]) - 2 * (share * sums[4] - sums[5])
    return share, np.where(variance > 1e-12 * share**2, variance, 0.0)


def _bands(share: Floats, variance: Floats, level: float) -> tuple[Floats, Floats]:
    """F^exp(+-z se / (F ln F)); nan where F is 0 or 1, or nothing varies."""
    z = float(ndtri(0.5 + 0.5 * level))
    with np.errstate(divide="ignore", invalid="ignore"):
        theta = z * np.sqrt(variance) / (share * np.log(share))
        inside = (share > 0.0) & (share < 1.0) & (variance > 0.0)
        lower, upper = (np.where(inside, share ** np.exp(side * theta), np.nan) for side in (-1.0, 1.0))
    return lower, upper


def _running(first: Any, columns: Floats) -> Floats:
    """Cumulative sums along rows that start anew where `first` is true."""
    whole = np.cumsum(columns, axis=-1)
    start = np.flatnonzero(first)
    before = np.concatenate((np.zeros((*columns.shape[:-1], 1)), whole), axis=-1)[..., start]
    return np.asarray(whole - np.repeat(before, np.diff(np.append(start, columns.shape[-1])), axis=-1))


def _plain(column: Floats) -> list[float | None]:
    return [v if np.isfinite(v) else None for v in column.tolist()]
