"""Evidence of a trial: the check values of the method notes, section 3, typed from there.

The mixtures and Bernoulli intervals are those of confseq's own unit tests (Howard et al. 2021).
"""

import numpy as np
import pytest
from scipy import special
from scipy.stats import multivariate_normal

from warrantor.trial import asymptotic, bounded, difference, looks, mixtures, overspend, proportion, rate, ratio
from warrantor.trial.evidence import crossing

BOTH, ONE = mixtures.best_rho(100, 0.05), mixtures.best_rho(100, 0.05, two_sided=False)
ENDS = 0.2, 0.8
R_ONE, R_BOTH = (mixtures.beta_precision(100, 0.05, ENDS, two_sided=b) for b in (False, True))
MIXTURES = {
    "normal, two sides": (lambda s: mixtures.normal(s, 100.0, BOTH), -0.6510052, 30.35209),
    "normal, one side": (lambda s: mixtures.normal(s, 100.0, ONE, two_sided=False), -0.06502391, 27.66071),
    "gamma-Poisson": (lambda s: mixtures.gamma_poisson(s, 100.0, ONE, 2.0), -0.06991219, 30.1949),
    "gamma-exponential": (lambda s: mixtures.gamma_exponential(s, 100.0, ONE, 2.0), -0.2490165, 33.02017),
    "beta, one side": (lambda s: mixtures.beta_binomial(s, 100.0, R_ONE, ENDS, two_sided=False), -0.07134019, 28.41238),
    "beta, two sides": (lambda s: mixtures.beta_binomial(s, 100.0, R_BOTH, ENDS), -0.6941012, 31.4308),
}


def test_best_rho():
    assert pytest.approx(12.60056, abs=5e-6) == BOTH


@pytest.mark.parametrize("name", MIXTURES)
def test_mixtures_and_their_bounds(name):
    log_mixture, at_ten, edge = MIXTURES[name]
    assert float(log_mixture(10.0)) == pytest.approx(at_ten, abs=5e-6)
    assert mixtures.bound(log_mixture, 0.05, 300.0) == pytest.approx(edge, abs=5e-5)


@pytest.mark.parametrize(("some", "n", "tuned", "low", "high"), [
    (700, 1000, 100, 0.651629, 0.745949), (15, 50, 50, 0.129556, 0.511896), (5, 50, 50, 0.013021, 0.269264),
    (1, 50, 50, 0.0, 0.134890)])
def test_bernoulli_intervals(some, n, tuned, low, high):
    def excess(p):
        spread = p * (1 - p)
        r = mixtures.beta_precision(tuned * spread, 0.05, (p, 1 - p))
        return mixtures.beta_binomial(some - n * p, n * spread, r, (p, 1 - p)) + np.log(0.05)

    share = np.array([some / n])
    assert crossing(excess, share, np.array([1e-9]))[0] == pytest.approx(low, abs=5e-6)
    assert crossing(excess, share, np.array([1 - 1e-9]))[0] == pytest.approx(high, abs=5e-6)


def test_claims_against_expected():
    n = np.array([20, 25, 30, 35, 40])
    two = [0.5741531922, 0.7889460279, 2.2431664109, 12.0301070005, 113.2840422594]
    one = [0.5964549090, 1.3736458163, 4.6719247144, 26.1059601895, 247.2546693495]
    assert np.exp(rate.rate_log_e(n, 20.0)) == pytest.approx(two, rel=1e-9)
    assert np.exp(rate.rate_log_e(n, 20.0, side="above")) == pytest.approx(one, rel=1e-9)


@pytest.mark.parametrize(("expected", "first"), [(5, 15), (10, 22), (20, 35), (50, 71), (100, 130), (200, 242)])
def test_first_count_that_alarms(expected, first):
    path = rate.rate_log_e(np.arange(400), float(expected), side="above")
    assert int((path >= np.log(20)).argmax()) == first


def test_confidence_sequences_of_the_rate():
    low, high = rate.rate_interval(np.array([130.0]), np.array([100.0]))
    assert (low[0], high[0]) == pytest.approx((0.9820311255878, 1.6801547767486), rel=1e-9)
    low, high = rate.rate_interval(np.array([30.0]), np.array([25_000.0]), prior=(2.0, 2000.0))
    assert (low[0], high[0]) == pytest.approx((0.0006590954308818, 0.0019776522588101), rel=1e-9)


