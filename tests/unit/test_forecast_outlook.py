"""A fleet's claims by calendar month: against unit-by-unit simulation, and what must hold whatever the numbers."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

import warrantor as wr
from warrantor.finding import Refused
from warrantor.forecast.costs import Severity
from warrantor.forecast.drawn import Binned, factors, weighed
from warrantor.forecast.exposed import STEP, Units, exposed
from warrantor.forecast.months import Months
from warrantor.forecast.rush import Rush, moved
from warrantor.forecast.stratum import counts
from warrantor.life.fit import fit
from warrantor.life.lag import fit_lag
from warrantor.tally import Cohorts, Tally

AS_OF = date(2020, 1, 15)
TODAY = AS_OF.toordinal() - 719163


def fleet_of(seed=1, *, units=4000, eta=3000.0, beta=1.2, strata=1, cover=365, lag=8.0, oldest=500, cost=None):
    """Simulate units sold evenly over `oldest` days; return what is known as of the day, and the whole truth."""
    rng = np.random.default_rng(seed)
    size = units * strata
    stratum = np.repeat(np.arange(strata), units)
    start = TODAY - rng.integers(0, oldest, size)
    age = np.floor(eta * rng.weibull(beta, size)).astype(np.int64)
    late = np.floor(rng.exponential(lag, size)).astype(np.int64)
    opened, known = start + age, start + age + late
    covered = age <= cover
    seen = covered & (known <= TODAY)
    tally, cohorts = told_of(stratum, start, age, late, seen, strata, cover, cost)
    return tally, cohorts, (opened[covered & ~seen], known[covered & ~seen], stratum[covered & ~seen])


def told_of(stratum, start, age, late, seen, strata, cover, cost):
    leave = np.where(seen, age, np.minimum(cover, TODAY - start)).astype(float)
    names = tuple((f"P{i}",) for i in range(strata))
    twice, money = np.concatenate((0.0 * seen, seen)), {}
    if cost is not None:
        money = {"cost": cost * twice, "cost_squared": 2 * cost**2 * twice, "currency": "CNY"}
    tally = Tally.of(by=("product",), strata=names, stratum=np.tile(stratum, 2),
                     age=np.concatenate((0 * leave, leave)), entered=np.repeat([1.0, 0.0], len(age)), claimed=twice,
                     claims=1.25 * twice, open=np.concatenate((0.0 * seen, ~seen)), **money)
    key, row = np.unique(stratum * 100_000 + start, return_inverse=True)
    cells = {"claim_cohort": row[seen], "claim_age": (age[seen] / 30.4375).astype(np.int64), "claim_lag": late[seen],
             "claim_count": np.ones(int(seen.sum())), "claim_cost": np.full(int(seen.sum()), np.nan)}
    return tally, Cohorts(by=("product",), strata=names, stratum=key // 100_000, as_of=AS_OF, guarantees=("a@1",),
                          guarantee=np.zeros(len(key), np.int64), start_day=key % 100_000,
                          end_day=key % 100_000 + cover, units=np.bincount(row).astype(float),
                          claimed=np.bincount(row, seen), gone=np.zeros(len(key)), **cells)


@pytest.fixture(scope="module")
def plain():
    return fleet_of(cost=60.0)


@pytest.fixture(scope="module")
def ahead(plain):
    tally, cohorts, _ = plain
    return wr.forecast(tally, cohorts, months=14)


# the sums, against units one by one


def test_expected_claims_are_those_of_units_simulated_one_by_one():
    start = np.array([TODAY - 400, TODAY - 363, TODAY - 250, TODAY - 45, TODAY - 3])
    units, cover, eta, beta = np.array([40.0, 60, 50, 80, 70]), 365, 700.0, 1.4
    rng = np.random.default_rng(5)
    draws, size = 4000, int(units.sum())
    begin = np.repeat(start, units.astype(int))
    late_lags = rng.exponential(20.0, 4000).astype(int)
    lag = fit_lag(late_lags, "empirical")
    counts = np.zeros((2, 15))
    for _ in range(draws):
        age = np.floor(eta * rng.weibull(beta, size)).astype(int)
        reported = begin + age + rng.choice(late_lags, size)
        counts += monthly(begin, age, reported, cover)
    unclaimed = expectation(start, cover, (eta, beta), lag)
    local = Units(np.arange(5), start, start + cover, start + cover, units * unclaimed)
    months = Months.of(TODAY, 14, TODAY + cover)
    edges = STEP * np.arange(28)
    rise = np.diff((edges / eta) ** beta)
    hazard = np.concatenate(([0.0], rise))
    load = exposed(local, np.tile(hazard, (5, 1)), months, lag)
    lot = np.ones((1, 5))
    late = load.past_of(hazard[None], lot)[0]
    coming = load.ahead_of(hazard[None], lot, np.tile(hazard, (5, 1)))[0]
    noise = 4 * np.sqrt(np.maximum(counts / draws, 0.05) / draws)
    assert np.all(abs(late - counts[0] / draws) < noise[0] + 0.03 * late + 0.01)
    assert np.all(abs(coming - counts[1] / draws) < noise[1] + 0.02 * coming + 0.01)
    assert abs(coming.sum() / (counts[1].sum() / draws) - 1) < 0.01


def monthly(begin, age, reported, cover):
    """Claims unknown as of the day, by month of report: of the past, and to come."""
    fresh = (age <= cover) & (reported > TODAY)
    month = (reported.astype("datetime64[D]").astype("datetime64[M]") - np.datetime64("2020-01")).astype(int)
    month = np.minimum(month, 14)
    past = begin + age <= TODAY
    return np.stack([np.bincount(month[fresh & which], minlength=15) for which in (past, ~past)])


def expectation(start, cover, law, lag):
    """Share of each cohort's units without a known claim, summed day by day."""
    eta, beta = law
    found = []
    for s in start:
        days = np.arange(min(cover, TODAY - s) + 1)
        claims = np.exp(-((days / eta) ** beta)) - np.exp(-(((days + 1) / eta) ** beta))
        found.append(1.0 - (claims * lag.at(TODAY - s - days)).sum())
    return np.array(found)


