"""Colours and type of every figure: safe for colour-blind eyes, each replaceable by a style variable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair as alt

INK, MUTED, GRID, PAPER = "#1f2937", "#56606e", "#dde1e7", "#fefefe"
SERIES = ("#0068a8", "#b8500a", "#00795a", "#94437c", "#8a6a00", "#3f4a8f")
DARK = {
    INK: "#e8ebef", MUTED: "#a9b3c1", GRID: "#3a4350", PAPER: "#14181d",
    SERIES[0]: "#5ab4f0", SERIES[1]: "#ff9a52", SERIES[2]: "#3fc99b", SERIES[3]: "#e69ccb", SERIES[4]: "#e0bd4a",
    SERIES[5]: "#a3aef5",
}
NAMES = {
    INK: "ink", MUTED: "muted", GRID: "grid", PAPER: "paper", **{colour: f"c{i}" for i, colour in enumerate(SERIES)}
}
FONT = "Arial, Helvetica, 'Liberation Sans', sans-serif"


def variable(colour: str) -> str:
    """Write a colour as the style variable it stands for, itself the fallback.

    Examples
    --------
    >>> variable("#1f2937")
    'var(--ink,#1f2937)'
    """
    return f"var(--{NAMES[colour]},{colour})"


def style() -> dict[str, Any]:
    """Return the Vega-Lite configuration that all figures share."""
    axis = {
        "labelColor": INK, "titleColor": INK, "domainColor": MUTED, "tickColor": MUTED, "gridColor": GRID,
        "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "titlePadding": 8, "gridWidth": 0.7,
    }
    return {
        "font": FONT,
        "background": PAPER,
        "view": {"stroke": None},
        "axis": axis,
        "title": {"anchor": "start", "color": INK, "fontSize": 14, "subtitleColor": MUTED, "subtitleFontSize": 12,
                  "frame": "group", "offset": 10},
        "header": {"labelColor": INK, "titleColor": INK},
        "legend": {"labelColor": INK, "titleColor": INK, "labelFontSize": 12},
        "text": {"color": INK, "fontSize": 12},
        "line": {"strokeWidth": 2},
    }


def finished(chart: Any, title: str | None) -> alt.TopLevelMixin:
    """Give a chart its title and the shared style."""
    done: alt.TopLevelMixin = (chart.properties(title=title) if title else chart).configure(**style())
    return done


def rows_of(values: list[dict[str, Any]]) -> Any:
    """Return the one data set of a figure, inside its specification."""
    import altair as alt

    return alt.InlineData(values=values)
