"""Usage as a second dimension: rates, the share still covered, and claims under an age and a usage."""

import json

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

import warrantor as wr
from warrantor.finding import Refused
from warrantor.life.clocks import Clock, covered

LENGTH, LIMIT = 1095.0, 60_000.0
THETA = np.array([0.1, np.log(0.6), np.log(1.4), np.log(2.0)])


def fleet(seed, units=20_000, *, by_usage=False, read=0.0):
    rng = np.random.default_rng(seed)
    rate = np.exp(rng.normal(4.0, 0.5, units))
    life = 150_000.0 * rng.weibull(1.3, units) / rate if by_usage else 3000.0 * rng.weibull(1.3, units)
    claimed = life <= np.minimum(LENGTH, LIMIT / rate)
    age = np.where(claimed, life, LENGTH)
    used = np.where(claimed | (rng.random(units) < read), rate * age, np.nan)
    return rate, life, (age, claimed, used)


@pytest.fixture(scope="module")
def seen():
    rate, life, rows = fleet(1, read=0.1)
    return rate, life, rows, wr.fit_usage(*rows, length=LENGTH, limit=LIMIT)


@pytest.mark.parametrize("power", [0, 1])
def test_the_integrals_over_rates_are_those_of_adaptive_quadrature(power):
    clock = Clock("weibull", power)

    def stays(z, a):
        r = np.exp(0.1 + 0.6 * z)
        return norm.pdf(z) * np.exp(-((min(a, 1.0 / r) * r**power / 2.0) ** 1.4))

    def dies(z, a):
        r = np.exp(0.1 + 0.6 * z)
        x = a * r**power
        return norm.pdf(z) * r**power * 0.7 * (x / 2.0) ** 0.4 * np.exp(-((x / 2.0) ** 1.4))

    for a in (0.1, 0.7, 1.0, 1.6):
        knee = (np.log(1.0 / a) - 0.1) / 0.6
        whole = quad(stays, -9, knee, args=(a,))[0] + quad(stays, knee, 9, args=(a,))[0]
        at = np.array([a])
        assert clock.unclaimed(THETA, at, 1.0)[0] == pytest.approx(whole, abs=2e-5)
        assert clock.claimed(THETA, at, 1.0)[0] == pytest.approx(quad(dies, -9, knee, args=(a,))[0], rel=2e-3)
        assert covered(THETA, at, 1.0)[0] == pytest.approx(norm.cdf(knee), rel=1e-12)


def test_rates_and_shares_of_a_simulated_fleet_are_found(seen):
    rate, _, _, found = seen
    assert found.rate[0] == pytest.approx([4.0, 0.5], abs=0.02)
    assert found.covered([365.0, 730.0, 1095.0])[0] == pytest.approx(
        [(rate <= LIMIT / a).mean() for a in (365, 730, 1095)], abs=0.015)
    assert found.parameters("age")[0] == pytest.approx([1.3, 3000.0], rel=0.06)


def test_claims_under_any_length_and_usage_come_as_foretold(seen):
    rate, life, _, found = seen
    for length, limit in ((1095.0, 60_000.0), (730.0, 60_000.0), (1095.0, 40_000.0), (1460.0, 80_000.0), (1095.0, 1e9)):
        mean, lower, upper = found.expected(length, limit)[0]
        truth = 1000.0 * (life <= np.minimum(length, limit / rate)).mean()
        assert lower - 3 <= truth <= upper + 3
        assert lower < mean < upper
    assert found.expected(1095.0, 1e9)[0, 0] == pytest.approx(found.expected(1095.0)[0, 0], rel=1e-6)


def test_who_left_by_usage_is_not_counted_as_covered(seen):
    _, _, (age, claimed, _), found = seen
    truth = 1.0 - np.exp(-((1000.0 / 3000.0) ** 1.3))
    naive = 1.0 - wr.life_table(wr.tally_of_ages(age, claimed)).survival_at(1000.0)[0]
    own = 1.0 - wr.life_table(found.tally()).survival_at(1000.0)[0]
    assert naive < truth - 0.02
    assert own == pytest.approx(truth, abs=0.01)
    tally = found.tally()
    assert tally.entered.sum() == pytest.approx(20_000.0)
    assert (tally.claimed + tally.open).sum() == pytest.approx(20_000.0)


