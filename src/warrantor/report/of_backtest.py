"""The record of earlier forecasts: intervals foretold with what came, and their PITs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.finding import Refused
from warrantor.forecast.backtest import FEWEST
from warrantor.report.palette import INK, MUTED, SERIES, finished, rows_of
from warrantor.report.section import Cell, Section, Table
from warrantor.report.words import Value, short, title_of

if TYPE_CHECKING:
    import altair as alt

    from warrantor.forecast.backtest import Backtest

MOST_STRATA, MOST_ROWS, BINS = 6, 120, 10


def backtest_section(found: Backtest, at: str) -> Section:
    """Show what earlier forecasts said, what came, and how often it came inside.

    Parameters
    ----------
    found : Backtest
    at : str
        Path of the section in the document.

    Returns
    -------
    Section
    """
    heads = ("from", "to", "expected claims", "from", "to", "claims that came", "PIT", "refused")
    columns = ("expected", "lower", "upper", "came", "pit")
    rows: list[list[Cell]] = []
    for w in range(min(len(found.strata), MOST_ROWS)):
        where = f"{at}/backtest/windows/{w}"
        gone = found.refused[w]
        numbers: list[Cell] = ["" if gone and c != "came" else Value(f"{where}/{c}") for c in columns]
        rows.append([_name(found, w), str(found.named(float(found.start[w]))), str(found.named(float(found.end[w]))),
                     *numbers, gone or ""])
    whole = f"{at}/backtest"
    return Section(
        kind="backtest", heading="What earlier forecasts were worth",
        answer=(("Of ", Value(f"{whole}/cases"), " earlier forecasts ", Value(f"{whole}/inside"), " came inside the ",
                 Value(f"{whole}/level", "level"), " interval."),),
        document={"kind": "backtest", "backtest": found.to_dict()}, label=("Claims foretold, and claims that came.",),
        caption="Line: the interval from 5 % to 95 %; thick: the middle half; dot: the median. Cross: what came. "
                "Below, where there are enough: PITs, level where intervals are right.",
        draw=(lambda width: opened(found, width)) if found.told.any() else None,
        tables=(Table("Earlier forecasts and what came", ("stratum", *heads), rows),),
        how=(*found.sentences(), *found.how), code=("record = fleet.backtest(by)",))


def opened(found: Backtest, width: int = 640, title: str | None = None) -> alt.TopLevelMixin:
    """Draw each window's quantiles with what came, and a histogram of the PITs of windows apart.

    Parameters
    ----------
    found : Backtest
        The first six strata are drawn.
    width : int
        Pixels.
    title : str, optional

    Returns
    -------
    altair chart

    Raises
    ------
    Refused
        No forecast was made.
    """
    import altair as alt

    shown = list(dict.fromkeys(k for k, told in zip(found.strata, found.told, strict=True) if told))[:MOST_STRATA]
    if not shown:
        raise Refused("No forecast was made: there is nothing to draw.")
    columns = 1 if width <= 480 or len(shown) == 1 else 2
    panels = [_panel(found, key, width // columns - 96) for key in shown]
    drawn = alt.concat(*panels, columns=columns, spacing=24)
    apart = found.pit[found.told & found.apart]
    whole = alt.vconcat(drawn, _histogram(apart, width - 96), spacing=24) if len(apart) >= FEWEST else drawn
    return finished(whole, title)


def _panel(found: Backtest, key: tuple[str, ...], width: int) -> Any:
    """One stratum's windows in the order of their start."""
    import altair as alt

    which = [w for w in np.argsort(found.start, kind="stable") if found.strata[w] == key and found.refused[w] is None]
    days = found.unit == "day"
    names = [f"{found.named(float(b))}" if days else f"{a:g} to {b:g}"
             for a, b in zip(found.start[which], found.end[which], strict=True)]
    source = rows_of([{"n": n, **dict(zip("abmcd", found.fan[w].tolist(), strict=True)), "o": float(found.came[w])}
                      for n, w in zip(names, which, strict=True)])
    x = alt.X("n:N", sort=names, title="Opened on" if days else "Age, months", axis=alt.Axis(labelAngle=-40))

    def y(field: str) -> Any:
        return alt.Y(f"{field}:Q", title="First claims", scale=alt.Scale(zero=True))

    base = alt.Chart(source)
    layers = (
        base.mark_rule(color=SERIES[0], strokeWidth=2, opacity=0.5).encode(x=x, y=y("a"), y2="d:Q"),
        base.mark_rule(color=SERIES[0], strokeWidth=7, opacity=0.5).encode(x=x, y=y("b"), y2="c:Q"),
        base.mark_point(color=SERIES[0], filled=True, opacity=1, size=50).encode(x=x, y=y("m")),
        base.mark_point(color=INK, shape="cross", filled=True, opacity=1, size=80).encode(x=x, y=y("o")),
    )
    label = title_of(dict(zip(found.by, key, strict=True)))
    return alt.layer(*layers).properties(width=max(width, 110), height=210, title=short(label, 28))


def _histogram(pit: np.ndarray[Any, Any], width: int) -> Any:
    """Count PITs by tenths; the broken line is what right intervals would show."""
    import altair as alt

    count, edges = np.histogram(pit, BINS, (0.0, 1.0))
    source = rows_of([{"a": float(a), "b": float(b), "n": int(n), "u": len(pit) / BINS}
                      for a, b, n in zip(edges[:-1], edges[1:], count, strict=True)])
    x = alt.X("a:Q", title="PIT of windows that do not overlap", scale=alt.Scale(domain=[0, 1], nice=False))
    base = alt.Chart(source)
    bars = base.mark_rect(color=SERIES[0], opacity=0.6).encode(
        x=x, x2="b:Q", y=alt.Y("n:Q", title="Windows", axis=alt.Axis(tickMinStep=1)), y2=alt.datum(0))
    line = base.mark_rule(color=MUTED, strokeDash=[4, 3]).encode(y="u:Q")
    return alt.layer(bars, line).properties(width=max(width, 110), height=120)


def _name(found: Backtest, w: int) -> str:
    return title_of(dict(zip(found.by, found.strata[w], strict=True)))