def test_a_draw_with_a_higher_hazard_thins_its_own_units():
    start = np.array([TODAY - 30])
    units = Units(np.zeros(1, np.int64), start, start + 365, start + 365, np.array([1000.0]))
    months = Months.of(TODAY, 12, TODAY + 335)
    centre = np.concatenate(([0.0], np.full(26, 0.05)))[None]
    load = exposed(units, centre, months, None)
    for factor in (0.5, 1.0, 2.0):
        claims = load.ahead_of(centre * factor, np.ones((1, 1)), centre).sum()
        true = 1000 * -np.expm1(-0.05 * factor * 335 / STEP)
        assert claims == pytest.approx(true, rel=0.002 if factor == 1.0 else 0.06)


def test_units_that_wait_for_their_claim_to_be_known_are_alive_no_more():
    start = np.array([TODAY - 200])
    units = Units(np.zeros(1, np.int64), start, start + 365, start + 365, np.array([1000.0]))
    centre = np.concatenate(([0.0], np.full(26, 0.05)))[None]
    lag = fit_lag([100], "empirical")
    load = exposed(units, centre, Months.of(TODAY, 14, TODAY + 165), lag)
    waiting = -np.expm1(-0.05 * 100 / STEP)
    late = load.past_of(centre, np.ones((1, 1))).sum()
    coming = load.ahead_of(centre, np.ones((1, 1)), centre).sum()
    assert late == pytest.approx(1000 * waiting, rel=0.002)
    assert coming == pytest.approx(1000 * (1 - waiting) * -np.expm1(-0.05 * 165 / STEP), rel=0.002)


def test_counts_have_the_mean_and_the_variance_of_the_units():
    start = np.array([TODAY - 30, TODAY - 300])
    units = Units(np.zeros(2, np.int64), start, start + 365, start + 365, np.array([60.0, 40.0]))
    centre = np.concatenate(([0.0], np.full(26, 0.06)))[None]
    load = exposed(units, centre, Months.of(TODAY, 14, TODAY + 335), None)
    mean = np.stack((load.past_of(centre, np.ones((1, 1))), load.ahead_of(centre, np.ones((1, 1)), centre)), axis=1)
    drawn = counts(load, np.repeat(mean, 40_000, axis=0), np.random.default_rng(4))
    p = -np.expm1(-0.06 / STEP * np.array([335, 65]))
    assert drawn.sum(axis=(1, 2)).mean() == pytest.approx(units.units @ p, rel=0.005)
    assert drawn.sum(axis=(1, 2)).var() == pytest.approx(units.units @ (p * (1 - p)), rel=0.04)
    assert drawn.mean(axis=0) == pytest.approx(mean[0], abs=0.08)


