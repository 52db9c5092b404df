"""How many claims a window brings if the law holds: the answer, how sure, and from what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.forecast.ahead import whole
from warrantor.forecast.counts import Predictive
from warrantor.forecast.transport import Transport, multiplier
from warrantor.tally import Floats, Ints

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "warrantor.predict/1"
AS_PAST_ERRED = "as past products erred"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Predicted:
    """Claims to come between two ages, with intervals that hold what is not known of the laws' parameters.

    Attributes
    ----------
    by, strata
        Names of the stratum columns, and one value per name.
    start, end : float
        Months where ages are days, else the unit of age; claims at ages in (start, end] count.
    level : float
        Level of the intervals.
    method : str
        "direct" or "gpq", with "calibrated" or "as past products erred" after it where that was asked.
    draws : int
        Bootstrap draws.
    claims, at_risk : (S,) count
        First claims the laws were fitted to; units at risk now.
    expected : (S,) count
        Mean of the predictive distribution; nan where refused.
    lower, upper : (S,) count
        Interval of the laws mixed by Akaike weight; -1 where refused.
    laws : tuple of str
    weights : (S, L)
        By what weight; 0 where a law was refused.
    plug_in : (S, L) count
        Mean at each law's maximum, no uncertainty; nan where refused.
    bounds : (S, L, 2) count
        Interval of each law alone; -1 where refused.
    spread : (S, L)
        Variance of the log of the mean over the refits.
    lost : (S, L) count
        Refits that failed.
    refused : tuple of str or None
        Why a stratum has no answer.
    why : tuple of tuple of str or None
        By stratum, why a law has none.
    how : tuple of str
        How the result was obtained, and what it assumes.
    counts : tuple of Predictive or None
        The distribution behind `lower` and `upper` (before calibration).
    """

    by: tuple[str, ...]
    strata: tuple[tuple[str, ...], ...]
    start: float
    end: float
    level: float
    method: str
    draws: int
    claims: Floats
    at_risk: Floats
    expected: Floats
    lower: Ints
    upper: Ints
    laws: tuple[str, ...]
    weights: Floats
    plug_in: Floats
    bounds: Ints
    spread: Floats
    lost: Floats
    refused: tuple[str | None, ...]
    why: tuple[tuple[str | None, ...], ...]
    how: tuple[str, ...]
    counts: tuple[Predictive | None, ...]

    @property
    def envelope(self) -> Ints:
        """(S, 2) smallest lower and largest upper bound of the laws taken alone; -1 where refused."""
        none = self.bounds[:, :, 0] < 0
        low = np.where(none, np.iinfo(np.int64).max, self.bounds[:, :, 0]).min(axis=1)
        return np.stack((np.where(none.all(axis=1), -1, low), self.bounds[:, :, 1].max(axis=1)), axis=1)

    def times(self, past: Transport, seed: int = 0) -> Predicted:
        """Multiply the forecast by the error that forecasts of past products showed.

        Each draw of the count's mean meets a multiplier of its own, drawn from what `past` leaves open; the draws hold
        the refits' own spread already. The matched binomial keeps its number of units, and its probability is
        multiplied, to at most 1.

        Parameters
        ----------
        past : Transport
            What past products taught: `learned`, or `transport.multiplier`.
        seed : int
            Of the order in which multipliers meet draws.

        Returns
        -------
        Predicted
            Bounds of the laws alone are multiplied as well where there is one law, and left unsaid (-1) where several.
        """
        counts = tuple(None if c is None else multiplied(c, past, np.random.default_rng([seed, i]))
                       for i, c in enumerate(self.counts))
        expected, lower, upper = read(counts, self.level)
        bounds = np.stack((lower, upper), axis=1)[:, None] if len(self.laws) == 1 else np.full_like(self.bounds, -1)
        said = (f"Multiplied by the error that forecasts of {past.products} past products showed." if not past.prior
                else f"Fewer than four past products: their error is a stated prior, sd {past.sd:.2f} of the log.")
        return replace(self, method=f"{self.method}, {AS_PAST_ERRED}", expected=expected, lower=lower, upper=upper,
                       bounds=bounds, counts=counts, how=(*self.how, said))

    def learned(self, came: Floats) -> Transport:
        """Learn from past products how wrong the first law's forecasts are; each stratum is a past product.

        r = ln((O + 1/2) / (E + 1/2)), E at the law's maximum.

        Parameters
        ----------
        came : (S,) count
            O, first claims that came in the same window.

        Returns
        -------
        Transport
            From the products where the law stands.
        """
        told = np.flatnonzero(np.isfinite(self.plug_in[:, 0]) & np.isfinite(self.spread[:, 0]))
        return multiplier(came[told], self.plug_in[told, 0], told, self.spread[told, 0], self.end / self.start)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name; numbers null where refused."""
        return {"schema": SCHEMA, "level": self.level, "from": self.start, "to": self.end, "method": self.method,
                "draws": self.draws, "how": list(self.how),
                "strata": [self._stratum(s) for s in range(len(self.strata))]}

    def _stratum(self, s: int) -> dict[str, Any]:
        gone = self.refused[s] is not None
        low, high = self.envelope[s].tolist()
        alone = {n: {"plug_in": None if self.why[s][i] else float(self.plug_in[s, i]),
                     "lower": _known(self.bounds[s, i, 0]), "upper": _known(self.bounds[s, i, 1]),
                     "weight": float(self.weights[s, i]), "refits_failed": int(self.lost[s, i]),
                     "refused": self.why[s][i]} for i, n in enumerate(self.laws)}
        return {"by": dict(zip(self.by, self.strata[s], strict=True)), "claims_seen": whole(self.claims[s]),
                "at_risk": whole(self.at_risk[s]), "expected": None if gone else float(self.expected[s]),
                "lower": _known(self.lower[s]), "upper": _known(self.upper[s]),
                "envelope": None if low < 0 else [low, high], "laws": alone, "refused": self.refused[s]}

    def to_arrow(self) -> pa.Table:
        """Return one row per stratum."""
        import pyarrow as pa

        gone = np.array([r is not None for r in self.refused], bool)
        columns: dict[str, Any] = {name: [s[i] for s in self.strata] for i, name in enumerate(self.by)}
        columns |= {"claims_seen": self.claims, "at_risk": self.at_risk}
        columns |= {n: pa.array(getattr(self, n), mask=gone) for n in ("expected", "lower", "upper")}
        edge = self.envelope
        columns |= {f"envelope_{n}": pa.array(edge[:, i], mask=edge[:, i] < 0)
                    for i, n in enumerate(("lower", "upper"))}
        return pa.table(columns | {"refused": pa.array(self.refused, pa.string())})

    def __repr__(self) -> str:
        lines = [self.sentence(s) for s in range(min(len(self.strata), 10))]
        more = [f"... {len(self.strata) - 10:,} more"] if len(self.strata) > 10 else []
        head = f"<Predicted: ages {self.start:g} to {self.end:g}, {len(self.strata):,} strata, {self.method}>"
        return "\n".join([head, *lines, *more, *self.how])

    def sentence(self, s: int) -> str:
        """Say the answer of stratum `s`."""
        name = ", ".join(self.strata[s]) or "All units"
        if self.refused[s] is not None:
            return f"{name}: refused. {self.refused[s]}"
        low, high = self.envelope[s]
        each = f"; the laws one by one {low:,} to {high:,}" if len(self.laws) > 1 and low >= 0 else ""
        return (f"{name}: of {self.at_risk[s]:,.0f} units at risk about {self.expected[s]:,.1f} would claim "
                f"({self.level:.0%} interval {self.lower[s]:,} to {self.upper[s]:,}{each}).")


