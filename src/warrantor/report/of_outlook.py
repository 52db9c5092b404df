"""The section and the figure of a forecast by calendar month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.finding import Refused
from warrantor.forecast.ahead import FAN
from warrantor.report.palette import INK, SERIES, finished, rows_of
from warrantor.report.section import Cell, Section, Table
from warrantor.report.words import Sentence, Value, called, short, title_of

if TYPE_CHECKING:
    import altair as alt

    from warrantor.forecast.outlook import Outlook

MOST_STRATA = 6
MOST_LENGTHS = 3
TALL = 250


def outlook(found: Outlook, width: int = 640, title: str | None = None) -> alt.TopLevelMixin:
    """Draw claims by month: what was not reported yet and what is to come, stacked, with the intervals of their sum.

    Thick lines hold 50 % of the draws, thin ones 90 %. Other lengths of the promise are lines of their own.

    Parameters
    ----------
    found : Outlook
        The first six strata that were answered, a panel each.
    width : int
        Pixels.
    title : str, optional

    Returns
    -------
    altair chart

    Raises
    ------
    Refused
        Every stratum was refused.
    """
    import altair as alt

    which = answered(found)
    if not which:
        raise Refused("Every stratum was refused: there is no forecast to draw.")
    across = 1 if width <= 480 or len(which) == 1 else min(len(which), 2)
    panels = [_panel(found, s, width // across - (150 if found.under else 80), named=len(which) > 1) for s in which]
    chart = panels[0] if len(panels) == 1 else alt.concat(*panels, columns=across, spacing=24)
    return finished(chart, title)


def answered(found: Outlook) -> list[int]:
    """Return the strata a figure has room for: the first six that were not refused."""
    return [s for s, why in enumerate(found.refused) if why is None][:MOST_STRATA]


def _panel(found: Outlook, s: int, width: int, *, named: bool) -> Any:
    """Draw one stratum."""
    import altair as alt

    bars, spans, lines = _bars(found, s), _spans(found, s), _lines(found, s)
    ends = _ends(lines)
    top = 1.2 * max([r["b"] for r in spans] + [r["y"] for r in lines] + [1.0])
    key = [{"k": "k", "m": bars[0]["m"], "y": top * (1 - 0.07 * i), "t": t, "p": p}
           for i, (p, t) in enumerate((("late", "has come, not yet reported"), ("ahead", "still to come")))]
    whole = alt.Chart(rows_of([*bars, *spans, *lines, *_apart(ends, top), *key]))
    every = max(1, int(np.ceil(len(found.months) * 46 / width)))
    order = [f"{m:%Y-%m}" for m in found.months]
    x = alt.X("m:O", title="Month of report", scale=alt.Scale(domain=order, paddingInner=0.25, paddingOuter=0.3),
              axis=alt.Axis(values=order[::every], labelAngle=0, grid=False))
    fill = alt.Color("p:N", scale=alt.Scale(domain=["late", "ahead"], range=[SERIES[1], SERIES[0]]), legend=None)
    stroke = alt.Color("o:O", scale=alt.Scale(domain=[0, 1, 2], range=list(SERIES[2:5])), legend=None)

    def y(field: str) -> Any:
        return alt.Y(f"{field}:Q", title="First claims a month", scale=alt.Scale(domain=[0, top], nice=False),
                     axis=alt.Axis(tickCount=5, format="~s" if top >= 1e5 else ",.0f" if top >= 10 else ".1~f"))

    def only(kind: str) -> Any:
        return whole.transform_filter(f"datum.k=='{kind}'")

    drawn = alt.layer(
        only("b").mark_bar(opacity=0.6).encode(x=x, y=y("y"), y2="z:Q", color=fill),
        only("i").mark_rule(color=INK, strokeWidth=1.2).encode(x=x, y=y("a"), y2="b:Q"),
        only("i").mark_rule(color=INK, strokeWidth=4, opacity=0.55).encode(x=x, y=y("c"), y2="d:Q"),
        only("k").mark_text(align="left", baseline="top", dx=-6).encode(x=x, y=y("y"), text="t:N", color=fill),
        alt.layer(only("l").mark_line(strokeWidth=2).encode(x=x, y=y("y"), color=stroke),
                  only("e").mark_text(align="left", dx=12).encode(x=x, y=y("y"), text="t:N", color=stroke)),
    ).resolve_scale(color="independent").properties(width=width, height=TALL)
    return drawn.properties(title=short(_name(found, s), 40)) if named else drawn


def _bars(found: Outlook, s: int) -> list[dict[str, Any]]:
    late, ahead = found.not_reported[s].mean(axis=1), found.to_occur[s].mean(axis=1)
    rows = []
    for m, month in enumerate(found.months):
        a, b = float(late[m]), float(late[m] + ahead[m])
        rows += [{"k": "b", "m": f"{month:%Y-%m}", "p": "late", "y": a, "z": 0.0},
                 {"k": "b", "m": f"{month:%Y-%m}", "p": "ahead", "y": b, "z": a}]
    return rows


def _spans(found: Outlook, s: int) -> list[dict[str, Any]]:
    quantiles = np.quantile(found.claims[s], FAN, axis=1, method="inverted_cdf").T
    return [{"k": "i", "m": f"{month:%Y-%m}", "a": float(q[0]), "c": float(q[1]), "d": float(q[3]), "b": float(q[4])}
            for month, q in zip(found.months, quantiles, strict=True)]


def _lines(found: Outlook, s: int) -> list[dict[str, Any]]:
    """Expected claims under other lengths of the promise."""
    told = [(length, one) for length, one in found.under if one.refused[s] is None][:MOST_LENGTHS]
    return [{"k": "l", "m": f"{month:%Y-%m}", "o": i, "y": float(value), "t": f"{length:g} months"}
            for i, (length, one) in enumerate(told)
            for month, value in zip(found.months, one.expected[s], strict=True)]


def _ends(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    last = {row["o"]: row for row in lines}
    return [{**row, "k": "e"} for row in last.values()]


def _apart(ends: list[dict[str, Any]], top: float) -> list[dict[str, Any]]:
    """Move labels up so that none covers another."""
    gap, placed, out = 16.0 * top / TALL, -np.inf, []
    for end in sorted(ends, key=lambda e: float(e["y"])):
        placed = max(float(end["y"]), placed + gap)
        out.append({**end, "y": placed})
    return out


def _name(found: Outlook, s: int) -> str:
    return title_of(dict(zip(found.by, found.strata[s], strict=True)))


def outlook_section(found: Outlook, at: str) -> Section:
    """Say how many claims will be reported and what they cost, and draw them by month.

    Parameters
    ----------
    found : Outlook
    at : str
        Path of the section in the document.

    Returns
    -------
    Section
    """
    said = tuple(_answer(found, s, at) for s in range(min(len(found.strata), MOST_STRATA)))
    return Section(
        kind="outlook", heading=f"Claims of the next {len(found.months)} months", answer=said,
        document={"kind": "outlook", "outlook": found.to_dict()},
        label=("First claims by month of report. ", *(p for s in said for p in (*s, " "))),
        caption="Bars: expected first claims by the month they are reported in. Thick lines hold 50 % of the draws, "
                "thin ones 90 %." + (" Coloured lines: what is expected under another length of the promise."
                                     if found.under else ""),
        draw=(lambda width: outlook(found, width)) if answered(found) else None,
        tables=(_totals(found, at), *(_months(found, s, at) for s in answered(found)), _laws(found, at)),
        how=found.how, code=(f"ahead = wr.forecast(tally, fleet.cohorts(by), months={len(found.months)})",))


def _answer(found: Outlook, s: int, at: str) -> Sentence:
    if found.refused[s] is not None:
        return (f"{_name(found, s)}: refused. {found.refused[s]}",)
    one = f"{at}/outlook/strata/{s}"
    cost: Sentence = ()
    if not np.isnan(found.total_cost()[s]).any():
        cost = (f", costing {found.currency} ", Value(f"{one}/total_cost/mean"), " (", Value(f"{one}/total_cost/lower"),
                " to ", Value(f"{one}/total_cost/upper"), ")")
    horizon = f" first claims will be reported in the next {len(found.months)} months ("
    return (f"{_name(found, s)}: about ", Value(f"{one}/total/mean"), horizon,
            Value(f"{at}/outlook/level", "level"), " interval ",
            Value(f"{one}/total/lower"), " to ", Value(f"{one}/total/upper"), "), ", Value(f"{one}/incurred"),
            " of them of faults that have come already", *cost, ".")


def _totals(found: Outlook, at: str) -> Table:
    rows: list[list[Cell]] = []
    places = [("their own", f"{at}/outlook/strata", found)]
    places += [(f"{length:g} months", f"{at}/outlook/under/{i}/strata", one)
               for i, (length, one) in enumerate(found.under)]
    for promise, where, one in places:
        for s, why in enumerate(one.refused):
            here = f"{where}/{s}"
            paid = not np.isnan(one.total_cost()[s]).any()
            cells: list[Cell] = [""] * 8 if why else [
                *(Value(f"{here}/total/{p}") for p in ("mean", "lower", "upper")), Value(f"{here}/incurred"),
                *(Value(f"{here}/total_cost/{p}") if paid else "" for p in ("mean", "lower", "upper")),
                Value(f"{here}/after")]
            rows.append([_name(one, s), promise, *cells, why or ""])
    money = f"cost in {found.currency}" if found.currency else "cost"
    return Table(f"First claims of {len(found.months)} months after {found.as_of}",
                 ("stratum", "promise", "mean", "from", "to", "not yet reported", f"{money}, mean", f"{money}, from",
                  f"{money}, to", "reported later", "refused"), rows)


def _months(found: Outlook, s: int, at: str) -> Table:
    where = f"{at}/outlook/strata/{s}/months"
    names = ("expected", "lower", "upper", "not_reported", "to_occur")
    rows: list[list[Cell]] = [[f"{month:%Y-%m}", *(Value(f"{where}/{m}/{n}") for n in names)]
                              for m, month in enumerate(found.months)]
    return Table(f"{_name(found, s)}: first claims by month of report",
                 ("month", "expected", "from", "to", "has come, not yet reported", "still to come"), rows)


def _laws(found: Outlook, at: str) -> Table:
    rows: list[list[Cell]] = []
    for s in answered(found):
        here = f"{at}/outlook/strata/{s}"
        rows += [[_name(found, s), called(name), *(Value(f"{here}/by_law/{name}/{p}") for p in
                                                   ("mean", "lower", "upper")),
                  Value(f"{here}/weights/{name}", "figure")] for name in found.by_law[s]]
    return Table("First claims of all months under each law alone",
                 ("stratum", "law", "mean", "from", "to", "Akaike weight"), rows)