# what must hold whatever the numbers


def test_claims_that_have_come_are_told_apart_and_the_truth_is_inside(plain, ahead):
    _, _, (opened, known, _) = plain
    lower, upper = np.quantile(ahead.incurred[0], [0.01, 0.99])
    assert lower <= (opened <= TODAY).sum() <= upper
    lower, upper = np.quantile(ahead.unexpired[0], [0.005, 0.995])
    assert lower <= (opened > TODAY).sum() <= upper
    assert ahead.after[0].mean() < 0.1
    assert (known > TODAY).all()


def test_months_add_up_and_begin_after_the_day(ahead):
    assert ahead.months[0] == date(2020, 1, 1)
    assert len(ahead.months) == 14
    assert any("rest of it" in line for line in ahead.how)
    assert np.array_equal(ahead.claims.sum(axis=1), ahead.incurred + ahead.unexpired)
    assert ahead.total()[0, 0] == pytest.approx(ahead.expected.sum())
    assert ahead.total()[0, 1] < ahead.total()[0, 0] < ahead.total()[0, 2]
    assert (ahead.interval(0.5)[..., 0] >= ahead.interval()[..., 0]).all()


def test_cost_is_claims_times_what_they_cost_with_repeats(ahead):
    assert ahead.repeats[0] == 1.25
    assert ahead.currency == "CNY"
    # 60 per first claim in the tally is 48 per claim, 1.25 claims each
    assert ahead.total_cost()[0, 0] == pytest.approx(60.0 * ahead.total()[0, 0], rel=0.03)
    assert (ahead.cost >= 0).all()
    assert (ahead.cost[ahead.claims == 0] == 0).all()


def test_the_sum_of_strata_is_their_sum():
    tally, cohorts, _ = fleet_of(3, strata=3, cost=60.0)
    apart = wr.forecast(tally, cohorts, months=6, lengths=[18])
    whole = apart.over("product")
    assert np.allclose(whole.claims[0], apart.claims.sum(axis=0))
    assert np.allclose(whole.cost[0], apart.cost.sum(axis=0))
    assert np.allclose(whole.under[0][1].claims[0], apart.under[0][1].claims.sum(axis=0))
    assert whole.units[0] == 12000
    assert whole.repeats[0] == pytest.approx(1.25)
    with pytest.raises(ValueError, match="cannot add"):
        apart.over("lot")


def test_closed_cover_brings_nothing_but_what_came_before():
    tally, cohorts, (opened, _, _) = fleet_of(4, oldest=30, cover=20, eta=200.0, beta=1.0)
    shut = replace(cohorts, start_day=cohorts.start_day - 60, end_day=cohorts.end_day - 60,
                   claim_lag=0 * cohorts.claim_lag)
    gone = wr.forecast(tally, shut, months=3)
    assert gone.claims.max() == 0
    assert gone.covered[0] == 0
    alive = wr.forecast(tally, cohorts, months=3)
    assert alive.expected[0, 0] > 50
    assert alive.expected[0, 2] < 1.5
    assert len(opened)


def test_planned_sales_bring_claims_from_the_month_they_are_sold_in(plain, ahead):
    tally, cohorts, _ = plain
    plan = {"product": ["P0", "P0"], "month": ["2020-04", date(2020, 4, 1)], "units": [5000, "3000"]}
    more = wr.forecast(tally, cohorts, months=14, sales=plan)
    added = more.expected[0] - ahead.expected[0]
    assert more.planned[0] == 8000
    assert abs(added[:3]).max() < 4
    # sold evenly over April, on 31 December 259.5 days old on average; reported some days later
    due = sum(8000 / 30 * -np.expm1(-((age / 3000.0) ** 1.2)) for age in range(245 - 8, 275 - 8))
    assert added[3:12].sum() == pytest.approx(due, rel=0.10)
    late = wr.forecast(tally, cohorts, months=3, sales=plan)
    assert late.planned[0] == 0
    assert any("8,000 units planned for later" in line for line in late.how)


