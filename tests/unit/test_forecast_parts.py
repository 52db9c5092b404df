"""The pieces of a forecast: bins, evidence, multipliers, weights, counts."""

import numpy as np
import pytest
from scipy.stats import binom, norm, poisson

from warrantor.forecast.at_risk import AtRisk
from warrantor.forecast.counts import Predictive, binomial_cdf, log_score, mixture
from warrantor.forecast.curves import brought, brought_by
from warrantor.forecast.forecasters import foretell
from warrantor.forecast.hazard import Hyper, laplace
from warrantor.forecast.lived import edges_to, lived
from warrantor.forecast.record import PRIOR, stacked
from warrantor.forecast.score import interval_score, product_mean, randomised_pit
from warrantor.forecast.transport import STATED_SD, multiplier
from warrantor.tally import Tally


def tally(unit="month", grain="exact", scale=1.0):
    return Tally.of(
        by=(),
        strata=((),),
        stratum=np.zeros(4, int),
        age=scale * np.array([0.0, 3.0, 8.0, 12.0]),
        unit=unit,
        grain=grain,
        entered=np.array([10.0, 0, 0, 0]),
        claimed=np.array([1.0, 2, 1, 0]),
        open=np.array([0.0, 0, 0, 6]),
    )


def test_bins_hold_every_claim_after_age_zero_and_every_month_lived():
    found = lived(tally(), edges_to(12, 18))
    assert found.edges[-2:].tolist() == [12.0, 18.0]
    assert found.deaths.sum() == 3
    assert found.exposure.sum() == pytest.approx(2 * 3 + 8 + 6 * 12)
    assert found.exposure[0, -1] == 0


def test_days_and_months_fill_the_same_bins():
    one, other = lived(tally(), edges_to(12, 18)), lived(tally("day", scale=30.4375), edges_to(12, 18))
    np.testing.assert_allclose(one.deaths, other.deaths)
    np.testing.assert_allclose(one.exposure, other.exposure)


@pytest.mark.parametrize(("start", "end"), [(0.5, 1.0), (1.0, 36.0), (12.0, 60.0), (120.0, 180.0)])
def test_edges_rise_from_zero_and_reach_the_end(start, end):
    edges = edges_to(start, end)
    assert edges[0] == 0.0
    assert np.all(np.diff(edges) > 0)
    assert edges[-1] >= end * (1 - 1e-9)
    assert np.isclose(edges, start).any()


def test_laplace_evidence_is_near_the_integral():
    # one bin: integral of Poisson(d; E exp f) N(f; m, v) over f, by quadrature
    d, e, m, v = 7.0, 500.0, np.log(0.01), 0.8
    f = np.linspace(m - 8, m + 8, 20001)
    exact = np.log(np.trapezoid(np.exp(d * f - e * np.exp(f)) * norm.pdf(f, m, v**0.5), f))
    found = laplace(np.array([d]), np.array([e]), np.array([[m]]), np.array([[[v]]]))
    assert found.evidence[0] == pytest.approx(exact, abs=0.03)


def test_a_bin_not_yet_lived_keeps_its_prior():
    hyper = Hyper.prior(8)
    mean, prior = hyper.covariance(np.array([4.0, 10.0, 15.0]))
    found = laplace(np.zeros(3), np.zeros(3), mean - 6.0, prior)
    np.testing.assert_allclose(found.mode, mean - 6.0, atol=1e-9)
    np.testing.assert_allclose(found.covariance, prior, atol=1e-9)


def test_prior_points_have_the_stated_middle():
    hyper = Hyper.prior(1024)
    assert np.mean(hyper.slope) == pytest.approx(0.0, abs=0.01)
    assert np.std(hyper.slope) == pytest.approx(0.3, rel=0.03)
    assert np.median(hyper.slope_sd) == pytest.approx(0.5, rel=0.03)


def test_matched_binomial_is_the_binomial_where_units_are_alike():
    k, n, p = np.arange(12.0), 11, 0.3
    found = binomial_cdf(k, np.full(12, n * p), np.full(12, n * p * (1 - p)))
    np.testing.assert_allclose(found, binom.cdf(k, n, p), atol=1e-12)
    np.testing.assert_allclose(binomial_cdf(k, np.full(12, 3.0), np.full(12, 3.0)), poisson.cdf(k, 3.0), atol=1e-12)


