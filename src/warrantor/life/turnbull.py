"""Survival without a law from brackets that overlap: Turnbull's estimate, in every stratum at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.finding import Refused
from warrantor.tally import Brackets, Floats, Ints, either

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "warrantor.turnbull/1"
MOST_STEPS = 50_000
FIRST_STEPS = 300
BALANCED = 1e-7
NEWTON = 50
MOST_CELLS = 20_000_000  # brackets x intervals of one stratum that are solved as a matrix
FIRM = 1e4  # weight of the condition that shares add to 1
NOBODY = "Nothing is known of any unit above age 0: there is nothing to estimate."
NOT_REACHED = "No maximum was reached: use wider brackets."


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Turnbull:
    """Shares of first claims by the innermost intervals that the brackets cannot split.

    Attributes
    ----------
    by : tuple of str
        Names of the stratum columns.
    strata : tuple of tuple of str
        One value per name of `by`.
    unit : str
        Unit of age.
    stratum : (R,) int
        Stratum of each interval.
    lower, upper : (R,) unit
        The interval (lower, upper]; equal: an age.
    share : (R,)
        Share of units whose first claim comes in it; how it spreads inside is not known.
    survival : (R,)
        Share without a claim at `upper`.
    unbalance : (S,)
        How far the likelihood's gradient is from its condition at the maximum, at most 1e-7 where not refused.
    refused : tuple of str or None
        Why a stratum has no estimate; its shares are nan.
    how : tuple of str
        How the result was obtained.
    """

    by: tuple[str, ...]
    strata: tuple[tuple[str, ...], ...]
    unit: str
    stratum: Ints
    lower: Floats
    upper: Floats
    share: Floats
    survival: Floats
    unbalance: Floats
    refused: tuple[str | None, ...]
    how: tuple[str, ...]

    def to_arrow(self) -> pa.Table:
        """Return one row per interval, the strata written out as text columns."""
        import pyarrow as pa

        columns: dict[str, Any] = {n: [self.strata[s][i] for s in self.stratum] for i, n in enumerate(self.by)}
        return pa.table(columns | {n: getattr(self, n) for n in ("lower", "upper", "share", "survival")})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name; an upper bound that is not known is None."""
        strata = []
        for s, key in enumerate(self.strata):
            rows = self.stratum == s
            columns = {n: [v if np.isfinite(v) else None for v in getattr(self, n)[rows].tolist()]
                       for n in ("lower", "upper", "share", "survival")}  # fmt: skip
            strata.append({"by": dict(zip(self.by, key, strict=True)), "rows": columns, "refused": self.refused[s]})
        return {"schema": SCHEMA, "unit": self.unit, "how": list(self.how), "strata": strata}

    def __repr__(self) -> str:
        lines = [f"  ({lo:.6g}, {hi:.6g}]  share {p:.6g}, survival {s:.6g}" for lo, hi, p, s in
                 zip(self.lower[:12], self.upper[:12], self.share[:12], self.survival[:12], strict=True)]  # fmt: skip
        return "\n".join([f"<Turnbull estimate, {len(self.strata):,} strata, {len(self.share):,} intervals>", *lines])


