"""The pieces of a forecast: bins, evidence, multipliers, weights, counts."""

import numpy as np
import pytest
from scipy.stats import binom, norm, poisson

from warrantor.forecast.at_risk import AtRisk
from warrantor.forecast.counts import Predictive, averaged, binomial_cdf, log_score, mixture
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
    assert (three.expected, three.sd, three.dispersion) == (0.0, STATED_SD, 1.0)
    assert three.quantiles(2)[1] == pytest.approx(norm.ppf(0.75) * STATED_SD * np.sqrt(4 / 3), rel=1e-4)


def test_windows_of_one_product_do_not_count_twice():
    product = np.array([0, 0, 0, 0, 1, 2, 3, 4])
    e = np.full(8, 1000.0)
    found = multiplier(np.where(product == 0, 4000.0, 2000.0), e, product, np.zeros(8))
    alone = multiplier(np.array([4000.0, 2000, 2000, 2000, 2000]), e[:5], np.arange(5), np.zeros(5))
    assert not found.prior
    assert found.expected == pytest.approx(alone.expected, abs=1e-9)
    assert found.sd == pytest.approx(alone.sd, abs=1e-9)


def test_a_common_error_is_learnt_and_drawn_towards_none():
    product, e = np.arange(40), np.full(40, 1e6)
    found = multiplier(np.full(40, 2e6), e, product, np.zeros(40))
    assert found.expected == pytest.approx(np.log(2), rel=0.03)
    four = multiplier(np.full(4, 2e6), e[:4], product[:4], np.zeros(4))
    assert 0.0 < four.expected < found.expected


def test_the_posterior_is_the_integral_over_all_three():
    rng = np.random.default_rng(4)
    e, product = rng.uniform(5, 80, 7), np.array([0, 0, 1, 2, 3, 4, 5])
    o, spread = np.round(e * np.exp(rng.normal(0.2, 0.6, 7))), rng.uniform(0, 0.1, 7)
    found = multiplier(o, e, product, spread)
    share, r = np.where(product == 0, 0.5, 1.0), np.log((o + 0.5) / (e + 0.5))
    m, tau, phi = np.meshgrid(np.linspace(-1.5, 2.0, 141), np.exp(np.linspace(*np.log([0.005, 3.0]), 61) / 2),
                              np.geomspace(1.0, 20.0, 61), indexing="ij")
    v = tau[..., None] ** 2 + phi[..., None] * (spread + 1 / (e + 0.5))
    log = -0.5 * (share * (np.log(v) + (r - m[..., None]) ** 2 / v)).sum(-1)
    log = log + np.log(0.8 * norm.pdf(m, 0, 0.2) + 0.2 * norm.pdf(m, 0, 1.0))
    log = log - 0.5 * (np.log(tau / 0.5) / 0.5) ** 2 - 0.5 * (np.log(phi) / 2.0) ** 2
    weight = np.exp(log - log.max()) / np.exp(log - log.max()).sum()
    assert found.expected == pytest.approx((weight * m).sum(), abs=0.005)
    assert found.sd == pytest.approx(np.sqrt((weight * tau**2).sum()), rel=0.03)
    assert found.dispersion == pytest.approx((weight * phi).sum(), rel=0.1)  # the grids differ


def test_poisson_noise_is_no_error_of_the_forecast():
    rng = np.random.default_rng(3)
    e = np.full(60, 8.0)
    found = multiplier(rng.poisson(8.0, 60).astype(float), e, np.arange(60), np.zeros(60))
    assert found.sd < 0.3
    assert found.dispersion < 1.3


def test_counts_that_come_in_bursts_show_their_dispersion():
    rng = np.random.default_rng(5)
    e = np.tile([4.0, 4000.0], 40)
    o = np.where(e < 10, rng.negative_binomial(1, 0.2, 80), rng.poisson(e)).astype(float)
    found = multiplier(o, e, np.arange(80), np.zeros(80))
    assert found.dispersion > 2.0
    small, large = (found.quantiles(200, 0.0, v)[[10, -10]] for v in (4.0, 4000.0))
    assert np.diff(small)[0] > 2 * np.diff(large)[0]
    assert found.bursts(4.0, rng, 9000).std() == pytest.approx(np.sqrt((found.dispersion - 1) / 4.5), rel=0.05)


def test_ranks_are_averaged_between_the_parts():
    rng = np.random.default_rng(6)
    draws = [np.exp(rng.normal(m, 0.5, 4000)) for m in (5.0, 7.0)]
    parts = [Predictive(d, d, np.full(4000, 1 / 4000)) for d in draws]
    both, pool = averaged(parts, np.array([1.0, 3.0])), mixture(parts, np.array([1.0, 3.0]))
    assert np.log(both.mean).mean() == pytest.approx(6.5, abs=0.03)
    assert np.log(both.mean).std() == pytest.approx(0.5, abs=0.02)
    assert np.log(pool.mean).std() > 0.8
    same = averaged([parts[0]] * 2, np.ones(2))
    np.testing.assert_allclose([same.quantile(p) for p in (0.05, 0.95)], [parts[0].quantile(p) for p in (0.05, 0.95)],
                               rtol=0.01)
    assert averaged([Predictive(np.zeros(1), np.zeros(1), np.ones(1))], np.ones(1)).expected() == 0.0


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
