"""How long the ledger of a trial takes beside its floor: one hash of every serial, and a bare scan.

Run ``python bench/ledger.py [UNITS]`` (default 10,000,000 simulated units in two arms, 4 % with a claim, 18 looks).
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from warrantor.engine import Engine, open_engine
from warrantor.exposure import Scope, calendar_table
from warrantor.exposure.ledger import ledger_of
from warrantor.ledger import Asked, Counted

START, DAYS, EPOCH = 19_723, 365, date(1970, 1, 1)
RUNS = 5


def records(folder: Path, size: int) -> None:
    """Write units and claims as `load` leaves them."""
    rng = np.random.default_rng(1)
    start = rng.integers(START, START + DAYS, size)
    back = pa.array(start + 10, mask=rng.random(size) > 0.01)
    units = {"unit": np.arange(size), "serial": pa.array([f"35{i:013d}" for i in range(size)]),
             "product": pa.array(np.full(size, "P")), "origin": pa.array(np.full(size, "sold")),
             "start_day": start, "sold_day": start, "returned_day": back,
             "guarantee": pa.array(np.full(size, "c@1")),
             "replaces": pa.nulls(size, pa.int64())}
    pq.write_table(pa.table(units), folder / "units.parquet")
    whose = rng.choice(size, size // 25)
    opened = start[whose] + rng.integers(0, 540, len(whose))
    claims = {"claim": pa.array([f"C{i}" for i in range(len(whose))]), "unit": whose, "opened_day": opened,
              "reported_day": opened + rng.integers(0, 30, len(whose)),
              "fault": pa.array(np.where(rng.random(len(whose)) < 0.05, "E03", "E01")),
              "payer": pa.array(np.full(len(whose), "maker")), "cost": rng.exponential(60, len(whose)).round(2)}
    pq.write_table(pa.table(claims), folder / "claims.parquet")


def asked() -> Asked:
    """The question of the last of 18 monthly looks."""
    ends = tuple((s, s + 365, s + 547) for s in range(START, START + DAYS))
    looks = tuple(EPOCH + timedelta(days=START + 640 + 31 * k) for k in range(18))
    return Asked(products=("P",), by=("product",), salt="bench", key="serial", share=Fraction(1, 2),
                 versions=("c@1", "e@1"),
                 first_on=EPOCH + timedelta(days=START), last_on=EPOCH + timedelta(days=START + DAYS - 1), ends=ends,
                 lag_days=60, looks=looks, stakes=tuple(np.geomspace(3e-4, 1.5e-3, 12)),
                 alarm_stakes=tuple(np.geomspace(1e-4, 1e-2, 12)), cap=600.0,
                 counted=(Counted("safety", "claims", ("E03",)), Counted("returns", "returns")))


def median(ask: Callable[[], object]) -> float:
    """Median seconds of five runs after one that warms up."""
    ask()
    took = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        ask()
        took.append(time.perf_counter() - begun)
    return statistics.median(took)


def main() -> None:
    """Measure and print."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    with tempfile.TemporaryDirectory() as kept, open_engine("duckdb") as engine:
        folder = Path(kept)
        records(folder, size)
        for name in ("units", "claims"):
            engine.add(name, folder / f"{name}.parquet")
        engine.add("calendar", calendar_table([("a@1", START, START + 365)]))
        question = asked()
        columns = [frozenset(engine.sql(f"SELECT * FROM {n} LIMIT 0").column_names) for n in ("units", "claims")]
        scope = Scope(engine, question.looks[-1], "CNY", *columns)
        show(size, engine, scope, question)


def show(size: int, engine: Engine, scope: Scope, question: Asked) -> None:
    """Print the ledger beside its floors."""
    scan = median(lambda: engine.sql("SELECT product, start_day, count(*) AS n FROM units GROUP BY product, start_day"))
    hashed = median(lambda: engine.sql("SELECT count(*) AS n FROM units WHERE substr(sha256_hex(concat('bench|', serial"
                                       ")), 1, 13) < '8000000000000'"))
    ledger = median(lambda: ledger_of(scope, question))
    print(f"{size:,} units, {size // 25:,} claims, 18 looks, {len(question.stakes)} stakes; medians of {RUNS}")
    print(f"bare scan by start day   {scan:8.3f} s")
    print(f"one hash of every serial {hashed:8.3f} s")
    print(f"ledger                   {ledger:8.3f} s   {ledger / hashed:.2f} x the hash, {ledger / scan:.0f} x a scan")


if __name__ == "__main__":
    main()
