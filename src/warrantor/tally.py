"""The waist: a few thousand numbers that stand for tens of millions of units.

Four frozen, additive values. Nothing above them knows which engine or file they came from.
Rows are sparse: one per (stratum, age) that occurs, sorted by stratum and then by age, so that a stratum with a
thousand ages among ten thousand strata with ten costs no more than its own rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Grain = Literal["exact", "interval"]
DAYS_PER_MONTH = 30.4375
COUNTS = (
    "entered", "claimed", "expired", "open", "gone", "covered_in", "covered_out", "claims", "cost", "cost_squared"
)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Stratified:
    """What the values of the waist share: the strata, and how they were obtained.

    Attributes
    ----------
    by : tuple of str
        Names of the stratum columns.
    strata : tuple of tuple of str
        One text value per name of `by`; first-seen order.
    stratum : (R,) int
        Index into `strata` of each row.
    as_of : date or None
        The day up to which the records were read; None where no days were given.
    how : tuple of str
        Sentences on how the value was obtained, for whoever reads the result.
    """

    by: tuple[str, ...]
    strata: tuple[tuple[str, ...], ...]
    stratum: Ints
    as_of: date | None = None
    how: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.stratum)

    def total(self, column: str) -> Floats:
        """Sum a column per stratum: (S,) float64; an empty stratum sums to zero."""
        sums = np.bincount(self.stratum, weights=getattr(self, column), minlength=len(self.strata))
        return sums.astype(np.float64, copy=False)

    def to_arrow(self) -> pa.Table:
        """Return one row per row of the value, the strata written out as text columns."""
        import pyarrow as pa

        columns: dict[str, Any] = {
            name: [self.strata[s][i] for s in self.stratum] for i, name in enumerate(self.by)
        }
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, np.ndarray) and f.name != "stratum":
                columns[f.name] = value
        return pa.table(columns)


V = TypeVar("V", bound=_Stratified)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Tally(_Stratified):
    """Entries, first claims and exits by age, and every claim under cover.

    Attributes
    ----------
    unit : str
        Unit of `age`: "day", "month" or the file's own.
    grain : "exact" or "interval"
        exact: a claim or an exit on day a is at risk on day a. interval: `claimed[a]` lies in (a, a + 1], exits and
        entries stand at boundary a.
    age : (R,) unit
        Strictly increasing inside a stratum.
    entered : (R,) count
        Units whose watch begins at the age.
    claimed : (R,) count
        First claims.
    expired, open, gone : (R,) count
        The unclaimed that stopped being watched: cover ended; still covered on `as_of`; returned, refunded, scrapped
        or lost.
    covered_in, covered_out : (R,) count
        Units coming under cover and leaving it, claims or not: the risk set of repeat claims.
    claims : (R,) count
        All claims under cover, repeats included.
    cost, cost_squared : (R,) currency, currency squared
        Sums over those claims; nan where the records hold no cost.
    currency : str or None
        The one currency of the costs.
    """

    unit: str = "day"
    grain: Grain = "exact"
    age: Floats = field(default_factory=lambda: np.empty(0))
    entered: Floats = field(default_factory=lambda: np.empty(0))
    claimed: Floats = field(default_factory=lambda: np.empty(0))
    expired: Floats = field(default_factory=lambda: np.empty(0))
    open: Floats = field(default_factory=lambda: np.empty(0))
    gone: Floats = field(default_factory=lambda: np.empty(0))
    covered_in: Floats = field(default_factory=lambda: np.empty(0))
    covered_out: Floats = field(default_factory=lambda: np.empty(0))
    claims: Floats = field(default_factory=lambda: np.empty(0))
    cost: Floats = field(default_factory=lambda: np.empty(0))
    cost_squared: Floats = field(default_factory=lambda: np.empty(0))
    currency: str | None = None

    def __post_init__(self) -> None:
        if self.grain not in ("exact", "interval"):
            raise ValueError(f"grain {self.grain!r} is neither 'exact' nor 'interval'")
        for name in ("age", *COUNTS):
            if getattr(self, name).shape != self.stratum.shape:
                raise ValueError(f"{name} has {len(getattr(self, name))} rows, stratum has {len(self.stratum)}")
        same = np.diff(self.stratum) == 0
        if np.any(np.diff(self.stratum) < 0) or np.any(np.diff(self.age)[same] <= 0):
            raise ValueError("rows must be sorted by stratum and age, each pair once: build with Tally.of")

    @property
    def left(self) -> Floats:
        """(R,) unclaimed units that stopped being watched at each age, for whatever reason."""
        return self.expired + self.open + self.gone

    @property
    def at_risk(self) -> Floats:
        """(R,) units whose window reaches each age.

        Exact grain: sum_{b<=a} e_b - sum_{b<a} (l_b + d_b). Interval grain: sum_{b<=a} (e_b - l_b) - sum_{b<a} d_b.
        """
        if self.grain == "exact":
            return self._running(self.entered - self.left - self.claimed) + self.left + self.claimed
        return self._running(self.entered - self.left - self.claimed) + self.claimed

    def _running(self, column: Floats) -> Floats:
        """Cumulative sum that starts anew in each stratum."""
        whole: Floats = np.cumsum(column)
        first = np.flatnonzero(np.diff(self.stratum, prepend=-1))
        before = np.concatenate(([0.0], whole))[first]
        running: Floats = whole - np.repeat(before, np.diff(np.append(first, len(whole))))
        return running

    @classmethod
    def of(cls, *, by: tuple[str, ...], strata: tuple[tuple[str, ...], ...], stratum: Ints, age: Floats,
           unit: str = "day", grain: Grain = "exact", as_of: date | None = None, how: tuple[str, ...] = (),
           currency: str | None = None, **counts: Floats) -> Tally:
        """Add rows that share stratum and age, sort them, and build the tally; a count not given is zero, a cost nan.

        Examples
        --------
        >>> t = Tally.of(by=(), strata=((),), stratum=np.zeros(3, int), age=np.array([0.0, 5.0, 5.0]),
        ...              entered=np.array([2.0, 0.0, 0.0]), claimed=np.array([0.0, 1.0, 1.0]))
        >>> t.age.tolist(), t.claimed.tolist(), t.at_risk.tolist()
        ([0.0, 5.0], [0.0, 2.0], [2.0, 2.0])
        """
        unknown = set(counts) - set(COUNTS)
        if unknown:
            raise ValueError(f"no such count: {sorted(unknown)}; a tally holds {', '.join(COUNTS)}")
        order = np.lexsort((age, stratum))
        stratum, age = np.asarray(stratum, np.int64)[order], np.asarray(age, np.float64)[order]
        new = (np.diff(stratum, prepend=-1) != 0) | (np.diff(age, prepend=np.nan) != 0)
        first = np.flatnonzero(new)
        summed = {
            name: np.add.reduceat(np.asarray(counts[name], np.float64)[order], first) if len(first) else np.empty(0)
            for name in counts
        }
        for name in COUNTS:
            blank = np.nan if name.startswith("cost") else 0.0
            summed.setdefault(name, np.full(len(first), blank))
        return cls(by=by, strata=strata, stratum=stratum[first], age=age[first], unit=unit, grain=grain,
                   as_of=as_of, how=how, currency=currency, **summed)

    def __add__(self, other: Tally) -> Tally:
        """Add two tallies of the same question over disjoint units."""
        for name in ("by", "unit", "grain", "currency"):
            if getattr(self, name) != getattr(other, name):
                raise ValueError(f"cannot add tallies whose {name} differ: "
                                 f"{getattr(self, name)!r} and {getattr(other, name)!r}")
        strata, mine, theirs = merged(self.strata, other.strata)
        columns = {name: np.concatenate((getattr(self, name), getattr(other, name))) for name in COUNTS}
        return Tally.of(by=self.by, strata=strata, stratum=np.concatenate((mine[self.stratum], theirs[other.stratum])),
                        age=np.concatenate((self.age, other.age)), unit=self.unit, grain=self.grain,
                        as_of=self.as_of if self.as_of == other.as_of else None, how=either(self.how, other.how),
                        currency=self.currency, **columns)

    def over(self, *names: str) -> Tally:
        """Add over stratum columns, the guarantee version among them only when it is named here."""
        kept = tuple(name for name in self.by if name not in names)
        if len(kept) + len(names) != len(self.by):
            raise ValueError(f"cannot add over {names}: the strata are {self.by}")
        strata, index = regrouped(self.by, self.strata, kept)
        columns = {name: getattr(self, name) for name in COUNTS}
        return Tally.of(by=kept, strata=strata, stratum=index[self.stratum], age=self.age, unit=self.unit,
                        grain=self.grain, as_of=self.as_of, how=self.how, currency=self.currency, **columns)

    def only(self, keep: NDArray[np.bool_]) -> Tally:
        """Keep the strata where `keep` (S,) is true."""
        index = np.cumsum(keep) - 1
        rows = keep[self.stratum]
        arrays = {name: getattr(self, name)[rows] for name in ("age", *COUNTS)}
        strata = tuple(s for s, k in zip(self.strata, keep, strict=True) if k)
        return replace(self, strata=strata, stratum=index[self.stratum[rows]], **arrays)

    def brackets(self) -> Brackets:
        """Return the tally as (entry, lower, upper, count): the same likelihood, term by term.

        Delayed entry cancels against exposure, so an entry at age e > 0 is written with count -1 as a right-censored
        row at e: its log-likelihood, +H(e), is what conditioning on survival to e adds.
        """
        step = 0.0 if self.grain == "exact" else 1.0
        rows = ((self.claimed, self.age, self.age + step), (self.left, self.age, np.full_like(self.age, np.inf)),
                (-self.entered, self.age, np.full_like(self.age, np.inf)))
        count = np.concatenate([r[0] for r in rows])
        lower, upper = np.concatenate([r[1] for r in rows]), np.concatenate([r[2] for r in rows])
        keep = (count > 0) | ((count < 0) & (lower > 0))
        stratum = np.tile(self.stratum, 3)
        return Brackets(by=self.by, strata=self.strata, stratum=stratum[keep], as_of=self.as_of, how=self.how,
                        unit=self.unit, entry=np.zeros(int(keep.sum())), lower=lower[keep], upper=upper[keep],
                        count=count[keep])

    def __repr__(self) -> str:
        return (f"<Tally of {self.total('entered').sum():,.0f} units, {self.claimed.sum():,.0f} first claims, "
                f"{len(self.strata):,} strata by {', '.join(self.by) or 'nothing'}, {self.grain} {self.unit} ages>")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Brackets(_Stratified):
    """The general likelihood: what is known of each age at first claim.

    Attributes
    ----------
    entry : (R,) unit
        Age at which watching began; 0 from the start.
    lower, upper : (R,) unit
        The first claim came in (lower, upper]; equal: exactly then; lower 0: before upper; upper inf: not yet at lower.
    count : (R,) count
        Units; negative only where `Tally.brackets` takes an entry back.
    """

    unit: str = "day"
    entry: Floats = field(default_factory=lambda: np.empty(0))
    lower: Floats = field(default_factory=lambda: np.empty(0))
    upper: Floats = field(default_factory=lambda: np.empty(0))
    count: Floats = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        if np.any(self.lower > self.upper) or np.any(self.lower < 0) or np.any(self.entry < 0):
            raise ValueError("a bracket needs 0 <= lower <= upper and entry >= 0")

    def __repr__(self) -> str:
        return f"<Brackets of {self.count.sum():,.0f} units, {len(self.strata):,} strata, {self.unit} ages>"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Cohorts(_Stratified):
    """Units by stratum, guarantee version and start day, and their reported claims by age month and report lag.

    Attributes
    ----------
    guarantee : (R,) int
        Index into `guarantees` of each cohort.
    guarantees : tuple of str
        Guarantee versions.
    start_day, end_day : (R,) day number
        Days since 1970-01-01; the end is the last covered day, from the calendar.
    units, claimed, gone : (R,) count
        Sold; with a first claim known by `as_of`; gone unclaimed.
    claim_cohort : (K,) int
        Row of the cohort that each claim cell belongs to.
    claim_age, claim_lag : (K,) month, day
        Whole months of age when opened; days from opened to reported.
    claim_count, claim_cost : (K,) count, currency
        All claims under cover known by `as_of`, repeats included; cost nan where none is recorded.
    """

    guarantees: tuple[str, ...] = ()
    guarantee: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    start_day: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    end_day: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    units: Floats = field(default_factory=lambda: np.empty(0))
    claimed: Floats = field(default_factory=lambda: np.empty(0))
    gone: Floats = field(default_factory=lambda: np.empty(0))
    claim_cohort: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    claim_age: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    claim_lag: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    claim_count: Floats = field(default_factory=lambda: np.empty(0))
    claim_cost: Floats = field(default_factory=lambda: np.empty(0))

    def __repr__(self) -> str:
        return f"<Cohorts: {len(self):,} of {self.units.sum():,.0f} units, as of {self.as_of}>"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Heard(_Stratified):
    """Unclaimed units still with their owners on one day, by age and by how long they have been silent.

    Attributes
    ----------
    within : int
        Days; a unit is heard where it reported home on the day or in the `within - 1` days before it.
    month : (R,) month
        Whole months of age (30.4375 days) on the day.
    past : (R,) 0 or 1
        1 where cover has ended by then.
    spell : (R,) int
        Whole times `within` days of silence: 0 is heard; -1 never heard at all.
    units : (R,) count
    age_days, cover_days, silent_days : (R,) unit-days
        Sums of the ages on the day, of the ages at which cover ends, and of the days since the units were last heard.
    """

    within: int = 1
    month: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    past: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    spell: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    units: Floats = field(default_factory=lambda: np.empty(0))
    age_days: Floats = field(default_factory=lambda: np.empty(0))
    cover_days: Floats = field(default_factory=lambda: np.empty(0))
    silent_days: Floats = field(default_factory=lambda: np.empty(0))

    def over(self, *names: str) -> Heard:
        """Add over stratum columns; rows of the same age are kept apart, which no sum minds."""
        kept = tuple(name for name in self.by if name not in names)
        if len(kept) + len(names) != len(self.by):
            raise ValueError(f"cannot add over {names}: the strata are {self.by}")
        strata, index = regrouped(self.by, self.strata, kept)
        return replace(self, by=kept, strata=strata, stratum=index[self.stratum])

    def __repr__(self) -> str:
        heard = self.units[self.spell == 0].sum()
        return (f"<Heard: {heard:,.0f} of {self.units.sum():,.0f} unclaimed units in {self.within} days, "
                f"{len(self.strata):,} strata, on {self.as_of}>")


def merged(
    mine: tuple[tuple[str, ...], ...], theirs: tuple[tuple[str, ...], ...]
) -> tuple[tuple[tuple[str, ...], ...], Ints, Ints]:
    """Unite two lists of strata in first-seen order; return the union and where each list's strata stand in it."""
    place: dict[tuple[str, ...], int] = {}
    for key in (*mine, *theirs):
        place.setdefault(key, len(place))
    return (tuple(place), np.array([place[k] for k in mine], np.int64), np.array([place[k] for k in theirs], np.int64))


def regrouped(
    by: tuple[str, ...], strata: tuple[tuple[str, ...], ...], kept: tuple[str, ...]
) -> tuple[tuple[tuple[str, ...], ...], Ints]:
    """Project strata on the kept columns; return the coarser strata and the index of each old one in them."""
    columns = [by.index(name) for name in kept]
    coarse = tuple(tuple(s[i] for i in columns) for s in strata)
    union, index, _ = merged(coarse, ())
    return union, index


def either(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Unite two lists of sentences, each said once."""
    return tuple(dict.fromkeys((*one, *other)))
