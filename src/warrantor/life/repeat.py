"""The mean cumulative number and cost of claims per unit, repeats included, with a variance that knows the units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

from warrantor.finding import Refused
from warrantor.repeats import Repeats, positions
from warrantor.tally import Floats, Ints

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "warrantor.mean_cumulative/1"
NUMBER = ("mean", "variance", "lower", "upper")
COST = ("cost", "cost_variance", "cost_lower", "cost_upper")
COLUMNS = ("age", "at_risk", "claims", *NUMBER, "plain_variance", *COST)
ROUNDING = 1e-12
NOBODY = "No unit is under cover: there is no mean to speak of. Ask as of a later day, or of other strata."
NO_CLAIMS = ("No claims under cover: the mean is 0 at every age lived, and without a claim there is no spread to make "
             "a band of.")
SAID = ("claims per unit under cover, repeats included, with the robust variance of Lawless and Nadeau; a band holds "
        "at its age alone")
NO_COST = "The records hold no cost."
UNPRICED = "{:,.0f} claims have no cost: the mean cost is missing from the first of them on, not smaller."


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class MeanCumulative:
    """Claims and cost per unit by age, repeats included.

    Attributes
    ----------
    by : tuple of str
        Names of the stratum columns.
    strata : tuple of tuple of str
        One value per name of `by`.
    unit : str
        Unit of age.
    level : float
        Level of the bands, each at its age alone.
    currency : str or None
    units, claimed, total : (S,) count
        Units under cover at any age, those of them with a claim, and claims.
    until : (S,) unit
        Last age at which somebody was under cover; nan where nobody ever was.
    stratum : (R,) int
        Stratum of each row; a row is an age with a claim.
    age : (R,) unit
    at_risk, claims : (R,) count
        Units under cover at the age; claims at it.
    mean, variance, lower, upper : (R,) claims per unit
        M(age), its robust variance, and M exp(+-z sqrt(variance) / M). The band is nan where the variance is 0:
        units that are all alike, or a single one, show no spread.
    plain_variance : (R,)
        The variance if every claim came from a unit of its own, sum of (Y - 1) / Y^3 over claims. It is too small
        where some units claim again and again; shown for comparison, used for nothing.
    cost, cost_variance, cost_lower, cost_upper : (R,) currency per unit
        The same for cost; nan from the first claim without a cost on.
    refused, cost_refused : tuple of str or None
        Why a stratum has no band, and why it has no cost.
    how : tuple of str
    """

    by: tuple[str, ...]
    strata: tuple[tuple[str, ...], ...]
    unit: str
    level: float
    currency: str | None
    units: Floats
    claimed: Floats
    total: Floats
    until: Floats
    stratum: Ints
    age: Floats
    at_risk: Floats
    claims: Floats
    mean: Floats
    variance: Floats
    lower: Floats
    upper: Floats
    plain_variance: Floats
    cost: Floats
    cost_variance: Floats
    cost_lower: Floats
    cost_upper: Floats
    refused: tuple[str | None, ...]
    cost_refused: tuple[str | None, ...]
    how: tuple[str, ...]

    def of(self, s: int = 0) -> dict[str, Floats]:
        """Return the columns of one stratum by name."""
        rows = self.stratum == s
        return {name: getattr(self, name)[rows] for name in COLUMNS}

    def at(self, age: float, name: str = "mean") -> Floats:
        """(S,) a column at an age: its last step at or before it.

        0 before the first claim (a band: nan), nan past the last age at which somebody was under cover.

        Parameters
        ----------
        age : float
            In `unit`.
        name : str
            mean, variance, lower, upper, plain_variance, or one of the cost columns.

        Raises
        ------
        Refused
            No such column.

        Examples
        --------
        >>> from warrantor.repeats import repeats_of_ages
        >>> found = mean_cumulative(repeats_of_ages([1, 1, 1, 2], [5, 8, 9, 8], [1, 1, 0, 0]))
        >>> found.at(4).tolist(), found.at(8).tolist(), found.at(9).tolist(), found.at(10).tolist()
        ([0.0], [1.0], [1.0], [nan])
        """
        if name not in COLUMNS[3:]:
            raise Refused(f"There is no column {name!r}; there are {', '.join(COLUMNS[3:])}.")
        blank = np.nan if name.endswith(("lower", "upper")) else 0.0
        column = np.where([name in COST and self.currency is None for _ in self.strata], np.nan, blank)
        rows = np.flatnonzero(self.age <= age)
        column[self.stratum[rows]] = getattr(self, name)[rows]
        return np.where(self.until >= age, column, np.nan)

    def to_arrow(self) -> pa.Table:
        """Return one row per stratum and age with a claim, the strata written out as text columns."""
        import pyarrow as pa

        columns: dict[str, Any] = {n: [self.strata[s][i] for s in self.stratum] for i, n in enumerate(self.by)}
        return pa.table(columns | {name: getattr(self, name) for name in COLUMNS})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name; a number that does not exist is None."""
        return {"schema": SCHEMA, "unit": self.unit, "level": self.level, "currency": self.currency,
                "how": list(self.how), "strata": [self._stratum(s) for s in range(len(self.strata))]}

    def _stratum(self, s: int) -> dict[str, Any]:
        return {"by": dict(zip(self.by, self.strata[s], strict=True)), "units": _plain(self.units[s]),
                "claimed": _plain(self.claimed[s]), "claims": _plain(self.total[s]), "until": _plain(self.until[s]),
                "refused": self.refused[s], "cost_refused": self.cost_refused[s],
                "rows": {name: [_plain(v) for v in values] for name, values in self.of(s).items()}}

    def __repr__(self) -> str:
        head = (f"<mean cumulative claims: {self.total.sum():,.0f} claims of {self.claimed.sum():,.0f} among "
                f"{self.units.sum():,.0f} units, {len(self.strata):,} strata, {self.unit} ages, bands at "
                f"{self.level:.0%}>")
        return "\n".join([head, *(self._line(s) for s in range(min(len(self.strata), 10)))])

    def _line(self, s: int) -> str:
        name = ", ".join(f"{n}={v}" for n, v in zip(self.by, self.strata[s], strict=True)) or "all"
        rows = np.flatnonzero(self.stratum == s)
        if not len(rows):
            return f"  {name}: {self.refused[s]}"
        i = rows[-1]
        priced = f", cost {self.cost[i]:.6g} {self.currency}" if np.isfinite(self.cost[i]) else ""
        return (f"  {name}: by {self.age[i]:g}, {self.mean[i]:.6g} claims a unit ({self.lower[i]:.6g} to "
                f"{self.upper[i]:.6g}){priced}")