def test_planned_sales_bring_those_that_are_dead_on_arrival():
    tally, cohorts, _ = fleet_of(5, units=2000)
    dead = replace(tally, claimed=np.where(tally.age == 0, 40.0, tally.claimed),
                   entered=np.where(tally.age == 0, tally.entered + 40.0, tally.entered))
    plan = {"product": ["P0"], "month": ["2020-03"], "units": [10_000]}
    with_, without = (wr.forecast(t, cohorts, months=3, sales=plan).expected[0, 2] for t in (dead, tally))
    in_march = 1 - 8 / 31  # sold evenly over March, reported 8 days later on average
    assert with_ - without == pytest.approx(10_000 * 40 / 2040 * in_march, rel=0.1)


def test_planned_sales_that_cannot_be_are_refused(plain):
    tally, cohorts, _ = plain
    plan = {"product": ["P0"], "month": ["2020-04"], "units": [5000]}
    for change, why in (({"product": ["P9"]}, "no stratum"), ({"month": ["2019-12"]}, "before"),
                        ({"month": ["April"]}, "no month"), ({"units": [-1]}, "zero or more"),
                        ({"units": ["many"]}, "must be numbers")):
        with pytest.raises(Refused, match=why):
            wr.forecast(tally, cohorts, sales=plan | change)
    with pytest.raises(Refused, match="no column units"):
        wr.forecast(tally, cohorts, sales={"product": ["P0"], "month": ["2020-04"]})


def test_a_longer_promise_brings_more_and_its_own_is_its_own(plain):
    tally, cohorts, _ = plain
    ahead = wr.forecast(tally, cohorts, months=24, lengths=[6, 12, 18, 24])
    total = {length: one.total()[0] for length, one in ahead.under}
    assert total[6][0] < total[12][0] < total[18][0] < total[24][0]
    assert np.array_equal(dict(ahead.under)[12].claims, ahead.claims)
    wide = {length: (t[2] - t[1]) / t[0] for length, t in total.items()}
    assert wide[12] < wide[18] < wide[24]
    for _, one in ahead.under:
        assert one.incurred[0].mean() == pytest.approx(ahead.incurred[0].mean(), rel=0.1)
    assert any("promised 18 months" in line for line in dict(ahead.under)[18].how)


def test_the_same_seed_gives_the_same_draws_and_another_does_not(plain, ahead):
    tally, cohorts, _ = plain
    assert np.array_equal(wr.forecast(tally, cohorts, months=14).claims, ahead.claims)
    other = wr.forecast(tally, cohorts, months=14, seed=1)
    assert not np.array_equal(other.claims, ahead.claims)
    assert other.total()[0, 0] == pytest.approx(ahead.total()[0, 0], rel=0.03)


def test_laws_stand_beside_their_mixture(ahead):
    assert set(ahead.by_law[0]) <= {"weibull", "lognormal", "loglogistic", "lfp-weibull", "gengamma"}
    assert {"weibull", "lognormal", "loglogistic"} <= set(ahead.by_law[0])
    assert sum(ahead.weights[0].values()) == pytest.approx(1.0)
    low, high = ahead.envelope[0]
    assert low <= min(v[1] for v in ahead.by_law[0].values())
    assert high >= ahead.total()[0, 2] * 0.97


def test_questions_without_an_answer_are_refused_with_the_reason(plain):
    tally, cohorts, _ = plain
    for asked, why in (({"months": 0}, "no horizon"), ({"level": 1.0}, "no level"), ({"draws": 5}, "no interval"),
                       ({"lengths": [0]}, "is none"), ({"draws": 10**7}, "memory")):
        with pytest.raises(Refused, match=why):
            wr.forecast(tally, cohorts, **asked)
    with pytest.raises(Refused, match="ages in days"):
        wr.forecast(replace(tally, unit="month"), cohorts)
    with pytest.raises(Refused, match="as of which day"):
        wr.forecast(tally, replace(cohorts, as_of=None))


