"""Weibull paper: on it a Weibull law is a straight line, and a departure from one is seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.finding import Refused
from warrantor.report.palette import SERIES, finished, rows_of
from warrantor.report.words import called, short, telling
from warrantor.tally import Floats

if TYPE_CHECKING:
    import altair as alt

    from warrantor.life.fitted import Fit
    from warrantor.life.table import LifeTable

MOST_STRATA = 6
MOST_POINTS = 80
LINE_POINTS = 40
SHARES = (1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.632, 0.9, 0.99, 0.999)
DASHES = ([1, 0], [7, 4], [2, 3], [9, 3, 2, 3], [4, 2], [12, 3])
PERCENT = "format(100*(1-exp(-exp(datum.value))), '.3~g')+'%'"


def bend(share: Floats) -> Floats:
    """g(F) = ln(-ln(1 - F)): the height of a share on Weibull paper."""
    return np.asarray(np.log(-np.log1p(-share)))


def paper(life: LifeTable, fits: tuple[Fit, ...] = (), width: int = 640, title: str | None = None) -> alt.TopLevelMixin:
    """Draw claims by age on Weibull paper, each age with its own band, and the fitted laws over them.

    Points are thinned to at most 80 a stratum; the laws are drawn from their parameters, so thinning moves no line.

    Parameters
    ----------
    life : LifeTable
        The first six strata are drawn.
    fits : tuple of Fit
        Laws of the same strata.
    width : int
        Pixels.
    title : str, optional

    Returns
    -------
    altair chart

    Raises
    ------
    Refused
        No stratum has a claim after age 0: there is nothing to draw.
    """
    import altair as alt

    frame = _Frame.of(life, width)
    points = [row for s in drawn(life) for row in _points(life, s)]
    if not points:
        raise Refused("No claim after age 0: there is no point to draw on Weibull paper.")
    lines = [row for i, f in enumerate(fits) for s in drawn(life) for row in _line(f, s, i, life)]
    ends = _ends(lines or points, fits, life)
    low, high = min(r["y"] for r in points) - 0.35, max(r["y"] for r in (*points, *ends)) + 0.35
    whole = alt.Chart(rows_of([*points, *lines, *_dodged(ends, low, high, frame)]))
    x, y = _across(life, frame), _upward(low, high)
    colour = alt.Color("s:O", scale=alt.Scale(domain=list(range(len(SERIES))), range=list(SERIES)), legend=None)
    dash = alt.StrokeDash("law:O", scale=alt.Scale(domain=list(range(len(DASHES))), range=DASHES), legend=None)
    layers = (
        whole.transform_filter("datum.k=='p' && isValid(datum.a)").mark_rule(opacity=0.35, clip=True).encode(
            x=x, y=y("a"), y2="b:Q", color=colour),
        whole.transform_filter("datum.k=='l'").mark_line(clip=True).encode(
            x=x, y=y("y"), color=colour, strokeDash=dash, detail="s:O"),
        whole.transform_filter("datum.k=='p'").mark_point(filled=True, size=18, opacity=0.9).encode(
            x=x, y=y("y"), color=colour),
        whole.transform_filter("datum.k=='e'").mark_text(align="left", dx=6, fontSize=12).encode(
            x=x, y=y("y"), text="t:N", color=colour))
    return finished(alt.layer(*layers).properties(width=frame.inner, height=frame.height), title)


def _across(life: LifeTable, frame: _Frame) -> alt.X:
    import altair as alt

    name = f"Age, {life.unit}s (log scale)" if life.unit in ("day", "month") else f"Age, {life.unit} (log scale)"
    return alt.X("x:Q", title=name, scale=alt.Scale(type="log", domain=frame.domain, nice=False),
                 axis=alt.Axis(values=frame.ticks, tickCount=len(frame.ticks), labelExpr="format(datum.value, '~g')",
                               grid=False, labelOverlap=False))


def _upward(low: float, high: float) -> Callable[[str], alt.Y]:
    """Return the Weibull scale for any field: the ticks stand at round shares."""
    import altair as alt

    at = [v for v in bend(np.array(SHARES)).tolist() if low <= v <= high] or [low]
    axis = alt.Axis(values=at, tickCount=len(at), labelExpr=PERCENT, labelOverlap=False)
    scale = alt.Scale(domain=[low, high], nice=False)
    return lambda field: alt.Y(f"{field}:Q", title="Units with a claim (Weibull scale)", scale=scale, axis=axis)


def drawn(life: LifeTable) -> list[int]:
    """Return the strata a figure has room for: the first six with a claim."""
    return [s for s in range(len(life.strata)) if life.claimed[s] > life.dead_on_arrival[s]][:MOST_STRATA]


@dataclass(frozen=True, slots=True)
class _Frame:
    """Size of the drawing in pixels, and the ages it spans."""

    inner: int
    height: int
    domain: list[float]
    ticks: list[float]

    @classmethod
    def of(cls, life: LifeTable, width: int) -> _Frame:
        lived = life.until[(life.claims > 0) & (life.until > 0)]
        low, high = (float(lived.min()), float(max(lived.max(), life.until.max()))) if len(lived) else (1.0, 10.0)
        low, high = low / 1.15, max(high, low * 1.5)
        inner = width - (165 if width > 480 else 140)
        return cls(inner, 340 if width > 480 else 280, [low, high * 1.02], _steps(low, high, inner))


def _steps(low: float, high: float, width: int) -> list[float]:
    """Round ages for a log axis, no more than there is room for."""
    powers = range(int(np.floor(np.log10(low))) - 1, int(np.ceil(np.log10(high))) + 1)
    for leads in ((1, 2, 3, 4, 5, 6, 8), (1, 2, 5), (1, 3), (1,)):
        found = [lead * 10.0**p for p in powers for lead in leads if low <= lead * 10.0**p <= high]
        places = np.log(np.array(found)) / np.log(high / low) * width
        if len(found) > 1 and np.diff(places).min() >= 30:
            return found
    return found or [low, high]


def _points(life: LifeTable, s: int) -> list[dict[str, Any]]:
    column = life.of(s)
    keep = np.flatnonzero((column["claims"] > 0) & (column["survival"] < 1.0) & (column["survival"] > 0.0))
    keep = keep[thinned(column["until"][keep])]
    with np.errstate(divide="ignore", invalid="ignore"):
        y = bend(1.0 - column["survival"][keep])
        a, b = bend(1.0 - column["upper"][keep]), bend(1.0 - column["lower"][keep])
    return [{"k": "p", "s": s, "x": _r(column["until"][i]), "y": _r(y[j]), "a": _r(a[j]), "b": _r(b[j])}
            for j, i in enumerate(keep)]


def thinned(age: Floats, most: int = MOST_POINTS) -> Any:
    """Positions of at most `most` ages, evenly apart on a log scale, first and last among them."""
    if len(age) <= most:
        return np.arange(len(age))
    wanted = np.geomspace(age[0], age[-1], most)
    return np.unique(np.clip(np.searchsorted(age, wanted), 0, len(age) - 1))


def _line(fit: Fit, s: int, law: int, life: LifeTable) -> list[dict[str, Any]]:
    if fit.refused[s] is not None:
        return []
    domain = _Frame.of(life, 640).domain
    age = np.geomspace(domain[0], domain[1] / 1.02, LINE_POINTS)
    with np.errstate(divide="ignore"):
        y = bend(-np.expm1(np.log(fit.survival(age)[s])))
    return [{"k": "l", "s": s, "law": law, "x": _r(x), "y": _r(v)} for x, v in zip(age, y, strict=True)
            if np.isfinite(v)]


def _ends(lines: list[dict[str, Any]], fits: tuple[Fit, ...], life: LifeTable) -> list[dict[str, Any]]:
    """Where each line leaves the figure, and what it is called."""
    many = len(drawn(life)) > 1
    last: dict[tuple[int, int], dict[str, Any]] = {}
    for row in lines:
        last[row["s"], row.get("law", -1)] = row
    ends = []
    names = telling(life.strata)
    for (s, law), row in last.items():
        name = short(names[s], 14)
        of_law = called(fits[law].law) if law >= 0 else ""
        text = of_law if not many else (name if len(fits) < 2 else f"{short(name, 9)} {of_law}")
        ends.append({"k": "e", "s": s, "x": row["x"], "y": row["y"], "t": text or name})
    return ends


def _dodged(ends: list[dict[str, Any]], low: float, high: float, frame: _Frame) -> list[dict[str, Any]]:
    """Move labels apart so that none covers another."""
    gap, placed = 15.0 * (high - low) / frame.height, -np.inf
    out = []
    for end in sorted(ends, key=lambda e: float(e["y"])):
        placed = max(float(end["y"]), placed + gap)
        out.append({**end, "y": _r(placed)})
    over = max(0.0, out[-1]["y"] - high + gap / 2) if out else 0.0
    return [{**e, "y": _r(e["y"] - over)} for e in out]


def _r(value: float) -> float | None:
    return float(f"{value:.5g}") if np.isfinite(value) else None


