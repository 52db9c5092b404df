"""Every correction over many simulated fleets: hardly any bias with it, the planted bias without."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from warrantor.forecast.cohorts import extend_cohorts
from warrantor.world.truth import expected_per_thousand

pytestmark = pytest.mark.slow
TIMES, UNITS = 40, 60_000


def loaded():
    named = importlib.util.spec_from_file_location("bench_corrections",
                                                   Path(__file__).parents[2] / "bench" / "corrections.py")
    module = importlib.util.module_from_spec(named)
    named.loader.exec_module(module)
    return module


corrections = loaded()


@pytest.mark.parametrize("name", list(corrections.CORRECTIONS))
def test_corrected_it_is_near_the_truth_and_without_it_is_not(name):
    one = corrections.CORRECTIONS[name]
    mean, error = corrections.measured(name, TIMES, UNITS)
    corrected, without = mean[1:] / mean[0] - 1.0
    print(f"{one.name}: {corrected:+.2%} with it, {without:+.2%} without, give or take {error.max():.2%}")  # noqa: T201
    assert abs(corrected) < one.within
    assert without / one.least > 1.0


@pytest.mark.parametrize("lag", [9.0, 45.0])
def test_rush_and_lag_are_corrected_to_within_two_percent(lag):
    """30 % soft faults, delayed by 4 months, rushed in the last 1.5; reports late by 9 or 45 days in the mean."""
    spec = corrections.spec_of(100_000, lag=lag, soft=0.3)
    by_12, by_18 = (expected_per_thousand(spec, m, m)[0] for m in (12, 18))
    found = []
    for seed in range(60):
        with corrections.fleet_of(spec, seed) as (fleet, _):
            cohorts = fleet.cohorts("lot")
            hard, soft = (fleet.tally("lot", faults=f).over("origin") for f in (spec.hard, spec.soft))
        longer = extend_cohorts(hard, cohorts, soft=soft, lots="lot")
        found.append([longer.at_start[0, 0] / by_12, longer.fan[0, -1, 2] / (by_18 - by_12), longer.soft_share[0]])
    mean, error = np.mean(found, axis=0), np.std(found, axis=0) / np.sqrt(59)
    print(f"lag {lag:g}: by 12 {mean[0] - 1:+.2%} ± {error[0]:.2%}, months 13-18 {mean[1] - 1:+.2%} ± {error[1]:.2%}, "  # noqa: T201
          f"share of soft {mean[2]:.4f}")
    assert np.abs(mean[:2] - 1.0).max() < 0.02
    assert mean[2] == pytest.approx(0.30, abs=0.005)
