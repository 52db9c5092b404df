"""Guarantees as data: versioned terms per component, who they are for, and which evidence starts them.

A file holds one table a version::

    [[guarantee]]
    name = "conventional"
    version = "1"
    layer = "commercial"             # statutory, commercial, seller, campaign
    products = ["*"]                 # or names
    markets = ["*"]
    channels = ["*"]
    sold_from = 2018-01-01           # optional, inclusive
    sold_to = 2018-12-31
    start = ["delivered_on", "sold_on", "made_on+90"]   # the first that is known; also "later_of:a,b"
    counting = "exclude_start"       # or "include_start"
    [guarantee.terms.host]
    months = 12                      # or days, or years
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from warrantor.terms.period import Counting, Term, end_of

EPOCH = date(1970, 1, 1)
EVIDENCE = ("delivered_on", "sold_on", "activated_on", "shipped_on", "made_on")
_STEP = re.compile(r"^(?:later_of:(\w+),(\w+)|(\w+?)(?:\+(\d+))?)$")
_KEYS = {"name", "version", "layer", "products", "markets", "channels", "sold_from", "sold_to", "start", "counting",
         "terms"}


class PackError(ValueError):
    """A guarantee file that cannot mean anything; says where and why."""


@dataclass(frozen=True, slots=True)
class Guarantee:
    """One version of one promise.

    Attributes
    ----------
    name, version : str
        Together the key, "name@version"; a version never changes once units are sold under it.
    layer : str
        Who owes it: statutory, commercial, seller, campaign.
    terms : dict of str to Term
        Length of cover per component; "host" is the unit itself.
    products, markets, channels : tuple of str
        Who it is for; "*" is everyone.
    sold_from, sold_to : date or None
        Sale window, both days inclusive.
    start : tuple of str
        Evidence of the start day, the first known wins.
    counting : str
        exclude_start or include_start.
    """

    name: str
    version: str
    terms: dict[str, Term]
    layer: str = "commercial"
    products: tuple[str, ...] = ("*",)
    markets: tuple[str, ...] = ("*",)
    channels: tuple[str, ...] = ("*",)
    sold_from: date | None = None
    sold_to: date | None = None
    start: tuple[str, ...] = ("delivered_on", "sold_on", "activated_on")
    counting: Counting = "exclude_start"

    @property
    def key(self) -> str:
        """The name and version as records write them."""
        return f"{self.name}@{self.version}"

    def is_for(self, product: str, market: str, sold_on: date | None, channel: str) -> bool:
        """Whether a unit of this product, market, channel and sale day is promised it.

        Examples
        --------
        >>> default_guarantees().all[0].is_for("phone", "CN", None, "shop")
        True
        """
        named = ((product, self.products), (market, self.markets), (channel, self.channels))
        if not all("*" in asked or value in asked for value, asked in named):
            return False
        if sold_on is None:
            return self.sold_from is None and self.sold_to is None
        return (self.sold_from or date.min) <= sold_on <= (self.sold_to or date.max)

    def end_day(self, start: date, component: str = "host") -> date:
        """Return the last covered day of a component; a component without a term of its own has the host's."""
        return end_of(start, self.terms.get(component, self.terms["host"]), self.counting)


@dataclass(frozen=True, slots=True)
class Guarantees:
    """Every version in force or once in force, in the order of the file: the first that fits a unit is its own."""

    all: tuple[Guarantee, ...]

    def __getitem__(self, key: str) -> Guarantee:
        for one in self.all:
            if one.key == key:
                return one
        raise KeyError(f"there is no guarantee {key!r}; there are {', '.join(g.key for g in self.all)}")

    def resolve(
        self, *, product: str = "", market: str = "", sold_on: date | None = None, channel: str = ""
    ) -> str | None:
        """Return the key of the first guarantee that is for such a unit; None where none is."""
        return next((g.key for g in self.all if g.is_for(product, market, sold_on, channel)), None)

    def evidence(self, key: str) -> tuple[str, ...]:
        """Return the start evidence of a guarantee, in its order."""
        return self[key].start

    def calendar(self, first_day: int, last_day: int, component: str = "host") -> Iterator[tuple[str, int, int]]:
        """Yield (version, start day, last covered day) for every start day of the span; days since 1970-01-01.

        Examples
        --------
        >>> next(default_guarantees().calendar(0, 0))
        ('conventional@1', 0, 365)
        """
        days = [(n, EPOCH + timedelta(days=n)) for n in range(first_day, last_day + 1)]
        for one in self.all:
            for number, day in days:
                yield one.key, number, (one.end_day(day, component) - EPOCH).days


