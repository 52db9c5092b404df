"""Results to sections: which belong together, and which comes first."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from warrantor.finding import Finding, Findings, Refused
from warrantor.report.of_ahead import ahead_section, returns_section
from warrantor.report.of_backtest import backtest_section, opened
from warrantor.report.of_drift import drift_section
from warrantor.report.of_faults import fault_steps, faults_section
from warrantor.report.of_life import laws_section, life_section
from warrantor.report.of_longer import longer_section
from warrantor.report.of_outlook import outlook_section
from warrantor.report.of_product import apart, came, compared_section, observed_section
from warrantor.report.of_repeat import repeat_section, repeat_steps
from warrantor.report.of_reserve import reserve_section, rolls_section, set_aside
from warrantor.report.of_sized import powers
from warrantor.report.of_trial import looked, trial_section
from warrantor.report.returns import Returns
from warrantor.report.section import Section
from warrantor.tally import Tally

if TYPE_CHECKING:
    import altair as alt

    from warrantor.life.fitted import Fit
    from warrantor.life.table import LifeTable

Maker = Callable[[str], Section]
DRAWN = ("a LifeTable, a Fit, a MeanCumulative, an Incidence, an Ahead, a Longer, an Outlook, a Reserve, Rolls, "
         "a Verdict, an Observed, a Compared, a Drift, a Backtest, a Tally, Returns or findings")


def compose(results: tuple[Any, ...]) -> tuple[tuple[Section, ...], tuple[Finding, ...]]:
    """Sort results into sections: forecasts, life tables with their laws, sales-returns charts, drifting laws.

    Raises
    ------
    Refused
        No result, or one that is none of those.
    """
    from warrantor.forecast.ahead import Ahead
    from warrantor.forecast.longer import Longer
    from warrantor.life.fitted import Fit
    from warrantor.life.table import LifeTable

    if not results:
        raise Refused(f"A page needs a result: give it {DRAWN}.")
    before, after = _alone()
    sorts: dict[type, list[Any]] = {t: [] for t in (Longer, *before, Ahead, LifeTable, Fit, *after, Finding)}
    for one in (one for result in results for one in _plainly(result)):
        if type(one) not in sorts:
            raise Refused(f"A page cannot show a {type(one).__name__}: give it {DRAWN}.")
        sorts[type(one)].append(one)
    lives = sorts[LifeTable]
    makers: list[Maker] = [partial(longer_section, a, _beside(a, lives)) for a in sorts[Longer]]
    makers += [partial(make, one) for kind, make in before.items() for one in sorts[kind]]
    makers += [partial(ahead_section, a, _beside(a, lives)) for a in sorts[Ahead]]
    makers += _lives(lives, sorts[Fit])
    makers += [partial(make, one) for kind, make in after.items() for one in sorts[kind]]
    return tuple(make(f"sections/{i}") for i, make in enumerate(makers)), tuple(sorts[Finding])


def _alone() -> tuple[dict[type, Callable[[Any, str], Section]], dict[type, Callable[[Any, str], Section]]]:
    """Return what makes a section by itself, by type: before the life tables, and after them."""
    from warrantor.forecast.backtest import Backtest
    from warrantor.forecast.drift import Drift
    from warrantor.forecast.outlook import Outlook
    from warrantor.forecast.reserve import Reserve
    from warrantor.forecast.roll import Rolls
    from warrantor.life.faults import Incidence
    from warrantor.life.repeat import MeanCumulative
    from warrantor.trial.observed import Observed
    from warrantor.trial.placebo import Compared
    from warrantor.trial.verdict import Verdict

    return ({Verdict: trial_section, Observed: observed_section, Compared: compared_section, Outlook: outlook_section,
             Reserve: reserve_section, Rolls: rolls_section},
            {MeanCumulative: repeat_section, Incidence: faults_section, Returns: returns_section,
             Drift: drift_section, Backtest: backtest_section})


def _plainly(result: Any) -> tuple[Any, ...]:
    from warrantor.forecast.roll import Roll, Rolls

    if isinstance(result, Findings):
        return result.found
    if isinstance(result, Roll):
        return (Rolls(rows=(result,)),)
    return (Returns.of(result),) if isinstance(result, Tally) else (result,)


def _lives(lives: list[LifeTable], fits: list[Fit]) -> list[Maker]:
    """Put each fit to the first life table of its strata; fits without one make a section of their own."""
    home = [next((i for i, life in enumerate(lives) if _same(life, f)), -1) for f in fits]
    makers: list[Maker] = []
    for i, life in enumerate(lives):
        mine = tuple(f for f, h in zip(fits, home, strict=True) if h == i)
        makers.append(partial(life_section, life, mine))
    groups: list[list[Fit]] = []
    for f in (f for f, h in zip(fits, home, strict=True) if h < 0):
        group = next((g for g in groups if _same(g[0], f)), None)
        if group is None:
            groups.append([f])
        else:
            group.append(f)
    return makers + [partial(laws_section, tuple(g)) for g in groups]


def _same(one: LifeTable | Fit, other: Fit) -> bool:
    return one.by == other.by and one.strata == other.strata and one.unit == other.unit


def _beside(ahead: Any, lives: list[LifeTable]) -> LifeTable | None:
    return next((life for life in lives if life.by == ahead.by and set(ahead.strata) <= set(life.strata)), None)


def chart(result: Any, *more: Any, width: int = 640, title: str | None = None) -> alt.TopLevelMixin:
    """Draw a result.

    Parameters
    ----------
    result : a result
        A LifeTable, MeanCumulative, Incidence, Ahead, Longer, Outlook, Reserve, Backtest, Verdict, SimulatedTrials,
        Observed, Compared, Tally or Returns.
        A life table is drawn on Weibull paper, a forecast as a fan or month by month, a reserve by month and by length
        of the promise, a tally as a sales-returns chart.
    *more : Fit or LifeTable
        Laws to draw over a life table; the life table whose claims a fan begins with.
    width : int
        Pixels.
    title : str, optional
        The finding, in words; without it a forecast's or life table's own sentence is used.

    Returns
    -------
    altair chart
        One Vega-Lite document; `chart.save("x.svg")` needs no browser.

    Raises
    ------
    Refused
        A result of another kind, or nothing to draw.

    Examples
    --------
    >>> import warrantor as wr
    >>> life = wr.life_table(wr.tally_of_ages([1, 2, 2, 4], [1, 1, 0, 0]))
    >>> wr.chart(life).to_dict()["config"]["background"]
    '#fefefe'
    """
    from warrantor.forecast.ahead import Ahead
    from warrantor.forecast.backtest import Backtest
    from warrantor.forecast.longer import Longer
    from warrantor.forecast.outlook import Outlook
    from warrantor.forecast.reserve import Reserve
    from warrantor.life.faults import Incidence
    from warrantor.life.fitted import Fit
    from warrantor.life.repeat import MeanCumulative
    from warrantor.life.table import LifeTable
    from warrantor.report.fan import fan
    from warrantor.report.of_longer import spans
    from warrantor.report.of_outlook import outlook
    from warrantor.report.of_simulated import by_look
    from warrantor.report.paper import paper
    from warrantor.report.returns import heat
    from warrantor.trial.observed import Observed
    from warrantor.trial.placebo import Compared
    from warrantor.trial.simulate import SimulatedTrials
    from warrantor.trial.sized import Sized
    from warrantor.trial.verdict import Verdict

    lives = [m for m in more if isinstance(m, LifeTable)]
    if isinstance(result, LifeTable):
        return paper(result, tuple(m for m in more if isinstance(m, Fit)), width, title or _finding(result))
    if isinstance(result, Ahead):
        return fan(result, _beside(result, lives), width, title or _finding(result))
    alone: dict[type, Callable[..., alt.TopLevelMixin]] = {
        Sized: powers, Verdict: looked, SimulatedTrials: by_look, Observed: came, Compared: apart,
        Longer: spans, Outlook: outlook, Reserve: set_aside, Backtest: opened, MeanCumulative: repeat_steps,
        Incidence: fault_steps}
    if type(result) in alone:
        return alone[type(result)](result, width, title)
    if isinstance(result, Tally | Returns):
        returns = result if isinstance(result, Returns) else Returns.of(result)
        return heat(returns, width, title)
    raise Refused(f"There is no chart of a {type(result).__name__}; there is one of a LifeTable, an Ahead, a Reserve, "
                  "an Observed, a Compared and a Tally. A Fit is drawn over its life table: chart(life, fit).")


def _finding(result: Any) -> str:
    """Say the finding in the first stratum, short enough for a title."""
    from warrantor.forecast.ahead import Ahead
    from warrantor.report.words import shown

    if isinstance(result, Ahead):
        s = next((i for i, why in enumerate(result.refused) if why is None), 0)
        return (f"About {shown(float(result.expected[s]))} claims to come in months {result.start:g} to {result.end:g} "
                f"({shown(int(result.lower[s]))} to {shown(int(result.upper[s]))})")
    return f"{shown(float(result.claimed.sum()))} first claims of {shown(float(result.units.sum()))} units"
