"""The rush before expiry and what a longer promise defers: method notes 2.1 fact 2 and 4.3, check `claim_rush`.

There: computed by simulation of 2,000,000 units per promise; 30 % soft faults, report delay exponential with a mean of
4 months, rush in the last 1.5 months; claims per 10,000 units by month of age. Weibull of shape 1.1 through both shares
failed.
"""

from dataclasses import replace

import numpy as np
import pytest

from warrantor import Tally, fit
from warrantor.world import load_world
from warrantor.world.truth import expected_per_thousand

F12, F18 = 0.06025241725887576, 0.09251042947526755
W12 = (29.23, 35.7, 40.25, 42.25, 45.02, 46.93, 48.56, 48.54, 50.3, 51.95, 71.85, 92.58)
W18 = (29.23, 35.7, 40.25, 42.25, 45.02, 46.93, 48.56, 48.54, 50.3, 51.95, 52.47, 52.7, 51.63, 53.18, 53.05, 53.36,
       74.67, 97.02)
NAIVE = {"eta": 99.31649653869897, "beta": 1.3147534659440003, "forecast": 402.26046042358246}


@pytest.fixture(scope="module")
def spec():
    whole = load_world()
    one = replace(whole.products[0], units=1, bad_lot={}, beta=1.1, by_month_12=F12)
    return replace(whole, products=(one,), wander=0.0, tables=whole.tables | {"returns": {"share": 0.0, "within": 1}})


def claims(spec, months):
    """(months,) claims per 10,000 units in each month of age."""
    return np.diff([0.0, *(10 * expected_per_thousand(spec, months, m)[0] for m in range(1, months + 1))])


@pytest.mark.parametrize(("months", "published"), [(12, W12), (18, W18)])
def test_claims_by_month_of_age_under_either_promise(spec, months, published):
    found, published = claims(spec, months), np.array(published)
    noise = np.sqrt(published * 1e-4 / 2e6) * 1e4
    # calendar months and whole days of age here, twelfths of a year there: at most a day in thirty at each boundary
    assert np.abs(found - published).max() < (4 * noise + 0.02 * published).max()
    assert found.sum() == pytest.approx(published.sum(), rel=0.003)


def test_a_longer_promise_defers_claims_and_the_naive_count_is_18_percent_too_high(spec):
    short, long = claims(spec, 12), claims(spec, 18)
    policy = long.sum() - short.sum()
    assert short.sum() == pytest.approx(603.165, rel=0.005)
    assert long[:12].sum() == pytest.approx(543.9, rel=0.005)
    assert long[12:].sum() == pytest.approx(382.925, rel=0.005)
    assert policy == pytest.approx(323.66, rel=0.005)
    assert long[12:].sum() / policy - 1.0 == pytest.approx(0.18, abs=0.01)


def test_the_law_of_the_world_goes_through_both_published_shares():
    assert -np.expm1(np.log1p(-F12) * 1.5**1.1) == pytest.approx(F18, rel=0.001)


def beyond(eta, beta):
    kept = np.exp(-((np.array([12.0, 18.0]) / eta) ** beta))
    return 1e4 * (kept[0] - kept[1])


def test_the_naive_fit_of_months_1_to_12_is_a_quarter_too_high():
    """Published: 402 against 322.6. Ours is the likelihood of the months as intervals; theirs of unrounded ages."""
    assert beyond(NAIVE["eta"], NAIVE["beta"]) == pytest.approx(NAIVE["forecast"], rel=1e-9)
    ages = np.append(np.arange(12.0), 12.0)
    tally = Tally.of(by=(), strata=((),), unit="month", grain="interval", stratum=np.zeros(13, np.int64), age=ages,
                     entered=np.append(1e4, np.zeros(12)), claimed=np.append(W12, 0.0),
                     open=np.append(np.zeros(12), 1e4 - sum(W12)))
    law = fit(tally)
    assert beyond(law["eta"][0], law["beta"][0]) == pytest.approx(NAIVE["forecast"], rel=0.02)
    assert beyond(law["eta"][0], law["beta"][0]) / (1e4 * (F18 - F12)) - 1.0 == pytest.approx(0.25, abs=0.03)
