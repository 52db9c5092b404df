"""Each law against calculus: hazard is the slope of its integral, quantile undoes it, derivatives are derivatives."""

import numpy as np
import pytest

from warrantor.life.law import Ages, log_one_minus_exp
from warrantor.life.laws import LAWS

PARAMS = {
    "exponential": [0.02],
    "weibull": [1.7, 40.0],
    "lognormal": [3.5, 0.8],
    "loglogistic": [3.4, 0.5],
    "gengamma": [3.6, 0.7, 0.6],
    "gompertz": [0.03, 0.008],
    "lfp-exponential": [0.3, 0.02],
    "lfp-weibull": [0.2, 1.7, 40.0],
    "lfp-lognormal": [0.4, 3.5, 0.8],
    "lfp-loglogistic": [0.1, 3.4, 0.5],
}
MORE = [
    ("gengamma", [3.6, 0.7, -0.8]),
    ("gengamma", [3.6, 0.7, 0.02]),
    ("gengamma", [3.6, 0.7, 1e-7]),
    ("gompertz", [-0.03, 0.02]),
    ("gompertz", [1e-9, 0.02]),
]
CASES = list(PARAMS.items()) + MORE
AGE = np.array([0.5, 3.0, 11.0, 30.0, 60.0])


def test_every_law_is_tried():
    assert set(PARAMS) == set(LAWS)


@pytest.mark.parametrize(("name", "params"), CASES)
def test_hazard_is_the_slope_of_its_integral(name, params):
    law, p, h = LAWS[name], np.array(params), 1e-5
    slope = (law.cumulative_hazard(AGE * (1 + h), p) - law.cumulative_hazard(AGE * (1 - h), p)) / (2 * h * AGE)
    np.testing.assert_allclose(np.exp(law.log_hazard(AGE, p)), slope, rtol=2e-6 if name == "gengamma" else 2e-8)


@pytest.mark.parametrize(("name", "params"), CASES)
def test_quantile_undoes_the_law(name, params):
    law, p = LAWS[name], np.array(params)
    share = np.exp(law.log_failed(AGE, p))
    np.testing.assert_allclose(law.quantile(share, p), AGE, rtol=1e-8)


@pytest.mark.parametrize(("name", "params"), CASES)
def test_density_is_hazard_times_survival_and_age_zero_has_none_failed(name, params):
    law, p = LAWS[name], np.array(params)
    np.testing.assert_allclose(law.log_density(AGE, p), law.log_hazard(AGE, p) + law.log_survival(AGE, p))
    assert law.cumulative_hazard(np.array([0.0]), p)[0] == 0.0


@pytest.mark.parametrize("name", ["lfp-weibull", "lfp-lognormal", "gompertz"])
def test_a_share_that_never_fails_has_no_quantile(name):
    p = np.array(PARAMS[name] if name != "gompertz" else [-0.03, 0.02])
    never = np.exp(LAWS[name].log_survival(np.array([np.inf]), p))[0]
    assert 0 < never < 1
    assert np.isinf(LAWS[name].quantile(np.array([1 - never + 1e-6]), p)[0])
    assert np.isfinite(LAWS[name].quantile(np.array([1 - never - 1e-6]), p)[0])


@pytest.mark.parametrize("name", list(LAWS))
@pytest.mark.parametrize("which", ["accumulated", "intensity"])
def test_derivatives_of_the_search_are_derivatives(name, which):
    law, rng = LAWS[name], np.random.default_rng(7)
    theta = rng.normal(0, 0.6, (len(law.reach), 1)) + np.zeros((1, len(AGE)))
    ages = Ages.of(AGE / 20)
    f, h = getattr(law, which), 1e-5
    here = f(ages, theta)
    for i in range(len(theta)):
        step = np.zeros_like(theta)
        step[i] = h
        up, down = f(ages, theta + step), f(ages, theta - step)
        np.testing.assert_allclose(here.slope[i], (up.value - down.value) / (2 * h), rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose(here.bend[i], (up.slope - down.slope) / (2 * h), rtol=2e-6, atol=2e-7)


@pytest.mark.parametrize(("of", "lam"), [("weibull", 1.0), ("lognormal", 0.0)])
def test_generalised_gamma_contains_weibull_and_lognormal(of, lam):
    params = np.array([3.0, 0.5])
    inner = params if of == "lognormal" else np.array([1 / 0.5, np.exp(3.0)])
    np.testing.assert_allclose(
        LAWS["gengamma"].log_density(AGE, np.array([*params, lam])), LAWS[of].log_density(AGE, inner), rtol=1e-12
    )


def test_laws_broadcast_ages_against_draws_of_parameters():
    draws = np.array([[1.2, 30.0], [1.5, 50.0], [2.0, 70.0]])
    h = LAWS["weibull"].cumulative_hazard(AGE, draws[:, None, :])
    assert h.shape == (3, 5)
    np.testing.assert_allclose(h[1], (AGE / 50.0) ** 1.5)


def test_log_of_a_tiny_share_keeps_its_digits():
    h = np.array([1e-300, 1e-12, 0.1, 0.693, 5.0, 800.0])
    np.testing.assert_allclose(log_one_minus_exp(h)[:2], np.log(h[:2]), rtol=1e-12)
    np.testing.assert_allclose(log_one_minus_exp(h)[2:5], np.log(1 - np.exp(-h[2:5])), rtol=1e-14)
    assert log_one_minus_exp(h)[5] == 0.0
