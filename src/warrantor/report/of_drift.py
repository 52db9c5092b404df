"""The section of laws that fit alike and drift apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warrantor.report.intervals import Row, intervals
from warrantor.report.section import Cell, Section, Table
from warrantor.report.words import Sentence, Value, called

if TYPE_CHECKING:
    from warrantor.forecast.drift import Drift


def drift_section(drift: Drift, at: str) -> Section:
    """Say what laws that fit alike bring in a window, and what their mixture says.

    Parameters
    ----------
    drift : Drift
    at : str
        Path of the section in the document.

    Returns
    -------
    Section
    """
    where = f"{at}/drift"
    said: Sentence = (
        f"{drift.name or 'All units'}: of ", Value(f"{where}/at_risk"), " units without a claim, the laws mixed say ",
        Value(f"{where}/mixed/expected"), " would claim after month ", Value(f"{where}/from", "plain"),
        " and by month ", Value(f"{where}/to", "plain"), " (", Value(f"{where}/level", "level"), " interval ",
        Value(f"{where}/mixed/lower"), " to ", Value(f"{where}/mixed/upper"), "); alone, ", *_each(drift, where), ".",
    )
    laws = zip(drift.laws, drift.expected, drift.lower, drift.upper, strict=True)
    rows: list[Row] = [("", called(n), float(e), float(a), float(b)) for n, e, a, b in laws]
    mean, lower, upper = map(float, drift.mixed)
    rows.append(("", "mixed", mean, lower, upper))
    return Section(
        kind="drift", answer=(said,),
        heading=f"{drift.name}: laws that fit alike, months {drift.start:g} to {drift.end:g}",
        document={"kind": "drift", "drift": drift.to_dict()}, label=said,
        caption=f"Dot: mean; line: {drift.level:.0%} interval of one law alone, and of the mixture by Akaike weights.",
        draw=lambda width: intervals(rows, "First claims", width), tables=(_laws(drift, where),), how=drift.how)


def _each(drift: Drift, where: str) -> Sentence:
    parts: list[str | Value] = []
    for i, name in enumerate(drift.laws):
        parts += ["" if not i else " and ", f"the {called(name)} law ", Value(f"{where}/laws/{name}/expected")]
    return tuple(p for p in parts if p)


def _laws(drift: Drift, where: str) -> Table:
    rows: list[list[Cell]] = [
        [called(n), *(Value(f"{where}/laws/{n}/{p}") for p in ("expected", "lower", "upper")),
         Value(f"{where}/laws/{n}/weight", "figure")] for n in drift.laws]
    return Table(f"First claims, months {drift.start:g} to {drift.end:g}",
                 ("law", "expected", "from", "to", "Akaike weight"), rows)
