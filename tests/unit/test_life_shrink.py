"""Strata that borrow: what each keeps, what it takes, and how well that does on simulated strata."""

import json

import numpy as np
import pytest
from scipy.integrate import dblquad

from warrantor import Refused, borrow, fit, tally_of_ages
from warrantor.life.between import Between, on_one_scale, posterior
from warrantor.life.laws import LAWS
from warrantor.life.likelihood import Rows
from warrantor.tally import Tally


def simulated(strata, seed, sd=(0.5, 0.2), sizes=(5, 200), group=None):
    """Weibull lives of strata whose (ln H(12), ln beta) are normal draws, watched for 2 to 14."""
    rng = np.random.default_rng(seed)
    a = -2.0 + sd[0] * rng.standard_normal(strata) + (0 if group is None else group)
    k = 0.3 + sd[1] * rng.standard_normal(strata)
    size = np.exp(rng.uniform(*np.log(sizes), strata)).astype(int)
    at = np.repeat(np.arange(strata), size)
    life = 12 * np.exp((np.log(rng.exponential(size=len(at))) - a[at]) / np.exp(k[at]))
    watched = rng.uniform(2, 14, len(at))
    beta = np.exp(k)
    return np.minimum(life, watched), life <= watched, at, beta, 12 * np.exp(-a / beta)


def tally_with(extra, seed=1, strata=40, **more):
    """Strata and one more at the end: (ages, failed)."""
    age, failed, at, beta, eta = simulated(strata, seed, **more)
    ages, fails = extra
    at = np.concatenate((at, np.full(len(ages), strata)))
    return tally_of_ages(np.concatenate((age, ages)), np.concatenate((failed, fails)), at), beta, eta


def test_a_huge_stratum_keeps_its_own():
    rng = np.random.default_rng(0)
    life = 5 * rng.weibull(3.0, 100_000).round(3) + 0.001
    tally, _, _ = tally_with((np.minimum(life, 9), life <= 9))
    found = borrow(tally)
    assert found.parameters[-1] == pytest.approx(found.own[-1], rel=5e-3)
    assert found.borrowed[-1] < 0.01
    assert found.borrowed[:-1].min() > found.borrowed[-1]


def test_a_stratum_that_says_nothing_gets_its_groups_law():
    tally, _, _ = tally_with((np.array([1e-6]), np.array([False])))
    found = borrow(tally)
    assert found.own_refused[-1]
    assert np.isnan(found.own[-1]).all()
    assert found.borrowed[-1] == pytest.approx(1.0, abs=1e-3)
    centre = found.theta[:, -1]
    others = borrow(tally.only(np.arange(41) < 40))
    _, without = found.theta.mean(axis=1), others.theta
    assert without.min(axis=1)[0] < centre[0] < without.max(axis=1)[0]
    widths = np.ptp(np.log(found.interval("eta")), axis=1)
    assert widths[-1] > np.median(widths)


def test_a_stratum_without_claims_is_answered_above_the_groups_life():
    tally, _, _ = tally_with((np.full(200, 13.0), np.zeros(200, bool)))
    found = borrow(tally)
    assert found.failed(np.array([12.0]))[-1, 0] < np.median(found.failed(np.array([12.0]))[:-1, 0])
    assert 0 < found.borrowed[-1] < 1


def test_shrunk_parameters_lie_nearer_the_centre():
    tally, _, _ = tally_with((np.array([3.0, 4.0]), np.array([True, True])))
    found = borrow(tally)
    own = np.array([r is None for r in found.own_refused])
    away = np.abs(np.log(found.own[own]) - np.log(found.parameters[own]).mean(axis=0))
    shrunk = np.abs(np.log(found.parameters[own]) - np.log(found.parameters[own]).mean(axis=0))
    assert (shrunk.mean(axis=0) < away.mean(axis=0)).all()


def test_strata_that_are_copies_have_one_common_law():
    age, failed, _, _, _ = simulated(1, 3, sizes=(400, 401))
    tally = tally_of_ages(np.tile(age, 6), np.tile(failed, 6), np.repeat(np.arange(6), len(age)))
    found, alone = borrow(tally), fit(tally_of_ages(age, failed))
    assert "no more than chance" in found.how[-1]
    assert found.gain == 0.0
    assert not found.spread.any()
    assert found.borrowed == pytest.approx(1.0)
    assert found.parameters == pytest.approx(np.repeat(alone.parameters, 6, axis=0), rel=1e-6)


