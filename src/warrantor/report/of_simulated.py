"""Simulated trials drawn: the share that has each verdict by each look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warrantor.report.palette import SERIES, finished, rows_of

if TYPE_CHECKING:
    import altair as alt

    from warrantor.trial.simulate import SimulatedTrials

TALL = 240


def by_look(found: SimulatedTrials, width: int = 640, title: str | None = None) -> alt.TopLevelMixin:
    """Draw the share of simulated trials that has each verdict by each look.

    Parameters
    ----------
    found : SimulatedTrials
    width : int
        Pixels.
    title : str, optional
        The finding, in words.

    Returns
    -------
    altair chart
    """
    import altair as alt

    from warrantor.trial.simulate import SAYS

    rows = [{"n": says, "d": day.isoformat(), "y": float(y)}
            for says in SAYS for day, y in zip(found.looks, found.by_look(says), strict=True)]
    colour = alt.Color("n:N", title=None, scale=alt.Scale(domain=list(SAYS), range=list(SERIES[: len(SAYS)])),
                       legend=alt.Legend(symbolType="stroke"))
    dash = alt.StrokeDash("n:N", legend=None, scale=alt.Scale(domain=list(SAYS), range=[[1, 0], [6, 3], [2, 2]]))
    whole = alt.Chart(rows_of(rows)).mark_line(interpolate="step-after").encode(
        x=alt.X("d:T", title="Look", axis=alt.Axis(grid=False)),
        y=alt.Y("y:Q", title="Share of simulated trials", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%")),
        color=colour, strokeDash=dash)
    return finished(whole.properties(width=width - 150, height=TALL), title or _sentence(found))


def _sentence(found: SimulatedTrials) -> str:
    """The finding: how often the verdict that the plan hopes for comes out."""
    share, _, _ = found.share("ROLL OUT")
    return (f"{share:.0%} of {len(found.says):,} simulated trials roll out at a true difference of "
            f"{found.difference:.2f} {found.currency}, limit {found.limit:g}")
