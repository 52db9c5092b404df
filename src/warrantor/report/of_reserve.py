"""The sections of a reserve and of its roll-forward, and the figure of both its months and its lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.finding import Refused
from warrantor.forecast.roll import DRIVERS
from warrantor.report.palette import INK, MUTED, SERIES, finished, rows_of
from warrantor.report.section import Cell, Section, Table
from warrantor.report.words import Sentence, Value, short, title_of

if TYPE_CHECKING:
    import altair as alt

    from warrantor.forecast.reserve import Reserve
    from warrantor.forecast.roll import Rolls

MOST_STRATA = 6
TALL = 210
NEARLY_ALL = 0.999
MONEY = ("incurred", "unexpired", "best", "value_at_risk", "tail_value_at_risk", "current", "noncurrent")
BY_MONTH = ("Mean cost by the month claims will be reported in, as paid, never discounted, up to the month by which "
            "99.9 % of it is reported.")
BY_LENGTH = (" Below: the same, were units under cover promised other lengths. Lines: strata; dots: all together; the "
             "bar above a dot ends at the value at risk.")
LINES = ("opening", "accruals", "change", "settlements", "closing", "current", "noncurrent", "residual")


def set_aside(found: Reserve, width: int = 640, title: str | None = None) -> alt.TopLevelMixin:
    """Draw what is to be paid by month of report, and below it the reserve against the length of the promise.

    The second panel is drawn where lengths were asked for: a line a stratum, and for all of them together a dot at
    the best estimate with a line up to the value at risk.

    Parameters
    ----------
    found : Reserve
        The first six strata that were answered.
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

    if not answered(found):
        raise Refused("Every stratum was refused: there is no reserve to draw.")
    panels = [_by_month(found, width)]
    if found.curve:
        panels.append(_by_length(found, width))
    return finished(panels[0] if len(panels) == 1 else alt.vconcat(*panels, spacing=24), title)


def answered(found: Reserve) -> list[int]:
    """Return the strata a figure has room for: the first six that were not refused."""
    return [s for s, why in enumerate(found.refused) if why is None][:MOST_STRATA]


def _colours(found: Reserve, width: int) -> Any:
    import altair as alt

    names = [_short(found, s) for s in answered(found)]
    legend = alt.Legend(title=None, orient="top", columns=1 if width <= 480 else 3,
                        labelLimit=260) if len(names) > 1 else None
    return alt.Color("n:N", scale=alt.Scale(domain=names, range=list(SERIES[: len(names)])), legend=legend)


def _money(found: Reserve, top: float) -> Any:
    import altair as alt

    return alt.Axis(tickCount=5, format="~s" if top >= 1e4 else ",.0f" if top >= 10 else ".2~f",
                    title=f"Cost, {found.currency or 'currency not known'}")


def _by_month(found: Reserve, width: int) -> Any:
    """Stack the strata's mean cost by month of report."""
    import altair as alt

    paid = found.monthly[answered(found)]
    whole = np.cumsum(paid.sum(axis=0))
    shown = int(np.searchsorted(whole, NEARLY_ALL * whole[-1])) + 1
    order = [f"{m:%Y-%m}" for m in found.months[:shown]]
    rows = [{"m": m, "n": _short(found, s), "y": float(v), "s": i} for i, s in enumerate(answered(found))
            for m, v in zip(order, paid[i], strict=False)]
    top = float(paid.sum(axis=0).max())
    every = max(1, int(np.ceil(len(order) * 62 / (width - 80))))
    return alt.Chart(rows_of(rows)).mark_bar(opacity=0.75).encode(
        x=alt.X("m:O", title="Month of report", scale=alt.Scale(domain=order, paddingInner=0.2),
                axis=alt.Axis(values=order[::every], labelAngle=0)),
        y=alt.Y("y:Q", axis=_money(found, top)), color=_colours(found, width),
        order=alt.Order("s:Q")).properties(width=width - 80, height=TALL)


def _by_length(found: Reserve, width: int) -> Any:
    """Draw the reserve were units under cover promised each length."""
    import altair as alt

    rows: list[dict[str, Any]] = []
    for length, one in found.curve:
        rows += [{"k": "s", "x": length, "n": _short(found, s), "y": float(one.best[s, 2])} for s in answered(found)
                 if one.refused[s] is None]
        whole = one.over(*one.by)
        if whole.refused[0] is None:
            rows.append({"k": "t", "x": length, "y": float(whole.best[0, 2]), "z": float(whole.at_risk[0, 0])})
    if not rows:
        raise Refused("Every stratum was refused under every length: there is no line to draw.")
    top = 1.06 * max(r.get("z", r["y"]) for r in rows)
    lengths = [length for length, _ in found.curve]
    every = alt.Chart(rows_of(rows))
    x = alt.X("x:Q", title="Months promised to units whose cover has not ended",
              scale=alt.Scale(domain=[0, 1.04 * max(lengths)], nice=False), axis=alt.Axis(values=lengths, grid=False))

    def y(field: str) -> Any:
        return alt.Y(f"{field}:Q", axis=_money(found, top), scale=alt.Scale(domain=[0, top], nice=False))

    strata, total = (every.transform_filter(f"datum.k=='{k}'") for k in "st")
    dotted = strata.mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=24))
    return alt.layer(
        dotted.encode(x=x, y=y("y"), color=_colours(found, width)),
        total.mark_rule(color=MUTED, strokeWidth=3, opacity=0.6).encode(x=x, y=y("y"), y2="z:Q"),
        total.mark_point(color=INK, filled=True, opacity=1, size=55).encode(x=x, y=y("y")),
    ).properties(width=width - 80, height=TALL)


