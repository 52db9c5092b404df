"""Laws that life tables and fits obey whatever the data."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from warrantor import fit, life_table
from warrantor.life.reduce import tally_of_ages
from warrantor.tally import COUNTS

LIVES = st.lists(st.tuples(st.integers(0, 40), st.booleans(), st.integers(1, 9)), min_size=3, max_size=40)
QUICK = settings(max_examples=60, deadline=None)


def tally(lives):
    age, failed, count = (np.array(c) for c in zip(*lives, strict=True))
    return tally_of_ages(age, failed, None, count)


def times(t, k):
    return replace(t, **{name: getattr(t, name) * k for name in COUNTS})


@QUICK
@given(LIVES)
def test_survival_never_rises_and_stays_a_share(lives):
    table = life_table(tally(lives)).of()
    assert (np.diff(table["survival"]) <= 1e-15).all()
    assert ((table["survival"] >= 0) & (table["survival"] <= 1)).all()
    assert (table["claims"] <= table["at_risk"]).all()
    inside = np.isfinite(table["lower"])
    assert (table["lower"][inside] <= table["survival"][inside]).all()
    assert (table["upper"][inside] >= table["survival"][inside]).all()


@QUICK
@given(LIVES, st.randoms(use_true_random=False))
def test_order_of_rows_changes_nothing(lives, random):
    mixed = lives.copy()
    random.shuffle(mixed)
    one, other = fit(tally(lives)), fit(tally(mixed))
    assert one.refused == other.refused
    np.testing.assert_array_equal(one.parameters, other.parameters)


@QUICK
@given(LIVES, st.sampled_from(["weibull", "lognormal", "exponential", "loglogistic"]))
def test_doubling_every_unit_halves_the_variance(lives, law):
    one = fit(tally(lives), law)
    assume(one.refused == (None,))
    two = fit(times(tally(lives), 2.0), law)
    np.testing.assert_allclose(two.parameters, one.parameters, rtol=1e-6)
    np.testing.assert_allclose(two.covariance, one.covariance / 2, rtol=1e-5)
    np.testing.assert_allclose(two.loglik, 2 * one.loglik, rtol=1e-9, atol=1e-9)
    variance = [life_table(t).of()["survival_variance"] for t in (tally(lives), times(tally(lives), 2.0))]
    np.testing.assert_allclose(variance[1], variance[0] / 2, rtol=1e-12)


@QUICK
@given(LIVES, st.sampled_from(["weibull", "lognormal", "loglogistic"]), st.sampled_from([1e-9, 0.01, 86400.0]))
def test_the_unit_of_age_is_a_matter_of_taste(lives, law, factor):
    one = tally(lives)
    other = fit(replace(one, age=one.age * factor), law)
    one = fit(one, law)
    assert [r is None for r in other.refused] == [r is None for r in one.refused]
    assume(one.refused == (None,))
    share = np.array([0.01, 0.2])
    np.testing.assert_allclose(other.quantile(share), one.quantile(share) * factor, rtol=1e-6)


@QUICK
@given(LIVES, st.sampled_from(["weibull", "lognormal", "exponential", "gompertz", "lfp-weibull"]))
def test_a_fit_is_balanced_and_inside_its_space_or_says_why_not(lives, law):
    one = fit(tally(lives), law)
    if one.refused[0] is not None:
        assert len(one.refused[0]) > 20
        assert np.isnan(one.parameters).all()
        return
    assert one.unbalance[0] <= 1e-8
    assert np.isfinite(one.parameters).all()
    assert (np.linalg.eigvalsh(one.covariance[0]) > 0).all()
    profile = [one.interval(name)[0] for name in one.names]
    assert all(low <= v <= high for (low, high), v in zip(profile, one.parameters[0], strict=True))


@QUICK
@given(LIVES)
def test_dead_on_arrival_enter_no_law(lives):
    with_dead, without = tally([*lives, (0, True, 7)]), tally(lives)
    np.testing.assert_array_equal(fit(with_dead).parameters, fit(without).parameters)
    assert fit(with_dead).dead_on_arrival[0] == fit(without).dead_on_arrival[0] + 7


@QUICK
@given(LIVES, LIVES)
def test_a_tally_of_two_parts_is_the_sum_of_theirs(one, other):
    both, added = tally(one + other), tally(one) + tally(other)
    np.testing.assert_allclose(life_table(both).of()["survival"], life_table(added).of()["survival"])
    assert fit(both).refused == fit(added).refused
    np.testing.assert_allclose(fit(both).loglik, fit(added).loglik, rtol=1e-12)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_a_higher_level_gives_a_wider_interval(level):
    one = fit(tally_of_ages([3, 5, 8, 13, 21, 30], [1, 1, 0, 1, 0, 0]))
    low, high = one.interval("eta", level=level)[0]
    wide_low, wide_high = one.interval("eta", level=level + 0.005)[0]
    assert wide_low < low < high < wide_high
