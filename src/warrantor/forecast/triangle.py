"""A run-off triangle: the chain ladder, and Mack's standard errors of what it says is still to come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from warrantor.finding import Refused
from warrantor.tally import Floats, Ints

SCHEMA = "warrantor.triangle/1"
Last = Literal["loglinear", "mack"]
NO_TAIL = "Nothing is expected beyond the last development; development is taken to be alike for every origin."
ONE_PROMISE = "One triangle is one promise: origins sold under different terms have triangles of their own."
TOLD = {
    "loglinear": "The last sigma by log-linear extrapolation of the others.",
    "mack": "The last sigma^2 by Mack's rule min(s2^2 / s1, min(s1, s2)), s1 and s2 the two sigma^2 before it.",
}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Triangle:
    """What a chain ladder says of a triangle of I origins and J developments.

    Attributes
    ----------
    origins : tuple of str
        Names of the rows.
    full : (I, J)
        Cumulative values; those beyond the known ones are projected.
    known : (I,) int
        Developments known of each origin.
    factor : (J-1,)
        Development factors f_k.
    sigma : (J-1,)
        Mack's sigma_k; nan where standard errors are refused.
    se : (I,)
        Standard error of what is still to come of each origin; nan where refused.
    total_se : float
        Of all origins together; nan where refused.
    refused : str or None
        Why there are no standard errors.
    how : tuple of str
        How the result was obtained, and what it assumes.
    """

    origins: tuple[str, ...]
    full: Floats
    known: Ints
    factor: Floats
    sigma: Floats
    se: Floats
    total_se: float
    refused: str | None
    how: tuple[str, ...]

    @property
    def latest(self) -> Floats:
        """(I,) the last known cumulative value of each origin."""
        return np.asarray(self.full[np.arange(len(self.full)), self.known - 1])

    @property
    def ultimate(self) -> Floats:
        """(I,) cumulative value after the last development."""
        return self.full[:, -1]

    @property
    def to_come(self) -> Floats:
        """(I,) ultimate less what is known."""
        return self.ultimate - self.latest

    @property
    def total(self) -> float:
        """What is still to come of all origins."""
        return float(self.to_come.sum())

    def to_arrow(self) -> Any:
        """Return one row per origin: origin, known, ultimate, to_come, se."""
        import pyarrow as pa

        return pa.table({"origin": list(self.origins), "known": self.latest, "ultimate": self.ultimate,
                         "to_come": self.to_come, "se": pa.array(self.se, mask=np.isnan(self.se))})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name; standard errors null where refused."""
        return {"schema": SCHEMA, "origins": self.to_arrow().to_pylist(), "factor": self.factor.tolist(),
                "sigma": _plain(self.sigma), "total": self.total,
                "total_se": None if np.isnan(self.total_se) else self.total_se, "refused": self.refused,
                "how": list(self.how)}

    def __repr__(self) -> str:
        error = f"refused: {self.refused}" if self.refused else f"{self.total_se:,.2f}"
        return (f"<Triangle of {self.full.shape[0]} origins and {self.full.shape[1]} developments: {self.total:,.2f} "
                f"to come, standard error {error}>")


def chain_ladder(cumulative: ArrayLike, *, sigma_last: Last = "loglinear", origins: tuple[str, ...] = ()) -> Triangle:
    """Project a cumulative triangle by the chain ladder, with Mack's standard errors.

    f_k = sum_i C_{i,k+1} / sum_i C_{i,k} over origins known at k+1; sigma_k^2 = sum_i C_ik (C_{i,k+1}/C_ik - f_k)^2 /
    (n_k - 1); se_i^2 = U_i^2 sum_k (sigma_k/f_k)^2 (1/C_ik + 1/S_k) over the k still to come, S_k = sum_i C_ik; two
    origins share U_i U_j sum_k (sigma_k/f_k)^2 / S_k over the k both still await.

    Parameters
    ----------
    cumulative : (I, J)
        Counts or cost by origin (rows, such as months of sale) and development (columns); nan where not known yet.
    sigma_last : "loglinear" or "mack"
        How the last sigma is found where a single origin shows it; it moves the standard error.
    origins : tuple of str
        Names of the rows; 1, 2, ... where none are given.

    Returns
    -------
    Triangle

    Raises
    ------
    Refused
        No triangle: holes, an origin without a value, a column that nobody knows or that is 0, negative values.

    Source: Mack (1993), "Distribution-free calculation of the standard error of chain ladder reserve estimates",
    ASTIN Bulletin 23.

    Examples
    --------
    >>> nan = float("nan")
    >>> found = chain_ladder([[40, 65, 75, 80], [44, 71, 83, nan], [38, 62, nan, nan], [46, nan, nan, nan]])
    >>> found.factor.round(6), found.ultimate.round(4)
    (array([1.622951, 1.161765, 1.066667]), array([80.    , 88.5333, 76.8314, 92.5146]))
    """
    table = np.array(cumulative, np.float64)
    known = _known(table)
    if sigma_last not in TOLD:
        raise Refused(f"sigma_last is 'loglinear' or 'mack', not {sigma_last!r}.")
    pairs = known[:, None] > np.arange(1, table.shape[1])
    before, after = np.where(pairs, table[:, :-1], 0.0), np.where(pairs, table[:, 1:], 0.0)
    base = before.sum(axis=0)
    if np.any(base <= 0):
        raise Refused(f"Development {int(np.argmax(base <= 0)) + 1} is 0 for every origin that goes on: no factor "
                      "leads from it to the next. Use longer periods.")
    factor = after.sum(axis=0) / base
    full = _projected(table, known, factor)
    sigma, refused = _sigma(before, after, factor, pairs.sum(axis=0), sigma_last)
    se, total = _errors(full, known, base, (sigma / np.where(factor > 0, factor, np.nan)) ** 2)
    if refused is None and not np.isfinite(total):
        refused = "An origin stands at 0 where its development goes on: Mack's standard error divides by it."
        se, total = np.full(len(full), np.nan), np.nan
    names = origins or tuple(str(i + 1) for i in range(len(table)))
    return Triangle(origins=names, full=full, known=known, factor=factor, sigma=sigma, se=se, total_se=total,
                    refused=refused, how=(NO_TAIL, ONE_PROMISE, TOLD[sigma_last]))