def test_lots_of_a_product_are_nearer_to_each_other_than_to_other_products():
    lots, products = 8, 5
    group = np.repeat([-1.2, -0.6, 0.0, 0.6, 1.2], lots)
    age, failed, at, _, _ = simulated(lots * products, 4, sd=(0.2, 0.1), sizes=(100, 200), group=group)
    empty = at != 0
    t = tally_of_ages(age[empty], failed[empty], at[empty], names=tuple(str(s) for s in range(40)))
    strata = tuple((str(s // lots), str(s % lots)) for s in range(40))
    tally = Tally.of(by=("product", "lot"), strata=strata, stratum=t.stratum, age=t.age, entered=t.entered,
                     claimed=t.claimed, open=t.open)
    nested, flat = borrow(tally, across="lot"), borrow(tally)
    mates, all_ = nested.failed(np.array([12.0]))[1:lots, 0], nested.failed(np.array([12.0]))[:, 0]
    assert mates.min() < nested.failed(np.array([12.0]))[0, 0] < mates.max()
    assert nested.failed(np.array([12.0]))[0, 0] < np.median(all_)
    assert nested.failed(np.array([12.0]))[0, 0] < flat.failed(np.array([12.0]))[0, 0]
    assert len(nested.groups) == products
    assert nested.spread[0, 0] < flat.spread[0, 0]


def test_posterior_moments_and_marginal_are_the_integrals():
    age, failed, at, _, _ = simulated(4, 8, sizes=(8, 20))
    rows, law = on_one_scale(fit(tally_of_ages(age, failed, at)).rows), LAWS["weibull"]
    spread = np.array([[0.4, 0.05], [0.05, 0.1]])
    between = Between(np.array([[-1.0, 0.2]]), np.zeros((1, 2, 2)), spread, np.zeros((2, 2)))
    found = posterior(rows, law, between, np.zeros(4, int), np.zeros((2, 4)))
    q = between.precision

    def height(k, a, power=0):
        off = np.array([a, k]) - between.centre[0]
        theta = np.repeat([[a], [k]], 4, axis=1)
        value = rows.value(law, theta).loglik[1] - 0.5 * off @ q @ off
        return a**power * np.exp(value - found.marginal[1]) / (2 * np.pi * np.sqrt(np.linalg.det(between.spread)))

    centre = found.mean[1]
    span = 6 * np.sqrt(np.diag(found.covariance[1]))
    box = (centre[0] - span[0], centre[0] + span[0], centre[1] - span[1], centre[1] + span[1])
    whole = dblquad(height, *box, epsrel=1e-4)[0]
    mean = dblquad(lambda k, a: height(k, a, 1), *box, epsrel=1e-4)[0]
    assert whole == pytest.approx(1.0, abs=5e-3)
    assert mean == pytest.approx(centre[0], abs=0.02 * span[0])


def test_what_cannot_tell_how_strata_differ_is_refused():
    two = tally_of_ages([3.0, 4, 9, 3, 5, 9], [1, 1, 0, 1, 1, 0], [0, 0, 0, 1, 1, 1])
    with pytest.raises(Refused, match="2 strata with claims"):
        borrow(two)
    with pytest.raises(Refused, match="no law"):
        borrow(two, "none")
    with pytest.raises(Refused, match="no stratum column"):
        borrow(two, across="product")
    with pytest.raises(Refused, match="level"):
        borrow(two, level=1.5)


def test_a_fit_brings_its_law_and_records_and_all_is_written_out():
    tally, _, _ = tally_with((np.array([3.0]), np.array([False])), strata=12)
    found = borrow(fit(tally, "lognormal"))
    assert found.law == "lognormal"
    document = found.to_dict()
    json.dumps(document, allow_nan=False)
    assert document["schema"] == "warrantor.borrowed/1"
    assert found.to_arrow().num_rows == 13
    assert "borrowed" in repr(found)


@pytest.mark.slow
def test_borrowing_beats_separate_and_pooled_fits_and_its_intervals_cover():
    """Simulated: 30 fleets of 40 strata, 5 to 200 units each; 90 % intervals of F(12) and B10."""
    errors, inside = {n: [] for n in ("own", "pooled", "borrowed")}, {"failed": [], "quantile": []}
    for seed in range(30):
        age, failed, at, beta, eta = simulated(40, 100 + seed)
        tally = tally_of_ages(age, failed, at)
        found, pooled = borrow(tally), fit(tally_of_ages(age, failed))
        truth = np.stack((np.log((12 / eta) ** beta), np.log(eta) + np.log(-np.log(0.9)) / beta))
        kept = np.array([r is None for r in found.own_refused])
        for name, p in (("own", found.own), ("borrowed", found.parameters),
                        ("pooled", np.repeat(pooled.parameters, 40, axis=0))):
            b, e = p[:, 0], p[:, 1]
            said = np.stack((np.log((12 / e) ** b), np.log(e) + np.log(-np.log(0.9)) / b))
            errors[name].append(((said - truth) ** 2)[:, kept])
        f, q = found.failed_interval(12.0), found.quantile_interval(0.1)
        true_f, true_q = -np.expm1(-np.exp(truth[0])), np.exp(truth[1])
        inside["failed"].append((f[:, 0] <= true_f) & (true_f <= f[:, 1]))
        inside["quantile"].append((q[:, 0] <= true_q) & (true_q <= q[:, 1]))
    mean = {n: np.concatenate(e, axis=1).mean(axis=1) for n, e in errors.items()}
    cover = {n: float(np.concatenate(c).mean()) for n, c in inside.items()}
    assert (mean["borrowed"] < mean["own"]).all()
    assert (mean["borrowed"] < mean["pooled"]).all()
    assert all(0.84 <= c <= 0.95 for c in cover.values())


@pytest.mark.parametrize("law", ["weibull", "lognormal", "lfp-weibull"])
def test_the_height_alone_is_the_likelihood_with_its_derivatives(law):
    rng = np.random.default_rng(1)
    tally = tally_of_ages(np.ceil(100 * rng.weibull(1.3, 300)), rng.random(300) < 0.5, rng.integers(0, 4, 300))
    theta = np.tile(np.array([[-1.0], [0.2], [0.1]])[: len(LAWS[law].parameters)], 4)
    rows = Rows.of(tally)
    np.testing.assert_array_equal(rows.height(LAWS[law], theta), rows.value(LAWS[law], theta).loglik)