def test_the_count_is_a_gamma_poisson_mixture():
    n, total = np.arange(5, 60), 20.0
    assert rate.rate_log_e(n, total, 1.1, prior=(11.0, 10.0), side="above") == pytest.approx(
        mixtures.gamma_poisson(n - total * 1.1, total * 1.1, 11.0, 1.0), abs=1e-10)


def test_two_arms():
    found = ratio.ratio_evidence(np.array([150]), np.array([110]))
    assert np.exp(found.log_e[0]) == pytest.approx(5.31613248106975, rel=1e-9)
    assert (found.lower[0], found.upper[0]) == pytest.approx((0.9414493312357, 1.9893407678781), rel=1e-9)


def test_two_arms_with_a_ratio_at_risk_by_claim():
    z = np.repeat([1, 0], [150, 110])
    assert ratio.varying_log_e(z, np.ones(260))[-1] == pytest.approx(1.6802243049286, rel=1e-9)
    path = ratio.varying_log_e(np.array([1, 0, 1, 1, 0, 1]), np.array([1, 1, 0.9, 0.8, 0.8, 0.75]))
    assert path[-1] == pytest.approx(-0.00455059293015792, rel=1e-9)


def test_asymptotic():
    rho = asymptotic.asymptotic_rho(0.05, 5000)
    assert rho == pytest.approx(0.03984006677137, rel=1e-10)
    assert asymptotic.half_width(10_000, 1.0, rho, 0.05) == pytest.approx(0.030614772188674, rel=1e-10)
    wider = asymptotic.asymptotic_rho(0.10, 5000)
    one_sided = asymptotic.half_width(10_000, 1.0, wider, 0.05, one_sided=True)
    assert one_sided == pytest.approx(0.0280133072384737, rel=1e-9)


def test_planned_looks():
    five = looks.boundaries(np.arange(1, 6) / 5, 0.05)
    assert five.round(3).tolist() == [4.877, 3.357, 2.680, 2.290, 2.031]
    three = looks.boundaries(np.arange(1, 4) / 3, 0.025, two_sided=False)
    assert three.round(3).tolist() == [3.710, 2.511, 1.993]


def test_planned_looks_cross_as_often_as_they_spend():
    t = np.arange(1, 4) / 3
    edges = looks.boundaries(t, 0.025, two_sided=False)
    assert special.ndtr(-edges[0]) == pytest.approx(looks.spent(t[0], 0.025, two_sided=False), rel=1e-9)
    law = multivariate_normal(np.zeros(3), np.sqrt(np.minimum.outer(t, t) / np.maximum.outer(t, t)))
    assert 1 - law.cdf(edges) == pytest.approx(0.025, abs=2e-5)


def test_share_is_the_integral_of_its_prior():
    p, w = np.polynomial.legendre.leggauss(200)
    p = (p + 1) / 2
    mean = np.sum(w / 2 * p**2 * (1 - p) ** 3 / special.beta(3, 4) * (p / 0.1) ** 7 * ((1 - p) / 0.9) ** 23)
    assert proportion.proportion_log_e(7, 30, 0.1, prior=(3, 4)) == pytest.approx(np.log(mean), abs=1e-10)


def test_the_frozen_stakes():
    assert overspend.stakes_above(60.0)[[0, -1]] == pytest.approx([1e-4, 1e-2])
    assert overspend.stakes_below(300.0)[[0, -1]] == pytest.approx([1e-4, 3e-3])
    assert difference.difference_stakes(600.0)[[0, -1]] == pytest.approx([0.0003, 0.0015])


def test_betting_on_a_bounded_mean():
    i = np.arange(1, 401)
    x = np.where(i % 20 == 0, ((7 * i) % 50) / 50 + 0.02, 0.0)
    assert bounded.bounded_interval(x) == pytest.approx((0.006, 0.044), abs=1e-9)
    assert bounded.bounded_interval(x[:200]) == pytest.approx((0.0, 0.061), abs=1e-9)
    low, high = bounded.bernstein_interval(x)
    assert (low[-1], high[-1]) == pytest.approx((0.0, 0.04535943308462276), abs=1e-14)
