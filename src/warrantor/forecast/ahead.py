"""What a longer guarantee would bring: the answer, how sure, and from what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.tally import Floats, Ints

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "warrantor.extend/1"
FAN = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Ahead:
    """Claims to come between two ages, per stratum.

    Attributes
    ----------
    by, strata
        Names of the stratum columns, and one value per name.
    start, end : float
        Months of age; the window is (start, end].
    level : float
        Level of `lower` and `upper`.
    units, claims_seen, at_risk : (S,) count
        All units; first claims up to `start`; units without one at `start`.
    expected : (S,) count
        Mean of the predictive distribution; nan where refused.
    lower, upper : (S,) count
        Smallest counts with cdf >= (1 - level) / 2 and >= (1 + level) / 2; -1 where refused.
    fan_months : (M,) month
        Ages at which the fan is drawn.
    fan : (S, M, 5) count
        Quantiles .05, .25, .5, .75, .95 of the claims from `start` up to each of those ages; nan where refused.
    forecasters : tuple of str
        What was mixed.
    weights : (S, F)
        By what weight; 0 where one was refused.
    products : int
        Past products learnt from.
    prior : bool
        Fewer than four past products had a window to learn from: the error of past forecasts is a stated prior.
    refused : tuple of str or None
        Why a stratum has no answer.
    how : tuple of str
        How the result was obtained, and what it assumes.
    """

    by: tuple[str, ...]
    strata: tuple[tuple[str, ...], ...]
    start: float
    end: float
    level: float
    units: Floats
    claims_seen: Floats
    at_risk: Floats
    expected: Floats
    lower: Ints
    upper: Ints
    fan_months: Floats
    fan: Floats
    forecasters: tuple[str, ...]
    weights: Floats
    products: int
    prior: bool
    refused: tuple[str | None, ...]
    how: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name; numbers null where refused."""
        return {"schema": SCHEMA, "level": self.level, "from": self.start, "to": self.end, "how": list(self.how),
                "strata": [self._stratum(s) for s in range(len(self.strata))]}

    def _stratum(self, s: int) -> dict[str, Any]:
        gone = self.refused[s] is not None
        fan = None if gone else [dict(zip(("month", *map(str, FAN)), [float(m), *map(int, q)], strict=True))
                                 for m, q in zip(self.fan_months, self.fan[s], strict=True)]
        mixed = {n: round(float(w), 6) for n, w in zip(self.forecasters, self.weights[s], strict=True)}
        return {"by": dict(zip(self.by, self.strata[s], strict=True)),
                "units": whole(self.units[s]), "claims_seen": whole(self.claims_seen[s]),
                "at_risk": whole(self.at_risk[s]),
                "expected": None if gone else float(self.expected[s]),
                "lower": None if gone else int(self.lower[s]), "upper": None if gone else int(self.upper[s]),
                "history": {"products": self.products, "prior": self.prior},
                "mixed": None if gone else mixed, "fan": fan, "refused": self.refused[s]}

    def to_arrow(self) -> pa.Table:
        """Return one row per stratum."""
        import pyarrow as pa

        gone = np.array([r is not None for r in self.refused], bool)
        columns: dict[str, Any] = {name: [s[i] for s in self.strata] for i, name in enumerate(self.by)}
        columns |= {"units": self.units, "claims_seen": self.claims_seen, "at_risk": self.at_risk}
        columns |= {n: pa.array(getattr(self, n), mask=gone) for n in ("expected", "lower", "upper")}
        return pa.table(columns | {"refused": pa.array(self.refused, pa.string())})

    def __repr__(self) -> str:
        lines = [self.sentence(s) for s in range(min(len(self.strata), 10))]
        more = [f"... {len(self.strata) - 10:,} more"] if len(self.strata) > 10 else []
        return "\n".join([f"<Ahead: months {self.start:g} to {self.end:g}, {len(self.strata):,} strata>", *lines, *more,
                          *self.how])

    def sentence(self, s: int) -> str:
        """Say the answer of stratum `s`."""
        name = ", ".join(self.strata[s]) or "All units"
        if self.refused[s] is not None:
            return f"{name}: refused. {self.refused[s]}"
        return (f"{name}: of {self.at_risk[s]:,.0f} units without a claim at month {self.start:g}, about "
                f"{self.expected[s]:,.0f} would claim by month {self.end:g} ({self.level:.0%} interval "
                f"{self.lower[s]:,} to {self.upper[s]:,}).")


def whole(value: float) -> int | float:
    """A whole number where it is one."""
    return int(value) if float(value).is_integer() else float(value)
