"""Repeat claims: the mean, the variance against every unit summed by hand, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warrantor import Refused
from warrantor.life.apart import mean_difference
from warrantor.life.repeat import mean_cumulative
from warrantor.repeats import Repeats, repeats_of_ages


def simulated(rng, units, strata=1, entering=0, top=12, shape=1.5):
    """Units with windows and repeat claims; simulated."""
    enter = rng.integers(0, entering + 1, units)
    leave = enter + rng.integers(0, top, units)
    home = rng.integers(0, strata, units)
    number = rng.poisson(rng.gamma(0.7, shape, units))
    which = np.repeat(np.arange(units), number)
    age = enter[which] + np.floor(rng.random(len(which)) * (leave[which] - enter[which] + 1))
    cost = rng.integers(1, 50, len(which)) / 2
    return home, enter.astype(float), leave.astype(float), which, age, cost


def repeats_of(home, enter, leave, which, age, cost, strata=None):
    size = int(home.max()) + 1 if strata is None else strata
    return Repeats.of(by=("g",), strata=tuple((str(s),) for s in range(size)), currency="CNY",
                      windows=(home, enter, leave, np.ones(len(home))),
                      claims=(home[which], which, age, enter[which], leave[which], cost))


def by_hand(enter, leave, which, age, weight, at):
    """M and its robust variance at one age, unit by unit."""
    grid = np.unique(age[age <= at])
    risk = np.array([((enter <= b) & (leave >= b)).sum() for b in grid])
    rate = np.array([weight[age == b].sum() for b in grid]) / risk
    spread = 0.0
    for i in range(len(enter)):
        under = (enter[i] <= grid) & (leave[i] >= grid)
        own = np.array([weight[(which == i) & (age == b)].sum() for b in grid])
        spread += (under * (own - rate) / risk).sum() ** 2
    return rate.sum(), spread


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), units=st.integers(1, 25), strata=st.integers(1, 3), entering=st.integers(0, 6))
def test_mean_and_variance_are_those_summed_over_every_unit(seed, units, strata, entering):
    home, enter, leave, which, age, cost = simulated(np.random.default_rng(seed), units, strata, entering)
    found = mean_cumulative(repeats_of(home, enter, leave, which, age, cost, strata))
    for s in range(strata):
        mine = home == s
        number = np.cumsum(mine) - 1
        keep = mine[which]
        parts = enter[mine], leave[mine], number[which[keep]], age[keep]
        table = found.of(s)
        assert table["age"].tolist() == np.unique(age[keep]).tolist()
        for r, at in enumerate(table["age"]):
            for weight, mean, spread in ((np.ones(keep.sum()), "mean", "variance"),
                                         (cost[keep], "cost", "cost_variance")):
                m, v = by_hand(*parts, weight, at)
                np.testing.assert_allclose(table[mean][r], m, rtol=1e-12)
                np.testing.assert_allclose(table[spread][r], v, rtol=1e-9, atol=1e-12 * m * m)


def test_the_published_table_of_five_systems():
    """The reliability package's documentation, mean cumulative function: five systems, typed.

    Its variance adds (Y - 1) / Y^3 for every claim, which is our plain variance: 0.718148 at the end. The robust one
    is smaller here, for these five systems claim more evenly than chance.
    """
    ends = {1: ([5, 10, 15], 17), 2: ([6, 13, 17], 19), 3: ([12, 20, 25], 26), 4: ([13, 15], 24),
            5: ([16, 22, 25], 28)}
    rows = [(s, a, 1) for s, (ages, _) in ends.items() for a in ages] + [(s, e, 0) for s, (_, e) in ends.items()]
    table = mean_cumulative(repeats_of_ages(*zip(*rows, strict=True))).of()
    assert table["age"].tolist() == [5, 6, 10, 12, 13, 15, 16, 17, 20, 22, 25]
    np.testing.assert_allclose(table["mean"], [0.2, 0.4, 0.6, 0.8, 1.2, 1.6, 1.8, 2.0, 7 / 3, 8 / 3, 11 / 3])
    np.testing.assert_allclose(table["mean"][-1], 3.66667, atol=5e-6)
    np.testing.assert_allclose(table["plain_variance"], [0.032, 0.064, 0.096, 0.128, 0.192, 0.256, 0.288, 0.32,
                                                         0.394074, 0.468148, 0.718148], atol=5e-7)
    assert table["variance"][-1] == pytest.approx(0.14518518518518517, rel=1e-12)
    z = 1.6448536269514722
    np.testing.assert_allclose(table["upper"], table["mean"] * np.exp(z * np.sqrt(table["variance"]) / table["mean"]))
    np.testing.assert_allclose(table["lower"] * table["upper"], table["mean"] ** 2)


def test_first_claims_alone_are_the_nelson_aalen_of_those_who_stay():
    found = mean_cumulative(repeats_of_ages([1, 1, 2, 2, 3], [3, 9, 5, 9, 9], [1, 0, 1, 0, 0]))
    assert found.mean.tolist() == pytest.approx([1 / 3, 2 / 3])
    assert found.variance.tolist() == pytest.approx([2 / 27, 2 / 27])  # p (1 - p) / n


def test_nobody_under_cover_and_no_claims_are_answers_with_a_reason():
    empty = Repeats(by=("g",), strata=(("a",), ("b",)))
    none = mean_cumulative(empty)
    assert all("No unit is under cover" in w for w in none.refused)
    assert np.isnan(none.at(3)).all()
    quiet = mean_cumulative(repeats_of_ages([1, 2], [5, 8], [0, 0]))
    assert "mean is 0" in quiet.refused[0]
    assert (quiet.at(8)[0], quiet.at(0, "variance")[0]) == (0.0, 0.0)
    assert np.isnan(quiet.at(8, "upper")).all()
    assert np.isnan(quiet.at(9)).all()
    assert quiet.to_dict()["strata"][0]["rows"]["mean"] == []


def test_units_that_are_all_alike_show_no_spread_and_get_no_band():
    found = mean_cumulative(repeats_of_ages([1, 1, 2, 2], [5, 9, 5, 9], [1, 0, 1, 0]))
    assert (found.mean[0], found.variance[0]) == (1.0, 0.0)
    assert np.isnan([found.lower[0], found.upper[0]]).all()
    seven = [(s, a, e) for s in range(7) for a, e in ((3, 1), (5, 1), (11, 1), (13, 1), (20, 0))]
    alike = mean_cumulative(repeats_of_ages(*zip(*seven, strict=True)))
    assert alike.variance.tolist() == [0.0] * 4
    assert np.isnan(alike.upper).all()


def test_a_cost_that_is_missing_stays_missing_and_spares_what_came_before():
    found = mean_cumulative(repeats_of_ages([1, 1, 1, 2, 3, 3], [2, 4, 9, 9, 3, 9], [1, 1, 0, 0, 1, 0],
                                            stratum=[0, 0, 0, 0, 1, 1], cost=[6.0, np.nan, 0, 0, 8.0, 0],
                                            currency="CNY"))
    assert found.cost[0] == 3.0
    assert np.isnan([found.cost[1], found.cost_variance[1], found.cost_upper[1]]).all()
    assert found.cost[2] == 8.0
    assert "1 claims have no cost" in found.cost_refused[0]
    assert found.cost_refused[1] is None
    assert found.at(9, "cost").tolist()[1] == 8.0


def test_repeats_add_and_group_as_if_counted_at_once():
    rng = np.random.default_rng(5)
    home, enter, leave, which, age, cost = simulated(rng, 60, strata=4, entering=3)
    whole = repeats_of(home, enter, leave, which, age, cost, 4)
    half = np.arange(60) < 30
    parts = []
    for mine in (half, ~half):
        number, keep = np.cumsum(mine) - 1, mine[which]
        parts.append(repeats_of(home[mine], enter[mine], leave[mine], number[which[keep]], age[keep], cost[keep], 4))
    one, two = mean_cumulative(whole), mean_cumulative(parts[0] + parts[1])
    over = mean_cumulative(whole.over("g"))
    flat = mean_cumulative(repeats_of(home * 0, enter, leave, which, age, cost, 1))
    for name in ("age", "at_risk", "claims", "mean", "variance", "cost", "cost_variance"):
        np.testing.assert_allclose(getattr(two, name), getattr(one, name), rtol=1e-12, err_msg=name)
        np.testing.assert_allclose(getattr(over, name), getattr(flat, name), rtol=1e-12, err_msg=name)
    second = mean_cumulative(whole.only(np.array([False, True, False, False])))
    np.testing.assert_allclose(second.mean, one.of(1)["mean"], rtol=1e-12)
    with pytest.raises(ValueError, match="cannot add over"):
        whole.over("h")
    with pytest.raises(ValueError, match="by differ"):
        whole + whole.over("g")


@pytest.mark.parametrize(("rows", "why"), [
    (([1], [3], [1]), "needs exactly one row with event 0"),
    (([1, 1], [3, 3], [0, 0]), "needs exactly one row with event 0"),
    (([1, 1], [5, 3], [1, 0]), "after its watching ended"),
    (([1, 1], [-1, 3], [1, 0]), "negative or missing"),
    (([1, 1], [np.nan, 3], [1, 0]), "negative or missing"),
    (([1, 1], [1, 3, 4], [1, 0]), "different lengths"),
])
def test_histories_that_cannot_be_are_refused(rows, why):
    with pytest.raises(Refused, match=why):
        repeats_of_ages(*rows)


def test_a_level_outside_the_open_unit_interval_is_refused():
    with pytest.raises(Refused, match="no level"):
        mean_cumulative(repeats_of_ages([1], [3], [0]), level=1.0)


def two_groups():
    """Group 0: units 1 and 2, claims at 5 and 8; group 1: units 3 and 4, one claim at 7; cover to 9 and to 8."""
    return mean_cumulative(repeats_of_ages(
        [1, 1, 1, 2, 3, 3, 4], [5, 9, 9, 9, 7, 8, 8], [1, 1, 0, 0, 1, 0, 0], stratum=[0, 0, 0, 0, 1, 1, 1],
        cost=[4.0, 2, 0, 0, 6, 0, 0], currency="CNY"))


def test_the_difference_of_two_groups_subtracts_and_adds_the_variances():
    gap = mean_difference(two_groups())
    assert gap.age.tolist() == [5, 7]  # the claim at 9 comes when nobody of the other group is under cover
    assert gap.difference.tolist() == [0.5, 0.0]
    assert gap.variance.tolist() == [0.125, 0.25]
    assert gap.cost.tolist() == [2.0, -1.0]
    assert gap.cost_variance.tolist() == [2.0, 2.0 + 36 / 8]
    np.testing.assert_allclose(gap.upper - gap.lower, 2 * 1.6448536269514722 * np.sqrt(gap.variance))
    assert gap.to_dict()["rows"]["difference"] == [0.5, 0.0]
    back = mean_difference(two_groups(), 1, 0)
    assert back.difference.tolist() == [-0.5, 0.0]
    assert back.lower.tolist() == (-gap.upper).tolist()


def test_groups_that_cannot_be_compared_are_refused():
    with pytest.raises(Refused, match="two different numbers from 0 to 1"):
        mean_difference(two_groups(), 0, 0)
    with pytest.raises(Refused, match="two different numbers"):
        mean_difference(two_groups(), 0, 2)
    quiet = repeats_of_ages([1, 2], [5, 8], [0, 0], stratum=[0, 1])
    with pytest.raises(Refused, match="Neither group has a claim by 5"):
        mean_difference(mean_cumulative(quiet))
    with pytest.raises(Refused, match="No unit is under cover"):
        mean_difference(mean_cumulative(Repeats(by=("g",), strata=(("a",), ("b",)))))


@pytest.mark.parametrize(("age", "event"), [([5.0, 9.0], [2, 0]), ([5.0, 9.0], [np.nan, 0]), ([5.0, np.inf], [1, 0])])
def test_an_event_that_is_none_and_an_age_without_end_are_refused(age, event):
    with pytest.raises(Refused, match=r"neither 1|infinite"):
        repeats_of_ages([1, 1], age, event)
