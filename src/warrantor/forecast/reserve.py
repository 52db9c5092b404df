"""Money to set aside for claims to come, incurred-not-reported apart from unexpired risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.finding import Refused
from warrantor.forecast.capital import chance_above, tail_value_at_risk, value_at_risk
from warrantor.forecast.economics import present_value
from warrantor.forecast.monthly import MOST, forecast
from warrantor.forecast.watched import as_of_day, lag_of
from warrantor.tally import DAYS_PER_MONTH, Cohorts, Floats, Tally, regrouped

if TYPE_CHECKING:
    from warrantor.forecast.outlook import Outlook
    from warrantor.forecast.second import Second

SCHEMA = "warrantor.reserve/1"
LENGTHS = (6.0, 12.0, 18.0, 24.0, 30.0, 36.0)
NO_COST = "The records hold no cost, or none for some claims: there are counts, but no money to set aside."
SOLD = "The reserve is for units sold so far, until the last of their claims is reported; later sales bring their own."
KNOWN = "Claims already reported are taken to be paid or entered elsewhere: they are not in it."
BEST = "The best estimate is the mean of the draws."
TOGETHER = ("Strata added up share the error of past forecasts and nothing else: a shock to all of them, such as "
            "dearer parts, is not in the tail.")
PLAIN = "Not discounted."
WHAT_IF = ("What if: units whose cover has not ended are promised that many months; no change in demand, nor in how "
           "customers use a longer promise, is counted.")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Reserve:
    """What claims still to be reported of units sold so far will cost, as draws.

    Attributes
    ----------
    by, strata
        Names of the stratum columns, and one value per name.
    as_of : date
    months : (M,) date
        First day of each month of report; what is reported later is counted in the last.
    level : float
        Of the value at risk.
    rate : float or None
        Discount per year; None where not discounted.
    currency : str or None
    units, covered : (S,) count
        Sold so far; unclaimed with cover left.
    claims : (S, 2) count
        Mean first claims: incurred and not reported, still to occur.
    incurred, unexpired : (S, D) currency
        Draws of their cost, discounted where asked; nan where refused.
    monthly : (S, M) currency
        Mean cost by month of report, as paid, never discounted.
    soon : (S,) currency
        Mean cost, discounted where asked, of what is reported within 12 months.
    second : tuple of Second or None
        The chain ladder's opinion of each stratum; empty of a sum over strata.
    curve : tuple of (float, Reserve)
        The same reserve were the promise so many months; empty unless asked.
    refused : tuple of str or None
        Why a stratum has no reserve.
    how : tuple of str
    """

    by: tuple[str, ...]
    strata: tuple[tuple[str, ...], ...]
    as_of: date
    months: tuple[date, ...]
    level: float
    rate: float | None
    currency: str | None
    units: Floats
    covered: Floats
    claims: Floats
    incurred: Floats
    unexpired: Floats
    monthly: Floats
    soon: Floats
    second: tuple[Second, ...]
    curve: tuple[tuple[float, Reserve], ...]
    refused: tuple[str | None, ...]
    how: tuple[str, ...]

    @property
    def draws(self) -> Floats:
        """(S, D) currency, both parts together."""
        return self.incurred + self.unexpired

    @property
    def best(self) -> Floats:
        """(S, 3) currency: best estimate of what is incurred and not reported, of unexpired risk, of both."""
        return np.stack((self.incurred.mean(axis=1), self.unexpired.mean(axis=1), self.draws.mean(axis=1)), axis=1)

    @property
    def at_risk(self) -> Floats:
        """(S, 2) currency: value at risk and tail value at risk at `level`."""
        return np.stack((value_at_risk(self.draws, self.level), tail_value_at_risk(self.draws, self.level)), axis=1)

    @property
    def current(self) -> Floats:
        """(S, 2) currency: of the best estimate, what is reported within 12 months, and later."""
        return np.stack((self.soon, self.best[:, 2] - self.soon), axis=1)

    def chance_above(self, cap: float) -> Floats:
        """(S,) chance that the cost passes `cap`, currency."""
        return chance_above(self.draws, cap)

    def over(self, *names: str) -> Reserve:
        """Add over stratum columns; a sum that holds a refused stratum is refused.

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
        for name in ("units", "covered", "claims", "incurred", "unexpired", "monthly", "soon"):
            value = getattr(self, name)
            sums[name] = np.zeros((len(strata), *value.shape[1:]))
            np.add.at(sums[name], group, value)
        refused = [next((f"{', '.join(self.strata[s])}: {self.refused[s]}" for s in np.flatnonzero(group == g)
                         if self.refused[s]), None) for g in range(len(strata))]
        return replace(self, by=kept, strata=strata, refused=tuple(refused), second=(),
                       curve=tuple((w, one.over(*names)) for w, one in self.curve), **sums)

    def sentence(self, s: int) -> str:
        """Say the reserve of stratum `s`."""
        name = ", ".join(self.strata[s]) or "All units"
        if self.refused[s] is not None:
            return f"{name}: refused. {self.refused[s]}"
        best, risk = self.best[s], self.at_risk[s]
        return (f"{name}: {self.currency} {best[2]:,.0f}, of which {best[0]:,.0f} incurred and not reported and "
                f"{best[1]:,.0f} unexpired risk; in one case in {1 / (1 - self.level):,.0f} it passes {risk[0]:,.0f}, "
                f"then costing {risk[1]:,.0f} on the mean.")

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name; numbers null where refused."""
        return {"schema": SCHEMA, "as_of": self.as_of.isoformat(), "level": self.level, "rate": self.rate,
                "currency": self.currency, "months": [m.isoformat() for m in self.months],
                "strata": [row | {"monthly": None if self.refused[s] else self.monthly[s].tolist(),
                                  "second": self.second[s].to_dict() if self.second else None}
                           for s, row in enumerate(self._rows())],
                "total": self.over(*self.by)._rows()[0] if self.strata else None,  # noqa: SLF001
                "curve": [{"length": w, "strata": one._rows()} for w, one in self.curve],  # noqa: SLF001
                "how": list(self.how)}

    def to_arrow(self) -> Any:
        """Return one row per stratum; those of a refused one hold no numbers."""
        import pyarrow as pa

        flat = [row.pop("by") | row for row in self._rows()]
        return pa.Table.from_pylist(flat)

    def _rows(self) -> list[dict[str, Any]]:
        best, risk, current = self.best, self.at_risk, self.current
        columns = (best[:, 0], best[:, 1], best[:, 2], risk[:, 0], risk[:, 1], current[:, 0], current[:, 1],
                   self.claims[:, 0], self.claims[:, 1])
        return [{"by": dict(zip(self.by, key, strict=True)), "currency": self.currency, "units": float(self.units[s]),
                 "covered": float(self.covered[s]),
                 **{name: None if self.refused[s] else float(column[s])
                    for name, column in zip(NUMBERS, columns, strict=True)}, "refused": self.refused[s]}
                for s, key in enumerate(self.strata)]

    def __repr__(self) -> str:
        lines = [self.sentence(s) for s in range(min(10, len(self.strata)))]
        return "\n".join([f"<Reserve as of {self.as_of}, {self.level:.0%}>", *lines, *self.how])


NUMBERS = ("incurred", "unexpired", "best", "value_at_risk", "tail_value_at_risk", "current", "noncurrent",
           "claims_incurred", "claims_unexpired")
"""Names of a row's numbers, in the order of the tables."""


