"""How often a 90 % interval of a fleet's claims by month holds what a simulated fleet then brings."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import warrantor as wr

UNIT = Path(__file__).parents[1] / "unit" / "test_forecast_outlook.py"


@pytest.fixture(scope="module")
def simulated():
    named = importlib.util.spec_from_file_location("unit_forecast_outlook", UNIT)
    module = importlib.util.module_from_spec(named)
    named.loader.exec_module(module)
    return module


def held(simulated, seeds, **world):
    """Share of the seeds whose total, incurred part and single months lie inside their intervals."""
    total, late, monthly = [], [], []
    for seed in range(seeds):
        tally, cohorts, (opened, known, _) = simulated.fleet_of(100 + seed, **world)
        ahead = wr.forecast(tally, cohorts, months=12, draws=1000, seed=seed)
        assert ahead.refused == (None,)
        month = (known.astype("datetime64[D]").astype("datetime64[M]") - np.datetime64("2020-01")).astype(int)
        came = np.bincount(month[month < 12], minlength=12)
        whole, past = ahead.total()[0], np.quantile(ahead.incurred[0], [0.05, 0.95], method="inverted_cdf")
        bound = ahead.interval()[0]
        total.append(whole[1] <= came.sum() <= whole[2])
        late.append(past[0] <= (opened <= simulated.TODAY).sum() <= past[1])
        monthly.append(((bound[:, 0] <= came) & (came <= bound[:, 1])).mean())
    return np.mean(total), np.mean(late), np.mean(monthly)


@pytest.mark.slow
@pytest.mark.parametrize("world", [{}, {"units": 20_000, "eta": 2000.0, "beta": 0.8}, {"units": 1500, "beta": 1.5}],
                         ids=["plain", "many-early", "few-wearing"])
def test_intervals_hold_what_came_where_every_age_was_seen(simulated, world):
    total, late, monthly = held(simulated, 200, **world)
    assert 0.85 <= total <= 0.96
    assert 0.86 <= late <= 0.99
    assert 0.88 <= monthly <= 0.97


@pytest.mark.slow
def test_intervals_are_wide_enough_where_half_the_ages_lie_ahead(simulated):
    total, _, _ = held(simulated, 200, units=20_000, oldest=200)
    assert total >= 0.88


@pytest.mark.slow
def test_a_world_with_a_rush_and_a_lag_is_foretold_without_bias():
    named = importlib.util.spec_from_file_location("unit_cohorts", UNIT.with_name("test_forecast_cohorts.py"))
    worlds = importlib.util.module_from_spec(named)
    named.loader.exec_module(worlds)
    inside, ratio = [], []
    for seed in range(60):
        world, hard, soft, cohorts = worlds.world_of(1000 + seed)
        ahead = wr.forecast(hard, cohorts, months=14, soft=soft, lots="lot", draws=1000, seed=seed)
        first = int((world.first_claim(12) < worlds.NEVER).sum())  # first claims stand before repeats
        came = int((world.claim_known[:first] > worlds.TODAY).sum())
        mean, lower, upper = ahead.total()[0]
        inside.append(lower <= came <= upper)
        ratio.append(mean / came)
    assert np.mean(inside) >= 0.83
    assert abs(np.mean(ratio) - 1.0) < 0.015
