"""How far two groups are apart in claims and cost per unit, by age."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

from warrantor.finding import Refused
from warrantor.life.repeat import MeanCumulative
from warrantor.tally import Floats

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "warrantor.mean_difference/1"
COLUMNS = ("age", "difference", "variance", "lower", "upper", "cost", "cost_variance", "cost_lower", "cost_upper")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class MeanDifference:
    """Claims and cost per unit of one group less those of another.

    Attributes
    ----------
    one, other : tuple of str
        The strata compared, one less other.
    unit : str
        Unit of age.
    level : float
        Level of the bands, each at its age alone.
    currency : str or None
    age : (R,) unit
        Ages with a claim in either group, as long as both have somebody under cover.
    difference, variance, lower, upper : (R,) claims per unit
        nan bands where the variance is 0.
    cost, cost_variance, cost_lower, cost_upper : (R,) currency per unit
        nan where either cost is missing.
    how : tuple of str
    """

    one: tuple[str, ...]
    other: tuple[str, ...]
    unit: str
    level: float
    currency: str | None
    age: Floats
    difference: Floats
    variance: Floats
    lower: Floats
    upper: Floats
    cost: Floats
    cost_variance: Floats
    cost_lower: Floats
    cost_upper: Floats
    how: tuple[str, ...]

    def to_arrow(self) -> pa.Table:
        """Return one row per age."""
        import pyarrow as pa

        return pa.table({name: getattr(self, name) for name in COLUMNS})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name; a number that does not exist is None."""
        rows = {n: [v if np.isfinite(v) else None for v in getattr(self, n).tolist()] for n in COLUMNS}
        return {"schema": SCHEMA, "one": list(self.one), "other": list(self.other), "unit": self.unit,
                "level": self.level, "currency": self.currency, "how": list(self.how), "rows": rows}

    def __repr__(self) -> str:
        names = ", ".join(self.one) or "all", ", ".join(self.other) or "all"
        return (f"<{names[0]} less {names[1]}: by {self.age[-1]:g} {self.unit}s, {self.difference[-1]:.6g} claims a "
                f"unit ({self.lower[-1]:.6g} to {self.upper[-1]:.6g}), level {self.level:.0%}>")


def mean_difference(found: MeanCumulative, one: int = 0, other: int = 1) -> MeanDifference:
    """Subtract the mean cumulative claims of one stratum from another's.

    The units of the two are different units, so the variance of M_1(a) - M_2(a) is the sum of both robust
    variances, and the band is the difference +- z times its root (Nelson 1995, 2003).

    Parameters
    ----------
    found : MeanCumulative
        Of both groups.
    one, other : int
        Strata: one less other.

    Returns
    -------
    MeanDifference

    Raises
    ------
    Refused
        No such stratum, the same twice, nobody under cover in one of them, or no claim in either while both have
        somebody under cover.

    Examples
    --------
    >>> from warrantor.life.repeat import mean_cumulative
    >>> from warrantor.repeats import repeats_of_ages
    >>> r = repeats_of_ages([1, 1, 2, 3, 3, 4], [5, 9, 9, 7, 8, 8], [1, 0, 0, 1, 0, 0], stratum=[0, 0, 0, 1, 1, 1])
    >>> mean_difference(mean_cumulative(r)).difference.tolist()
    [0.5, 0.0]
    """
    pair, size = (one, other), len(found.strata)
    if one == other or not all(0 <= s < size for s in pair):
        raise Refused(f"Strata {one} and {other} are no pair: give two different numbers from 0 to {size - 1}.")
    for s in pair:
        if not found.units[s] > 0:
            raise Refused(f"{', '.join(found.strata[s])}: {found.refused[s]}")
    end = min(found.until[s] for s in pair)
    age = np.unique(found.age[np.isin(found.stratum, pair) & (found.age <= end)])
    if not len(age):
        raise Refused(f"Neither group has a claim by {end:g}, the last age at which both are under cover.")
    z = float(ndtri(0.5 + 0.5 * found.level))
    columns = [_apart(found, pair, age, name, z) for name in (("mean", "variance"), ("cost", "cost_variance"))]
    values = dict(zip(COLUMNS[1:], (column for four in columns for column in four), strict=True))
    return MeanDifference(one=found.strata[one], other=found.strata[other], unit=found.unit, level=found.level,
                          currency=found.currency, age=age, how=found.how, **values)


def _apart(found: MeanCumulative, pair: tuple[int, int], age: Floats, names: tuple[str, str], z: float
           ) -> tuple[Floats, Floats, Floats, Floats]:
    mean, variance = (np.array([found.at(a, name)[list(pair)] for a in age.tolist()]) for name in names)
    gap, spread = mean[:, 0] - mean[:, 1], variance.sum(axis=1)
    half = z * np.sqrt(np.where(spread > 0, spread, np.nan))
    return gap, spread, gap - half, gap + half
