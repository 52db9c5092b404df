"""Sample sizes and power of trials: the method notes' section 2 and their check values, typed from there."""

import pytest

from warrantor.finding import Refused
from warrantor.trial import design

COST = design.cost_variance(0.04, 60, 1.2), design.cost_variance(0.028, 60, 1.2)


@pytest.mark.parametrize(("found", "value"), [
    (lambda: design.units_for_shares(0.052, 0.040), 4779.967758),
    (lambda: COST[0], 345.6),
    (lambda: COST[1], 243.1296),
    (lambda: design.units_for_difference(COST, 0.72, 1.20), 15797.979367),
    (lambda: design.units_for_mean(COST[0], 2.4, 3.0), 5935.254943),
    (lambda: design.units_for_precision(0.012, 0.003), 5060.481753),
    (lambda: design.claims_for_ratio(1.3), 456.098142),
    (lambda: design.clusters_for_rates((0.052, 0.040), 400, 0.15), 18.814777),
    (lambda: design.clusters_for_shares((0.052, 0.040), 400, 0.15), 18.228291),
    (lambda: design.design_effect(200, 0.5, 0.002), 1.498),
    (lambda: design.design_effect(200, 0.5, 0.002) * design.units_for_mean(COST[0], 2.4, 3.0), 8891.011904),
    (lambda: design.cost_variance(0.012, 60, 1.2), 104.8896),
    (lambda: design.detectable_ratio(60, 0.0), 1.378509),
    (lambda: design.detectable_ratio(60, 0.15), 1.635727),
    (lambda: design.detectable_ratio(60, 0.30), 2.252587),
    (lambda: design.detectable_ratio(200, 0.15), 1.510340),
    (lambda: design.placebo_error(0.08, 12, 12, 6), 0.041633320),
    (lambda: design.detectable_difference(design.placebo_error(0.08, 12, 12, 6)), 0.11663841),
    (design.price_of_looking, 1.548604),
    (lambda: design.price_of_looking(one_sided=True), 1.689569),
])
def test_check_values(found, value):
    assert found() == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize(("expected", "size", "some", "more"), [
    (20, 0.034334, 0.303260, 0.596918), (40, 0.038740, 0.518443, 0.864944), (60, 0.044213, 0.689861, 0.962359),
    (80, 0.044643, 0.796351, 0.989393)])
def test_exact_power_of_observed_over_expected(expected, size, some, more):
    found = [design.exact_power(expected, r) for r in (1.0, 1.3, 1.5)]
    assert found == pytest.approx([size, some, more], abs=1e-6)


def test_a_window_alone_is_cheaper_and_says_less():
    cheap = design.units_for_mean(design.cost_variance(0.012, 60, 1.2), 0.72, 1.20)
    assert cheap == pytest.approx(2814.60918, rel=1e-6)
    assert design.units_for_difference(COST, 0.72, 1.20) / cheap == pytest.approx(5.6, abs=0.05)


@pytest.mark.parametrize("asked", [
    lambda: design.units_for_difference(COST, 1.2, 1.2), lambda: design.units_for_shares(0.04, 0.04),
    lambda: design.claims_for_ratio(1.0), lambda: design.detectable_ratio(0.0, 0.1),
    lambda: design.units_for_precision(0.01, 0.0), lambda: design.cost_variance(1.2, 60, 1.2),
    lambda: design.placebo_error(0.08, 0, 12, 6), lambda: design.clusters_for_rates((0.04, 0.04), 400, 0.1),
    lambda: design.z(1.0)])
def test_what_cannot_be_told_is_refused(asked):
    with pytest.raises(Refused):
        asked()


def test_power_is_what_simulation_finds():
    import numpy as np

    rng = np.random.default_rng(0)
    n = round(design.units_for_difference(COST, 0.72, 1.20))
    def total(share):
        claims = rng.binomial(n, share, 4000)
        mean = rng.gamma(claims / 1.44, 60 * 1.44) / n
        return mean, (claims * 60**2 * 2.44 / n - mean**2) / n
    (one, v1), (other, v0) = total(0.04), total(0.028)
    shown = (one - other) + design.z(0.95) * np.sqrt(v1 + v0) < 1.20
    assert shown.mean() == pytest.approx(0.8, abs=0.03)