def mean_cumulative(repeats: Repeats, level: float = 0.9) -> MeanCumulative:
    """Estimate the mean cumulative number and cost of claims per unit, in every stratum at once.

    With Y(a) units under cover and dN_i(a) the claims (or their cost) of unit i on day a,
    M(a) = sum_{b <= a} dN(b) / Y(b), and
    var M(a) = sum_i [sum_{b <= a} Y_i(b) (dN_i(b) - dN(b) / Y(b)) / Y(b)]^2
    (Lawless & Nadeau 1995; Nelson 1995, 2003), which holds however claims of one unit hang together. Units leave
    cover for reasons other than their claims to come. The band is M exp(+-z sqrt(var) / M).

    Parameters
    ----------
    repeats : Repeats
        Of `fleet.repeats()` or `repeats_of_ages`.
    level : float
        Level of the bands, 0.9 by default.

    Returns
    -------
    MeanCumulative

    Raises
    ------
    Refused
        A level outside (0, 1). A stratum with nobody under cover, or without claims, is answered with the reason in
        `refused`.

    Examples
    --------
    >>> from warrantor.repeats import repeats_of_ages
    >>> found = mean_cumulative(repeats_of_ages([1, 1, 1, 2, 2], [5, 8, 9, 6, 9], [1, 1, 0, 1, 0]))
    >>> found.mean.tolist(), found.variance.tolist()
    ([0.5, 1.0, 1.5], [0.125, 0.0, 0.125])
    """
    if not 0.0 < level < 1.0:
        raise Refused(f"A level of {level} is no level: give a number between 0 and 1, such as 0.9.")
    grid = _Grid.of(repeats)
    one, z = np.ones(len(repeats)), float(ndtri(0.5 + 0.5 * level))
    number = grid.estimate(repeats, one, z)
    money = grid.estimate(repeats, repeats.cost, z)
    claims = np.bincount(grid.row, minlength=len(grid.age)).astype(np.float64)
    size, units = len(repeats.strata), repeats.total()
    until = np.full(size, -np.inf)
    np.maximum.at(until, repeats.window_stratum, repeats.window_leave)
    first = np.diff(repeats.which, prepend=-1) != 0
    total = np.bincount(repeats.stratum, minlength=size).astype(np.float64)
    unpriced = np.bincount(repeats.stratum, np.isnan(repeats.cost), size)
    return MeanCumulative(
        by=repeats.by, strata=repeats.strata, unit=repeats.unit, level=level, currency=repeats.currency,
        units=units, claimed=np.bincount(repeats.stratum[first], minlength=size).astype(np.float64),
        total=total, until=np.where(np.isfinite(until), until, np.nan), stratum=grid.stratum, age=grid.age,
        at_risk=grid.at_risk, claims=claims,
        plain_variance=_within(grid.stratum, claims * (grid.at_risk - 1.0) / grid.at_risk**3),
        **dict(zip(NUMBER, number, strict=True)), **dict(zip(COST, money, strict=True)),
        refused=tuple(_why(units[s], total[s]) for s in range(size)),
        cost_refused=tuple(_unpriced(n, repeats.currency) for n in unpriced),
        how=(*repeats.how, SAID))