def test_a_stratum_without_claims_is_refused_and_the_others_stand():
    tally, cohorts, _ = fleet_of(3, strata=2)
    quiet = replace(tally, claimed=tally.claimed * (tally.stratum == 0), open=tally.open + tally.claimed *
                    (tally.stratum == 1))
    found = wr.forecast(quiet, replace(cohorts, claimed=cohorts.claimed * (cohorts.stratum == 0)), months=3)
    assert found.refused[0] is None
    assert "No claims" in found.refused[1]
    assert np.isnan(found.claims[1]).all()
    assert np.isnan(found.interval()[1]).all()
    told = found.to_dict()["strata"][1]
    assert told["total"] is None
    assert told["months"] is None
    assert found.over("product").refused[0].startswith("P1")
    assert "refused" in repr(found)


def test_without_costs_none_is_worked_out():
    tally, cohorts, _ = fleet_of(3, units=2000)
    found = wr.forecast(tally, cohorts, months=3)
    assert np.isnan(found.cost).all()
    assert found.to_dict()["strata"][0]["total_cost"] is None
    assert any("No cost" in line for line in found.how)


def test_the_tables_say_what_the_draws_say(ahead):
    table = ahead.to_arrow()
    assert table.num_rows == 14
    assert table.column("expected").to_pylist() == ahead.expected[0].tolist()
    told = ahead.to_dict()
    assert told["schema"] == "warrantor.forecast/1"
    one = told["strata"][0]
    assert sum(m["expected"] for m in one["months"]) == pytest.approx(one["total"]["mean"])
    assert one["incurred"] + one["unexpired"] == pytest.approx(one["total"]["mean"])
    assert "about" in repr(ahead)


# the pieces


def test_months_share_out_a_claim_between_known_now_and_later():
    lag = fit_lag([0, 1, 2, 3], "empirical")
    months = Months.of(TODAY, 2, TODAY + 90)
    share = months.reported(np.array([TODAY - 2, TODAY, TODAY + 15, months.end[1]]), lag)
    assert share.sum(axis=1) == pytest.approx([0.25, 0.75, 1.0, 1.0])
    assert share[2].tolist() == [0.5, 0.5, 0.0]  # 30 January: two days of it in January, two in February
    assert share[3].tolist() == [0.0, 0.25, 0.75]
    assert months.spread(lag).sum(axis=1) == pytest.approx(1.0)


def test_draws_that_a_flat_likelihood_throws_far_are_put_right():
    tally, _, _ = fleet_of(7, units=20_000)
    one = fit(tally, "lfp-weibull")
    if one.refused[0] is not None:
        pytest.skip(one.refused[0])
    edges = STEP * np.arange(26)
    seen = Binned.of(tally, np.zeros(1, np.int64), edges)
    drawn = weighed(one, 0, seen, np.random.default_rng(1), 1000)
    at_end = drawn[:, 24] / ((edges[24] / 3000.0) ** 1.2)
    assert 0.85 < np.quantile(at_end, 0.05) < np.quantile(at_end, 0.95) < 1.15


def test_costs_of_single_claims_have_the_mean_and_spread_seen():
    seen = Severity(claims=400.0, repeats=1.2, mean=50.0, variance=3600.0)
    rng = np.random.default_rng(2)
    paid = seen.paid(np.ones(200_000), np.full(200_000, 50.0), rng)
    assert paid.mean() == pytest.approx(60.0, rel=0.01)
    assert paid.var() == pytest.approx(3600 + 0.2 * (3600 + 2500), rel=0.03)
    assert seen.levels(50_000, rng).std() == pytest.approx(3.0, rel=0.03)
    fixed = Severity(claims=4.0, repeats=1.0, mean=50.0, variance=0.0)
    assert fixed.paid(np.array([0.0, 2.0]), fixed.levels(2, rng), rng).tolist() == [0.0, 100.0]


