"""How often the simulated truth lies inside the demo's 90 % interval: 50 seeds, each through the whole road.

    python bench/calibrate.py [--seeds 50] [--write]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import warrantor
from warrantor.forecast.cohorts import extend_cohorts
from warrantor.records import load
from warrantor.world import claims_table, load_world, simulate, units_table
from warrantor.world.spec import guarantees_text

PARTS = ("at_start", "at_end", "extra")
PAGE = Path(__file__).parents[1] / "docs" / "calibration-demo.md"


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--seeds", type=int, default=50)
    ask.add_argument("--write", action="store_true", help="write docs/calibration-demo.md")
    said = ask.parse_args()
    inside: dict[str, dict[str, int]] = {}
    for seed in range(1, said.seeds + 1):
        for name, found in one(seed).items():
            cell = inside.setdefault(name, dict.fromkeys(PARTS, 0))
            for part in PARTS:
                cell[part] += found[part]
        print(f"seed {seed}: {inside}", flush=True)
    table = page(inside, said.seeds)
    print(table)
    if said.write:
        PAGE.write_text(table, encoding="utf-8")


def one(seed: int) -> dict[str, dict[str, bool]]:
    """Whether each truth lies inside its interval, for one seed."""
    from warrantor.cli.demo import LONG, SHORT, of_promise

    spec = load_world()
    world = simulate(spec, seed)
    by = ["product", "lot"]
    with tempfile.TemporaryDirectory() as folder:
        promises = Path(folder) / "guarantees.toml"
        promises.write_text(guarantees_text())
        home = Path(folder) / "fleet"
        load(units_table(world), claims_table(world), home, guarantees=promises, data_until=spec.as_of)
        with warrantor.open(home) as fleet:
            hard, soft = (of_promise(fleet.tally(by, faults=f), "conventional@1") for f in (spec.hard, spec.soft))
            longer = extend_cohorts(hard, fleet.cohorts(by), soft=soft, lots="lot", start=SHORT, end=LONG)
    short, long = world.per_thousand(SHORT, SHORT), world.per_thousand(LONG, LONG)
    names = [p.name for p in spec.products]
    found = {}
    for s, (name,) in enumerate(longer.strata):
        i = names.index(name)
        truth = dict(zip(PARTS, (short[i], long[i], long[i] - short[i]), strict=True))
        found[name] = {p: bool(getattr(longer, p)[s, 1] <= truth[p] <= getattr(longer, p)[s, 2]) for p in PARTS}
    return found


def page(inside: dict[str, dict[str, int]], seeds: int) -> str:
    """Write the table."""
    rows = [f"| {name} | {c['at_start']} | {c['at_end']} | {c['extra']} |" for name, c in inside.items()]
    return "\n".join([
        "# Does the demo's interval cover the truth?", "",
        f"Simulated worlds of `world/demo.toml`, {seeds} seeds, each through the road of `warrantor demo`.",
        "The table counts the seeds whose 90 % interval holds the realised truth.", "",
        f"| product | by month 12 | by month 18 | the difference, of {seeds} |", "|---|--:|--:|--:|", *rows, "",
        "Reproduce: `make calibrate`.", ""])


if __name__ == "__main__":
    main()