def load_guarantees(source: str | Path) -> Guarantees:
    r"""Read guarantees from a TOML file, or from its text.

    Raises
    ------
    PackError
        The file is no TOML, or a guarantee in it cannot mean anything: unknown key or unit, negative term, no host,
        a key given twice, evidence that is no unit column.

    Examples
    --------
    >>> text = '[[guarantee]]\nname = "long"\nversion = "1"\n[guarantee.terms.host]\nmonths = 18'
    >>> load_guarantees(text)["long@1"].end_day(date(2019, 8, 31))
    datetime.date(2021, 2, 28)
    """
    where, text = ("the text", str(source))
    if isinstance(source, Path) or "\n" not in str(source):
        where, text = str(source), Path(source).read_text(encoding="utf-8")
    try:
        found = tomllib.loads(text).get("guarantee", [])
    except tomllib.TOMLDecodeError as error:
        raise PackError(f"{where}: {error}") from error
    if not found:
        raise PackError(f"{where}: there is no [[guarantee]] in it")
    built = tuple(_guarantee(table, f"{where}, guarantee {i}") for i, table in enumerate(found, 1))
    twice = {g.key for g in built if sum(g.key == h.key for h in built) > 1}
    if twice:
        raise PackError(f"{where}: {', '.join(sorted(twice))} stands more than once; give each version its own number")
    return Guarantees(built)


def default_guarantees() -> Guarantees:
    """Return the promise the trade gives: 12 months from delivery, else sale, else activation, to everyone."""
    return Guarantees((Guarantee("conventional", "1", {"host": Term(12, "months")}),))


def _guarantee(table: dict[str, Any], where: str) -> Guarantee:
    unknown = sorted(set(table) - _KEYS)
    if unknown:
        raise PackError(f"{where}: no such key: {', '.join(unknown)}; the keys are {', '.join(sorted(_KEYS))}")
    lacking = [key for key in ("name", "version", "terms") if key not in table]
    if lacking:
        raise PackError(f"{where}: missing {', '.join(lacking)}")
    fields = table | {key: tuple(table[key]) for key in ("products", "markets", "channels", "start") if key in table}
    fields["terms"] = {name: _term(term, f"{where}, terms.{name}") for name, term in table["terms"].items()}
    if "host" not in fields["terms"]:
        raise PackError(f"{where}: there is no term for the host, the unit itself")
    for step in fields.get("start", ()):
        _checked_step(step, where)
    if fields.get("counting", "exclude_start") not in ("exclude_start", "include_start"):
        raise PackError(f"{where}: counting {fields['counting']!r} is neither exclude_start nor include_start")
    return Guarantee(**fields)


def _term(table: Any, where: str) -> Term:
    if not isinstance(table, dict) or len(table) != 1:
        raise PackError(f"{where}: a term is one of days, months, years with a whole number")
    unit, length = next(iter(table.items()))
    if not isinstance(length, int) or isinstance(length, bool):
        raise PackError(f"{where}: {unit} = {length!r} is no whole number")
    try:
        return Term(length, unit)
    except ValueError as error:
        raise PackError(f"{where}: {error}") from error


def _checked_step(step: str, where: str) -> None:
    found = _STEP.match(step)
    columns = [c for c in (found.group(1), found.group(2), found.group(3)) if c] if found else []
    if not columns or any(c not in EVIDENCE for c in columns):
        known = ", ".join(EVIDENCE)
        raise PackError(f"{where}: start {step!r} is no evidence; use {known}, column+days or later_of:a,b")
