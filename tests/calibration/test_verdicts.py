"""The whole rule of a trial over many simulated trials: at the limit it rolls out at most 0.025 of the time."""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from warrantor.trial.assumed import Rail

pytestmark = pytest.mark.slow


def loaded():
    path = Path(__file__).parents[2] / "bench" / "verdicts.py"
    named = importlib.util.spec_from_file_location("bench_verdicts", path)
    module = importlib.util.module_from_spec(named)
    sys.modules[named.name] = module
    named.loader.exec_module(module)
    return module


bench = loaded()


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("kind", [bench.PLAIN, bench.ROUGH], ids=["plain", "rough"])
@pytest.mark.parametrize(("monthly", "trials"), [(600, 2000), (3000, 2000), (12_000, 2000)])
def test_a_wrong_roll_out_is_rare_at_the_limit(kind, guarded, monthly, trials):
    """The share is at most 0.025; drawn afresh, 2,000 trials of that share pass 0.0325 once in a hundred times."""
    found = bench.verdicts(kind, bench.LIMIT, monthly, trials, guarded=guarded, seed=11)
    assert found.difference == pytest.approx(bench.LIMIT)
    assert found.share("ROLL OUT")[0] <= 0.0325
    assert found.share("STOP")[0] <= 0.06


def test_a_guardrail_at_its_margin_holds_the_roll_out_back():
    worse = replace(bench.PLAIN, rails=bench.TRUE | {"claims": Rail(rate=0.028, ratio=1.5)})
    found = bench.verdicts(worse, 0.36, 12_000, 1000, seed=11)
    assert found.share("ROLL OUT")[0] <= 0.04


@pytest.mark.parametrize(("monthly", "trials", "power"), [(600, 2000, 0.35), (3000, 1000, 0.999), (12_000, 300, 1.0)])
def test_power_of_the_cost_where_no_guardrail_blocks(monthly, trials, power):
    found = bench.verdicts(bench.PLAIN, 0.36, monthly, trials, guarded=False, seed=11)
    assert found.share("ROLL OUT")[0] == pytest.approx(power, abs=0.04)
    assert found.share("STOP")[0] <= 0.05


def test_power_with_guardrails_that_are_no_worse():
    assert bench.verdicts(bench.PLAIN, 0.36, 3000, 500, seed=11).share("ROLL OUT")[0] > 0.9
    assert bench.verdicts(bench.PLAIN, 0.36, 12_000, 200, seed=11).share("ROLL OUT")[0] > 0.98
