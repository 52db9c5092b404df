"""warrantor trial simulate: how often each verdict would come out, and when, before a unit is sold."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from warrantor.cli.app import UsageError
from warrantor.cli.out import Sheet, emit, note, number

if TYPE_CHECKING:
    from warrantor.trial.simulate import SimulatedTrials

SOON = 2.0  # seconds without a bar


def simulate(
    plan: Path,
    /,
    *,
    truth: Path,
    trials: int = 1000,
    seed: int = 0,
    chart: Path | None = None,
    json: bool = False,
) -> None:
    """Simulate a trial before it starts: how often each verdict comes out, when, and what was paid by then.

    Parameters
    ----------
    plan
        The trial's plan; it need not be registered.
    truth
        What is assumed true, as TOML: claims, costs, goodwill, lots, guardrails; docs/trial.md lists its keys.
    trials
        How many to simulate.
    seed
        Seed of the draws; the same seed gives the same answer.
    chart
        A .svg or .png file: the share of trials that has each verdict by each look.
    json
        Print the shares as JSON.
    """
    from warrantor.trial.assumed import load_assumed
    from warrantor.trial.plan import Trial
    from warrantor.trial.simulate import simulate_trials

    if chart is not None and chart.suffix not in (".svg", ".png"):
        raise UsageError(f"--chart {chart}: give a name that ends in .svg or .png")
    if trials < 1:
        raise UsageError(f"--trials {trials}: simulate at least one, better some hundreds")
    trial = Trial.load(plan)
    assumed = load_assumed(truth, trial)
    with bar(trials) as told:
        found = simulate_trials(trial, assumed, trials=trials, seed=seed, told=told)
    if chart is not None:
        _drawn(found, chart)
    emit(found.to_dict(), sheet(found), json=json)


def sheet(found: SimulatedTrials) -> Sheet:
    """Table of a simulation: a row a verdict.

    Parameters
    ----------
    found : SimulatedTrials
    """
    rows = [[row["says"], row["trials"], f"{row['share']:.1%}", f"{row['low']:.1%} to {row['high']:.1%}", row["month"],
             row["spent"]] for row in found.rows()]
    right = "a roll-out is right, a stop is wrong" if found.difference < found.limit else "a roll-out is wrong"
    notes = [(f"Simulated, {found.assumed.title}: true difference {number(found.difference)} {found.currency} a unit, "
              f"limit {found.limit:g}; {right}, as far as cost goes.")]
    if found.causes:
        notes.append(f"Stopped by: {', '.join(f'{name} ({n:,})' for name, n in found.causes.items())}.")
    notes.append("Intervals: exact binomial, 95%. Alarms are heard on looks only; looked at daily, a trial may stop "
                 "earlier.")
    heads = ["verdict", "trials", "share", "95%", "median month", f"mean paid by then, {found.currency}"]
    return Sheet(f"{found.trial}: {len(found.says):,} simulated trials", heads, rows, notes)


@contextmanager
def bar(trials: int) -> Iterator[Callable[[int], None] | None]:
    """Show a bar on stderr once a run has taken two seconds; nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    began, shown = monotonic(), Progress(console=Console(stderr=True), transient=True)
    task = shown.add_task("simulating trials", total=trials)

    def told(done: int) -> None:
        if not shown.live.is_started and monotonic() - began > SOON:
            shown.start()
        shown.update(task, completed=done)

    try:
        yield told
    finally:
        shown.stop()


def _drawn(found: SimulatedTrials, path: Path) -> None:
    import warrantor

    warrantor.chart(found).save(str(path))
    note(f"Wrote {path}")
