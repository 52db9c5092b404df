"""Lags: what late records hide, and units whose start is unknown."""

import numpy as np
import pytest

from warrantor import Refused
from warrantor.life.lag import fit_lag, ultimate
from warrantor.life.reduce import tally_of_ages
from warrantor.life.starts import spread_over_lag, starts_from_lag


def simulated(n=4000, mean=40.0, span=90.0, seed=3):
    """Exponential lags of opened claims, known only where the lag fits before the end of the records."""
    rng = np.random.default_rng(seed)
    limit, lag = np.floor(rng.uniform(1, span, n)), np.ceil(rng.exponential(mean, n))
    known = lag <= limit
    return lag[known], limit[known]


@pytest.mark.parametrize("law", ["exponential", "empirical"])
def test_lags_too_long_to_be_known_are_allowed_for(law):
    lag, limit = simulated()
    truth = 1 - np.exp(-30 / 40)
    within = 1.0 if law == "exponential" else 1 - np.exp(-89 / 40)  # an empirical G is conditional on the longest limit
    assert fit_lag(lag, law, limit=limit).at(30) == pytest.approx(truth / within, abs=0.04)
    assert fit_lag(lag, law).at(30) > truth + 0.12  # ignoring it plants the bias


def test_same_day_lags_are_a_share_of_their_own():
    lag = fit_lag([0, 0, 3, 5, 8, 13, 21, 34], "lognormal")
    assert lag.at_zero == 0.25
    assert lag["mu"] == pytest.approx(np.log([3, 5, 8, 13, 21, 34]).mean())
    assert lag.cumulative[0] == pytest.approx(0.25, abs=0.002)
    assert lag.at(10**6) == 1.0
    assert lag.at(-1) == 0.0
    assert lag.share.sum() == pytest.approx(1.0, abs=1e-8)


def test_ultimate_is_known_over_share_known():
    lag = fit_lag([0, 1], "empirical")
    assert ultimate([10, 7], [0, 5], lag).tolist() == [20.0, 7.0]
    assert np.isnan(ultimate([3], [0], fit_lag([2], "empirical"))[0])


@pytest.mark.parametrize(
    ("days", "limit", "law", "words"),
    [
        ([], None, "empirical", "No lags"),
        ([-1], None, "empirical", "negative"),
        ([5], [3], "empirical", "exceed their limit"),
        ([4], None, "lognormal", "1 claim"),
    ],
)
def test_impossible_lags_are_refused(days, limit, law, words):
    with pytest.raises(Refused, match=words):
        fit_lag(days, law, limit=limit)


def test_drawn_starts_follow_the_lag_and_never_pass_the_latest_day():
    lag = fit_lag(np.repeat([2, 5, 9], [50, 30, 20]), "empirical")
    made = np.full(20000, 100)
    start = starts_from_lag(lag, made, 1000, seed=4)
    np.testing.assert_allclose([np.mean(start == 100 + l) for l in (2, 5, 9)], [0.5, 0.3, 0.2], atol=0.01)
    assert starts_from_lag(lag, made, 106, seed=4).max() == 105
    assert (starts_from_lag(lag, made, 1000, seed=4) == start).all()
    with pytest.raises(Refused, match="cannot have begun"):
        starts_from_lag(lag, made, 101)


def test_spreading_is_the_mean_of_drawing():
    lag = fit_lag(np.repeat([2, 5, 9], [50, 30, 20]), "empirical")
    waited = np.array([30, 30, 7, 50])
    spread = spread_over_lag(lag, waited)
    assert spread.total("entered")[0] == pytest.approx(4)
    found = dict(zip(spread.age.tolist(), spread.open.tolist(), strict=True))
    assert found[28] == pytest.approx(1.0)
    assert found[5] == pytest.approx(0.5 / 0.8)  # waited 7: a lag of 9 is ruled out
    unsold = spread_over_lag(lag, np.array([7]), sold=False)
    assert dict(zip(unsold.age.tolist(), unsold.open.tolist(), strict=True))[0] == pytest.approx(0.2)
    drawn = 7 - (starts_from_lag(lag, np.zeros(20000, int), 7) - 0)
    assert drawn.mean() == pytest.approx((5 * 0.5 + 2 * 0.3) / 0.8, abs=0.03)


def test_cover_closes_a_spread_window():
    lag = fit_lag([2], "empirical")
    spread = spread_over_lag(lag, np.array([10, 30]), cover=12)
    rows = dict(zip(spread.age.tolist(), zip(spread.open.tolist(), spread.expired.tolist(), strict=True), strict=True))
    assert rows[8] == (1.0, 0.0)
    assert rows[12] == (0.0, 1.0)


def test_spread_units_add_to_the_known_ones():
    lag, known = fit_lag([2, 3], "empirical"), tally_of_ages([5, 9], [1, 0], [0, 1], names=("a", "b"))
    both = known + spread_over_lag(lag, np.array([20, 20, 40]), stratum=np.array([0, 0, 1]), like=known)
    assert both.total("entered").tolist() == [3.0, 2.0]
    with pytest.raises(Refused, match="too late"):
        spread_over_lag(lag, np.array([1]))


def test_result_tells_its_numbers():
    lag = fit_lag([1, 2, 4, 8], "lognormal")
    assert lag.to_dict()["parameters"]["mu"] == lag["mu"]
    assert f"{lag['sigma']:.6g}" in repr(lag)
    assert lag.quantile(0.5) == 2 or lag.quantile(0.5) == 3
    assert lag.mean == pytest.approx(np.arange(len(lag.share)) @ lag.share)


@pytest.mark.parametrize(("more", "said"), [
    ({"days": [5, np.inf]}, "twenty years"), ({"days": [5, 2_000_000_000]}, "twenty years"),
    ({"days": [5, 2], "limit": [np.nan, 4]}, "or have none"), ({"days": [5, 2], "count": [np.nan, 1]}, "A count"),
    ({"days": [5, 2], "count": [3, -1]}, "A count"),
])
def test_lags_that_no_memory_or_sense_can_hold_are_refused(more, said):
    with pytest.raises(Refused, match=said):
        fit_lag(law="empirical", **more)