def turnbull(brackets: Brackets) -> Turnbull:
    """Find the shares that maximise the likelihood of the brackets, without a law.

    Self-consistency: p_j <- p_j / N sum_i n_i 1(j in i) / P_i, P_i = sum of p over the intervals inside bracket i,
    until no interval could gain: sum_i n_i 1(j in i) / P_i <= N. Where that is slow, Newton's steps with shares held
    at 0 or above, sum_i n_i (2 - sum_j p_j 1(j in i) / P_i)^2 by non-negative least squares, none that lowers the
    likelihood.

    Parameters
    ----------
    brackets : Brackets
        Watched from age 0; age 0 itself is left out.

    Returns
    -------
    Turnbull
        Where all brackets are exact or right-censored, the Kaplan-Meier estimate. A stratum in which no maximum is
        reached is refused, the others stand.

    Raises
    ------
    Refused
        Delayed entry, which this estimate does not take.

    Examples
    --------
    >>> two = Brackets(by=(), strata=((),), stratum=np.zeros(3, int), entry=np.zeros(3),
    ...                lower=np.array([0.0, 1.0, 3.0]), upper=np.array([2.0, 3.0, np.inf]),
    ...                count=np.array([1.0, 1.0, 2.0]))
    >>> turnbull(two).survival.tolist()
    [0.5, 0.0]
    """
    if np.any(brackets.entry > 0) or np.any(brackets.count < 0):
        raise Refused("Turnbull's estimate here takes units watched from age 0, and some entered later: fit a law.")
    use = (brackets.upper > 0) & (brackets.count > 0)
    stratum, n = brackets.stratum[use], brackets.count[use]
    lower, upper = brackets.lower[use], brackets.upper[use]
    cells, first, last = _innermost(stratum, lower, upper)
    strata = len(brackets.strata)
    share, unbalance = _shares(cells[0], first, last, n, strata)
    at, stands = cells[0], unbalance <= BALANCED
    empty = np.bincount(at, minlength=strata) == 0
    before = np.concatenate(([0.0], np.cumsum(share)))
    begin = before[np.searchsorted(at, at)]
    survival = np.clip(1.0 - (before[1:] - begin), 0.0, 1.0)
    survival = np.where(np.abs(survival) < 1e-12, 0.0, survival)
    return Turnbull(
        by=brackets.by, strata=brackets.strata, unit=brackets.unit, stratum=at, lower=cells[1],
        upper=cells[2], share=np.where(stands[at], share, np.nan), survival=np.where(stands[at], survival, np.nan),
        unbalance=unbalance, refused=_refused(stands, empty),
        how=either(brackets.how, ("Turnbull's self-consistent estimate",)),
    )  # fmt: skip


def _refused(stands: Any, empty: Any) -> tuple[str | None, ...]:
    return tuple(NOBODY if e else None if well else NOT_REACHED for e, well in zip(empty, stands, strict=True))


def _innermost(stratum: Ints, lower: Floats, upper: Floats) -> tuple[tuple[Ints, Floats, Floats], Ints, Ints]:
    """Cells (stratum, lower, upper) where a left end is followed by a right end, and each bracket's range of cells.

    At one value an exact age's left end comes first (-1), then right ends (0), then open left ends (1).
    """
    n = len(stratum)
    exact = lower == upper
    at, value = np.concatenate((stratum, stratum)), np.concatenate((lower, upper))
    side = np.concatenate((np.where(exact, -1, 1), np.zeros(n, np.int64)))
    order = np.lexsort((side, value, at))
    right = side[order] == 0
    pair = np.flatnonzero(~right[:-1] & right[1:])
    cells = (at[order][pair], value[order][pair], value[order][pair + 1])
    rank = np.empty(2 * n, np.int64)
    rank[order] = np.arange(2 * n)
    # equal left ends stand in any order among themselves: take the first of each run
    run = np.flatnonzero(_new(at[order], value[order], side[order]))
    begin = run[np.searchsorted(run, rank[:n], side="right") - 1]
    end = np.append(run, 2 * n)[np.searchsorted(run, rank[n:], side="right")] - 1
    return cells, np.searchsorted(pair, begin), np.searchsorted(pair + 1, end, side="right")


def _new(at: Ints, value: Floats, side: Ints) -> Any:
    """Whether each sorted end differs from the one before it."""
    with np.errstate(invalid="ignore"):
        same = (at[1:] == at[:-1]) & (value[1:] == value[:-1]) & (side[1:] == side[:-1])
    return np.concatenate((np.ones(min(len(at), 1), bool), ~same))


