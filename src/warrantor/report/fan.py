"""The fan: claims seen up to the old promise's end, and what may come after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.finding import Refused
from warrantor.report.palette import INK, MUTED, SERIES, finished, rows_of
from warrantor.report.words import short, title_of
from warrantor.tally import DAYS_PER_MONTH, Floats

if TYPE_CHECKING:
    import altair as alt

    from warrantor.forecast.ahead import Ahead
    from warrantor.life.table import LifeTable

MOST_STRATA = 6
QUANTILES = ("a", "b", "m", "c", "d")  # .05 .25 .5 .75 .95


def fan(ahead: Ahead, life: LifeTable | None = None, width: int = 640, title: str | None = None) -> alt.TopLevelMixin:
    """Draw first claims in all: seen up to the start of the window, then median, 50 % and 90 % of what may come.

    Parameters
    ----------
    ahead : Ahead
        The first six strata that were answered, a panel each.
    life : LifeTable, optional
        Of the same strata: the claims seen month by month. Without it only their sum at the start is shown.
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
    which = answered(ahead)
    if not which:
        raise Refused("Every stratum was refused: there is no forecast to draw.")
    return finished(panels([(_fanned(ahead, s), _seen(ahead, life, s)) for s in which], width), title)


def _fanned(ahead: Ahead, s: int) -> Fanned:
    name = title_of(dict(zip(ahead.by, ahead.strata[s], strict=True)))
    return Fanned(name, "First claims since sale", ahead.start, ahead.end, float(ahead.claims_seen[s]),
                  ahead.fan_months, ahead.fan[s])


def panels(drawn: list[tuple[Fanned, list[dict[str, Any]]]], width: int) -> Any:
    """Set panels side by side where there is room."""
    import altair as alt

    columns = 1 if width <= 480 or len(drawn) == 1 else min(len(drawn), 3)
    size = (width // columns - (112 if columns == 1 else 108), 300 if columns == 1 else 210)
    made = [panel(f, seen, size, named=len(drawn) > 1) for f, seen in drawn]
    return made[0] if len(made) == 1 else alt.concat(*made, columns=columns, spacing=24)


def answered(ahead: Ahead) -> list[int]:
    """Return the strata a figure has room for: the first six that were not refused."""
    return [s for s, why in enumerate(ahead.refused) if why is None][:MOST_STRATA]


@dataclass(frozen=True, slots=True, eq=False)
class Fanned:
    """What one panel draws: claims up to the start of a window, and quantiles of those after it.

    Attributes
    ----------
    name : str
    axis : str
        Title of the axis, with its unit.
    start, end : float
        Months.
    base : float
        Claims up to the start.
    months : (M,) month
    quantiles : (M, 5)
        .05 .25 .5 .75 .95 of the claims from the start up to each month.
    """

    name: str
    axis: str
    start: float
    end: float
    base: float
    months: Floats
    quantiles: Floats


def panel(f: Fanned, seen: list[dict[str, Any]], size: tuple[int, int], *, named: bool) -> Any:
    """Draw one panel; `seen` are points of the claims before the window."""
    import altair as alt

    width, height = size
    start: dict[str, Any] = {"k": "f", "x": f.start, **dict.fromkeys(QUANTILES, f.base)}
    come: list[dict[str, Any]] = [
        {"k": "f", "x": float(m), **{n: f.base + float(v) for n, v in zip(QUANTILES, q, strict=True)}}
        for m, q in zip(f.months, f.quantiles, strict=True)]
    ends = [{"k": "t", "x": f.end, "m": come[-1][n], "t": t}
            for n, t in (("d", "95 %"), ("m", "median"), ("a", "5 %"))]
    top = come[-1]["d"] * 1.04 + 1
    mark = {"k": "s0", "x": f.start, "m": top, "t": f"month {f.start:g}"}
    source = rows_of([*seen, start, *come, *_apart(ends, top, height), mark])
    ticks = [float(v) for v in _months(f.end, width)]
    x = alt.X("x:Q", title="Age, months", scale=alt.Scale(domain=[0, f.end], nice=False),
              axis=alt.Axis(values=ticks, tickCount=len(ticks), grid=False))
    scale, axis = alt.Scale(domain=[0, top], nice=False), alt.Axis(tickCount=5, format="~s" if top >= 1e6 else ",.0f")
    whole = alt.Chart(source)
    future = whole.transform_filter("datum.k=='f'")

    def y(field: str) -> Any:
        return alt.Y(f"{field}:Q", title=f.axis, scale=scale, axis=axis)

    layers = (
        future.mark_area(color=SERIES[0], opacity=0.18).encode(x=x, y=y("a"), y2="d:Q"),
        future.mark_area(color=SERIES[0], opacity=0.32).encode(x=x, y=y("b"), y2="c:Q"),
        future.mark_line(color=SERIES[0]).encode(x=x, y=y("m")),
        whole.transform_filter("datum.k=='s'").mark_line(color=INK).encode(x=x, y=y("m")),
        whole.transform_filter("datum.k=='s0'").mark_rule(color=MUTED, strokeDash=[4, 3]).encode(x=x),
        whole.transform_filter("datum.k=='s0'").mark_text(
            align="right", baseline="top", dx=-6, color=MUTED).encode(x=x, y=y("m"), text="t:N"),
        whole.transform_filter("datum.k=='t'").mark_text(align="left", dx=5, color=SERIES[0]).encode(
            x=x, y=y("m"), text="t:N"),
    )
    chart = alt.layer(*layers).properties(width=width, height=height)
    return chart.properties(title=short(f.name, 28)) if named else chart


def _apart(ends: list[dict[str, Any]], top: float, height: int) -> list[dict[str, Any]]:
    """Keep the labels at the right edge from covering each other: the median stays, the others give way."""
    gap = 15.0 * top / height
    high, middle, low = ends
    return [{**high, "m": max(high["m"], middle["m"] + gap)}, middle, {**low, "m": min(low["m"], middle["m"] - gap)}]


def _months(end: float, width: int) -> Any:
    step = next(s for s in (1, 2, 3, 6, 12, 24, 60, 120) if end / s * 26 <= width or s == 120)
    return np.arange(0, end + 1e-9, step)


def _seen(ahead: Ahead, life: LifeTable | None, s: int) -> list[dict[str, Any]]:
    """First claims by month up to the start of the window, as the life table counted them."""
    dot = [{"k": "s", "x": ahead.start, "m": float(ahead.claims_seen[s])}]
    if life is None or life.by != ahead.by or ahead.strata[s] not in life.strata:
        return dot
    i = life.strata.index(ahead.strata[s])
    column = life.of(i)
    scale = DAYS_PER_MONTH if life.unit == "day" else 1.0
    months = np.arange(0, np.floor(ahead.start) + 1)
    sums = [life.dead_on_arrival[i] + column["claims"][column["until"] <= m * scale].sum() for m in months]
    if sums[-1] > ahead.claims_seen[s]:
        return dot
    return [{"k": "s", "x": float(m), "m": float(v)} for m, v in zip(months, sums, strict=True)] + dot
