"""Value at risk and its tail: the method notes' values, closed forms, and draws."""

import json

import numpy as np
import pytest
from scipy import integrate, stats

from warrantor.finding import Refused
from warrantor.forecast.capital import chance_above, tail_value_at_risk, total_cost, value_at_risk

BOOK = {"units": 20_000, "probability": 0.012, "mean": 60.0, "cv": 1.2, "shared_cv": 0.25}


def test_totals_of_the_method_notes():
    """Method notes 5: mean 14 400, sd 3881.77; VaR95 normal 20 784.9, gamma 21 322.4; VaR99 gamma 24 931.3."""
    normal, gamma = (total_cost(**BOOK, match=m) for m in ("normal", "gamma"))
    assert normal.mean == pytest.approx(14400)
    assert normal.sd == pytest.approx(3881.7727908778998, rel=1e-12)
    assert normal.value_at_risk(0.95) == pytest.approx(14400 + 3881.7727908778998 * 1.6448536269514722, rel=1e-12)
    assert normal.value_at_risk(0.95) == pytest.approx(20784.949502, abs=2e-3)  # theirs with z = 1.644854
    assert gamma.value_at_risk(0.95) == pytest.approx(21322.384291401944, rel=1e-9)
    assert gamma.value_at_risk(0.99) == pytest.approx(24931.254012184894, rel=1e-9)


@pytest.mark.parametrize("match", ["normal", "gamma"])
def test_the_tail_is_the_mean_of_the_quantiles_beyond(match):
    found = total_cost(**BOOK, match=match)
    by_hand = integrate.quad(found.value_at_risk, 0.95, 1.0)[0] / 0.05
    assert found.tail_value_at_risk(0.95) == pytest.approx(by_hand, rel=1e-5)
    assert found.above(found.value_at_risk(0.9)) == pytest.approx(0.1)
    assert json.loads(json.dumps(found.to_dict()))["match"] == match
    assert found.to_arrow().num_rows == 1


def test_the_spread_is_that_of_claims_drawn_one_by_one():
    rng = np.random.default_rng(6)
    found = total_cost(500, 0.02, 60.0, 1.0, shared_cv=0.3)
    claims = rng.poisson(10.0 * rng.gamma(1 / 0.09, 0.09, 100_000))
    cost = 60.0 * rng.gamma(np.maximum(claims, 1e-9))
    assert cost.mean() == pytest.approx(found.mean, rel=0.01)
    assert cost.std() == pytest.approx(found.sd, rel=0.02)


def test_draws_agree_with_the_closed_form():
    draws = stats.norm(100, 20).ppf((np.arange(200_000) + 0.5) / 200_000)
    z = stats.norm.ppf(0.95)
    assert value_at_risk(draws, 0.95) == pytest.approx(100 + 20 * z, abs=1e-3)
    assert tail_value_at_risk(draws, 0.95) == pytest.approx(100 + 20 * stats.norm.pdf(z) / 0.05, abs=1e-2)
    assert chance_above(draws, 100 + 20 * z) == pytest.approx(0.05, abs=1e-5)


def test_the_tail_of_draws_is_right_where_many_are_the_same():
    """Half the draws are 0: the worst 60% hold all the 10s and some of the 0s."""
    draws = np.array([0.0] * 100 + [10.0] * 100)
    assert value_at_risk(draws, 0.4) == 0
    assert tail_value_at_risk(draws, 0.4) == pytest.approx(0.5 * 10 / 0.6)


def test_what_is_not_known_stays_so_and_the_rest_is_told():
    draws = np.vstack((np.full(400, np.nan), np.arange(400.0)))
    at, beyond = value_at_risk(draws, 0.95), tail_value_at_risk(draws, 0.95)
    assert np.isnan([at[0], beyond[0], chance_above(draws, 1)[0]]).all()
    assert at[1] == 379
    assert beyond[1] == pytest.approx(389.5)


def test_questions_without_an_answer_are_refused():
    for ask, why in [
        (lambda: value_at_risk(np.arange(100.0), 0.95), "a tail needs 10"),
        (lambda: value_at_risk(np.arange(100.0), 1.0), "no level"),
        (lambda: total_cost(**BOOK).value_at_risk(0.0), "no level"),
        (lambda: total_cost(**BOOK | {"probability": 0.0}), "no tail"),
        (lambda: total_cost(**BOOK | {"cv": -1.0}), "0 or more"),
        (lambda: total_cost(**BOOK, match="beta"), "normal"),
    ]:
        with pytest.raises(Refused, match=why):
            ask()
