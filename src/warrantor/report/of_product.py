"""One product against the rest on a page: a frozen forecast with what came, outcomes with placebos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.forecast.claims import garwood
from warrantor.report.intervals import Row, intervals
from warrantor.report.palette import INK, MUTED, SERIES, finished, rows_of
from warrantor.report.section import Cell, Section, Table
from warrantor.report.words import Sentence, Value, short

if TYPE_CHECKING:
    import altair as alt

    from warrantor.trial.observed import Observed
    from warrantor.trial.placebo import Compared

TALL = 220


def came(found: Observed, width: int = 640, title: str | None = None) -> alt.TopLevelMixin:
    """Draw the frozen interval, and what came with the exact interval of a Poisson count.

    Parameters
    ----------
    found : Observed
    width : int
        Pixels.
    title : str, optional

    Returns
    -------
    altair chart
    """
    low, high = garwood(np.array(float(found.observed)), found.level)
    rows: list[Row] = [("", "foretold, frozen before", found.expected, float(found.forecast[0]),
                        float(found.forecast[1])),
                       ("", "what came", float(found.observed), float(low), float(high))]
    return intervals(rows, f"First claims at ages {found.start:g} to {found.end:g} months", width, title)


def apart(found: Compared, width: int = 640, title: str | None = None) -> alt.TopLevelMixin:
    """Draw the product's outcome by age beside the others' mean, and below it the difference among its placebos.

    Parameters
    ----------
    found : Compared
    width : int
        Pixels.
    title : str, optional

    Returns
    -------
    altair chart
    """
    import altair as alt

    return finished(alt.vconcat(_by_age(found, width), _placebos(found, width), spacing=20), title)


def _by_age(found: Compared, width: int) -> Any:
    import altair as alt

    ages = [*found.before, *found.after]
    names = (short(found.product, 24), f"{len(found.donors)} others, mean")
    rows: list[dict[str, Any]] = [{"k": "l", "a": a, "y": float(v), "n": n} for n, part in
                                  zip(names, (found.own, found.others), strict=True)
                                  for a, v in zip(ages, part, strict=True)]
    rows += [{**next(r for r in reversed(rows) if r["n"] == n), "k": "e"} for n in names]
    if found.before:
        rows.append({"k": "b", "a": found.after[0] - 0.5})
    whole = alt.Chart(rows_of(rows))
    inner = width - 190
    x = alt.X("a:Q", title="Months since launch", axis=alt.Axis(tickMinStep=1, grid=False),
              scale=alt.Scale(domain=[min(ages), max(ages) + 0.01], nice=False))
    y = alt.Y("y:Q", title=found.metric, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=5))
    colour = alt.Color("n:N", scale=alt.Scale(domain=list(names), range=[SERIES[1], SERIES[0]]), legend=None)
    layers = [whole.transform_filter("datum.k=='l'").mark_line(strokeWidth=2).encode(x=x, y=y, color=colour),
              whole.transform_filter("datum.k=='e'").mark_text(align="left", dx=6).encode(x=x, y=y, text="n:N",
                                                                                         color=colour)]
    if found.before:
        layers.append(whole.transform_filter("datum.k=='b'").mark_rule(color=MUTED, strokeDash=[4, 3]).encode(x=x))
    return alt.layer(*layers).properties(width=inner, height=TALL)


def _placebos(found: Compared, width: int) -> Any:
    """The product's own difference and each other product's in its place, on one line."""
    import altair as alt

    rows: list[dict[str, Any]] = [{"k": "p", "x": float(v)} for v in found.placebos]
    rows.append({"k": "o", "x": found.effect})
    far = 1.1 * max(abs(r["x"]) for r in rows) or 1.0
    x = alt.X("x:Q", title=f"Difference in {found.metric}",
              scale=alt.Scale(domain=[-far, far], nice=False), axis=alt.Axis(tickCount=5))
    whole = alt.Chart(rows_of(rows))
    return alt.layer(
        whole.transform_filter("datum.k=='p'").mark_tick(color=INK, thickness=1.5, size=22).encode(x=x),
        whole.transform_filter("datum.k=='o'").mark_point(color=SERIES[1], filled=True, size=130,
                                                          opacity=1).encode(x=x)).properties(width=width - 190,
                                                                                             height=44)


def observed_section(found: Observed, at: str) -> Section:
    """Say whether the frozen forecast transported, and draw it with what came.

    Parameters
    ----------
    found : Observed
    at : str
        Path of the section in the document.

    Returns
    -------
    Section
    """
    one = f"{at}/observed"
    verb = "transported" if found.transported else "did not transport"
    said: Sentence = (
        f"{found.name}: the forecast of months {found.start:g} to {found.end:g} {verb}: ", Value(f"{one}/observed"),
        " claims came where ", Value(f"{one}/expected"), " were expected (frozen interval ", Value(f"{one}/forecast/0"),
        " to ", Value(f"{one}/forecast/1"), "), ", Value(f"{one}/ratio", "figure"), " times as many (",
        Value(f"{one}/level", "level"), " interval ", Value(f"{one}/lower", "figure"), " to ",
        Value(f"{one}/upper", "figure"), ").")
    counts = ("observed", "expected", "forecast/0", "forecast/1")
    cells: list[Cell] = [found.name, *(Value(f"{one}/{n}") for n in counts),
                         *(Value(f"{one}/{n}", "figure") for n in ("ratio", "lower", "upper", "pit"))]
    paid: list[Cell] = ["" if found.cost is None else Value(f"{one}/cost"), "" if found.foretold is None else
                        Value(f"{one}/foretold/0")]
    return Section(
        kind="observed", heading="The forecast, and what came", answer=(said,),
        document={"kind": "observed", "observed": found.to_dict()}, label=said,
        caption="Above: the forecast as it was frozen, with the error of past products. Below: what came, with the "
                "interval of a Poisson count.",
        draw=lambda width: came(found, width),
        tables=(Table("Frozen before, and observed", (
            "product", "observed", "expected", "frozen from", "to", "ratio", "from", "to", "PIT", "cost", "foretold"),
            [[*cells, *paid]]),), how=found.how, code=("observed = wr.observe(frozen, came, as_of=day)",))


def compared_section(found: Compared, at: str) -> Section:
    """Say how a product's outcome differs from the others', and what that can mean.

    Parameters
    ----------
    found : Compared
    at : str
        Path of the section in the document.

    Returns
    -------
    Section
    """
    one = f"{at}/compared"
    sure: Sentence = ("; no interval, so few products cannot reach it",) if found.interval is None else (
        "; ", Value(f"{one}/level", "level"), " placebo interval ", Value(f"{one}/interval/0", "figure"), " to ",
        Value(f"{one}/interval/1", "figure"))
    said: Sentence = (f"{found.metric} of {found.product}: ", Value(f"{one}/effect", "figure"),
                      f" against {len(found.donors)} other products (p = ", Value(f"{one}/p", "figure"), *sure,
                      f"). {found.kind[0].upper()}{found.kind[1:]}.")
    ages = [*found.before, *found.after]
    rows: list[list[Cell]] = [[f"{age}", Value(f"{one}/own/{i}", "figure"), Value(f"{one}/others/{i}", "figure")]
                              for i, age in enumerate(ages)]
    placebos: list[list[Cell]] = [[name, Value(f"{one}/placebos/{j}", "figure")]
                                  for j, name in enumerate(found.donors)]
    return Section(
        kind="compared", heading=f"{found.metric}: {found.kind}", answer=(said,),
        document={"kind": "compared", "compared": found.to_dict()}, label=said,
        caption="Lines: the product and the mean of the others, at the same age since launch. Dot: the difference; "
                "ticks: the same of every other product in its place.",
        draw=lambda width: apart(found, width),
        tables=(Table(f"{found.metric} by months since launch", ("months", found.product, "others, mean"), rows),
                Table("Each other product in its place", ("product", "difference"), placebos)),
        how=found.how, code=("compared = wr.compare(fleet.outcomes(), product, donors, metric)",))
