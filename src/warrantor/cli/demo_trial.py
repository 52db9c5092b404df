"""The demo's trial: a simulated product sold under two promises drawn by lot, looked at until the demo's day."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


def looked_at(folder: Path, as_of: date) -> None:
    """Simulate a trial, register its plan, load what is known of it, and take every look planned so far; once.

    Parameters
    ----------
    folder : Path
        Where the trial stands: plan, records, fleet and looks.
    as_of : date
        What was reported by then is known.
    """
    import warrantor
    from warrantor.records import load
    from warrantor.trial.kept import keep
    from warrantor.trial.plan import Trial
    from warrantor.trial.register import register
    from warrantor.trial.verdict import decide
    from warrantor.world import load_world, simulate_trial, write_trial

    folder.mkdir(parents=True, exist_ok=True)
    for name in ("trial.toml", "world.toml"):
        held = files("warrantor.world").joinpath(f"demo_{name}").read_text(encoding="utf-8")
        (folder / name).write_text(held, encoding="utf-8")
    trial = Trial.load(folder / "trial.toml")
    days = [day for day in trial.looks if day <= as_of]
    if len(list((folder / "looks").glob("*.json"))) >= len(days):
        return
    register(folder / "trial.toml", trial)
    world = simulate_trial(load_world(folder / "world.toml"))
    units, claims, promises = write_trial(world, folder / "records", until=as_of)
    load(units, claims, folder / "fleet", guarantees=promises, data_until=as_of)
    for day in days:
        with warrantor.open(folder / "fleet", as_of=day) as fleet:
            keep(folder / "looks", decide(trial, fleet.ledger(trial)))
