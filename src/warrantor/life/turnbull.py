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
BALANCED = 1e-7


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
        How far the likelihood's gradient is from its condition at the maximum, at most 1e-7.
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
            strata.append({"by": dict(zip(self.by, key, strict=True)), "rows": columns})
        return {"schema": SCHEMA, "unit": self.unit, "how": list(self.how), "strata": strata}

    def __repr__(self) -> str:
        lines = [f"  ({lo:.6g}, {hi:.6g}]  share {p:.6g}, survival {s:.6g}" for lo, hi, p, s in
                 zip(self.lower[:12], self.upper[:12], self.share[:12], self.survival[:12], strict=True)]  # fmt: skip
        return "\n".join([f"<Turnbull estimate, {len(self.strata):,} strata, {len(self.share):,} intervals>", *lines])


def turnbull(brackets: Brackets) -> Turnbull:
    """Find the shares that maximise the likelihood of the brackets, without a law.

    Self-consistency: p_j <- p_j / N sum_i n_i 1(j in i) / P_i, P_i = sum of p over the intervals inside bracket i,
    until no interval could gain: sum_i n_i 1(j in i) / P_i <= N.

    Parameters
    ----------
    brackets : Brackets
        Watched from age 0; age 0 itself is left out.

    Returns
    -------
    Turnbull
        Where all brackets are exact or right-censored, the Kaplan-Meier estimate.

    Raises
    ------
    Refused
        Delayed entry, which this estimate does not take; or no maximum reached.

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
    if np.any(unbalance > BALANCED):
        raise Refused(f"No maximum was reached in {int(np.sum(unbalance > BALANCED)):,} strata: use wider brackets.")
    at = cells[0]
    before = np.concatenate(([0.0], np.cumsum(share)))
    begin = before[np.searchsorted(at, at)]
    survival = np.clip(1.0 - (before[1:] - begin), 0.0, 1.0)
    return Turnbull(
        by=brackets.by, strata=brackets.strata, unit=brackets.unit, stratum=at, lower=cells[1],
        upper=cells[2], share=share,
        survival=np.where(np.abs(survival) < 1e-12, 0.0, survival), unbalance=unbalance,
        how=either(brackets.how, ("Turnbull's self-consistent estimate",)),
    )  # fmt: skip


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
    """Shares (M,) by self-consistency, every stratum at once, and how far each stratum's gradient is off."""
    size = len(at)
    cells = np.bincount(at, minlength=strata)
    share = 1.0 / np.maximum(cells, 1)[at]
    total = np.bincount(at[first], n, strata) if size else np.zeros(strata)
    off = np.zeros(strata)
    for _ in range(MOST_STEPS if size else 0):
        sums = np.concatenate(([0.0], np.cumsum(share)))
        inside = n / np.maximum(sums[last] - sums[first], 1e-300)
        gain = np.cumsum(np.bincount(first, inside, size + 1) - np.bincount(last, inside, size + 1))[:size] / total[at]
        off = np.zeros(strata)
        np.maximum.at(off, at, np.where(share > 1e-9, np.abs(gain - 1.0), np.maximum(gain - 1.0, 0.0)))
        share = share * gain
        if off.max(initial=0.0) < BALANCED:
            break
    return share, off
