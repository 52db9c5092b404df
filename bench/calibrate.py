"""How often the simulated truth lies inside the demo's 90 % interval: 50 seeds, each through the whole road.

    python bench/calibrate.py [--seeds 50] [--also 0 0.6] [--write]

`--also` asks the same of worlds that bend more or less after month 12 than the method's stated prior supposes.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

from warrantor.fleet import open as open_fleet
from warrantor.forecast.cohorts import extend_cohorts
from warrantor.forecast.drawn import TAU
from warrantor.records import load
from warrantor.world import WorldSpec, claims_table, load_world, simulate, units_table
from warrantor.world.spec import guarantees_text

PARTS = ("at_start", "at_end", "extra")
CAVEAT = """**What this shows, and what not.** Bend is the sd of ln(factor) by which a product's hazard changes after
month 12. The demo's world bends by {own:g}; without past products the method states a prior of sd {tau:g} for that very
error. Where the two agree, an interval worked out rightly covers: the first rows check the road (report lag, rush,
lots, counting), not the prior. The prior is a guess that months 1-12 cannot correct; the other rows show what it costs
to have guessed wrong."""
PAGE = Path(__file__).parents[1] / "docs" / "calibration-demo.md"


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--seeds", type=int, default=50)
    ask.add_argument("--also", type=float, nargs="*", default=[], help="further values of `wander`")
    ask.add_argument("--write", action="store_true", help="write docs/calibration-demo.md")
    said = ask.parse_args()
    spec = load_world()
    inside = {w: counted(replace(spec, wander=w), said.seeds) for w in dict.fromkeys((spec.wander, *said.also))}
    table = page(inside, said.seeds)
    print(table)
    if said.write:
        PAGE.write_text(table, encoding="utf-8")


def counted(spec: WorldSpec, seeds: int) -> dict[str, dict[str, int]]:
    """Count the seeds 1, 2, ... whose intervals hold the truth, by product and part."""
    inside: dict[str, dict[str, int]] = {}
    for seed in range(1, seeds + 1):
        for name, found in one(spec, seed).items():
            cell = inside.setdefault(name, dict.fromkeys(PARTS, 0))
            for part in PARTS:
                cell[part] += found[part]
        print(f"wander {spec.wander:g}, seed {seed}: {inside}", flush=True)
    return inside


def one(spec: WorldSpec, seed: int) -> dict[str, dict[str, bool]]:
    """Whether each truth lies inside its interval, for one seed."""
    from warrantor.cli.demo import LONG, SHORT, of_promise

    world = simulate(spec, seed)
    by = ["product", "lot"]
    with tempfile.TemporaryDirectory() as folder:
        promises = Path(folder) / "guarantees.toml"
        promises.write_text(guarantees_text())
        home = Path(folder) / "fleet"
        load(units_table(world), claims_table(world), home, guarantees=promises, data_until=spec.as_of)
        with open_fleet(home) as fleet:
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


def page(inside: dict[float, dict[str, dict[str, int]]], seeds: int) -> str:
    """Write the tables: the demo's own world first, worlds that bend otherwise after it."""
    own, *others = inside
    rows = [f"| {w:g} | {name} | {c['at_start']} | {c['at_end']} | {c['extra']} |"
            for w, cells in inside.items() for name, c in cells.items()]
    again = f" --also {' '.join(f'{w:g}' for w in others)}" if others else ""
    return "\n".join([
        "# Does the demo's interval cover the truth?", "",
        f"Simulated worlds of `world/demo.toml`, {seeds} seeds, each through the road of `warrantor demo`.",
        "The table counts the seeds whose 90 % interval holds the realised truth.",
        f"The first rows (bend {own:g}) are the demo's own world, the others the same seeds in other worlds.", "",
        f"| bend after month 12 | product | by month 12 | by month 18 | the difference, of {seeds} |",
        "|--:|---|--:|--:|--:|", *rows, "", CAVEAT.format(own=own, tau=TAU), "",
        f"Reproduce: `python bench/calibrate.py --seeds {seeds}{again}`; `make calibrate` prints the first rows.", ""])


if __name__ == "__main__":
    main()