def test_a_unit_that_was_read_leaves_where_it_used_up_the_limit():
    rate, _, rows = fleet(7, read=1.0)
    found = wr.fit_usage(*rows, length=LENGTH, limit=LIMIT)
    assert found.parameters("age")[0] == pytest.approx([1.3, 3000.0], rel=0.06)
    assert found.tally().open[found.tally().age < 700.0].sum() == pytest.approx((LIMIT / rate < 700.0).sum(), rel=0.15)


def test_claimed_rates_are_not_taken_for_everybodys(seen):
    _, _, (age, claimed, used), found = seen
    of_claimed = np.log(used[claimed] / age[claimed]).mean()
    assert of_claimed < 3.93
    assert abs(found.rate[0, 0] - 4.0) < abs(of_claimed - 4.0) / 4


def test_readings_tell_which_clock_claims_follow():
    for by_usage in (False, True):
        _, _, rows = fleet(3, 8000, by_usage=by_usage, read=0.1)
        found = wr.fit_usage(*rows, length=LENGTH, limit=LIMIT)
        assert found.weights[0, int(by_usage)] > 0.95
    assert found.parameters("usage")[0] == pytest.approx([1.3, 150_000.0], rel=0.12)


def test_the_unit_of_age_and_the_meter_change_nothing(seen):
    _, _, (age, claimed, used), found = seen
    other = wr.fit_usage(age / 30.4375, claimed, used / 1000.0, length=LENGTH / 30.4375, limit=LIMIT / 1000.0)
    assert other.expected(12.0, 20.0)[0] == pytest.approx(found.expected(365.25, 20_000.0)[0], rel=1e-6)


def test_counts_stand_for_rows():
    _, _, (age, claimed, used) = fleet(5, 3000)
    twice = wr.fit_usage(np.tile(age, 2), np.tile(claimed, 2), np.tile(used, 2), length=LENGTH, limit=LIMIT)
    once = wr.fit_usage(age, claimed, used, count=np.full(3000, 2.0), length=LENGTH, limit=LIMIT)
    assert once.rate == pytest.approx(twice.rate, rel=1e-9)
    assert once.units.tolist() == [6000.0]


def test_strata_stand_alone_and_one_without_usage_is_refused():
    _, _, (age, claimed, used) = fleet(5, 3000)
    names = ["A"] * 3000 + ["B"] * 3000
    found = wr.fit_usage(np.tile(age, 2), np.tile(claimed, 2), np.concatenate((used, np.full(3000, np.nan))),
                         stratum=names, length=LENGTH, limit=LIMIT)
    alone = wr.fit_usage(age, claimed, used, length=LENGTH, limit=LIMIT)
    assert found.rate[0] == pytest.approx(alone.rate[0], rel=1e-9)
    assert "No usage is known" in found.refused[1]
    document = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert document["schema"] == "warrantor.usage/1"
    assert document["strata"][1]["per_1000"] is None
    assert found.to_arrow().column("per_1000").null_count == 1
    assert "refused" in repr(found)
    assert found.tally().strata == (("A",),)


@pytest.mark.parametrize(("change", "words"), [
    ({"law": "gompertz"}, "no law"),
    ({"length": 0.0}, "none"),
    ({"level": 1.0}, "no level"),
    ({"length": 100.0}, "beyond"),
    ({"limit": 5000.0}, "beyond"),
])
def test_what_makes_no_question_is_refused(change, words):
    _, _, rows = fleet(5, 500)
    with pytest.raises(Refused, match=words):
        wr.fit_usage(*rows, **({"length": LENGTH, "limit": LIMIT} | change))


def test_few_rates_one_rate_and_no_claims_are_refused_with_the_reason():
    age, one = np.full(40, 300.0), np.arange(40) < 20
    age = age + np.arange(40)
    few = wr.fit_usage(age, one, np.where(np.arange(40) < 5, 10.0 * age, np.nan), length=LENGTH, limit=LIMIT)
    assert "known of 5 units" in few.refused[0]
    same = wr.fit_usage(age, one, 10.0 * age, length=LENGTH, limit=LIMIT)
    assert "one rate" in same.refused[0]
    none = wr.fit_usage(age, np.zeros(40), np.linspace(5, 10, 40) * age, length=LENGTH, limit=LIMIT)
    assert "claim" in none.refused[0]
    with pytest.raises(Refused):
        none.tally()
    found = wr.fit_usage(*fleet(5, 500)[2], length=LENGTH, limit=LIMIT)
    with pytest.raises(Refused, match="no guarantee"):
        found.expected(-1.0)
