"""What a longer promise would bring: claims per 1000 units by the old end, by the new one, and the difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from warrantor.forecast.ahead import FAN
from warrantor.tally import Floats, Tally

SCHEMA = "warrantor.longer/1"


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """Draws of one stratum.

    Attributes
    ----------
    sold, seen : float
        Units; first claims known.
    at_short : (B,) count
        First claims by the old end of cover.
    extra : (B, M) count
        Further ones up to each of `months`, the last the new end.
    cost : (B,) currency or None
        Of the further ones; None where costs are not known.
    months : (M,) month
    weights : dict
        Of the laws mixed.
    soft_share : float
        Share of soft faults among failures.
    """

    sold: float
    seen: float
    at_short: Floats
    extra: Floats
    cost: Floats | None
    months: Floats
    weights: dict[str, float]
    soft_share: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Longer:
    """What a promise of `end` months would bring to units sold under one of `start`; per 1000 units sold.

    Attributes
    ----------
    by, strata
        Names of the stratum columns, and one value per name.
    start, end : float
        Months of the promise as it is, and as it might be.
    level : float
        Level of the intervals.
    units, seen : (S,) count
        Sold; first claims known so far.
    at_start, at_end, extra : (S, 3) claims per 1000 units sold
        Mean, lower and upper: by `start` under the promise as it is, by `end` under the longer one, the difference.
    cost : (S, 3) currency per 1000 units sold
        Of the difference: mean, lower and upper; nan where costs are not known.
    currency : str or None
    fan_months : (M,) month
        Ages beyond `start` at which the fan is drawn; empty where every stratum was refused.
    fan : (S, M, 5) claims per 1000 units sold
        Quantiles .05, .25, .5, .75, .95 of the claims from `start` up to each of those ages.
    weights : tuple of dict
        Of the laws mixed.
    soft_share : (S,)
        Share of soft faults among failures; 0 where none were named.
    refused : tuple of str or None
        Why a stratum has no answer.
    how : tuple of str
        How it was obtained, and what it assumes.
    """

    by: tuple[str, ...]
    strata: tuple[tuple[str, ...], ...]
    start: float
    end: float
    level: float
    units: Floats
    seen: Floats
    at_start: Floats
    at_end: Floats
    extra: Floats
    cost: Floats
    currency: str | None
    fan_months: Floats
    fan: Floats
    weights: tuple[dict[str, float], ...]
    soft_share: Floats
    refused: tuple[str | None, ...]
    how: tuple[str, ...]

    @classmethod
    def of(cls, tally: Tally, found: list[Span | str], *, start: float, end: float, level: float,
           how: tuple[str, ...]) -> Longer:
        """Read means and intervals off the draws."""
        spans = [f if isinstance(f, Span) else None for f in found]
        tails = [(1 - level) / 2, (1 + level) / 2]

        def read(pick: Any) -> Floats:
            drawn = [None if f is None else pick(f) for f in spans]
            rows = [[np.nan] * 3 if d is None or f is None else _thousand(d, f.sold, tails)
                    for d, f in zip(drawn, spans, strict=True)]
            return np.array(rows).reshape(len(found), 3)

        months = next((f.months for f in spans if f), np.empty(0))
        return cls(by=tally.by, strata=tally.strata, start=start, end=end, level=level, units=tally.total("entered"),
                   seen=np.array([f.seen if f else np.nan for f in spans]), at_start=read(lambda f: f.at_short),
                   at_end=read(lambda f: f.at_short + f.extra[:, -1]), extra=read(lambda f: f.extra[:, -1]),
                   cost=read(lambda f: f.cost),
                   currency=tally.currency, fan_months=months,
                   fan=np.array([_fan(f, len(months)) for f in spans]).reshape(len(found), len(months), len(FAN)),
                   weights=tuple(f.weights if f else {} for f in spans),
                   soft_share=np.array([f.soft_share if f else np.nan for f in spans]),
                   refused=tuple(f if isinstance(f, str) else None for f in found), how=how)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name; numbers null where refused."""
        return {"schema": SCHEMA, "from": self.start, "to": self.end, "level": self.level, "how": list(self.how),
                "strata": [self._stratum(s) for s in range(len(self.strata))]}

    def _stratum(self, s: int) -> dict[str, Any]:
        gone = self.refused[s] is not None
        names = ("mean", "lower", "upper")
        cost = None if np.isnan(self.cost[s]).any() else dict(zip(names, self.cost[s].tolist(), strict=True))
        triples = {n: None if gone else dict(zip(names, getattr(self, n)[s].tolist(), strict=True))
                   for n in ("at_start", "at_end", "extra")}
        fan = None if gone else [dict(zip(("month", *map(str, FAN)), (float(m), *map(float, q)), strict=True))
                                 for m, q in zip(self.fan_months, self.fan[s], strict=True)]
        return {"by": dict(zip(self.by, self.strata[s], strict=True)), "units": float(self.units[s]),
                "seen": None if gone else float(self.seen[s]), **triples, "cost": cost,
                "currency": self.currency, "fan": fan, "weights": self.weights[s],
                "soft_share": None if gone else float(self.soft_share[s]), "refused": self.refused[s]}

    def to_arrow(self) -> Any:
        """Return one row per stratum."""
        import pyarrow as pa

        columns: dict[str, Any] = {name: [s[i] for s in self.strata] for i, name in enumerate(self.by)}
        columns |= {"units": self.units, "seen": self.seen}
        for name in ("at_start", "at_end", "extra"):
            columns |= {f"{name}_{p}": getattr(self, name)[:, i] for i, p in enumerate(("mean", "lower", "upper"))}
        return pa.table(columns | {"refused": pa.array(self.refused, pa.string())})

    def sentence(self, s: int) -> str:
        """Say the answer of stratum `s`."""
        name = ", ".join(self.strata[s]) or "All units"
        if self.refused[s] is not None:
            return f"{name}: refused. {self.refused[s]}"
        mean, lower, upper = self.extra[s]
        return (f"{name}: promising {self.end:g} months instead of {self.start:g} would bring about {mean:.1f} more "
                f"claims per 1000 units sold ({self.level:.0%} interval {lower:.1f} to {upper:.1f}).")

    def __repr__(self) -> str:
        return "\n".join([*(self.sentence(s) for s in range(min(10, len(self.strata)))), *self.how])


def _fan(span: Span | None, months: int) -> Floats:
    """Quantiles (M, 5) of the extra claims per 1000 units; nan where refused."""
    if span is None:
        return np.full((months, len(FAN)), np.nan)
    return np.asarray(np.quantile(1000.0 * span.extra / span.sold, FAN, axis=0, method="inverted_cdf").T)


def _thousand(draws: Floats, sold: float, tails: list[float]) -> list[float]:
    scaled = 1000.0 * draws / sold
    return [float(scaled.mean()), *np.quantile(scaled, tails, method="inverted_cdf").tolist()]
