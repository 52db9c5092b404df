"""What a simulated world is made of, read from its TOML."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class ProductSpec:
    """One simulated product.

    Attributes
    ----------
    name, guarantee : str
        The product and the version of its promise; in a trial, where a unit's arm says which, empty.
    units : int
        Sold.
    beta : float
        Weibull shape of the age at failure.
    by_month_12 : float
        Share failed by month 12, which fixes the scale.
    bad_lot : dict
        Number of the month of production whose hazard is multiplied, and the factor; empty where none is.
    """

    name: str
    guarantee: str
    units: int
    beta: float
    by_month_12: float
    bad_lot: dict[str, float]


@dataclass(frozen=True, slots=True)
class WorldSpec:
    """A simulated world: products, lags, behaviour, costs.

    Attributes
    ----------
    title : str
    seed : int
    first_sale : date
    months_of_sale : int
    wander : float
        Standard deviation of the log factor on each product's hazard after month 12.
    products : tuple of ProductSpec
    tables : dict
        The remaining tables of the TOML by name: sale_lag, report_lag, returns, repeat, soft, cost, faults; of a
        trial also allotment, goodwill, correction.
    """

    title: str
    seed: int
    first_sale: date
    months_of_sale: int
    wander: float
    products: tuple[ProductSpec, ...]
    tables: dict[str, Any]

    @property
    def as_of(self) -> date:
        """The last day of the last month of sale."""
        months = self.first_sale.year * 12 + self.first_sale.month - 1 + self.months_of_sale
        return date.fromordinal(date(months // 12, months % 12 + 1, 1).toordinal() - 1)

    @property
    def soft(self) -> tuple[str, ...]:
        """Codes of the soft faults."""
        return tuple(self.tables["faults"]["soft"])

    @property
    def hard(self) -> tuple[str, ...]:
        """Codes of the hard faults."""
        return tuple(self.tables["faults"]["hard"])


def load_world(path: str | Path | None = None) -> WorldSpec:
    """Read a world from a TOML file; the demo's own where none is named.

    Examples
    --------
    >>> demo = load_world()
    >>> demo.as_of.isoformat(), [p.name for p in demo.products]
    ('2019-12-31', ['Alder', 'Birch', 'Cedar'])
    """
    text = files("warrantor.world").joinpath("demo.toml").read_text() if path is None else Path(path).read_text()
    found = tomllib.loads(text)
    products = tuple(ProductSpec(**{"bad_lot": {}, "guarantee": ""} | p) for p in found.pop("product"))
    named = {key: found.pop(key) for key in ("title", "seed", "first_sale", "months_of_sale", "wander")}
    return WorldSpec(**named, products=products, tables=found)


def guarantees_text() -> str:
    """Return the TOML of the promises of the demo's world."""
    return files("warrantor.world").joinpath("guarantees.toml").read_text()


def market() -> str:
    """Return the market of the demo's world: the one its promises are made in."""
    return str(tomllib.loads(guarantees_text())["guarantee"][0]["markets"][0])
