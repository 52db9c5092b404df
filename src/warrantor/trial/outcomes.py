"""What was measured of each product, market and period: sales, returns, satisfaction, whatever a guardrail watches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from warrantor.finding import Refused
from warrantor.tally import Floats

SCHEMA = "warrantor.outcomes/1"
Series = dict[str, dict[int, float]]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Outcomes:
    """Measured outcomes, a row a product, market, period and metric.

    Attributes
    ----------
    product, market, period, metric : tuple of str
        Empty where the records say nothing.
    value : (R,)
        As measured, in the metric's own unit.
    n : (R,) count
        On how many; nan where not said.
    """

    product: tuple[str, ...]
    market: tuple[str, ...]
    period: tuple[str, ...]
    metric: tuple[str, ...]
    value: Floats
    n: Floats

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> Outcomes:
        """Take rows with the columns of the records: product, market, period, metric, value, n.

        Raises
        ------
        Refused
            A product, market, period and metric twice.
        """
        table = list(rows)
        names = ("product", "market", "period", "metric")
        text = {n: tuple("" if r.get(n) is None else str(r[n]) for r in table) for n in names}
        keys = list(zip(*text.values(), strict=True))
        if len(set(keys)) < len(keys):
            twice = next(k for k in keys if keys.count(k) > 1)
            raise Refused(f"{', '.join(filter(None, twice))} is measured twice: keep one row.")
        value, n = (np.array([np.nan if r.get(c) is None else float(r[c]) for r in table]) for c in ("value", "n"))
        return cls(**text, value=value, n=n)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of what was measured."""
        return tuple(dict.fromkeys(self.metric))

    @property
    def products(self) -> tuple[str, ...]:
        """Names of the products measured."""
        return tuple(dict.fromkeys(self.product))

    def series(self, metric: str, *, market: str | None = None, launch: Mapping[str, str] | None = None) -> Series:
        """Return a metric by product and age since launch.

        Parameters
        ----------
        metric : str
        market : str, optional
            One market; else all markets' values, weighted by n.
        launch : mapping, optional
            Period in which each product was launched, such as 2019-01; a product's first period where not given.

        Returns
        -------
        dict of str to dict of int to float
            Age is a number of months since launch, or the period itself where periods are whole numbers.

        Raises
        ------
        Refused
            A metric that was not measured, a period that is neither a month nor a whole number, markets that cannot
            be weighted.

        Examples
        --------
        >>> found = Outcomes.of([{"product": "A", "period": "2019-02", "metric": "score", "value": 4.1},
        ...                      {"product": "A", "period": "2019-03", "metric": "score", "value": 4.3}])
        >>> found.series("score")
        {'A': {0: 4.1, 1: 4.3}}
        """
        if metric not in self.metrics:
            raise Refused(f"{metric} is not measured; measured are: {', '.join(self.metrics) or 'none'}.")
        rows = [i for i, m in enumerate(self.metric) if m == metric and market in (None, self.market[i])]
        if not rows:
            raise Refused(f"{metric} is not measured in {market}.")
        cells: dict[tuple[str, int], list[int]] = {}
        for i in rows:
            cells.setdefault((self.product[i], period_number(self.period[i])), []).append(i)
        born = {name: min(when for p, when in cells if p == name) for name, _ in cells}
        born |= {name: period_number(when) for name, when in (launch or {}).items()}
        dated = any("-" in self.period[i] for i in rows)
        found: Series = {}
        for (name, when), some in sorted(cells.items()):
            found.setdefault(name, {})[when - born[name] if dated else when] = self._weighed(metric, some)
        return found

    def _weighed(self, metric: str, rows: list[int]) -> float:
        """One value of several markets, by their n."""
        if len(rows) == 1:
            return float(self.value[rows[0]])
        n = self.n[rows]
        if np.isnan(n).any() or n.sum() <= 0:
            raise Refused(f"{metric} of {self.product[rows[0]]} in {self.period[rows[0]]} comes from {len(rows)} "
                          "markets and not all say on how many: name one market, or fill in n.")
        return float(np.average(self.value[rows], weights=n))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name."""
        names = ("product", "market", "period", "metric")
        rows = zip(*(getattr(self, n) for n in names), map(_plain, self.value), map(_plain, self.n), strict=True)
        return {"schema": SCHEMA, "rows": [dict(zip((*names, "value", "n"), row, strict=True)) for row in rows]}

    def to_arrow(self) -> Any:
        """Return one row a measurement."""
        import pyarrow as pa

        return pa.Table.from_pylist(self.to_dict()["rows"])

    def __repr__(self) -> str:
        return f"<Outcomes: {len(self.value):,} of {len(self.products)} products: {', '.join(self.metrics)}>"


def period_number(text: str) -> int:
    """Return a month as a number of months, or a whole number as itself.

    Examples
    --------
    >>> period_number("2019-03") - period_number("2018-12"), period_number("7")
    (3, 7)
    """
    year, _, month = text.partition("-")
    if year.isdigit() and month.isdigit() and len(year) == 4 and 1 <= int(month) <= 12:
        return 12 * int(year) + int(month)
    if text.removeprefix("-").isdigit():
        return int(text)
    raise Refused(f"The period {text!r} is neither a month, as in 2019-03, nor a whole number of months since launch.")


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