def _shares(at: Ints, first: Ints, last: Ints, n: Floats, strata: int) -> tuple[Floats, Floats]:
    """Shares (M,), every stratum at once, and how far each stratum's gradient is off."""
    if not len(at):
        return np.empty(0), np.zeros(strata)
    of = at[first]
    total = np.bincount(of, n, strata)
    share = 1.0 / np.bincount(at, minlength=strata)[at]
    share, off = _consistent(at, (first, last, n / total[of]), share, FIRST_STEPS)
    edges = np.searchsorted(at, np.arange(strata + 1))
    for s in np.flatnonzero(off > BALANCED):
        rows, cells = of == s, slice(edges[s], edges[s + 1])
        share[cells] = _solved(first[rows] - edges[s], last[rows] - edges[s], n[rows] / total[s], share[cells])
    share, off = _consistent(at, (first, last, n / total[of]), share, 1)
    if np.any(off > BALANCED):
        share, off = _consistent(at, (first, last, n / total[of]), share, MOST_STEPS)
    return share, np.append(off, np.zeros(strata - len(off)))


def _consistent(at: Ints, rows: tuple[Ints, Ints, Floats], share: Floats, steps: int) -> tuple[Floats, Floats]:
    """Shares by so many steps of self-consistency or fewer; brackets are first cell, last cell, share of units."""
    off = np.zeros(int(at[-1]) + 1)
    for _ in range(steps):
        gain = _gain(rows, share)
        off[:] = 0.0
        np.maximum.at(off, at, np.where(share > 1e-9, np.abs(gain - 1.0), np.maximum(gain - 1.0, 0.0)))
        share = share * gain
        if off.max() < BALANCED:
            break
    return share, off


def _gain(rows: tuple[Ints, Ints, Floats], share: Floats) -> Floats:
    """(M,) gradient of the mean log-likelihood in the shares: 1 at the maximum, less where the share is 0."""
    first, last, n = rows
    inside, size = n / np.maximum(_held(first, last, share), 1e-300), len(share)
    steps = np.bincount(first, inside, size + 1) - np.bincount(last, inside, size + 1)
    return np.asarray(np.cumsum(steps)[:size], np.float64)


def _held(first: Ints, last: Ints, share: Floats) -> Floats:
    """Sum of the shares inside each bracket."""
    sums = np.concatenate(([0.0], np.cumsum(share)))
    return np.asarray(sums[last] - sums[first])


def _solved(first: Ints, last: Ints, n: Floats, share: Floats) -> Floats:
    """Shares of one stratum by Newton's steps with shares held at 0 or above."""
    from scipy.optimize import nnls

    pairs, at = np.unique(np.stack((first, last)), axis=1, return_inverse=True)
    (first, last), n = pairs, np.bincount(at.ravel(), n, pairs.shape[1]).astype(np.float64)
    for _ in range(NEWTON):
        gain = _gain((first, last, n), share)
        keep = np.flatnonzero((share > 1e-12) | (gain > 1.0 - 1e-3))
        if len(keep) * len(n) > MOST_CELLS or max(np.abs(gain[share > 1e-9] - 1.0).max(), gain.max() - 1.0) < BALANCED:
            return share
        root = np.sqrt(n)
        inside = (first[:, None] <= keep) & (keep < last[:, None])
        matrix = np.vstack((inside * (root / _held(first, last, share))[:, None], np.full((1, len(keep)), FIRM)))
        found = np.zeros(len(share))
        found[keep] = nnls(matrix, np.append(2.0 * root, FIRM), maxiter=20 * len(keep))[0]
        share = _raised((first, last, n), share, found / found.sum() - share)
    return share


def _raised(rows: tuple[Ints, Ints, Floats], share: Floats, step: Floats) -> Floats:
    """Go as far along the step as the likelihood does not fall: the whole of it, or half as often as needed."""
    first, last, n = rows
    height = float(n @ np.log(_held(first, last, share)))
    for halves in range(40):
        new: Floats = share + 0.5**halves * step
        held = _held(first, last, new)
        if held.min() > 0.0 and float(n @ np.log(held)) >= height:
            return new
    return share
