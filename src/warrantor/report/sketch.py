"""A line with its band as SVG, drawn from plain numbers: for pages that are made while somebody waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from warrantor.report.palette import GRID, INK, MUTED, SERIES, variable

WIDE, NARROW, HEIGHT = 720, 350, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 16, 44
MOST = 400  # points of one line: a screen has no more


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a sketch.

    Attributes
    ----------
    name : str
        What it is.
    x, y : sequence of float
        Where it goes, x rising.
    lower, upper : sequence of float
        Its band; empty where there is none.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    lower: Sequence[float] = ()
    upper: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """What is drawn, still or to be moved in.

    Attributes
    ----------
    lines : sequence of Line
        At most six; the axis of y begins at nought.
    label : str
        What the figure says, in a sentence with its numbers, for who cannot see it.
    across, up : str
        Names of the axes, with units.
    """

    lines: Sequence[Line]
    label: str
    across: str
    up: str

    def __post_init__(self) -> None:
        if not self.lines or not all(len(one.x) for one in self.lines):
            raise ValueError("a figure needs a line, and a line needs points")


@dataclass(frozen=True, slots=True)
class _Frame:
    """From numbers to places on the paper."""

    x0: float
    x1: float
    y1: float
    width: int

    def at(self, x: float, y: float) -> str:
        across = LEFT + (x - self.x0) / ((self.x1 - self.x0) or 1.0) * (self.width - LEFT - RIGHT)
        up = HEIGHT - BOTTOM - y / (self.y1 or 1.0) * (HEIGHT - TOP - BOTTOM)
        return f"{across:.1f},{up:.1f}"


def sketch(figure: Figure, width: int = WIDE) -> str:
    """Return lines and their bands as one SVG element.

    Parameters
    ----------
    figure : Figure
        What is drawn.
    width : int
        Of the paper; `NARROW` where a hand holds the screen.

    Returns
    -------
    str
        An `<svg>` element, safe to insert; it has no style of its own and follows the page's colours.

    Examples
    --------
    >>> drawn = sketch(Figure([Line("claims", [0, 1], [2, 3])], "Claims rise from 2 to 3.", "month", "claims"))
    >>> drawn[:41]
    '<svg role="img" aria-label="Claims rise f'
    """
    lines = [thinned(one) for one in figure.lines]
    xs = [x for one in lines for x in one.x]
    top = max(max(one.upper or one.y) for one in lines)
    frame = _Frame(min(xs), max(xs), max(top, 1e-12), width)
    parts = [*_axes(frame, figure.across, figure.up),
             *(part for i, one in enumerate(lines) for part in _drawn(frame, one, i))]
    return (f'<svg role="img" aria-label="{escape(figure.label, quote=True)}" xmlns="http://www.w3.org/2000/svg" '
            f'viewBox="0 0 {width} {HEIGHT}" font-family="inherit" font-size="12">{"".join(parts)}</svg>')


def thinned(one: Line) -> Line:
    """Return a line with no more points than a screen shows: every so many, the last among them."""
    step = ceil(len(one.x) / MOST)
    if step == 1:
        return one
    kept = [*range(0, len(one.x) - 1, step), len(one.x) - 1]
    return Line(one.name, *([values[i] for i in kept] if values else ()
                            for values in (one.x, one.y, one.lower, one.upper)))


def _drawn(frame: _Frame, one: Line, place: int) -> list[str]:
    colour = variable(SERIES[place % len(SERIES)])
    parts = []
    if one.upper:
        edge = [frame.at(x, y) for x, y in zip(one.x, one.upper, strict=True)]
        back = [frame.at(x, y) for x, y in zip(one.x, one.lower, strict=True)]
        parts.append(f'<polygon points="{" ".join([*edge, *reversed(back)])}" fill="{colour}" fill-opacity="0.18"/>')
    points = " ".join(frame.at(x, y) for x, y in zip(one.x, one.y, strict=True))
    parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
    parts.append(f'<text x="{LEFT + 8}" y="{TOP + 12 + 16 * place}" fill="{colour}">{escape(one.name)}</text>')
    return parts


def _axes(frame: _Frame, across: str, up: str) -> list[str]:
    ink, muted, grid = variable(INK), variable(MUTED), variable(GRID)
    parts = []
    for y in ticks(0.0, frame.y1):
        x0, level = frame.at(frame.x0, y).split(",")
        parts += [f'<line x1="{x0}" x2="{frame.width - RIGHT}" y1="{level}" y2="{level}" stroke="{grid}"/>',
                  f'<text x="{LEFT - 6}" y="{level}" dy="4" text-anchor="end" fill="{muted}">{y:g}</text>']
    for x in ticks(frame.x0, frame.x1):
        place = frame.at(x, 0.0).split(",")[0]
        parts.append(f'<text x="{place}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle" fill="{muted}">{x:g}</text>')
    end = f'x="{frame.width - RIGHT}" y="{HEIGHT - 8}" text-anchor="end"'
    parts += [f'<text {end} fill="{ink}">{escape(across)}</text>',
              f'<text transform="translate(14,{TOP}) rotate(-90)" text-anchor="end" fill="{ink}">{escape(up)}</text>']
    return parts


def ticks(low: float, high: float) -> list[float]:
    """Return five or so round numbers from `low` to `high`.

    Examples
    --------
    >>> ticks(0, 0.083)
    [0.0, 0.02, 0.04, 0.06, 0.08]
    """
    span = high - low
    if span <= 0:
        return [low]
    size = 10 ** floor(log10(span / 4))
    step = next(size * m for m in (1, 2, 5, 10) if span / (size * m) <= 6)
    first = ceil(low / step - 1e-9)
    return [round(i * step, 12) for i in range(first, floor(high / step + 1e-9) + 1)]
