"""Numbers as people read them, and where in the document each one stands."""

from __future__ import annotations

import math
from dataclasses import dataclass
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
        "count", "share" (of 1, shown in per cent), "figure" (four digits) or "plain".
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
    >>> shown(1234567.0), shown(0.02345, "share"), shown(1.234567, "figure"), shown(None), shown(0.0, "share")
    ('1,234,567', '2.345 %', '1.235', '–', '0 %')
    >>> shown(2697.62), shown(0.4), shown(12.0, "plain"), shown(-34620.56, "figure"), shown(1e-7, "figure")
    ('2,698', '0.4', '12', '-34,620.56', '1e-07')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return MISSING
    if isinstance(value, str):
        return value
    if kind == "share":
        return f"{_digits(100.0 * value)} %"
    if kind == "plain":
        return f"{value:g}"
    if kind == "figure":
        return _digits(value)
    whole = abs(value) >= 100 or float(value).is_integer()
    return f"{value:,.0f}" if whole else _digits(value, 3)


def _digits(value: float, digits: int = 4) -> str:
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.2f}" if digits > 3 else f"{value:,.0f}"
    return f"{value:.{digits}g}"


def plain(sentence: Sentence, document: Any) -> str:
    """Write a sentence as text, its numbers fetched."""
    return "".join(p if isinstance(p, str) else shown(look(document, p.path), p.kind) for p in sentence)


def title_of(stratum: dict[str, str]) -> str:
    """Name a stratum by its values; a stratum without columns is everything.

    Examples
    --------
    >>> title_of({"product": "Alder", "lot": "7"}), title_of({})
    ('Alder, 7', 'All units')
    """
    return ", ".join(v or "(empty)" for v in stratum.values()) or "All units"


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
