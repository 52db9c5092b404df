"""Real drives: the baselines, and a spot check that ours is no worse, on the folder of larger data."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

BENCH = Path(__file__).parents[2] / "bench" / "drives.py"


@pytest.fixture(scope="module")
def scored(data_folder):
    """Every method on the 40 cases, each product with the others as history."""
    spec = importlib.util.spec_from_file_location("bench_drives", BENCH)
    bench = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["bench_drives"] = bench
    spec.loader.exec_module(bench)
    tally = bench.read(data_folder / "drives.csv")
    found = bench.answers([bench.opened(tally, g) for g in bench.FOUR], lambda one, other: one != other)
    rows = {r[0]: r for r in bench.table(found)}
    return bench, found, rows


def test_forty_cases_of_fourteen_products(scored):
    cases = [c for c, _, _ in scored[1]["ours"]]
    assert len(cases) == 40
    assert len({c.product for c in cases}) == 14


@pytest.mark.parametrize(("method", "covers", "score", "mean"),
                         [("plug-in Weibull", 0.40, 283.0, 6.50), ("multiplier", 0.875, 166.0, 4.35)])
def test_the_baselines_are_reproduced(scored, method, covers, score, mean):
    row = scored[2][method]
    assert float(row[1]) == pytest.approx(covers, rel=0.02)
    assert float(row[3]) == pytest.approx(score, rel=0.02)
    assert float(row[4]) == pytest.approx(mean, rel=0.02)


@pytest.mark.parametrize("method", ["ours", "ours, no history"])
def test_ours_passes_the_gate(scored, method):
    bench, found, rows = scored
    low, high = bench.coverage_band(40)
    covered = sum(lo <= c.came <= hi for c, lo, hi in found[method])
    assert low <= covered <= high
    assert float(rows[method][4]) <= 0.90 * float(rows["multiplier"][4])


def test_intervals_are_whole_counts_in_order(scored):
    for _, low, high in scored[1]["ours"]:
        assert 0 <= low <= high
        assert np.floor(high) == high