def _why(units: float, claims: float) -> str | None:
    return NOBODY if units <= 0 else NO_CLAIMS if claims <= 0 else None


def _unpriced(claims: float, currency: str | None) -> str | None:
    return NO_COST if currency is None else UNPRICED.format(claims) if claims else None


def _plain(value: float) -> int | float | None:
    """A whole number without a point; a number that does not exist is None."""
    return None if not np.isfinite(value) else int(value) if float(value).is_integer() else float(value)


@dataclass(frozen=True, slots=True)
class _Spans:
    """Rows of the grid in which windows begin (the first at or after enter) and are over (the first after leave)."""

    stratum: Ints
    begin: Ints
    over: Ints

    @classmethod
    def of(cls, grid: tuple[Ints, Floats], stratum: Ints, enter: Floats, leave: Floats) -> _Spans:
        return cls(stratum, positions(*grid, (stratum, enter), "left"), positions(*grid, (stratum, leave), "right"))


@dataclass(frozen=True, slots=True)
class _Grid:
    """The ages with claims of every stratum: stratum (G,), age (G,), at_risk (G,); row (R,) of each claim.

    `everyone` and `claiming` say for windows (W,) and for claims' units (R,) in which rows they enter and are over.
    """

    stratum: Ints
    age: Floats
    at_risk: Floats
    row: Ints
    everyone: _Spans
    claiming: _Spans

    @classmethod
    def of(cls, repeats: Repeats) -> _Grid:
        order = np.lexsort((repeats.age, repeats.stratum))
        stratum, age = repeats.stratum[order], repeats.age[order]
        new = (np.diff(stratum, prepend=-1) != 0) | (np.diff(age, prepend=np.nan) != 0)
        row = np.empty(len(order), np.int64)
        row[order] = np.cumsum(new) - 1
        grid = stratum[new], age[new]
        everyone = _Spans.of(grid, repeats.window_stratum, repeats.window_enter, repeats.window_leave)
        claiming = _Spans.of(grid, repeats.stratum, repeats.enter, repeats.leave)
        return cls(*grid, repeats.at_risk(*grid), row, everyone, claiming)

    def estimate(self, repeats: Repeats, weight: Floats, z: float) -> tuple[Floats, Floats, Floats, Floats]:
        """Mean, variance and band of the claims' weights; nan from the first weight that is missing on."""
        sums = np.bincount(self.row, weight, len(self.age))
        mean = _within(self.stratum, sums / self.at_risk)
        missing = np.isnan(mean)
        safe = np.where(np.isnan(weight), 0.0, weight)
        variance = np.where(missing, np.nan, self._variance(repeats, safe))
        with np.errstate(divide="ignore", invalid="ignore"):
            wide = np.exp(z * np.sqrt(np.where(variance > 0, variance, np.nan)) / mean)
            return mean, variance, mean / wide, mean * wide

    def _variance(self, repeats: Repeats, weight: Floats) -> Floats:
        """Add up (B_i + C_i)^2 over all units: B_i expected claims taken away, C_i own claims, each over Y.

        B_i hangs on the window alone, so that all windows are added at once; C_i is 0 for units without claims.
        """
        sums = np.bincount(self.row, weight, len(self.age))
        spent = _Steps(self, _within(self.stratum, sums / self.at_risk**2))
        everyone = spent.squares(repeats.window_units)
        jump = weight / self.at_risk[self.row]
        own, cross = _own(self, repeats, jump), spent.cross(jump)
        found = everyone + own - 2.0 * cross
        small = found <= ROUNDING * (everyone + own + 2.0 * np.abs(cross))
        return np.where(small, 0.0, found)


