"""False alarms and power of a trial's evidence over many simulated trials, beside a test repeated at each look.

The figures compared with are the method notes', sections 3.4b, 3.6 and 3.7.
"""

import importlib.util
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def loaded():
    named = importlib.util.spec_from_file_location("bench_alarms", Path(__file__).parents[2] / "bench" / "alarms.py")
    module = importlib.util.module_from_spec(named)
    sys.modules[named.name] = module
    named.loader.exec_module(module)
    return module


alarms = loaded()


@pytest.mark.parametrize("looks", [24, 104, 730])
def test_counts_and_arms_keep_their_level_and_naive_tests_do_not(looks):
    for found in (alarms.rate_alarms(looks, 3000), alarms.arm_alarms(looks, 3000)):
        assert max(found["above"], found["both"]) <= 0.05
        assert found["naive"] > 0.15


@pytest.mark.parametrize("costs", [alarms.lognormal, alarms.pareto])
def test_cost_keeps_its_level_and_naive_tests_do_not(costs):
    found = alarms.cost_alarms(104, 3000, costs)
    assert found["above"] <= 0.05
    assert found["naive"] > 0.06


@pytest.mark.parametrize(("ratio", "power"), [(1.25, 0.779), (1.5, 0.999), (2.0, 1.0)])
def test_power_of_the_count(ratio, power):
    assert alarms.rate_alarms(104, 3000, ratio)["above"] == pytest.approx(power, abs=0.05)


@pytest.mark.parametrize(("costs", "often", "dear"), [(alarms.lognormal, 0.807, 0.607), (alarms.pareto, 0.986, 0.923)])
def test_power_of_cost(costs, often, dear):
    assert alarms.cost_alarms(104, 2000, costs, ratio=1.5)["above"] == pytest.approx(often, abs=0.05)
    assert alarms.cost_alarms(104, 2000, costs, dearer=1.5)["above"] == pytest.approx(dear, abs=0.05)


@pytest.mark.parametrize("why", [{"history": 50}, {"history": 300}, {"lots": 30, "variation": 0.4},
                                 {"lots": 10, "variation": 0.3}])
def test_margins_mend_what_breaks_the_level(why):
    found = alarms.margin_alarms(3000, **why)
    assert found["margin"] <= 0.01
    assert found["plain"] > 3 * max(found["margin"], 0.01)


@pytest.mark.parametrize("name", ["plain", "rough"])
@pytest.mark.parametrize(("monthly", "runs"), [(600, 4000), (3000, 3000), (12_000, 1500)])
def test_wrong_roll_out_at_the_limit(name, monthly, runs):
    pool = alarms.plain_pool(0.048) if name == "plain" else alarms.rough_pool(0.03)
    found = alarms.verdicts(pool, monthly, runs, pool.difference)
    assert max(found["below"], found["above"]) <= 0.025
    assert found["naive"] > 0.08


@pytest.mark.parametrize(("monthly", "runs", "power"), [(600, 4000, 0.35), (3000, 2000, 0.999), (12_000, 800, 1.0)])
def test_roll_out_where_the_difference_is_small(monthly, runs, power):
    assert alarms.verdicts(alarms.plain_pool(0.034), monthly, runs, 1.2)["below"] == pytest.approx(power, abs=0.03)


@pytest.mark.parametrize(("costs", "naive"), [(alarms.lognormal, 0.276), (alarms.pareto, 0.289)])
def test_the_asymptotic_sequence_of_two_arms_keeps_its_level(costs, naive):
    found = alarms.asymptotic_alarms(4000, costs)
    assert found["both"] <= 0.02
    assert found["naive"] == pytest.approx(naive, abs=0.05)


@pytest.mark.parametrize(("monthly", "runs", "asymptotic"),
                         [(600, 8000, 0.048), (3000, 4000, 0.017), (12_000, 2000, 0.011)])
def test_the_asymptotic_sequence_of_one_arm_needs_many_claims(monthly, runs, asymptotic):
    free, capped = alarms.one_arm(monthly, runs, 3.0), alarms.one_arm(monthly, runs, 3.0, 300.0)
    assert free["below"] == pytest.approx(asymptotic, abs=0.01)
    assert (free["below"] > 0.035) == (monthly == 600)
    assert capped["betting below"] <= 0.0125
    assert max(free["betting above"], capped["betting above"]) <= 0.0125


def test_a_lag_that_is_ignored_delays_the_alarm_and_invents_none():
    right, wrong = (alarms.lagged_alarms(3000, ratio) for ratio in (1.0, 1.5))
    assert max(right["with"][0], right["without"][0]) <= 0.05
    assert wrong["without"][1] > wrong["with"][1] + 75


def test_guardrails_share_their_level():
    found = alarms.many_alarms(4000)
    assert found["split"] <= 0.025
    assert found["each"] > 0.05
