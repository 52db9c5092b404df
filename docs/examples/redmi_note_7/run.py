"""One product under a longer promise against three under the conventional one: a simulated fleet, asked by the command.

    python docs/examples/redmi_note_7/run.py [FOLDER]

Makes the records, then asks every question that such a roll-out can answer. Under two minutes.
"""

from __future__ import annotations

import csv
import shlex
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from pyarrow import csv as arrow_csv

from warrantor.cli.app import run
from warrantor.trial.plan import Trial
from warrantor.world import claims_table, load_world, simulate, units_table

HERE = Path(__file__).parent
PAST, MONTHS = 8, 24  # past products of a market where the maker promised 24 months: simulated too


def main(folder: Path) -> int:
    """Make the records, ask the questions, and say each command before its answer."""
    folder.mkdir(parents=True, exist_ok=True)
    plan = Trial.load(HERE / "trial.toml")
    records(folder, plan)
    fleet, frozen, product = str(folder / "fleet"), str(folder / "frozen.json"), plan.products[0]
    begin, end = map(str, plan.windows)
    soft = ["--soft", "S01", "S02"]
    for words in (
        ["load", "--units", str(folder / "units.csv"), "--claims", str(folder / "claims.csv"), "--outcomes",
         str(folder / "outcomes.csv"), "--guarantees", str(HERE / "guarantees.toml"), "--out", fleet],
        ["trial", "freeze", fleet, "--product", product, "--from", begin, "--to", end, "--as-of",
         str(plan.last_on), "--history", str(folder / "past.csv"), "--count", "units", "-o", frozen],
        ["trial", "observed", fleet, frozen, "-o", str(folder / "came.html")],
        ["extend", fleet, "--by", "product", *soft, "--from", begin, "--to", end],
        ["reserve", fleet, "--by", "product", *soft],
        ["report", fleet, "--by", "product", *soft, "--title", plan.name, "-o", str(folder / "page.html")],
        ["trial", "compare", fleet, "--product", product, "--donors", *plan.donors, "--begins", "0",
         "-o", str(folder / "compared.html")],
    ):
        print(f"\n$ warrantor {shlex.join(words)}", flush=True)
        if code := run(words):
            return code
    print((HERE / "unanswered.txt").read_text(encoding="utf-8"))
    return 0


def records(folder: Path, plan: Trial) -> None:
    """Write units, claims, outcomes and the lifetimes of past products; every one of them simulated."""
    spec = load_world(HERE / "world.toml")
    world = simulate(spec)
    arrow_csv.write_csv(units_table(world), folder / "units.csv")
    arrow_csv.write_csv(claims_table(world), folder / "claims.csv")
    rng = np.random.default_rng(spec.seed)
    names = [*plan.products, *plan.donors]
    with (folder / "outcomes.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("product", "market", "period", "metric", "value", "n"))
        for name in names:
            level = 4.2 + 0.1 * rng.standard_normal()
            for month in range(12):
                writer.writerow((name, "CN", f"2019-{month + 1:02d}", "satisfaction",
                                 round(level + 0.05 * rng.standard_normal(), 3), 400))
    past(folder / "past.csv", spec)


def past(path: Path, spec: object) -> None:
    """Write lifetimes of products seen for 24 months, age by age."""
    kinds = tuple(replace(spec.products[i % 4], name=f"Past {i + 1} (simulated)", units=10_000)  # type: ignore[attr-defined]
                  for i in range(PAST))
    world = simulate(replace(spec, products=kinds), 7)  # type: ignore[type-var]
    end = round(MONTHS * 30.4375)
    age = np.minimum(world.first_claim(MONTHS), end)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("product", "age", "failed", "units"))
        for i, kind in enumerate(kinds):
            ages, counts = np.unique(age[world.product == i], return_counts=True)
            writer.writerows((kind.name, max(int(a), 1), int(a < end), int(n))
                             for a, n in zip(ages, counts, strict=True))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "redmi_note_7")))
