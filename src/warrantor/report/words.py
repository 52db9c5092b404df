"""Numbers as people read them, and where in the document each one stands."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

MISSING = "–"


@dataclass(frozen=True, slots=True)
class Value:
    """A number of the document, by its path; the page fetches it, so that both say the same.

    Attributes
    ----------
    path : str
        Keys and positions joined by slashes, such as "sections/0/facts/1/units".
    kind : str
        "count", "share" and "level" (of 1, shown in per cent), "figure" (four digits), "plain", or "coin" (an exact
        amount, written as text in the document).
    """

    path: str
    kind: str = "count"


Part = str | Value
Sentence = tuple[Part, ...]


def look(document: Any, path: str) -> Any:
    """Return what stands at a path.

    Examples
    --------
    >>> look({"strata": [{"units": 7}]}, "strata/0/units")
    7
    """
    for key in path.split("/"):
        document = document[int(key)] if isinstance(document, (list, tuple)) else document[key]
    return document


def shown(value: Any, kind: str = "count") -> str:
    """Write a value for people.

    Examples
    --------
    >>> shown(1234567.0), shown(0.0234, "share"), shown(1.234567, "figure"), shown(None), shown(0.0, "share")
    ('1,234,567', '2.34 %', '1.235', '–', '0 %')
    >>> shown(2697.62), shown(13.54), shown(12.0, "plain"), shown(-34620.56, "figure"), shown(2e-5, "share")
    ('2,698', '13.5', '12', '-34,620.56', '0.00200 %')
    >>> shown("61000.50", "coin")
    '61,000.50'
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return MISSING
    if isinstance(value, str):
        return f"{Decimal(value):,}" if kind == "coin" else value
    return KINDS[kind](float(value))


def _count(value: float) -> str:
    if float(value).is_integer() or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.{1 if abs(value) >= 10 else 2}f}" if abs(value) >= 0.1 else f"{value:.2g}"


def _share(percent: float) -> str:
    """Three digits at least, and two decimals, so that the ends of a band line up with its middle."""
    if percent in {0.0, 100.0}:
        return f"{percent:.0f}"
    places = max(2, 2 - math.floor(math.log10(abs(percent))))
    return f"{percent:.{min(places, 9)}f}"


KINDS: dict[str, Callable[[float], str]] = {
    "count": _count,
    "share": lambda v: f"{_share(100.0 * v)} %",
    "level": lambda v: f"{100.0 * v:g} %",
    "figure": lambda v: f"{v:,.2f}" if 1e3 <= abs(v) < 1e9 else f"{v:#.4g}",
    "plain": lambda v: f"{v:,g}" if abs(v) < 1e6 else f"{v:,.0f}",
}


def plain(sentence: Sentence, document: Any) -> str:
    """Write a sentence as text, its numbers fetched."""
    return "".join(p if isinstance(p, str) else shown(look(document, p.path), p.kind) for p in sentence)


def title_of(stratum: Mapping[Any, str]) -> str:
    """Name a stratum by its values; a stratum without columns is everything.

    Examples
    --------
    >>> title_of({"product": "Alder", "lot": "7"}), title_of({})
    ('Alder, 7', 'All units')
    """
    return ", ".join(v or "(empty)" for v in stratum.values()) or "All units"


def telling(strata: tuple[tuple[str, ...], ...]) -> list[str]:
    """Name strata by their first columns, as few as tell them apart.

    Examples
    --------
    >>> telling((("Alder", "conventional@1"), ("Birch", "conventional@1")))
    ['Alder', 'Birch']
    >>> telling((("Alder", "a@1"), ("Alder", "b@1"))), telling(((),))
    (['Alder, a@1', 'Alder, b@1'], ['All units'])
    """
    columns = len(strata[0]) if strata else 0
    fewest = next((k for k in range(1, columns) if len({key[:k] for key in strata}) == len(strata)), columns)
    return [title_of(dict(enumerate(key[:fewest]))) for key in strata]


def short(text: str, most: int = 16) -> str:
    """Cut a label to what a figure has room for."""
    return text if len(text) <= most else text[: most - 1] + "…"


def listed(names: list[str]) -> str:
    """Join names as a sentence does.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def called(law: str) -> str:
    """Name a law as people write it.

    Examples
    --------
    >>> called("weibull"), called("lfp-lognormal")
    ('Weibull', 'lognormal, limited')
    """
    proper = {"weibull": "Weibull", "gompertz": "Gompertz", "gengamma": "gen. gamma"}
    name = law.removeprefix("lfp-")
    return proper.get(name, name) + (", limited" if law.startswith("lfp-") else "")
