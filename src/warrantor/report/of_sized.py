"""The power of a planned trial against its sales."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from warrantor.report.palette import MUTED, SERIES, finished, rows_of

if TYPE_CHECKING:
    import altair as alt

    from warrantor.trial.sized import Sized

NAMES = ("one look at the end", "valid at every look")


def powers(found: Sized, width: int = 640, title: str | None = None) -> alt.TopLevelMixin:
    """Draw power against units a month, for one look and for all looks; the broken line is the plan.

    Parameters
    ----------
    found : Sized
    width : int
        Pixels.
    title : str, optional

    Returns
    -------
    altair chart
    """
    import altair as alt

    rows: list[dict[str, Any]] = [{"x": float(x), "y": float(y), "n": name}
                                  for name, path in zip(NAMES, (found.once, found.always), strict=True)
                                  for x, y in zip(found.units_a_month, path, strict=True)]
    x = alt.X("x:Q", title="Units a month, both arms", scale=alt.Scale(type="log", nice=False),
              axis=alt.Axis(grid=False, format="~s", tickCount=6))
    y = alt.Y("y:Q", title="Power to show the difference below its limit", scale=alt.Scale(domain=[0, 1]))
    colour = alt.Color("n:N", title=None, scale=alt.Scale(domain=list(NAMES), range=list(SERIES[:2])))
    lines = alt.Chart(rows_of(rows)).mark_line().encode(x=x, y=y, color=colour)
    plan = alt.Chart(rows_of([{"x": found.planned, "n": "planned"}]))
    rule = plan.mark_rule(color=MUTED, strokeDash=[4, 3]).encode(x="x:Q")
    word = plan.mark_text(color=MUTED, align="left", dx=5, dy=6).encode(x="x:Q", y=alt.value(6), text="n:N")
    return finished(alt.layer(lines, rule, word).properties(width=width - 190, height=260),
                    title or f"{found.trial}: power by sales")
