"""A whole trial on a simulated fleet, through the command: plan, register, load, eighteen looks, verdict.

    python docs/examples/trial/run.py [FOLDER] [UNITS]

Half-way the records are thrown away and loaded anew as they stand at the end, with every later claim and correction;
all earlier looks are then taken again and must give the answer that was kept. A million units unless said: a
minute or two.
"""

from __future__ import annotations

import contextlib
import io
import shlex
import shutil
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

from pyarrow import csv

from warrantor.cli.app import run
from warrantor.trial.plan import Trial
from warrantor.world import TrialWorld, load_world, simulate_trial, write_trial

HERE = Path(__file__).parent


def main(folder: Path, units: int = 1_000_000) -> int:
    """Simulate the fleet, run the trial, and say each command before its answer."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "trial.toml", folder)
    plan, fleet = str(folder / "trial.toml"), str(folder / "fleet")
    trial = Trial.load(plan)
    spec = load_world(HERE / "world.toml")
    world = simulate_trial(replace(spec, products=tuple(replace(p, units=units) for p in spec.products)))
    print(world)
    half, last = trial.looks[len(trial.looks) // 2 - 1], trial.looks[-1]
    told(["trial", "register", plan])
    for day in (half, last):
        told(["load", *written(world, folder / str(day), day), "--trial", plan, "--data-until", str(day),
              "--out", fleet])
        for look in (d for d in trial.looks if d <= day):
            told(["trial", "look", plan, fleet, "--on", str(look)], quietly=look != day)
    told(["trial", "look", plan, fleet, "-o", str(folder / "verdict.html")])
    return told(["trial", "verdict", plan, fleet])


def written(world: TrialWorld, folder: Path, day: date) -> list[str]:
    """Write the records as known on a day, units without their promise: loading them draws it; return its words."""
    units, claims, guarantees = write_trial(world, folder, until=day)
    csv.write_csv(csv.read_csv(units).drop_columns(["guarantee"]), units)
    return ["--units", str(units), "--claims", str(claims), "--guarantees", str(guarantees)]


def told(words: list[str], *, quietly: bool = False) -> int:
    """Run one command; a quiet one says only its verdict."""
    begun, heard = time.perf_counter(), io.StringIO()
    print(f"\n$ warrantor {shlex.join(words)}", flush=True)
    with contextlib.redirect_stdout(heard):
        code = run(words)
    said = heard.getvalue()
    lines = [line for line in said.splitlines() if line.startswith(("CONTINUE", "STOP", "ROLL OUT", "INCONCLUSIVE"))]
    print("\n".join(lines) if quietly else said, end="\n" if quietly else "")
    print(f"({time.perf_counter() - begun:.1f} s)")
    if code:
        raise SystemExit(code)
    return code


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "trial-example"),
                          int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000))