def cumulated(origin: ArrayLike, development: ArrayLike, value: ArrayLike, known: ArrayLike) -> Floats:
    """Add values up into a cumulative triangle.

    Parameters
    ----------
    origin, development : (N,) int
        From 0.
    value : (N,) count or currency
    known : (I,) int
        Developments that could be known of each origin; what is not known is nan, not 0.

    Returns
    -------
    (I, J)
        J is the largest of `known`.

    Raises
    ------
    Refused
        A value where nothing could be known yet.

    Examples
    --------
    >>> cumulated([0, 0, 1], [0, 1, 0], [5, 2, 4], [2, 1])
    array([[ 5.,  7.],
           [ 4., nan]])
    """
    row, column = np.asarray(origin, np.int64), np.asarray(development, np.int64)
    reach = np.asarray(known, np.int64)
    if np.any(column >= reach[row]) or np.any(column < 0):
        raise Refused(f"{int(np.sum((column >= reach[row]) | (column < 0))):,} values lie outside the triangle: "
                      "nothing could be known there.")
    found = np.zeros((len(reach), int(reach.max(initial=0))))
    np.add.at(found, (row, column), np.asarray(value, np.float64))
    return np.where(np.arange(found.shape[1]) < reach[:, None], np.cumsum(found, axis=1), np.nan)


def _known(table: Floats) -> Ints:
    """Developments known of each origin, of what is a triangle."""
    if table.ndim != 2 or table.shape[1] < 2:
        raise Refused("A triangle has origins as rows and at least 2 developments as columns.")
    told = ~np.isnan(table)
    known = told.sum(axis=1)
    if np.any(told != (np.arange(table.shape[1]) < known[:, None])) or np.any(np.isinf(table)):
        raise Refused("The triangle has a hole: each origin is known from its first development up to some last one.")
    if np.any(known == 0):
        raise Refused(f"Origin {int(np.argmin(known)) + 1} has no value: leave it out.")
    if known.max() < table.shape[1]:
        raise Refused(f"Nobody knows development {table.shape[1]}: leave the column out.")
    if np.any(table < 0):
        raise Refused("A cumulative value is negative.")
    return np.asarray(known, np.int64)


def _projected(table: Floats, known: Ints, factor: Floats) -> Floats:
    full = table.copy()
    for k, f in enumerate(factor):
        ahead = known <= k + 1
        full[ahead, k + 1] = full[ahead, k] * f
    return full


def _sigma(before: Floats, after: Floats, factor: Floats, seen: Ints, last: Last) -> tuple[Floats, str | None]:
    """Mack's sigma by development, or why there is none."""
    off = np.divide(after, before, out=np.zeros_like(after), where=before > 0) - factor
    square = (before * off**2).sum(axis=0) / np.where(seen > 1, seen - 1, np.nan)
    sigma, lone = np.sqrt(square), np.flatnonzero(seen < 2)
    if np.any((before <= 0) & (after > 0)):
        return np.full_like(sigma, np.nan), "An origin rises from 0: its factor is not defined."
    if not len(lone):
        return sigma, None
    if lone.tolist() != [len(sigma) - 1]:
        return np.full_like(sigma, np.nan), "More than one development is shown by a single origin."
    sigma[-1] = _loglinear(sigma[:-1]) if last == "loglinear" else _mack(square[:-1])
    why = None if np.isfinite(sigma[-1]) else "Too few developments to extrapolate the last sigma from."
    return (sigma, None) if why is None else (np.full_like(sigma, np.nan), why)


def _loglinear(sigma: Floats) -> float:
    place = np.flatnonzero(sigma > 0)
    if len(place) < 2:
        return np.nan
    slope, start = np.polyfit(place.astype(np.float64), np.log(sigma[place]), 1)
    return float(np.exp(start + slope * len(sigma)))


def _mack(square: Floats) -> float:
    if len(square) < 2 or square[-2] <= 0:
        return np.nan
    return float(np.sqrt(min(square[-1] ** 2 / square[-2], square[-1], square[-2])))


def _errors(full: Floats, known: Ints, base: Floats, ratio: Floats) -> tuple[Floats, float]:
    """Standard error of each origin, and of all together."""
    ahead = np.arange(1, full.shape[1]) >= known[:, None]
    start = np.where(ahead, full[:, :-1], 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(ahead, ratio * (1.0 / start + 1.0 / base), 0.0).sum(axis=1)
    shared = np.where(ahead, ratio / base, 0.0).sum(axis=1)
    end = full[:, -1]
    with np.errstate(invalid="ignore"):
        square = end**2 * own
    both = np.outer(end, end) * np.minimum.outer(shared, shared)
    total = square.sum() + both.sum() - np.trace(both)
    return np.sqrt(square), float(np.sqrt(total))


def _plain(values: Floats) -> list[float | None]:
    return [None if np.isnan(v) else float(v) for v in values]
