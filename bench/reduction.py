"""How much the tally and the cohorts cost beside a bare scan and group-by of the same columns, in the same run.

    python bench/reduction.py [--units 10000000] [--repeats 5] [--threads 2] [--json]

Ten million simulated units in Parquet, 3 % of them claimed. Trust the ratios, not the seconds.
"""

import argparse
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from warrantor.engine import Engine, open_engine
from warrantor.exposure import Scope, calendar_table, cohorts_of, tally_of

EPOCH = date(1970, 1, 1)
FIRST = (date(2018, 1, 1) - EPOCH).days
BARE = "SELECT product, lot, market, guarantee, start_day, count(*) AS units FROM units GROUP BY ALL"
# every number comes from a hash of the unit: the same units on every run
UNITS = """
SELECT i AS unit, 'S' || i AS serial, 'P' || (i % 4) AS product, 'L' || (i * 24 // {n}) AS lot,
  CASE WHEN hash(i) % 10 < 7 THEN 'CN' ELSE 'IN' END AS market, 'online' AS channel,
  CASE WHEN i % 4 = 3 THEN 'long@1' ELSE 'basic@1' END AS guarantee, 'sold' AS origin,
  CAST({first} + start - 30 AS INTEGER) AS made_day, CAST({first} + start AS INTEGER) AS sold_day,
  CASE WHEN hash(i, 1) % 1000 = 0 THEN NULL ELSE CAST({first} + start AS INTEGER) END AS start_day,
  CASE WHEN hash(i, 2) % 100 = 0 THEN CAST({first} + start + hash(i, 3) % 500 AS INTEGER) END AS returned_day,
  CASE WHEN hash(i, 4) % 500 = 0 THEN 10 ELSE 0 END AS end_shift, CAST(NULL AS BIGINT) AS replaces
FROM (SELECT range AS i, range * 700 // {n} + hash(range, 5) % 30 AS start FROM range({n}))
"""
CLAIMS = """
SELECT 'C' || unit AS claim, unit, product, lot, market, channel, guarantee, origin, made_day, sold_day, start_day,
  returned_day, end_shift, 'host' AS component, 'S1' AS symptom, 'E0' || (unit % 5) AS fault,
  CAST(sold_day + age AS INTEGER) AS opened_day, CAST(sold_day + age + unit % 40 AS INTEGER) AS reported_day,
  CAST(NULL AS INTEGER) AS closed_day, CAST(NULL AS INTEGER) AS handed_back_day, 'repair' AS remedy,
  CAST(NULL AS VARCHAR) AS replacement, 'maker' AS payer, CAST(20 + unit % 90 AS DOUBLE) AS cost, 'CNY' AS currency
FROM (SELECT *, hash(unit, 7) % 400 AS age FROM units WHERE hash(unit, 6) % 100 < 3)
"""


def fleet(engine: Engine, folder: Path, units: int) -> Scope:
    """Write and name the simulated fleet."""
    engine.write(UNITS.format(n=units, first=FIRST), folder / "units.parquet")
    engine.add("units", folder / "units.parquet")
    engine.write(CLAIMS, folder / "claims.parquet")
    engine.add("claims", folder / "claims.parquet")
    ends = (("basic@1", 365), ("long@1", 547))
    engine.add("calendar", calendar_table((g, s, s + n) for g, n in ends for s in range(FIRST, FIRST + 740)))
    columns = [frozenset(engine.sql(f"SELECT * FROM {t} LIMIT 0").column_names) for t in ("units", "claims")]
    return Scope(engine, EPOCH + timedelta(days=FIRST + 800), "CNY", *columns)


def timed(ask: Callable[[], object], repeats: int) -> list[float]:
    """Seconds of each repeat."""
    took = []
    for _ in range(repeats):
        began = time.perf_counter()
        ask()
        took.append(time.perf_counter() - began)
    return took


def measure(units: int, repeats: int, threads: int, folder: str) -> dict[str, list[float]]:
    """Time each question round after round, so that a slow minute of the machine falls on all of them alike."""
    with open_engine("duckdb", threads=threads) as engine:
        scope = fleet(engine, Path(folder), units)
        by = ("product", "lot", "market")
        questions: dict[str, Callable[[], object]] = {
            "bare scan and group-by": lambda: engine.sql(BARE),
            "tally by product, lot, market": lambda: tally_of(scope, by),
            "tally by product": lambda: tally_of(scope, "product"),
            "cohorts by product, lot, market": lambda: cohorts_of(scope, by),
            "cohorts by product": lambda: cohorts_of(scope, "product"),
        }
        for ask in questions.values():
            ask()
        took: dict[str, list[float]] = {name: [] for name in questions}
        for _ in range(repeats):
            for name, ask in questions.items():
                took[name] += timed(ask, 1)
        return took


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--units", type=int, default=10_000_000)
    words.add_argument("--repeats", type=int, default=5)
    words.add_argument("--threads", type=int, default=2)
    words.add_argument("--json", action="store_true")
    asked = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="warrantor-bench-") as folder:
        took = measure(asked.units, asked.repeats, asked.threads, folder)
    median = {name: statistics.median(seconds) for name, seconds in took.items()}
    bare = median["bare scan and group-by"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows = [{"question": name, "seconds": round(s, 3), "ratio": round(s / bare, 2)} for name, s in median.items()]
    if asked.json:
        print(json.dumps({"schema": "warrantor.bench.reduction/1", "units": asked.units, "repeats": asked.repeats,
                          "threads": asked.threads, "peak_mb": round(peak), "rows": rows}))
        return 0
    print(f"{asked.units:,} simulated units, {asked.threads} threads, median of {asked.repeats}, peak {peak:,.0f} MB")
    for row in rows:
        print(f"{row['question']:<34} {row['seconds']:>8.3f} s {row['ratio']:>7.2f} x")
    return 0


if __name__ == "__main__":
    sys.exit(main())