def read(counts: tuple[Predictive | None, ...], level: float) -> tuple[Floats, Ints, Ints]:
    """Mean and bounds (S,) of each distribution: smallest k with cdf >= (1 - level) / 2 and >= (1 + level) / 2."""
    tails = (1.0 - level) / 2.0, (1.0 + level) / 2.0
    expected = np.array([np.nan if c is None else c.expected() for c in counts])
    lower, upper = (np.array([-1 if c is None else c.quantile(p) for c in counts], np.int64) for p in tails)
    return expected, lower, upper


def multiplied(count: Predictive, past: Transport, rng: np.random.Generator) -> Predictive:
    """Multiply each draw's mean m by its own error; n = m^2 / (m - v) units stay, their probability is at most 1."""
    factor = np.exp(np.clip(rng.permutation(past.quantiles(len(count.mean), 0.0, count.expected())), -50.0, 50.0))
    share = np.maximum(count.mean - count.variance, 0.0) / np.maximum(count.mean, 1e-300)
    factor = np.where(share > 0, np.minimum(factor, 1.0 / np.maximum(share, 1e-300)), factor)
    mean = count.mean * factor
    return Predictive(mean, np.maximum(mean * (1.0 - share * factor), 0.0), count.weight)


def _known(bound: int | np.int64) -> int | None:
    return None if bound < 0 else int(bound)
