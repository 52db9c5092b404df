"""Steps: what has come up to each age, a line for each group, each with its band."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from warrantor.report.palette import SERIES, rows_of
from warrantor.report.words import short
from warrantor.tally import DAYS_PER_MONTH, Floats

MOST_CURVES = 6
MOST_POINTS = 60


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One line of a figure.

    Attributes
    ----------
    name : str
        Stands at its end.
    age, value, lower, upper : (R,)
        Steps; a band that is nan is not drawn.
    until : float
        Age at which the line ends.
    """

    name: str
    age: Floats
    value: Floats
    lower: Floats
    upper: Floats
    until: float


def steps(curves: list[Curve], axis: str, width: int, *, unit: str, percent: bool = False, title: str | None = None
          ) -> Any:
    """Draw at most six curves with their names at the right.

    Parameters
    ----------
    curves : list of Curve
        Those past the sixth are not drawn.
    axis : str
        Title of the upward axis, with its unit.
    width : int
        Pixels, names included.
    unit : str
        Unit of age; days are drawn as months.
    percent : bool
        The values are shares.
    title : str, optional
        Of the panel.

    Returns
    -------
    altair chart without the shared style
    """
    import altair as alt

    scale = DAYS_PER_MONTH if unit == "day" else 1.0
    drawn = curves[:MOST_CURVES]
    points = [row for i, c in enumerate(drawn) for row in _points(c, i, scale)]
    high = max((r[n] for r in points for n in ("y", "b") if r[n] is not None), default=1.0) * 1.05 or 1.0
    height = 280 if width > 480 else 230
    whole = alt.Chart(rows_of([*points, *_names(drawn, points, high, height)]))
    far = max(r["x"] for r in points) or 1.0
    x = alt.X("x:Q", title="Age, months" if unit == "day" else f"Age, {unit}s",
              scale=alt.Scale(domain=[0, far], nice=False), axis=alt.Axis(tickCount=6, grid=False))
    ticks = alt.Axis(tickCount=5, format=".2~%" if percent else "~g")
    colour = alt.Color("c:O", scale=alt.Scale(domain=list(range(len(SERIES))), range=list(SERIES)), legend=None)

    def y(field: str) -> Any:
        return alt.Y(f"{field}:Q", title=axis, scale=alt.Scale(domain=[0, high], nice=False), axis=ticks)

    line = whole.transform_filter("datum.k=='p'")
    layers = (
        line.transform_filter("isValid(datum.a)").mark_area(interpolate="step-after", opacity=0.15).encode(
            x=x, y=y("a"), y2="b:Q", color=colour),
        line.mark_line(interpolate="step-after").encode(x=x, y=y("y"), color=colour),
        whole.transform_filter("datum.k=='e'").mark_text(align="left", dx=5, fontSize=12).encode(
            x=x, y=y("y"), text="t:N", color=colour),
    )
    room = 130 if any(c.name for c in drawn) else 20
    chart = alt.layer(*layers).properties(width=max(width - 65 - room, 110), height=height)
    return chart.properties(title=short(title, 40)) if title else chart


def _points(curve: Curve, number: int, scale: float) -> list[dict[str, Any]]:
    """Begin at 0, keep at most 60 steps evenly apart, and hold the last value to the end."""
    keep = np.flatnonzero(np.isfinite(curve.value))
    if len(keep) > MOST_POINTS:
        wanted = np.linspace(curve.age[keep[0]], curve.age[keep[-1]], MOST_POINTS)
        keep = np.unique(keep[np.clip(np.searchsorted(curve.age[keep], wanted), 0, len(keep) - 1)])
    rows = [{"k": "p", "c": number, "x": 0.0, "y": 0.0, "a": None, "b": None}]
    rows += [{"k": "p", "c": number, "x": _r(curve.age[i] / scale), "y": _r(curve.value[i]), "a": _r(curve.lower[i]),
              "b": _r(curve.upper[i])} for i in keep]
    whole = len(keep) == 0 or keep[-1] == len(curve.age) - 1
    return [*rows, {**rows[-1], "x": _r(curve.until / scale)}] if whole else rows


def _names(curves: list[Curve], points: list[dict[str, Any]], high: float, height: int) -> list[dict[str, Any]]:
    """Put each name at the end of its line; names that would cover each other move up."""
    far = max(r["x"] for r in points)
    ends = [{"k": "e", "c": i, "x": far, "y": [r["y"] for r in points if r["c"] == i][-1], "t": short(c.name)}
            for i, c in enumerate(curves) if c.name]
    gap, placed, out = 15.0 * high / height, -np.inf, []
    for end in sorted(ends, key=lambda e: float(e["y"])):
        placed = max(float(end["y"]), placed + gap)
        out.append({**end, "y": placed})
    over = max(0.0, out[-1]["y"] - high) if out else 0.0
    return [{**e, "y": _r(e["y"] - over)} for e in out]


def _r(value: float) -> float | None:
    return float(f"{value:.5g}") if np.isfinite(value) else None