def reserve_section(found: Reserve, at: str) -> Section:
    """Say what to set aside, how sure that is, and what it would be under other lengths of the promise.

    Parameters
    ----------
    found : Reserve
    at : str
        Path of the section in the document.

    Returns
    -------
    Section
    """
    whole = f"{at}/reserve"
    said = [_answer(found, f"{whole}/total", "All units", found.over(*found.by).refused[0])] if found.strata else []
    parts = [_answer(found, f"{whole}/strata/{s}", _name(found, s), found.refused[s])
             for s in range(min(len(found.strata), MOST_STRATA))] if len(found.strata) > 1 else []
    lengths = [one.over(*one.by).to_dict()["total"] | {"length": length} for length, one in found.curve]
    tables = [_parts(found, at), _monthly(found, at)]
    if found.curve:
        tables.append(_lengths(lengths, at))
    return Section(
        kind="reserve", heading="Money to set aside", answer=tuple(said),
        document={"kind": "reserve", "reserve": found.to_dict(), "lengths": lengths},
        label=("Cost of claims still to be reported. ", *(p for s in (*said, *parts) for p in (*s, " "))),
        caption=BY_MONTH + (BY_LENGTH if found.curve else ""),
        draw=(lambda width: set_aside(found, width)) if answered(found) else None,
        tables=tuple(tables), how=found.how, code=("reserve = wr.reserve(tally, fleet.cohorts(by))",))


def _answer(found: Reserve, one: str, name: str, why: str | None) -> Sentence:
    if why is not None:
        return (f"{name}: no reserve. {why}",)
    rare = f" of it for claims that have come and are not reported; in one case in {1 / (1 - found.level):,.0f} "
    return (f"{name}: set aside {found.currency} ", Value(f"{one}/best"),
            " for claims still to be reported of units sold so far, ", Value(f"{one}/incurred"), rare,
            "the cost passes ", Value(f"{one}/value_at_risk"), ".")


def _parts(found: Reserve, at: str) -> Table:
    places = [(f"{at}/reserve/strata/{s}", _name(found, s), why) for s, why in enumerate(found.refused)]
    if len(found.strata) > 1:
        places.append((f"{at}/reserve/total", "Total", found.over(*found.by).refused[0]))
    rows: list[list[Cell]] = []
    for where, name, why in places:
        numbers: list[Cell] = [""] * len(MONEY) if why else [Value(f"{where}/{n}") for n in MONEY]
        rows.append([name, Value(f"{where}/units"), *numbers, why or ""])
    return Table(f"Reserve as of {found.as_of}, {found.currency or 'currency not known'}",
                 ("stratum", "units sold", "incurred, not reported", "unexpired risk", "best estimate",
                  f"value at risk, {found.level:.4g}", "tail beyond it", "within 12 months", "later", "refused"), rows)


def _monthly(found: Reserve, at: str) -> Table:
    which = answered(found)
    rows: list[list[Cell]] = [[f"{month:%Y-%m}", *(Value(f"{at}/reserve/strata/{s}/monthly/{m}") for s in which)]
                              for m, month in enumerate(found.months)]
    return Table(f"Mean cost by month of report, {found.currency or 'currency not known'}, not discounted",
                 ("month", *(_name(found, s) for s in which)), rows)


def _lengths(told: list[dict[str, Any]], at: str) -> Table:
    names = ("best", "value_at_risk", "tail_value_at_risk")
    rows: list[list[Cell]] = [[f"{one['length']:g}", *("" if one["refused"] else Value(f"{at}/lengths/{i}/{n}")
                                                      for n in names), one["refused"] or ""]
                              for i, one in enumerate(told)]
    return Table("All units together, were those under cover promised so many months",
                 ("months", "best estimate", "value at risk", "tail beyond it", "refused"), rows)


def rolls_section(found: Rolls, at: str) -> Section:
    """Show how a reserve rolled from its opening balance to its closing one, period by period.

    Parameters
    ----------
    found : Rolls
    at : str
        Path of the section in the document.

    Returns
    -------
    Section
    """
    said = tuple((f"{r.period}: ", Value(f"{at}/rolls/rows/{i}/opening", "coin"), f" at the opening, {r.currency} ",
                  Value(f"{at}/rolls/rows/{i}/closing", "coin"), f" at the close ({r.kind}).")
                 for i, r in enumerate(found.rows[-2:], max(len(found.rows) - 2, 0)))
    moved = [i for i, r in enumerate(found.rows) if r.explained]
    tables = [Table("Opening + accruals + change in estimate - settlements = closing",
                    ("period", "currency", "kind", *(_head(n) for n in LINES)),
                    [[r.period, r.currency, r.kind, *("" if getattr(r, n) is None else
                                                      Value(f"{at}/rolls/rows/{i}/{n}", "coin") for n in LINES)]
                     for i, r in enumerate(found.rows)])]
    if moved:
        tables.append(Table("Why the estimate changed", ("period", "currency", "change in estimate", *DRIVERS),
                            [[found.rows[i].period, found.rows[i].currency,
                              *(Value(f"{at}/rolls/rows/{i}/{n}", "coin")
                                for n in ("change", *(f"explained/{d}" for d in DRIVERS)))] for i in moved]))
    return Section(kind="rolls", heading="Roll-forward of the reserve", answer=said,
                   document={"kind": "rolls", "rolls": found.to_dict()}, label=(), tables=tuple(tables),
                   how=("Each period reconciles to the last coin; each opens where the one before it closed.",),
                   code=("rolls = rolled(rows)",))


def _head(name: str) -> str:
    return {"change": "change in estimate", "current": "within 12 months", "noncurrent": "later"}.get(name, name)


def _name(found: Reserve, s: int) -> str:
    return title_of(dict(zip(found.by, found.strata[s], strict=True)))


def _short(found: Reserve, s: int) -> str:
    return short(_name(found, s), 40)