def test_the_rush_moves_with_the_end_of_cover():
    age = STEP * np.arange(40)
    hard = 0.05 * age / 365.0
    failed = (hard / 0.7)[None]
    ages = np.arange(1, 366)
    waited = np.minimum(ages, 120) - 3.0 * np.maximum(ages - 325, 0)  # days' worth of soft failures not yet claimed
    soft = np.maximum.accumulate(np.maximum(failed[0, 1] / STEP * 0.3 * (ages - np.maximum(waited, 0)), 0.0))
    rush = Rush(ages.astype(float), soft, 100.0, 0.3, 0.0)
    own, longer = moved(failed, rush, age, 365.0, 365.0)[0], moved(failed, rush, age, 365.0, 547.0)[0]
    assert own[24] == pytest.approx(failed[0, 24], rel=0.01)
    assert longer[36] == pytest.approx(failed[0, 36], rel=0.01)
    assert longer[24] < own[24] - 0.005  # at 12 months the soft wait on: the rush is at 18
    assert np.all(np.diff(longer) >= 0)


# soft faults, lots, past products


def split(tally, share, seed=3):
    """Deal first claims out to hard and soft faults by chance."""
    soft = np.random.default_rng(seed).binomial(tally.claimed.astype(int), share).astype(float)
    none = 0.0 * soft
    mild = replace(tally, claimed=soft, gone=tally.gone + tally.claimed - soft, claims=soft, cost=none,
                   cost_squared=none)
    return replace(tally, claimed=tally.claimed - soft, gone=tally.gone + soft, claims=tally.claimed - soft), mild


def test_soft_faults_that_nobody_waits_with_change_nothing():
    tally, cohorts, _ = fleet_of(6, units=20_000)
    hard, mild = split(tally, 0.3)
    apart = wr.forecast(hard, cohorts, months=12, soft=mild)
    whole = wr.forecast(tally, cohorts, months=12)
    assert apart.total()[0, 0] == pytest.approx(whole.total()[0, 0], rel=0.04)
    assert any("rush moves" in line for line in apart.how)


def test_the_rush_of_a_fleet_moves_with_the_length_supposed():
    tally, cohorts, _ = fleet_of(6, units=20_000)
    hard, mild = split(tally, 0.3)
    rushed = Tally.of(by=mild.by, strata=mild.strata, stratum=mild.stratum,
                      age=np.where((mild.claimed > 0) & (mild.age > 100), 350.0, mild.age), entered=mild.entered,
                      claimed=mild.claimed, gone=mild.gone, open=mild.open)
    found = wr.forecast(hard, cohorts, months=3, soft=rushed, lengths=[18])
    assert found.under[0][1].expected[0, 1] < 0.85 * found.expected[0, 1]
    assert found.under[0][1].incurred[0].mean() == pytest.approx(found.incurred[0].mean(), rel=0.1)


def test_soft_faults_are_refused_where_their_share_cannot_be_told():
    tally, cohorts, _ = fleet_of(6, units=20_000)
    mixed = replace(cohorts, end_day=cohorts.end_day + 182 * (np.arange(len(cohorts)) % 2))
    hard, mild = split(tally, 0.3)
    assert "several lengths" in wr.forecast(hard, mixed, months=3, soft=mild).refused[0]
    young, few, _ = fleet_of(6, units=20_000, oldest=200)
    hard, mild = split(young, 0.3)
    assert "end of its cover" in wr.forecast(hard, few, months=3, soft=mild).refused[0]
    scarce, few, _ = fleet_of(6, units=150, oldest=700)
    hard, mild = split(scarce, 0.5)
    assert "give or take" in wr.forecast(hard, few, months=3, soft=mild).refused[0]
    hard, mild = split(tally, 1.0)
    assert wr.forecast(hard, cohorts, months=3, soft=mild).refused[0] is not None


def lots_of(tally, cohorts):
    """Name every stratum a lot of one product."""
    names = tuple(("P", key[0]) for key in tally.strata)
    return (replace(tally, by=("product", "lot"), strata=names),
            replace(cohorts, by=("product", "lot"), strata=names))


