"""The section of a lengthened promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warrantor.report.intervals import Row, intervals
from warrantor.report.section import Cell, Section, Table
from warrantor.report.words import Sentence, Value, title_of

if TYPE_CHECKING:
    import altair as alt

    from warrantor.forecast.longer import Longer

MOST_STRATA = 6
PARTS = ("mean", "lower", "upper")


def longer_section(longer: Longer, at: str) -> Section:
    """Say what a longer promise would bring, and draw the claims by the old end and by the new.

    Parameters
    ----------
    longer : Longer
    at : str
        Path of the section in the document.

    Returns
    -------
    Section
    """
    said = tuple(_extra(longer, s, at) for s in range(min(len(longer.strata), MOST_STRATA)))
    return Section(
        kind="longer", heading="What the longer promise would bring", answer=said,
        document={"kind": "longer", "longer": longer.to_dict()},
        label=("Claims per 1,000 units sold. ", *(p for s in said for p in (*s, " "))),
        caption=f"Dot: mean; line: {longer.level:.0%} interval. Claims by month {longer.end:g} are those under the "
                "longer promise, soft claims deferred to its end included.",
        draw=(lambda width: spans(longer, width)) if answered(longer) else None,
        tables=(_answers(longer, at),), how=longer.how,
        code=(f"longer = wr.extend(hard, fleet.cohorts(by), soft=soft, start={longer.start:g}, end={longer.end:g})",))


def answered(longer: Longer) -> list[int]:
    """Return the strata a figure has room for: the first six that were not refused."""
    return [s for s, why in enumerate(longer.refused) if why is None][:MOST_STRATA]


def spans(longer: Longer, width: int = 640, title: str | None = None) -> alt.TopLevelMixin:
    """Draw claims per 1,000 units by the old end, by the new, and the difference, with their intervals."""
    names = (f"by month {longer.start:g}", f"by month {longer.end:g}", "the difference")
    rows: list[Row] = []
    for s in answered(longer):
        for name, values in zip(names, (longer.at_start, longer.at_end, longer.extra), strict=True):
            mean, lower, upper = values[s].tolist()
            rows.append((_name(longer, s), name, mean, lower, upper))
    return intervals(rows, "First claims per 1,000 units sold", width, title)


def _name(longer: Longer, s: int) -> str:
    return title_of(dict(zip(longer.by, longer.strata[s], strict=True)))


def _extra(longer: Longer, s: int, at: str) -> Sentence:
    if longer.refused[s] is not None:
        return (f"{_name(longer, s)}: refused. {longer.refused[s]}",)
    whole, one = f"{at}/longer", f"{at}/longer/strata/{s}"
    return (f"{_name(longer, s)}: ", Value(f"{whole}/to", "plain"), " months instead of ",
            Value(f"{whole}/from", "plain"), " would bring about ", Value(f"{one}/extra/mean"),
            " more claims per 1,000 units sold (", Value(f"{whole}/level", "level"), " interval ",
            Value(f"{one}/extra/lower"), " to ", Value(f"{one}/extra/upper"), ").")


def _answers(longer: Longer, at: str) -> Table:
    asked = ("at_start", "at_end", "extra")
    rows: list[list[Cell]] = []
    for s, why in enumerate(longer.refused):
        one = f"{at}/longer/strata/{s}"
        cells: list[Cell] = ["" if why else Value(f"{one}/{name}/{part}") for name in asked for part in PARTS]
        rows.append([_name(longer, s), Value(f"{one}/units"), *cells, why or ""])
    columns = (f"by month {longer.start:g}, ", f"by month {longer.end:g}, ", "difference, ")
    heads = [f"{column}{part}" for column in columns for part in ("mean", "from", "to")]
    return Table("First claims per 1,000 units sold", ("stratum", "units sold", *heads, "refused"), rows)