def test_quantiles_are_the_smallest_counts_that_reach():
    one = Predictive(np.array([3.0]), np.array([3.0]), np.ones(1))
    assert [one.quantile(p) for p in (0.05, 0.5, 0.95)] == poisson.ppf([0.05, 0.5, 0.95], 3.0).tolist()
    assert Predictive(np.zeros(1), np.zeros(1), np.ones(1)).quantile(0.95) == 0
    assert log_score(one, 2.0) == pytest.approx(poisson.logpmf(2, 3.0))
    assert randomised_pit(one, 2.0, 1.0) == pytest.approx(poisson.cdf(2, 3.0))


def test_a_mixture_has_the_mean_of_its_parts():
    parts = [Predictive(np.array([m]), np.array([m]), np.ones(1)) for m in (2.0, 10.0)]
    assert mixture(parts, np.array([3.0, 1.0])).expected() == pytest.approx(4.0)


def test_a_count_never_passes_the_units():
    found = brought(np.array([50.0, 60.0]), np.array([1.0]), np.array([7.0]))
    assert found.mean.tolist() == pytest.approx([7.0, 7.0])
    assert found.quantile(0.95) == 7


def test_one_bin_and_many_agree():
    f = np.log(np.array([0.01, 0.02, 0.04]))
    units, until = np.array([50.0, 20.0]), np.array([6.0, 2.0])
    one = brought(f, until, units)
    split = brought_by(
        np.column_stack((f, f)), np.column_stack((np.minimum(until, 3), np.maximum(until - 3, 0))), units
    )
    np.testing.assert_allclose(one.mean, split.mean, rtol=1e-3)
    np.testing.assert_allclose(one.variance, split.variance, rtol=1e-3)


def test_fewer_than_four_products_give_the_stated_prior():
    three = multiplier(np.array([9.0, 9, 9, 9]), np.array([3.0, 3, 3, 3]), np.array([0, 1, 2, 2]), np.zeros(4))
    assert three.prior
    assert (three.mean, three.sd) == (0.0, STATED_SD)


def test_a_common_error_is_learnt_and_its_windows_do_not_count_twice():
    product = np.array([0, 0, 0, 0, 1, 2, 3, 4])
    e = np.full(8, 1000.0)
    found = multiplier(np.where(product == 0, 4000.0, 2000.0), e, product, np.zeros(8))
    alone = multiplier(np.array([4000.0, 2000, 2000, 2000, 2000]), e[:5], np.arange(5), np.zeros(5))
    assert not found.prior
    assert found.mean == pytest.approx(alone.mean, abs=1e-9)
    assert found.df == 4.0
    assert found.mean == pytest.approx(np.log(2) * 1.2, rel=1e-2)


def test_poisson_noise_is_no_error_of_the_forecast():
    rng = np.random.default_rng(3)
    e = np.full(60, 8.0)
    found = multiplier(rng.poisson(8.0, 60).astype(float), e, np.arange(60), np.zeros(60))
    assert found.sd < 0.2


def test_weights_follow_the_record_and_stay_off_zero():
    score = np.zeros((30, len(PRIOR)))
    score[:, 2] = 8.0
    weight = stacked(score, np.arange(30))
    assert weight.argmax() == 2
    assert weight.sum() == pytest.approx(1.0)
    assert np.all(weight > 0)
    assert np.allclose(stacked(np.zeros((5, len(PRIOR))), np.arange(5)), PRIOR / PRIOR.sum(), atol=1e-6)


def test_interval_score_rewards_narrow_and_charges_a_miss_twenty_times():
    hit, miss = interval_score(np.array([4.0, 4.0]), np.array([9.0, 9.0]), np.array([6.0, 20.0]))
    assert hit == pytest.approx(np.log(9.5 / 4.5))
    assert miss == pytest.approx(hit + 20 * np.log(20.5 / 9.5))
    assert product_mean(np.array([1.0, 3.0, 8.0]), ["a", "a", "b"]) == 5.0


def test_a_law_refused_leaves_no_forecast():
    none = Tally.of(
        by=(),
        strata=((),),
        stratum=np.zeros(2, int),
        age=np.array([0.0, 12.0]),
        unit="month",
        entered=np.array([9.0, 0]),
        open=np.array([0.0, 9]),
    )
    risk = AtRisk(by=(), strata=((),), stratum=np.zeros(1, int), until=np.array([18.0]), units=np.array([9.0]))
    assert np.isnan(foretell(none, risk, np.array([12.0]), np.array([18.0])).rise).all()
