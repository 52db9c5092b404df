"""A line with its band as SVG, drawn from plain numbers: for pages that are made while somebody waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from html import escape
from math import ceil, floor, log10

from warrantor.report.palette import GRID, INK, MUTED, SERIES, variable

WIDE, NARROW, HEIGHT = 720, 350, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 16, 44
LINE = 16  # between two rows of names
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
    apart : bool
        Whether every point stands for itself: a dot with its interval as a bar, no line between.
    broken : bool
        Whether it is drawn as a broken line: a limit, no answer.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    lower: Sequence[float] = ()
    upper: Sequence[float] = ()
    apart: bool = field(default=False, kw_only=True)
    broken: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Figure:
    """What is drawn, still or to be moved in.

    Attributes
    ----------
    lines : sequence of Line
        At most six; the axis of y reaches nought.
    label : str
        What the figure says, in a sentence with its numbers, for who cannot see it.
    across, up : str
        Names of the axes, with units.
    days : bool
        Whether x counts days since 1970-01-01: the axis names months, or the days of points that stand apart.
    shares : bool
        Whether y is a share of one: the axis names percent.
    """

    lines: Sequence[Line]
    label: str
    across: str
    up: str
    days: bool = False
    shares: bool = False

    def __post_init__(self) -> None:
        if not self.lines or not all(len(one.x) for one in self.lines):
            raise ValueError("a figure needs a line, and a line needs points")


@dataclass(frozen=True, slots=True)
class _Frame:
    """From numbers to places on the paper."""

    x0: float
    x1: float
    y0: float
    y1: float
    width: int
    top: int

    @classmethod
    def of(cls, lines: Sequence[Line], width: int, top: int) -> _Frame:
        """Hold every point and every band, and nought; points that stand apart keep off the edges."""
        xs = [x for one in lines for x in one.x]
        ys = [y for one in lines for side in (one.y, one.lower, one.upper) for y in side]
        room = 0.03 * (max(xs) - min(xs)) if any(one.apart for one in lines) else 0.0
        return cls(min(xs) - room, max(xs) + room, min(0.0, *ys), max(1e-12, *ys), width, top)

    def at(self, x: float, y: float) -> str:
        across = LEFT + (x - self.x0) / ((self.x1 - self.x0) or 1.0) * (self.width - LEFT - RIGHT)
        up = HEIGHT - BOTTOM - (y - self.y0) / (self.y1 - self.y0) * (HEIGHT - self.top - BOTTOM)
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
    names, rows = _names(lines, width)
    frame = _Frame.of(lines, width, TOP + LINE * rows)
    parts = [*_axes(frame, figure), *names, *(part for i, one in enumerate(lines) for part in _drawn(frame, one, i))]
    return (f'<svg role="img" aria-label="{escape(figure.label, quote=True)}" xmlns="http://www.w3.org/2000/svg" '
            f'viewBox="0 0 {width} {HEIGHT}" font-family="inherit" font-size="12">{"".join(parts)}</svg>')


def thinned(one: Line) -> Line:
    """Return a line with no more points than a screen shows: every so many, the last among them."""
    step = ceil(len(one.x) / MOST)
    if step == 1:
        return one
    kept = [*range(0, len(one.x) - 1, step), len(one.x) - 1]
    told = ([values[i] for i in kept] if values else () for values in (one.x, one.y, one.lower, one.upper))
    return Line(one.name, *told, apart=one.apart, broken=one.broken)


def _names(lines: Sequence[Line], width: int) -> tuple[list[str], int]:
    """Return the names of the lines above the plot, and how many rows they fill; one line alone needs no name."""
    if len(lines) == 1:
        return [], 0
    parts, x, row = [], LEFT, 0
    for i, one in enumerate(lines):
        wide = 30 + sum(12 if ord(letter) > 0x2E80 else 7 for letter in one.name)
        if x > LEFT and x + wide > width - RIGHT:
            x, row = LEFT, row + 1
        colour, y = variable(SERIES[i % len(SERIES)]), 12 + LINE * row
        dash = ' stroke-dasharray="5 3"' if one.broken else ""
        parts.append(f'<path d="M{x} {y - 4}h14" stroke="{colour}" stroke-width="2"{dash}/>'
                     f'<text x="{x + 18}" y="{y}" fill="{colour}">{escape(one.name)}</text>')
        x += wide
    return parts, row + 1


def _drawn(frame: _Frame, one: Line, place: int) -> list[str]:
    colour = variable(SERIES[place % len(SERIES)])
    if one.apart:
        return _apart(frame, one, colour)
    parts = []
    if one.upper:
        edge = [frame.at(x, y) for x, y in zip(one.x, one.upper, strict=True)]
        back = [frame.at(x, y) for x, y in zip(one.x, one.lower, strict=True)]
        parts.append(f'<polygon points="{" ".join([*edge, *reversed(back)])}" fill="{colour}" fill-opacity="0.18"/>')
    points = " ".join(frame.at(x, y) for x, y in zip(one.x, one.y, strict=True))
    dash = ' stroke-dasharray="5 3"' if one.broken else ""
    parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dash}>'
                 f"<title>{escape(one.name)}</title></polyline>")
    return parts


def _apart(frame: _Frame, one: Line, colour: str) -> list[str]:
    """Return a dot a point, each on the bar of its interval."""
    parts = []
    for x, low, high in zip(one.x, one.lower, one.upper, strict=True) if one.upper else ():
        (at, foot), (_, head) = (frame.at(x, y).split(",") for y in (low, high))
        parts.append(f'<line x1="{at}" x2="{at}" y1="{foot}" y2="{head}" stroke="{colour}" stroke-width="5" '
                     'stroke-opacity="0.35"/>')
    for x, y in zip(one.x, one.y, strict=True):
        across, up = frame.at(x, y).split(",")
        parts.append(f'<circle cx="{across}" cy="{up}" r="4" fill="{colour}"/>')
    return parts


def _axes(frame: _Frame, figure: Figure) -> list[str]:
    ink, muted, grid = variable(INK), variable(MUTED), variable(GRID)
    parts = []
    for y in ticks(frame.y0, frame.y1):
        x0, level = frame.at(frame.x0, y).split(",")
        told = f"{100 * y:g} %" if figure.shares else f"{y:g}"
        parts += [f'<line x1="{x0}" x2="{frame.width - RIGHT}" y1="{level}" y2="{level}" stroke="{grid}"/>',
                  f'<text x="{LEFT - 6}" y="{level}" dy="4" text-anchor="end" fill="{muted}">{told}</text>']
    for x, told in _across(frame, figure):
        place = frame.at(x, 0.0).split(",")[0]
        parts.append(f'<text x="{place}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle" fill="{muted}">{told}</text>')
    end = f'x="{frame.width - RIGHT}" y="{HEIGHT - 8}" text-anchor="end"'
    turned = f'transform="translate(14,{frame.top}) rotate(-90)" text-anchor="end"'
    parts += [f'<text {end} fill="{ink}">{escape(figure.across)}</text>',
              f'<text {turned} fill="{ink}">{escape(figure.up)}</text>']
    return parts


def _across(frame: _Frame, figure: Figure) -> list[tuple[float, str]]:
    if figure.days:
        alone = next((line.x for line in figure.lines if line.apart), None)
        if alone is not None:  # each point is a day of its own, and is told by it
            step = -(-len(alone) // (5 if frame.width > NARROW else 3))
            return [(x, str(date(1970, 1, 1) + timedelta(days=x))) for x in alone[::-step][::-1]]
        return months(frame.x0, frame.x1, 7 if frame.width > NARROW else 4)
    return [(x, f"{x:g}") for x in ticks(frame.x0, frame.x1)]


def months(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Return first days of months from `low` to `high`, days since 1970-01-01, each with its name; at most so many.

    Examples
    --------
    >>> months(18_262, 18_992, 3)
    [(18262, '2020-01'), (18628, '2021-01')]
    >>> months(18_262, 18_370, 4)
    [(18262, '2020-01'), (18293, '2020-02'), (18322, '2020-03'), (18353, '2020-04')]
    """
    start, found = date(1970, 1, 1), []
    day = start + timedelta(days=ceil(low))
    month = day.year * 12 + day.month - (day.day == 1)
    while (at := (date(month // 12, month % 12 + 1, 1) - start).days) <= high:
        found.append((at, month))
        month += 1
    step = next((n for n in (1, 2, 3, 6, 12) if len([m for _, m in found if m % n == 0]) <= most), 24)
    return [(at, f"{m // 12}-{m % 12 + 1:02d}") for at, m in found if m % step == 0]


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
