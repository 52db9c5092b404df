"""Lag-adjusted claim rates: the method notes' triangle, what is refused, and a simulated fleet of known rates."""

import json

import numpy as np
import pytest

from warrantor.finding import Refused
from warrantor.forecast.reported import lag_adjusted
from warrantor.forecast.triangle import chain_ladder

TRIANGLE = np.array([[40, 25, 10, 5], [44, 27, 12, 0], [38, 24, 0, 0], [46, 0, 0, 0]], float)


def fleet(rng, sold, rate, share):
    """Claims of a fleet by sale period, age and lag: those known by the end of the last period, and how many not."""
    mean = sold[:, None, None] * rate[:, None] * share
    claims = rng.poisson(mean)
    periods = np.arange(len(sold))
    opened = len(sold) - 1 - periods[:, None, None] - np.arange(len(rate))[:, None]
    opened, lag = np.broadcast_arrays(opened, np.arange(len(share)))
    return claims * (opened >= lag), int(claims[(opened >= 0) & (opened < lag)].sum()), int(claims[opened < 0].sum())


def test_the_triangle_of_the_method_notes():
    """Method notes 4.1 step 2: one age, so sale period is occurrence: G, ultimates, 66.8793 not reported."""
    found = lag_adjusted([1.0, 1, 1, 1], TRIANGLE[:, None, :])
    assert found.lag.cumulative == pytest.approx([0.497219, 0.806962, 0.9375, 1], abs=5.1e-7)
    ladder = chain_ladder(np.where(np.arange(4) < 4 - np.arange(4)[:, None], np.cumsum(TRIANGLE, axis=1), np.nan))
    by_row = TRIANGLE.sum(axis=1) / found.lag.at([3, 2, 1, 0])
    assert by_row == pytest.approx(ladder.ultimate)
    assert by_row.sum() - TRIANGLE.sum() == pytest.approx(66.8793, abs=5.1e-5)
    weighed = lag_adjusted(by_row, TRIANGLE[:, None, :])
    assert weighed.rate == pytest.approx([1.0])
    assert weighed.not_reported.sum() == pytest.approx(66.8793, abs=5.1e-5)


def test_rates_by_hand():
    """R_a and lambda_a of two ages and three sale periods, with a lag that needs no adjustment."""
    claims = np.array([[[4], [6]], [[5], [3]], [[3], [0]]], float)
    found = lag_adjusted([100, 200, 300], claims)
    assert found.exposure.tolist() == [600, 300]
    assert found.rate == pytest.approx([12 / 600, 9 / 300])
    assert found.not_reported.tolist() == [0, 0, 0]
    assert found.future == pytest.approx([0, 0, 300 * 0.03])
    mean = np.array([2, 4, 6, 3, 6])
    phi = ((np.array([4, 5, 3, 6, 3]) - mean) ** 2 / mean).sum() / (5 - 2)
    assert found.phi == pytest.approx(phi)
    assert found.se == pytest.approx(np.sqrt(phi * found.rate / found.exposure))
    assert found.future_sd == pytest.approx(np.sqrt(phi * 0.03 * (300 + 300**2 / 300)))
    assert found.cumulative[-1] == pytest.approx(0.05)


def test_the_error_of_the_not_reported_holds_that_of_the_lag():
    """One age, two sale periods: G(0) = a / (a + b) is a binomial share, and moves the weight and the rate."""
    a, b, c, first, second = 30.0, 10.0, 25.0, 400.0, 600.0
    found = lag_adjusted([first, second], [[[a, b]], [[c, 0.0]]])
    G = a / (a + b)
    exposure = first + second * G
    rate, late = (a + b + c) / exposure, second * (1 - G)
    slope = -rate * second * (1 + late / exposure)
    own = rate * (late + late**2 / exposure)
    assert found.not_reported.sum() == pytest.approx(rate * late)
    assert found.not_reported_sd**2 == pytest.approx(found.phi * (own + slope**2 * G * (1 - G) / (a + b)))


def test_what_cannot_be_told_is_refused():
    for sold, claims, why in [
        ([10, 10], np.zeros((2, 1, 1)), "No claims"),
        ([10, -1], np.ones((2, 1, 1)), "negative"),
        ([10, 10], np.ones((2, 2, 1)), "after the last period"),
        ([10, 10], np.ones((2, 1)), "by period of sale"),
        ([10, 10], [[[1], [1], [0]], [[1], [0], [0]]], "age 2"),
        ([10], np.ones((1, 1, 1)), "one period of sale"),
    ]:
        with pytest.raises(Refused, match=why):
            lag_adjusted(sold, claims)


def test_the_answer_is_plain_values_and_a_table():
    claims = [[[4, 2, 1], [3, 2, 0]], [[5, 2, 0], [3, 0, 0]], [[4, 0, 0], [0, 0, 0]]]
    found = lag_adjusted([100, 100, 100], claims)
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["schema"] == "warrantor.reported/1"
    rates = 18 / (100 * (1 + 6 / 7 + 4 / 7)), 8 / (100 * (6 / 7 + 4 / 7))
    assert told["not_reported"]["mean"] == pytest.approx(100 * (1 / 7 + 3 / 7) * sum(rates))
    assert found.to_arrow()["known"].to_pylist() == [18, 8]
    assert "not reported" in repr(found)


def replicates(size, seed):
    """True and told: cumulative rate to 18 months, naive one, not reported, and the errors over their sd."""
    rng = np.random.default_rng(seed)
    age = np.arange(18.0)
    rate = 0.09036 * np.diff(np.minimum((np.append(age, 18.0) / 18.0) ** 1.1, 1.0))
    share = 0.55 ** np.arange(9)
    share /= share.sum()
    sold = np.full(24, 3000.0)
    rows = []
    for _ in range(size):
        known, late, ahead = fleet(rng, sold, rate, share)
        found = lag_adjusted(sold, known)
        reached = np.array([sold[: 24 - a].sum() for a in range(18)])
        rows.append((found.cumulative[-1], (found.known / reached).sum(), late, found.not_reported.sum(),
                     (ahead - found.future.sum()) / found.future_sd, (late - found.not_reported.sum())
                     / found.not_reported_sd, found.phi))
    return np.array(rows).T


def test_rates_and_the_not_reported_of_a_simulated_fleet():
    told, naive, late, said, _, _, phi = replicates(40, 1)
    assert told.mean() == pytest.approx(0.09036, abs=4 * told.std() / np.sqrt(40))
    assert naive.mean() < 0.086
    assert (late - said).mean() == pytest.approx(0, abs=4 * (late - said).std() / np.sqrt(40))
    assert phi.mean() == pytest.approx(1, abs=0.1)


@pytest.mark.slow
def test_the_simulation_of_the_method_notes():
    """Method notes 9.1: 400 replicates; told within Monte Carlo error of .09036, the naive rate several % low."""
    told, naive, late, said, ahead, behind, _ = replicates(400, 2)
    assert told.mean() == pytest.approx(0.09036, abs=3 * told.std() / 20)
    assert told.std() / 20 < 1.5e-4
    assert naive.mean() / 0.09036 < 0.97
    assert said.mean() == pytest.approx(late.mean(), abs=3 * (late - said).std() / 20)
    assert np.std(ahead) == pytest.approx(1, abs=0.12)
    assert np.std(behind) == pytest.approx(1, abs=0.12)
