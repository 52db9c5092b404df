"""The claims and cost of a fleet by future calendar month, as draws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from warrantor.forecast.ahead import FAN
from warrantor.tally import Floats, regrouped

SCHEMA = "warrantor.forecast/1"
DRAWN = ("not_reported", "to_occur", "cost_not_reported", "cost_to_occur", "after", "cost_after")
PARTS = ("mean", "lower", "upper")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Outlook:
    """First claims and their cost by the calendar month they will be reported in, as draws.

    Attributes
    ----------
    by, strata
        Names of the stratum columns, and one value per name.
    as_of : date
        The day up to which claims are known.
    months : (M,) date
        First day of each month; the first month begins on the day after `as_of`.
    level : float
        Level of the intervals.
    units : (S,) count
        Sold so far.
    covered : (S,) count
        Unclaimed units whose cover has not ended.
    planned : (S,) count
        Units planned to be sold in those months.
    not_reported, to_occur : (S, M, D) count
        Draws of first claims: of the past, opened by `as_of` and not known yet; still to be opened. nan where refused.
    cost_not_reported, cost_to_occur : (S, M, D) currency
        What they cost, repeats included; nan where costs are not known.
    after, cost_after : (S, D) count, currency
        First claims reported after the last month, and their cost.
    repeats : (S,)
        Claims per first claim.
    currency : str or None
    weights : tuple of dict
        Of the laws mixed.
    by_law : tuple of dict
        Mean, lower and upper of the claims of all months under each law alone.
    refused : tuple of str or None
        Why a stratum has no forecast.
    under : tuple of (float, Outlook)
        The same forecast were the promise so many months; empty unless asked.
    how : tuple of str
        How it was obtained, and what it assumes.
    """

    by: tuple[str, ...]
    strata: tuple[tuple[str, ...], ...]
    as_of: date
    months: tuple[date, ...]
    level: float
    units: Floats
    covered: Floats
    planned: Floats
    not_reported: Floats
    to_occur: Floats
    cost_not_reported: Floats
    cost_to_occur: Floats
    after: Floats
    cost_after: Floats
    repeats: Floats
    currency: str | None
    weights: tuple[dict[str, float], ...]
    by_law: tuple[dict[str, tuple[float, float, float]], ...]
    refused: tuple[str | None, ...]
    under: tuple[tuple[float, Outlook], ...]
    how: tuple[str, ...]

    @property
    def claims(self) -> Floats:
        """(S, M, D) first claims by month of report."""
        return self.not_reported + self.to_occur

    @property
    def cost(self) -> Floats:
        """(S, M, D) currency, by month of report."""
        return self.cost_not_reported + self.cost_to_occur

    @property
    def expected(self) -> Floats:
        """(S, M) mean of the first claims."""
        return np.asarray(self.claims.mean(axis=2))

    @property
    def expected_cost(self) -> Floats:
        """(S, M) mean of the cost; nan where not known."""
        return np.asarray(self.cost.mean(axis=2))

    @property
    def incurred(self) -> Floats:
        """(S, D) first claims opened by `as_of` and not known yet, reported in these months."""
        return np.asarray(self.not_reported.sum(axis=1))

    @property
    def unexpired(self) -> Floats:
        """(S, D) first claims still to be opened, reported in these months."""
        return np.asarray(self.to_occur.sum(axis=1))

    @property
    def incurred_cost(self) -> Floats:
        """(S, D) cost of `incurred`."""
        return np.asarray(self.cost_not_reported.sum(axis=1))

    @property
    def unexpired_cost(self) -> Floats:
        """(S, D) cost of `unexpired`."""
        return np.asarray(self.cost_to_occur.sum(axis=1))

    @property
    def envelope(self) -> Floats:
        """(S, 2) lowest lower and highest upper bound of the claims of all months under any one law."""
        found = [np.array(list(laws.values())) for laws in self.by_law]
        rows = [(f[:, 1].min(), f[:, 2].max()) if len(f) else (np.nan, np.nan) for f in found]
        return np.array(rows, np.float64).reshape(len(rows), 2)

    def interval(self, level: float | None = None) -> Floats:
        """(S, M, 2) lower and upper bound of each month's first claims."""
        return bounds(self.claims, self.level if level is None else level)

    def cost_interval(self, level: float | None = None) -> Floats:
        """(S, M, 2) lower and upper bound of each month's cost."""
        return bounds(self.cost, self.level if level is None else level)

    def total(self, level: float | None = None) -> Floats:
        """(S, 3) mean, lower and upper of the first claims of all months together."""
        return triple(self.claims.sum(axis=1), self.level if level is None else level)

    def total_cost(self, level: float | None = None) -> Floats:
        """(S, 3) mean, lower and upper of the cost of all months together."""
        return triple(self.cost.sum(axis=1), self.level if level is None else level)

    def over(self, *names: str) -> Outlook:
        """Add draws over stratum columns; a sum that holds a refused stratum is refused.

        Draws of the strata share the error of past forecasts and nothing else; laws have no part in a sum.

        Raises
        ------
        ValueError
            A name that is no stratum column.
        """
        kept = tuple(name for name in self.by if name not in names)
        if len(kept) + len(names) != len(self.by):
            raise ValueError(f"cannot add over {names}: the strata are {self.by}")
        strata, group = regrouped(self.by, self.strata, kept)
        sums: dict[str, Any] = {}
        for name in (*DRAWN, "units", "covered", "planned"):
            value = getattr(self, name)
            sums[name] = np.zeros((len(strata), *value.shape[1:]))
            np.add.at(sums[name], group, value)
        refused = [next((f"{', '.join(self.strata[s])}: {self.refused[s]}" for s in np.flatnonzero(group == g)
                         if self.refused[s]), None) for g in range(len(strata))]
        share = np.nan_to_num(self.to_occur.sum(axis=(1, 2)) + self.not_reported.sum(axis=(1, 2))) + 1e-300
        repeats = np.bincount(group, share * self.repeats, len(strata)) / np.bincount(group, share, len(strata))
        return replace(self, by=kept, strata=strata, refused=tuple(refused), repeats=repeats,
                       weights=({},) * len(strata), by_law=({},) * len(strata),
                       under=tuple((length, one.over(*names)) for length, one in self.under), **sums)

    def sentence(self, s: int) -> str:
        """Say the answer of stratum `s`."""
        name = ", ".join(self.strata[s]) or "All units"
        if self.refused[s] is not None:
            return f"{name}: refused. {self.refused[s]}"
        mean, lower, upper = self.total()[s]
        late = float(self.incurred[s].mean())
        cost = self.total_cost()[s]
        money = "" if np.isnan(cost).any() else (f", costing {self.currency} {cost[0]:,.0f} ({cost[1]:,.0f} to "
                                                 f"{cost[2]:,.0f})")
        return (f"{name}: about {mean:,.0f} first claims reported in {len(self.months)} months "
                f"({self.level:.0%} interval {lower:,.0f} to {upper:,.0f}), {late:,.0f} of them of faults that have "
                f"come already{money}.")

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name; numbers null where refused or not known."""
        whole = self.over(*self.by)._strata()[0] if len(self.strata) > 1 else None  # noqa: SLF001
        return {"schema": SCHEMA, "as_of": self.as_of.isoformat(), "months": [m.isoformat() for m in self.months],
                "level": self.level, "currency": self.currency, "how": list(self.how),
                "strata": self._strata(), "total": whole, "under": [{"length": length, "strata": one._strata()}  # noqa: SLF001
                                                    for length, one in self.under]}

    def _strata(self) -> list[dict[str, Any]]:
        whole, cost, envelope = self.total(), self.total_cost(), self.envelope
        found = []
        for s, key in enumerate(self.strata):
            gone = self.refused[s] is not None
            found.append({
                "by": dict(zip(self.by, key, strict=True)), "units": float(self.units[s]),
                "covered": float(self.covered[s]), "planned": float(self.planned[s]),
                "total": None if gone else named(whole[s]), "total_cost": None if gone else named(cost[s]),
                **{name: None if gone else float(getattr(self, name)[s].mean()) for name in ("incurred", "unexpired",
                                                                                              "after")},
                "repeats": None if gone else float(self.repeats[s]), "months": None if gone else self._months(s),
                "weights": self.weights[s], "by_law": {k: dict(zip(PARTS, v, strict=True))
                                                       for k, v in self.by_law[s].items()},
                "envelope": None if np.isnan(envelope[s]).any() else envelope[s].tolist(), "refused": self.refused[s]})
        return found

    def _months(self, s: int) -> list[dict[str, Any]]:
        claims, spent = self.claims[s], self.cost[s]
        fan = np.quantile(claims, FAN, axis=1, method="inverted_cdf").T
        bound, costs = bounds(claims, self.level), bounds(spent, self.level)
        return [{"month": month.isoformat(), "expected": float(claims[m].mean()), "lower": float(bound[m, 0]),
                 "upper": float(bound[m, 1]), "not_reported": float(self.not_reported[s, m].mean()),
                 "to_occur": float(self.to_occur[s, m].mean()),
                 "cost": named(np.array([spent[m].mean(), *costs[m]])),
                 **{str(q): float(v) for q, v in zip(FAN, fan[m], strict=True)}}
                for m, month in enumerate(self.months)]

    def to_arrow(self) -> Any:
        """Return one row per stratum and month; those of a refused stratum hold no numbers."""
        import pyarrow as pa

        size = len(self.months)
        columns: dict[str, Any] = {name: [key[i] for key in self.strata for _ in self.months]
                                   for i, name in enumerate(self.by)}
        columns["month"] = pa.array(list(self.months) * len(self.strata), pa.date32())
        bound, costs = self.interval(), self.cost_interval()
        for name, value in (
            ("expected", self.expected), ("lower", bound[:, :, 0]), ("upper", bound[:, :, 1]),
            ("not_reported", self.not_reported.mean(axis=2)), ("to_occur", self.to_occur.mean(axis=2)),
            ("cost", self.expected_cost), ("cost_lower", costs[:, :, 0]), ("cost_upper", costs[:, :, 1]),
        ):
            columns[name] = pa.array(value.ravel(), pa.float64(), mask=np.isnan(value.ravel()))
        columns["refused"] = pa.array(np.repeat(np.array(self.refused, object), size).tolist(), pa.string())
        return pa.table(columns)

    def __repr__(self) -> str:
        lines = [self.sentence(s) for s in range(min(10, len(self.strata)))]
        for length, one in self.under:
            lines += [f"Under {length:g} months: {one.sentence(s)}" for s in range(min(10, len(self.strata)))]
        return "\n".join([f"<Outlook as of {self.as_of}, {len(self.months)} months>", *lines, *self.how])


def bounds(draws: Floats, level: float) -> Floats:
    """Lower and upper bound over the last axis, a value that was drawn: (..., 2); nan where nothing was drawn."""
    tails = [(1 - level) / 2, (1 + level) / 2]
    found = np.full((*draws.shape[:-1], 2), np.nan)
    told = ~np.isnan(draws[..., 0])
    if told.any():
        found[told] = np.quantile(draws[told], tails, axis=-1, method="inverted_cdf").T
    return found


def triple(draws: Floats, level: float) -> Floats:
    """Mean, lower and upper over the last axis: (..., 3)."""
    return np.concatenate((draws.mean(axis=-1)[..., None], bounds(draws, level)), axis=-1)


def named(values: Floats) -> dict[str, float] | None:
    """Name mean, lower and upper; None where they are not known."""
    return None if np.isnan(values).any() else dict(zip(PARTS, values.tolist(), strict=True))
