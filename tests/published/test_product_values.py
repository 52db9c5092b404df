"""One product against the rest: the values of the method notes, 2.3, and of the stored checks (`design`)."""

import json
from datetime import date

import numpy as np
import pytest

from warrantor.forecast.counts import Predictive
from warrantor.trial.observed import Frozen, observe
from warrantor.trial.outcomes import Outcomes
from warrantor.trial.placebo import compare


def plain(expected):
    """A forecast that is a Poisson count and nothing else."""
    one = np.full(1, expected)
    return Frozen(name="one", start=12, end=18, as_of=date(2019, 12, 31), sold_by=date(2019, 12, 31), units=1e4,
                  level=0.9, counts=Predictive(one, one, np.ones(1)), products=0, prior=True, currency=None,
                  cost=None, how=())


def test_observed_over_expected():
    """O = 58, E = 41.3: 1.40436 (1.06639, 1.81546)."""
    found = observe(plain(41.3), 58, as_of=date(2021, 8, 31))
    assert (found.ratio, found.lower, found.upper) == pytest.approx((1.4043583535, 1.0663881762, 1.8154588316))


def rows(donors, effect):
    """Outcomes of donors that move alike but for noise, and of a product whose level rises by `effect` at age 6."""
    rng = np.random.default_rng(1)
    return [{"product": f"P{j}", "period": t, "metric": "returns",
             "value": 1 + 0.1 * j + 0.01 * rng.standard_normal() + (j == 0) * (t >= 6) * effect}
            for j in range(donors + 1) for t in range(12)]


@pytest.mark.parametrize(("donors", "least"), [(19, 0.05), (12, 1 / 13), (3, 0.25)])
def test_nineteen_donors_reach_five_percent_and_fewer_do_not(donors, least):
    """p = (1 + #{|tau_j| >= |tau|}) / (J + 1): .05 with J = 19 where no placebo is as far."""
    found = compare(Outcomes.of(rows(donors, 1.0)), "P0", [f"P{j + 1}" for j in range(donors)], "returns", begins=6)
    assert found.p == pytest.approx(least, abs=1e-12)
    assert (found.interval is None) == (donors < 19)
    assert any("cannot reach 5%" in line for line in found.how) == (donors < 19)


@pytest.mark.data
def test_the_stored_checks_are_these(data_folder):
    stored = json.loads((data_folder / "trial_checks.json").read_text())["design"]
    found = observe(plain(stored["oe"]["E"]), stored["oe"]["O"], as_of=date(2021, 8, 31))
    assert [found.ratio, found.lower, found.upper] == pytest.approx([stored["oe"]["ratio"], *stored["oe"]["ci"]])
    assert stored["placebo"] == {"J": 19, "rank": 1, "p": 0.05}