def reserve(tally: Tally, cohorts: Cohorts, *, level: float = 0.95, rate: float | None = None,
            lengths: Sequence[float] = (), **asked: Any) -> Reserve:
    """Work out what claims still to be reported of units sold so far will cost.

    Draws of the cost by month of report come from `forecast`, over as many months as the last cover and the report
    lag need. A draw is sum_m cost_m / (1 + rate)^(t_m / 12), t_m the middle of month m in months from `as_of`.

    Parameters
    ----------
    tally : Tally
        First claims by age in days, strata with the guarantee version.
    cohorts : Cohorts
        The same units by start day.
    level : float
        Of the value at risk: 0.95 is passed in one case in 20.
    rate : float, optional
        Discount per year; not discounted where none is given.
    lengths : sequence of float
        Months: the same reserve were units whose cover has not ended promised so long.
    **asked
        soft, lots, history, sold_by, seed and draws, as `forecast` takes them.

    Returns
    -------
    Reserve

    Raises
    ------
    Refused
        What `forecast` refuses, no units, a level or a rate that is none, or too few draws for the level.

    Source
    ------
    ASC 460 and IAS 37 for what is set aside; the method notes' section 9 for its parts.

    Examples
    --------
    >>> t = Tally.of(by=(), strata=((),), stratum=np.zeros(4, int), age=np.array([0.0, 30.0, 90.0, 180.0]),
    ...              entered=np.array([1000.0, 0, 0, 0]), claimed=np.array([0.0, 6, 8, 0]),
    ...              open=np.array([0.0, 0, 0, 986]), claims=np.array([0.0, 6, 8, 0]),
    ...              cost=np.array([0.0, 300, 400, 0]), cost_squared=np.array([0.0, 16000, 21000, 0]), currency="EUR")
    >>> fleet = Cohorts(by=(), strata=((),), stratum=np.zeros(1, int), as_of=date(2019, 12, 31), guarantees=("a@1",),
    ...                 guarantee=np.zeros(1, int), start_day=np.array([18081]), end_day=np.array([18446]),
    ...                 units=np.array([1000.0]), claimed=np.array([14.0]), gone=np.zeros(1))
    >>> found = reserve(t, fleet)
    >>> found.months[-1].isoformat(), bool(found.at_risk[0, 0] > found.best[0, 2] > 0)
    ('2020-07-01', True)
    """
    from warrantor.forecast.second import second_opinions

    if not tally.strata:
        raise Refused("No units: there is nothing to set money aside for.")
    value_at_risk(np.zeros(int(asked.get("draws", 2000))), level)
    if rate is not None:
        present_value(0.0, rate, 0.0)
    months = _months(cohorts, lengths)
    room = 32.0 * len(tally.strata) * months * float(asked.get("draws", 2000)) * (1 + len(lengths))
    if room > 2 * MOST:
        raise Refused(f"{len(tally.strata):,} strata x {months} months x {1 + len(lengths)} promises are more than "
                      "memory should hold: ask fewer draws, strata or lengths.")
    told = forecast(tally, cohorts, months=months, lengths=list(lengths), **asked)
    found = _of(told, level, rate)
    return replace(found, second=second_opinions(told, cohorts),
                   curve=tuple((length, _of(one, level, rate)) for length, one in told.under),
                   how=(*found.how, *((WHAT_IF,) if lengths else ())))


