"""Intervals: a mean and its interval on a line of its own, one for each thing compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from warrantor.report.palette import INK, MUTED, SERIES, finished, rows_of
from warrantor.report.words import short

if TYPE_CHECKING:
    import altair as alt

Row = tuple[str, str, float, float, float]


def intervals(rows: Sequence[Row], axis: str, width: int = 640, title: str | None = None) -> alt.TopLevelMixin:
    """Draw intervals with their means, grouped.

    Parameters
    ----------
    rows : sequence of (group, name, mean, lower, upper)
        In the order in which they are to stand.
    axis : str
        Title of the axis, with its unit.
    width : int
        Pixels.
    title : str, optional

    Returns
    -------
    altair chart
    """
    return finished(bars(rows, axis, width), title)


def bars(rows: Sequence[Row], axis: str, width: int) -> Any:
    """Draw the same without title and style, to stand in a larger figure."""
    import altair as alt

    named = [f"{short(group, 30)} · {name}" if group else name for group, name, *_ in rows]
    source = rows_of([{"n": n, "m": r[2], "a": r[3], "b": r[4]} for n, r in zip(named, rows, strict=True)])
    top = max(r[4] for r in rows) * 1.12
    y = alt.Y("n:N", sort=named, title=None, axis=None)
    figures = "~s" if top >= 1e5 else ",.0f" if top >= 10 else ".2~f"
    ticks = alt.Axis(tickCount=4 if width <= 480 else 6, format=figures, grid=True)
    scale = alt.Scale(domain=[0, top], nice=False)

    def x(field: str) -> Any:
        return alt.X(f"{field}:Q", title=axis, scale=scale, axis=ticks)

    base = alt.Chart(source)
    layers = (
        base.mark_rule(color=SERIES[0], strokeWidth=3, opacity=0.5).encode(x=x("a"), x2="b:Q", y=y),
        base.mark_point(color=SERIES[0], filled=True, opacity=1, size=60).encode(x=x("m"), y=y),
        base.mark_text(color=INK, align="left", dx=7, fontSize=12).encode(
            x=x("b"), y=y, text=alt.Text("m:Q", format=",.0f" if top >= 1000 else ".1f")),
        base.mark_text(color=MUTED, align="left", dy=-13, fontSize=12).encode(x=alt.value(2), y=y, text="n:N"),
    )
    return alt.layer(*layers).properties(width=width - 70, height=max(38 * len(rows), 60))
