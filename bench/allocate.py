"""How long the arms of a million serials take in the engine, beside one bare hash of each; equal to the scalar rule.

Run ``python bench/allocate.py [SERIALS]``.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from fractions import Fraction

import pyarrow as pa

from warrantor.engine import open_engine
from warrantor.exposure.arms import allot
from warrantor.terms.allocation import Allotment, allotted

RUNS, SAMPLE = 5, 20_000


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
    """Measure, compare and print."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    day = date(2024, 1, 1)
    drawn = Allotment(plan="", products=("P",), first_on=day, last_on=day, salt="bench", key="serial",
                      share=Fraction(1, 3), conventional="c@1", extended="e@1")
    with open_engine("duckdb") as engine:
        serials = [f"35{i:013d}" for i in range(size)]
        engine.add("units", pa.table({"row__": range(size), "serial": serials}))
        floor = median(lambda: engine.sql("SELECT sum(length(sha256_hex(serial))) AS n FROM units"))
        taken = median(lambda: allot(engine, drawn))
        arms = allot(engine, drawn).column("arm").to_pylist()
    begun = time.perf_counter()
    step = max(size // SAMPLE, 1)
    same = all(arms[i] == allotted("bench", serials[i], drawn.share) for i in range(0, size, step))
    scalar = (time.perf_counter() - begun) * step
    print(f"{size:,} serials; medians of {RUNS}")
    print(f"one bare hash of each  {floor:.3f} s")
    print(f"arms, in the engine    {taken:.3f} s   {taken / floor:.2f} x")
    print(f"the scalar rule, about {scalar:.3f} s   every {step}th serial equal: {same}")
    if not same:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