@dataclass(frozen=True, slots=True)
class _Steps:
    """A(a) = sum_{b <= a} dN(b) / Y(b)^2 on the grid (G,)."""

    grid: _Grid
    height: Floats

    def lasting(self, spans: _Spans) -> tuple[Floats, Floats]:
        """A before entry, and A gained in the whole window; A is 0 before the stratum's first row."""
        first = np.searchsorted(self.grid.stratum, spans.stratum, "left")
        behind = np.concatenate(([0.0], self.height))
        begun, whole = (np.where(row > first, behind[row], 0.0) for row in (spans.begin, spans.over))
        return begun, whole - begun

    def squares(self, n: Floats) -> Floats:
        """(G,) sum of n (A(min(a, leave)) - A(enter-))^2 over the windows entered by a."""
        spans = self.grid.everyone
        begun, gained = self.lasting(spans)
        active = [self._added(spans.stratum, spans.begin, n * begun**k)
                  - self._added(spans.stratum, spans.over, n * begun**k) for k in range(3)]
        done = self._added(spans.stratum, spans.over, n * gained**2)
        return active[0] * self.height**2 - 2.0 * active[1] * self.height + active[2] + done

    def cross(self, jump: Floats) -> Floats:
        """(G,) sum over claims by a of their jump times A gained by their unit by a."""
        spans, row = self.grid.claiming, self.grid.row
        begun, gained = self.lasting(spans)
        active = [self._added(spans.stratum, row, jump * begun**k)
                  - self._added(spans.stratum, spans.over, jump * begun**k) for k in range(2)]
        return active[0] * self.height - active[1] + self._added(spans.stratum, spans.over, jump * gained)

    def _added(self, stratum: Ints, row: Ints, value: Floats) -> Floats:
        """Running sum inside each stratum of values that begin at rows of the grid; a row past its end is dropped."""
        size = len(self.grid.age)
        inside = np.flatnonzero(row < size)
        inside = inside[self.grid.stratum[row[inside]] == stratum[inside]]
        sums = np.bincount(row[inside], value[inside], size).astype(np.float64)
        return _within(self.grid.stratum, sums)


def _own(grid: _Grid, repeats: Repeats, jump: Floats) -> Floats:
    """(G,) sum of C_i(a)^2: each claim adds (C + jump)^2 - C^2 to its unit."""
    whole = np.cumsum(jump)
    first = np.flatnonzero(np.diff(repeats.which, prepend=-1))
    start = np.repeat((whole - jump)[first], np.diff(np.append(first, len(whole))))
    after = whole - start
    sums = np.bincount(grid.row, after**2 - (after - jump) ** 2, len(grid.age)).astype(np.float64)
    return _within(grid.stratum, sums)


def _within(stratum: Ints, column: Floats) -> Floats:
    """Cumulative sum that starts anew in each stratum; a missing value reaches to its stratum's end and no further."""
    known = np.where(np.isnan(column), 0.0, column)
    first = np.flatnonzero(np.diff(stratum, prepend=-1))
    lengths = np.diff(np.append(first, len(column)))
    whole, lost = np.cumsum(known), np.cumsum(np.isnan(column))
    running = whole - np.repeat((whole - known)[first], lengths)
    gone = lost - np.repeat((lost - np.isnan(column))[first], lengths) > 0
    return np.asarray(np.where(gone, np.nan, running))
