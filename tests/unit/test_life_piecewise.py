"""A hazard constant between edges: against brute force, the exponential, and its own definitions."""

import json
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import brentq, minimize

from warrantor import Refused, fit, fit_piecewise, tally_of_ages
from warrantor.tally import Tally

EDGES = [0.0, 100.0, 300.0, 730.0]


def simulated(strata=3, n=400, seed=3):
    rng = np.random.default_rng(seed)
    life = np.ceil(900 * rng.weibull(1.4, n * strata))
    watched = rng.integers(1, 731, n * strata)
    return np.minimum(life, watched), life <= watched, np.repeat(np.arange(strata), n)


def by_month(seed=5):
    rng = np.random.default_rng(seed)
    claimed, left = rng.integers(0, 5, 12).astype(float), rng.integers(0, 4, 12).astype(float)
    claimed[-1] = 0
    left[-1] = 200.0
    entered = np.zeros(12)
    entered[0] = claimed.sum() + left.sum()
    return Tally.of(by=(), strata=((),), stratum=np.zeros(12, int), age=np.arange(12.0), unit="month", grain="interval",
                    entered=entered, claimed=claimed, open=left)


def test_each_rate_is_claims_over_time_lived_unit_by_unit():
    age, failed, stratum = simulated()
    found = fit_piecewise(tally_of_ages(age, failed, stratum), EDGES)
    for s in range(3):
        for k in range(3):
            a = age[stratum == s]
            lived = np.clip(a, EDGES[k], EDGES[k + 1]) - EDGES[k]
            d = (failed[stratum == s] & (a > EDGES[k]) & (a <= EDGES[k + 1])).sum()
            assert found.parameters[s, k] == pytest.approx(d / lived.sum(), rel=1e-12)


def test_the_log_likelihood_is_its_own_sum_over_units_and_a_maximum():
    age, failed, _ = simulated(1)
    found = fit_piecewise(tally_of_ages(age, failed), EDGES)
    piece = np.searchsorted(EDGES, age) - 1
    total = np.log(found.parameters[0][piece])[failed].sum() - found.cumulative_hazard(age)[0].sum()
    assert found.loglik[0] == pytest.approx(total, rel=1e-12)

    def loss(log_rate):
        lived = np.stack([np.clip(age, a, b) - a for a, b in pairwise(EDGES)])
        return np.exp(log_rate) @ lived.sum(axis=1) - log_rate[piece][failed].sum()

    best = minimize(loss, np.full(3, -6.0), tol=1e-10)
    assert -best.fun == pytest.approx(found.loglik[0], rel=1e-9)
    assert np.exp(best.x) == pytest.approx(found.parameters[0], rel=1e-4)


def test_one_piece_is_the_exponential_law_with_its_interval():
    age, failed, stratum = simulated()
    tally = tally_of_ages(age, failed, stratum)
    one, law = fit_piecewise(tally, [0, np.inf]), fit(tally, "exponential")
    assert one.parameters[:, 0] == pytest.approx(law["rate"], rel=1e-10)
    assert one.loglik == pytest.approx(law.loglik, rel=1e-12)
    name = one.names[0]
    assert one.interval(name) == pytest.approx(law.interval("rate"), rel=1e-6)
    assert one.standard_error(name) == pytest.approx(law.standard_error("rate"), rel=1e-8)
    assert one.survival(np.array([50.0])) == pytest.approx(law.survival(np.array([50.0])), rel=1e-10)
    assert one.quantile(np.array([0.1, 0.9])) == pytest.approx(law.quantile(np.array([0.1, 0.9])), rel=1e-10)


def test_at_interval_grain_one_piece_is_the_exponential_law_too():
    tally = by_month()
    one, law = fit_piecewise(tally, [0, 12]), fit(tally, "exponential")
    assert one.parameters[0, 0] == pytest.approx(law["rate"][0], rel=1e-9)
    assert one.loglik == pytest.approx(law.loglik, rel=1e-11)
    assert one.interval(one.names[0]) == pytest.approx(law.interval("rate"), rel=1e-6)
    assert one.standard_error(one.names[0]) == pytest.approx(law.standard_error("rate"), rel=1e-8)


def test_a_step_a_piece_at_interval_grain_is_the_life_table():
    tally = by_month()
    found = fit_piecewise(tally, np.arange(13.0))
    d, n = tally.claimed[:11], tally.at_risk[:11]
    assert found.survival(np.arange(12.0))[0, 1:] == pytest.approx(np.cumprod(1 - d / n), rel=1e-12)


def test_a_piece_without_claims_is_bounded_from_above_and_one_unwatched_is_not_known():
    found = fit_piecewise(tally_of_ages([10.0, 40.0, 45.0], [1, 0, 0]), [0, 20, 50, 90])
    low, high = found.interval(found.names[1])[0]
    assert found.parameters[0, 1] == 0.0
    assert low == 0.0
    assert high == pytest.approx(2.705543 / 2 / 45, rel=1e-6)  # 2 r E = chi2_1(0.9), E = 20 + 25
    assert np.isnan(found.parameters[0, 2])
    assert np.isnan(found.survival(np.array([60.0]))[0, 0])
    assert np.isnan(found.quantile(np.array([0.9]))[0, 0])
    assert np.isnan(found.survival(np.array([91.0]))[0, 0])


def test_the_interval_is_where_the_poisson_likelihood_falls_by_its_limit():
    found = fit_piecewise(tally_of_ages([5.0, 10, 20, 20], [1, 1, 1, 0]), [0, 20])

    def fall(r):
        return 2 * (3 * np.log(3 / 55 / r) - 3 + 55 * r) - 2.7055434540954146

    ends = [brentq(fall, 1e-9, 3 / 55), brentq(fall, 3 / 55, 1.0)]
    assert found.interval(found.names[0])[0] == pytest.approx(ends, rel=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_chosen_edges_leave_ten_claims_a_piece_and_end_with_the_records(seed):
    rng = np.random.default_rng(seed)
    age, failed = rng.integers(1, 40, 30 * (seed + 1)).astype(float), rng.random(30 * (seed + 1)) < 0.7
    found = fit_piecewise(tally_of_ages(age, failed))
    assert found.piece_claims.sum() == failed.sum()
    assert found.edges[-1] == age.max()
    assert len(found.names) <= 10
    assert (found.piece_claims >= 10).all()


def test_quantiles_undo_survival():
    found = fit_piecewise(tally_of_ages(*simulated(1)[:2]), EDGES)
    p = np.array([0.0, 0.05, 0.2, 0.4])
    assert 1 - found.survival(found.quantile(p)[0])[0] == pytest.approx(p, abs=1e-12)


@pytest.mark.parametrize(("edges", "said"), [([5, 10], "rise from 0"), ([0, 10, 10], "rise from 0"),
                                             ([0, 10], "last age watched"), ([0], "rise from 0")])
def test_edges_that_make_no_pieces_are_refused(edges, said):
    with pytest.raises(Refused, match=said):
        fit_piecewise(tally_of_ages([10.0, 20], [1, 0]), edges)


def test_brackets_and_broken_steps_are_refused():
    with pytest.raises(Refused, match="turnbull"):
        fit_piecewise(by_month().brackets())
    with pytest.raises(Refused, match="whole"):
        fit_piecewise(by_month(), [0, 2.5, 12])


def test_it_is_written_out_whole():
    found = fit_piecewise(tally_of_ages(*simulated()), EDGES)
    document = found.to_dict()
    json.dumps(document, allow_nan=False)
    assert document["schema"] == "warrantor.piecewise/1"
    assert found.to_arrow().num_rows == 9
    assert "3 pieces" in repr(found)
