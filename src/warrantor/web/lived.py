"""A product's document as its page shows it: the verdict, steps of thirty days, the chart of sales and returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from warrantor.report.sketch import Figure, Line
from warrantor.web.language import Voice

LIFE = ("age", "until", "at_risk", "claims", "left", "hazard", "survival", "lower", "upper")
MONTH, YEAR = 30, 365
PYTHON = """import warrantor as wr
from warrantor.forecast.watched import shortened
with wr.open("{fleet}") as fleet:
    tally = shortened(fleet.tally(["product"]), fleet.cohorts(["product"])).over("guarantee", "origin")
print(wr.life_table(tally), wr.fit(tally, "weibull"))"""


def stratum(document: Mapping[str, Any] | None, product: str) -> dict[str, Any] | None:
    """Return the part of a document that is one product's."""
    found = (s for s in (document or {}).get("strata", ()) if s["by"].get("product") == product)
    return next(found, None)


def rows_of(table: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return a life table as rows; none where it was refused."""
    columns = (table or {}).get("table")
    if not columns:
        return []
    return [dict(zip(LIFE, values, strict=True)) for values in zip(*(columns[c] for c in LIFE), strict=True)]


def share(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the share with a claim by the end of a row, and its interval: one less the survival."""
    return {key: None if row[of] is None else 1.0 - row[of]
            for key, of in (("share", "survival"), ("lower", "upper"), ("upper", "lower"))}


def by_month(table: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return a life table in steps of thirty days, each with the claims of the whole step."""
    rows, found = rows_of(table), []
    for first in range(0, len(rows), MONTH):
        part = rows[first:first + MONTH]
        found.append({"age": part[0]["age"], "until": part[-1]["until"], "at_risk": part[0]["at_risk"],
                      "claims": sum(r["claims"] for r in part), **share(part[-1])})
    return found


def told(table: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the share claimed by the end of the first year, or by the last age seen: how products are compared."""
    rows = rows_of(table)
    if not rows:
        return None
    last = next((r for r in reversed(rows) if r["until"] <= YEAR), rows[0])
    return {"until": last["until"], **share(last)}


def survival(table: Mapping[str, Any] | None, voice: Voice) -> Figure | None:
    """Draw the share with a claim by age; nothing where there is no table."""
    rows = [(r["until"], *share(r).values()) for r in rows_of(table)]
    points = [p for p in rows if None not in p]
    if table is None or not points:
        return None
    line = Line(table["by"].get("product", ""), *(list(values) for values in zip(*points, strict=True)))
    label = voice("Share of units with a claim, rising to {share} by the age of {age}.",
                  share=f"{100 * line.y[-1]:.2f} %", age=voice.number(line.x[-1]))
    return Figure([line], label, voice("age, days"), voice("share with a claim"), shares=True)


@dataclass(frozen=True, slots=True)
class Chart:
    """Sales and returns as cells.

    Attributes
    ----------
    ages : int
        Months of age that are shown, from 0.
    ended : int
        The first age from which nobody of the product was seen any more; `ages` where all were.
    rows : list
        A month of sale each: its name, its units, and its cells (count, kind): "ripening" where some of the month's
        units are not that old yet, "ended" where their cover had ended, else the empty text.
    """

    ages: int
    ended: int
    rows: list[tuple[str, float, list[tuple[int | None, str]]]]


def chart_of(chart: Mapping[str, Any] | None, as_of: str) -> Chart | None:
    """Return a chart whose cells say what they are: ripe, ripening, after cover, or not lived yet.

    Parameters
    ----------
    chart : mapping, optional
        A stratum of `warrantor returns`.
    as_of : str
        The day up to which claims are known.
    """
    if chart is None or not chart["claims"]:
        return None
    ages = len(chart["claims"][0])
    old = [_lived(month, as_of) for month in chart["months"]]
    seen = max((a for row in chart["claims"] for a, n in enumerate(row) if n is not None), default=-1)
    ended = seen + 1 if max(old) > seen + 1 else ages
    rows = [(month, units, [(n, _kind(n, a, lived, ended)) for a, n in enumerate(row)])
            for month, units, row, lived in zip(chart["months"], chart["units"], chart["claims"], old, strict=True)]
    return Chart(ages, ended, rows)


def _lived(month: str, as_of: str) -> int:
    """Return the whole months that even the last unit of a month of sale has lived."""
    sold, known = (int(text[:4]) * 12 + int(text[5:7]) for text in (month, as_of))
    return known - sold - 1


def _kind(count: int | None, age: int, lived: int, ended: int) -> str:
    if count is None:
        return "ended" if age < lived or age >= ended else ""
    return "ripening" if age >= lived else ""


def sold(products: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the products of a life table side by side: units, first claims, and the share by the first year.

    Parameters
    ----------
    products : sequence of mapping
        The strata of `warrantor life`.
    """
    return [{"product": s["by"].get("product"), **{k: s[k] for k in ("units", "claims", "dead_on_arrival")},
             **(told(s) or {"until": None, "share": None, "lower": None, "upper": None})} for s in products]