def _months(cohorts: Cohorts, lengths: Sequence[float]) -> int:
    """Calendar months until all claims of the units sold are reported, but for one in a hundred of the last."""
    as_of, lag = as_of_day(cohorts), lag_of(cohorts)
    last = int(cohorts.end_day.max(initial=as_of))
    if lengths:
        covered = cohorts.start_day[cohorts.end_day > as_of]
        last = max(last, int(covered.max(initial=0)) + round(max(lengths) * DAYS_PER_MONTH))
    late = last + (0 if lag is None else lag.quantile(0.99))
    first, end = np.array([as_of + 1, max(late, as_of + 1)]).astype("datetime64[D]").astype("datetime64[M]")
    return int((end - first).astype(int)) + 1


def _of(told: Outlook, level: float, rate: float | None) -> Reserve:
    """Sum the draws of an outlook over its months."""
    first = np.array(told.months, "datetime64[M]")
    edges = np.concatenate((first, first[-1:] + 1)).astype("datetime64[D]").astype(np.int64)
    as_of = np.datetime64(told.as_of, "D").astype(np.int64)
    middle = ((np.maximum(edges[:-1], as_of + 1) + edges[1:]) / 2.0 - as_of - 1.0) / DAYS_PER_MONTH
    factor = np.ones(len(first)) if rate is None else present_value(np.ones(len(first)), rate, middle)
    later = told.cost_after * factor[-1]
    mean = told.expected_cost
    mean[:, -1] += told.cost_after.mean(axis=1)
    unknown = np.asarray(np.isnan(mean).any(axis=1))
    refused = tuple(why or (NO_COST if unknown[s] else None) for s, why in enumerate(told.refused))
    said = PLAIN if rate is None else f"Discounted at {rate:.4g} a year from the middle of the month of report."
    return Reserve(
        by=told.by, strata=told.strata, as_of=told.as_of, months=told.months, level=level, rate=rate,
        currency=told.currency, units=told.units, covered=told.covered,
        claims=np.stack((told.incurred.mean(axis=1), told.unexpired.mean(axis=1) + told.after.mean(axis=1)), axis=1),
        incurred=np.einsum("smd,m->sd", told.cost_not_reported, factor),
        unexpired=np.einsum("smd,m->sd", told.cost_to_occur, factor) + later, monthly=mean,
        soon=mean[:, :12] @ factor[:12], second=(), curve=(), refused=refused,
        how=(SOLD, KNOWN, BEST, TOGETHER, said, *told.how))
