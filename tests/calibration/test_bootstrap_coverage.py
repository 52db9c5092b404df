"""Do the intervals of the bootstrap cover? bench/coverage.py with fewer replicates; all simulated."""

import importlib.util
import sys
from pathlib import Path

import pytest
from scipy.stats import binom

BENCH = Path(__file__).parents[2] / "bench" / "coverage.py"
REPLICATES = 200


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("bench_coverage", BENCH)
    found = importlib.util.module_from_spec(spec)
    sys.modules["bench_coverage"] = found
    spec.loader.exec_module(found)
    return found


def holds(row, low, high):
    """Whether a row is within its bounds, but for what 200 replicates leave to chance (once in a thousand)."""
    n, k = len(row.held), row.held.sum()
    assert binom.cdf(k, n, low) > 0.001, f"{row.method}, {row.world}: {row.covers:.3f}"
    assert binom.sf(k - 1, n, high) > 0.001, f"{row.method}, {row.world}: {row.covers:.3f}"


@pytest.mark.slow
@pytest.mark.parametrize("i", range(5))
def test_direct_and_pivotal_intervals_cover_where_the_law_holds(bench, i):
    plug, direct, gpq = bench.where_the_law_holds(bench.SETTINGS[i], i, REPLICATES)
    holds(direct, bench.LOW, bench.HIGH)
    holds(gpq, bench.LOW, bench.HIGH)
    assert plug.covers < bench.LOW


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["limited population", "infant and late wear-out"])
def test_six_past_products_of_the_same_wrong_law_save_the_interval(bench, kind):
    law, carried = bench.where_it_does_not(kind, kind, 1, REPLICATES)
    holds(carried, 0.85, 1.0)
    assert law.covers < 0.6
