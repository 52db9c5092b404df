"""The figure of a sketch as a Vega-Lite specification: to be moved in, and taken away to be drawn otherwise."""

from __future__ import annotations

from typing import Any

from warrantor.report.palette import FONT, GRID, INK, MUTED, SERIES, variable
from warrantor.report.sketch import HEIGHT, Figure, Line, thinned

DAY = 86_400_000  # milliseconds, as the axis of days counts


def live(figure: Figure) -> dict[str, Any]:
    """Return the specification of a figure: the wheel and the hand move its x axis, a name of the legend hides the
    others, and the point nearest to the pointer says its numbers.

    The numbers are in it; nothing is fetched to draw it.

    Examples
    --------
    >>> from warrantor.report.sketch import Line
    >>> spec = live(Figure([Line("claims", [0, 1], [2, 3])], "Claims rise from 2 to 3.", "month", "claims"))
    >>> spec["data"]["values"][1]
    {'name': 'claims', 'x': 1, 'y': 3}
    """
    rows = [row for one in figure.lines for row in _rows(thinned(one), DAY if figure.days else 1)]
    banded = any(one.upper for one in figure.lines)
    band = [_band(any(one.apart for one in figure.lines))] if banded else []
    return {
        "width": "container", "height": HEIGHT, "background": "transparent", "description": figure.label,
        "data": {"values": rows}, "encoding": _shared(figure), "layer": [*band, _line(), _points(figure, bool(band))],
        "config": _style(),
    }


def _rows(one: Line, times: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [{"name": one.name, "x": times * x, "y": y}
                                  for x, y in zip(one.x, one.y, strict=True)]
    if one.upper:
        for row, lower, upper in zip(rows, one.lower, one.upper, strict=True):
            row |= {"lower": lower, "upper": upper}
    return rows


def _shared(figure: Figure) -> dict[str, Any]:
    names = [one.name for one in figure.lines]
    colours = [variable(SERIES[i % len(SERIES)]) for i in range(len(names))]
    legend = None if len(names) == 1 else {"title": None, "orient": "top"}
    x: dict[str, Any] = {"field": "x", "type": "quantitative", "title": figure.across,
                         "scale": {"zero": False, "nice": False}}
    if figure.days:
        x |= {"type": "temporal", "scale": {"type": "utc", "nice": False}, "axis": {"format": "%Y-%m"}}
    return {
        "x": x,
        "color": {"field": "name", "type": "nominal", "legend": legend, "scale": {"domain": names, "range": colours}},
        "opacity": {"condition": {"param": "kept", "value": 1}, "value": 0.08},
    }


def _band(apart: bool) -> dict[str, Any]:
    mark = {"type": "rule", "strokeWidth": 5, "strokeOpacity": 0.35} if apart else {"type": "area", "fillOpacity": 0.18}
    return {"mark": {**mark, "clip": True},
            "encoding": {"y": {"field": "lower", "type": "quantitative"}, "y2": {"field": "upper"}}}


def _line() -> dict[str, Any]:
    return {"mark": {"type": "line", "clip": True, "strokeWidth": 2},
            "encoding": {"y": {"field": "y", "type": "quantitative"}},
            "params": [{"name": "kept", "select": {"type": "point", "fields": ["name"]}, "bind": "legend"},
                       {"name": "moved", "select": {"type": "interval", "encodings": ["x"]}, "bind": "scales"}]}


def _points(figure: Figure, band: bool) -> dict[str, Any]:
    said = [{"field": "name", "type": "nominal", "title": "name"}] if len(figure.lines) > 1 else []
    across = {"type": "temporal", "format": "%Y-%m-%d"} if figure.days else {"type": "quantitative", "format": ",.6~g"}
    form = ".2%" if figure.shares else ",.4~g"
    said += [{"field": "x", "title": figure.across, **across},
             {"field": "y", "type": "quantitative", "title": figure.up, "format": form}]
    if band:
        said += [{"field": "lower", "type": "quantitative", "title": "≥", "format": form},
                 {"field": "upper", "type": "quantitative", "title": "≤", "format": form}]
    return {"mark": {"type": "point", "filled": True, "size": 70, "clip": True},
            "params": [{"name": "near", "select": {"type": "point", "on": "pointerover", "nearest": True,
                                                   "clear": "pointerout"}}],
            "encoding": {"y": _up(figure), "tooltip": said,
                         "opacity": {"condition": {"param": "near", "value": 1, "empty": False}, "value": 0}}}


def _up(figure: Figure) -> dict[str, Any]:
    axis = {"axis": {"format": "~%"}} if figure.shares else {}
    return {"field": "y", "type": "quantitative", "title": figure.up, **axis}


def _style() -> dict[str, Any]:
    ink, muted, grid = variable(INK), variable(MUTED), variable(GRID)
    axis = {"labelColor": ink, "titleColor": ink, "domainColor": muted, "tickColor": muted, "gridColor": grid,
            "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "tickCount": 8, "titlePadding": 10}
    return {"aria": False, "font": FONT, "view": {"stroke": None}, "axis": axis,
            "legend": {"labelColor": ink, "labelFontSize": 12}}