def test_lots_are_added_over_and_new_ones_are_drawn_as_lots_are():
    tally, cohorts, _ = fleet_of(8, units=3000, strata=6)
    tally, cohorts = lots_of(tally, cohorts)
    plan = {"product": ["P"], "month": ["2020-02"], "units": [20_000]}
    found = wr.forecast(tally, cohorts, months=12, lots="lot", sales=plan)
    assert found.strata == (("P",),)
    assert found.planned[0] == 20_000
    pooled = wr.forecast(tally.over("lot"), replace(cohorts, by=("product",), strata=(("P",),),
                                                    stratum=0 * cohorts.stratum), months=12, sales=plan)
    assert found.total()[0, 0] == pytest.approx(pooled.total()[0, 0], rel=0.05)
    assert np.diff(found.total()[0, 1:]) >= 0.9 * np.diff(pooled.total()[0, 1:])


def test_a_lot_that_claims_twice_as_often_is_foretold_to():
    parts = [fleet_of(20 + i, units=6000, eta=3000.0 if i else 1500.0, strata=1) for i in range(6)]
    names = tuple(("P", f"L{i}") for i in range(6))
    tally = Tally.of(by=("product", "lot"), strata=names,
                     stratum=np.concatenate([np.full(len(p[0]), i) for i, p in enumerate(parts)]),
                     age=np.concatenate([p[0].age for p in parts]),
                     **{n: np.concatenate([getattr(p[0], n) for p in parts]) for n in ("entered", "claimed", "open")})
    keys = ("start_day", "end_day", "units", "claimed", "gone", "guarantee")
    offset = np.cumsum([0, *(len(p[1]) for p in parts)])
    cohorts = replace(
        parts[0][1], by=("product", "lot"), strata=names,
        stratum=np.concatenate([np.full(len(p[1]), i) for i, p in enumerate(parts)]),
        claim_cohort=np.concatenate([p[1].claim_cohort + o for p, o in zip(parts, offset[:-1], strict=True)]),
        **{n: np.concatenate([getattr(p[1], n) for p in parts]) for n in
           (*keys, "claim_age", "claim_lag", "claim_count", "claim_cost")})
    came = sum(len(p[2][0]) for p in parts)
    found = wr.forecast(tally, cohorts, months=14, lots="lot")
    assert found.total(0.98)[0, 1] <= came <= found.total(0.98)[0, 2]


def test_factors_of_lots_follow_their_claims():
    good, _, _ = fleet_of(30, units=6000, strata=3)
    bad, _, _ = fleet_of(31, units=6000, eta=1500.0)
    rows = np.concatenate((good.stratum, np.full(len(bad), 3)))
    four = Tally.of(by=("lot",), strata=tuple((f"L{i}",) for i in range(4)), stratum=rows,
                    **{n: np.concatenate((getattr(good, n), getattr(bad, n))) for n in
                       ("age", "entered", "claimed", "open")})
    drawn = factors(four, fit(four.over("lot")), 0, np.arange(4), np.random.default_rng(1), draws=500).mean(axis=0)
    assert drawn[3] / drawn[:3].mean() == pytest.approx(2.0**1.2, rel=0.15)


def test_what_past_products_erred_by_carries_over_beyond_the_ages_seen():
    tally, cohorts, _ = fleet_of(9, units=20_000, oldest=250)
    days = np.arange(1.0, 1500.0)
    claims = np.stack([np.where(days > 240, k, 1.0) for k in (3.0, 3.2, 2.8, 3.1, 2.9, 3.0)])
    size = claims.shape
    past = Tally.of(by=("product",), strata=tuple((f"old{i}",) for i in range(6)),
                    stratum=np.concatenate((np.repeat(np.arange(6), size[1]), np.arange(6))),
                    age=np.concatenate((np.tile(days, 6), np.zeros(6))),
                    claimed=np.concatenate((claims.ravel(), np.zeros(6))),
                    open=np.concatenate((np.tile(np.where(days == days[-1], 30_000.0, 0.0), 6), np.zeros(6))),
                    entered=np.concatenate((np.zeros(claims.size), claims.sum(axis=1) + 30_000.0)))
    taught = wr.forecast(tally, cohorts, months=12, history=past)
    plain = wr.forecast(tally, cohorts, months=12)
    assert any("carried over beyond" in line for line in taught.how)
    assert not np.array_equal(taught.claims, plain.claims)
    assert taught.total()[0, 0] > plain.total()[0, 0]
