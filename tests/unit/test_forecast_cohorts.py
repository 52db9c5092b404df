"""What a longer promise would bring to a fleet: against the truth of simulated fleets, and refusals."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

import warrantor
from warrantor.finding import Refused
from warrantor.forecast.cohorts import extend_cohorts, lag_of
from warrantor.forecast.drawn import aic, likeness
from warrantor.forecast.drift import drift
from warrantor.forecast.rush import rush_of
from warrantor.tally import Brackets, Cohorts, Tally
from warrantor.world import load_world, simulate
from warrantor.world.device_n import device_n
from warrantor.world.simulate import NEVER, ends

AS_OF = load_world().as_of
TODAY = AS_OF.toordinal() - 719163


def world_of(seed, *, wander=0.0, bad=1.0, rush=True, lag=True):
    """One conventional product, as tally, soft tally and cohorts built by brute force from the simulated arrays."""
    spec = load_world()
    one = replace(spec.products[0], units=100_000, bad_lot={"lot": 7, "hazard": bad} if bad > 1 else {})
    tables = spec.tables | {"soft": spec.tables["soft"] | ({} if rush else {"share": 0.0}),
                            "report_lag": {"mean": 9 if lag else 1e-9}}
    world = simulate(replace(spec, products=(one,), wander=wander, tables=tables), seed)
    return world, *evidence(world)


def evidence(world):
    cover = ends(world.sold, 12)
    first = np.full(len(world.sold), NEVER)
    known = world.claim_known <= TODAY
    np.minimum.at(first, world.claim_unit[known], world.claim_day[known] - world.sold[world.claim_unit[known]])
    back = np.where(world.returned <= TODAY, world.returned - world.sold, NEVER)
    today = TODAY - world.sold
    claimed = first < NEVER
    gone = ~claimed & (back <= np.minimum(cover, today))
    leave = np.where(claimed, first, np.where(gone, back, np.minimum(cover, today)))
    lots = np.unique(world.lot)
    stratum = np.searchsorted(lots, world.lot)
    strata = tuple((str(n),) for n in lots)

    def tally(soft):
        mine = claimed & (world.soft == soft)
        return Tally.of(by=("lot",), strata=strata, stratum=np.tile(stratum, 2),
                        age=np.concatenate((np.zeros(len(leave)), leave)).astype(float),
                        entered=np.repeat([1.0, 0.0], len(leave)), claimed=np.concatenate((0 * mine, mine)),
                        gone=np.concatenate((0 * gone, gone | (claimed & ~mine))),
                        open=np.concatenate((0 * gone, ~claimed & ~gone)))

    return tally(soft=False), tally(soft=True), cohorts_of(world, strata, stratum, claimed, gone, cover)


def cohorts_of(world, strata, stratum, claimed, gone, cover):
    key, place = np.unique(stratum * 100_000 + world.sold, return_inverse=True)
    unit = world.claim_unit[world.claim_known <= TODAY]
    lag = (world.claim_known - world.claim_day)[world.claim_known <= TODAY]
    age = ((world.claim_day - world.sold[world.claim_unit])[world.claim_known <= TODAY] / 30.4375).astype(int)
    first = np.zeros(len(key), int)
    first[place] = cover
    return Cohorts(by=("lot",), strata=strata, stratum=key // 100_000, as_of=AS_OF, guarantees=("conventional@1",),
                   guarantee=np.zeros(len(key), int), start_day=key % 100_000, end_day=key % 100_000 + first,
                   units=np.bincount(place).astype(float), claimed=np.bincount(place, claimed),
                   gone=np.bincount(place, gone),
                   claim_cohort=place[unit], claim_age=age, claim_lag=lag, claim_count=np.ones(len(unit)),
                   claim_cost=np.full(len(unit), np.nan))


@pytest.fixture(scope="module")
def rushed():
    return world_of(5)


def truth(world):
    short, long = world.per_thousand(12, 12)[0], world.per_thousand(18, 18)[0]
    return short, long, long - short


def test_the_extra_claims_of_a_longer_promise_are_foretold_within_three_percent(rushed):
    world, hard, soft, cohorts = rushed
    found = extend_cohorts(hard, cohorts, soft=soft, lots="lot")
    for name, true in zip(("at_start", "at_end", "extra"), truth(world), strict=True):
        mean, lower, upper = getattr(found, name)[0]
        assert lower <= true <= upper
        # extra: exp(tau^2 / 2) of the stated prior lifts the mean by 4.6 %
        assert mean == pytest.approx(true, rel=0.09 if name == "extra" else 0.03)


def test_left_unseparated_the_rush_comes_back_as_a_bias(rushed):
    _, hard, soft, cohorts = rushed
    both = Tally.of(by=hard.by, strata=hard.strata, stratum=np.concatenate((hard.stratum, soft.stratum)),
                    age=np.concatenate((hard.age, soft.age)), entered=np.concatenate((hard.entered, 0 * soft.entered)),
                    claimed=np.concatenate((hard.claimed, soft.claimed)),
                    open=np.concatenate((hard.open, 0 * soft.open)),
                    gone=np.concatenate((0 * hard.gone, 0 * soft.gone)))
    naive = extend_cohorts(both, cohorts, lots="lot")
    told = extend_cohorts(hard, cohorts, soft=soft, lots="lot")
    assert naive.extra[0, 0] > 1.15 * told.extra[0, 0]
    assert any("Rush not separated" in line for line in naive.how)


def test_a_report_lag_left_out_is_a_bias():
    world, hard, soft, cohorts = world_of(6)
    found = extend_cohorts(hard, cohorts, soft=soft, lots="lot")
    blind = replace(cohorts, claim_lag=0 * cohorts.claim_lag)
    without = extend_cohorts(hard, blind, soft=soft, lots="lot")
    assert without.at_start[0, 0] < found.at_start[0, 0] - 0.3
    assert abs(found.at_start[0, 0] - truth(world)[0]) < abs(without.at_start[0, 0] - truth(world)[0])


def test_an_old_bad_lot_does_not_raise_the_young_ones():
    world, hard, soft, cohorts = world_of(8, bad=6.0)
    apart = extend_cohorts(hard, cohorts, soft=soft, lots="lot")
    pooled = extend_cohorts(hard.over("lot"), replaced(cohorts), soft=soft.over("lot"))
    true = truth(world)[0]
    assert abs(apart.at_start[0, 0] - true) < 0.5 * abs(pooled.at_start[0, 0] - true)


def replaced(cohorts):
    return replace(cohorts, by=(), strata=((),), stratum=np.zeros(len(cohorts), int))


def test_the_share_of_soft_faults_is_the_worlds(rushed):
    _, hard, soft, _ = rushed
    rush = rush_of(hard, soft, np.arange(len(hard.strata)), 365.25)
    assert abs(rush.share - 0.30) < 4 * np.sqrt(rush.share_variance)
    assert rush.at(np.array([0.0]))[0] == 0.0
    assert rush.at(np.array([400.0]))[0] == rush.cumulative[-1]


def silent():
    return Tally.of(by=(), strata=((),), stratum=np.zeros(2, int), age=np.array([0.0, 365.0]),
                    entered=np.array([9.0, 0]), open=np.array([0.0, 9.0]))


def test_without_a_hard_claim_the_share_cannot_be_told():
    none = silent()
    with pytest.raises(Refused, match="share of soft"):
        rush_of(none, none, np.arange(1), 365.0)


def test_a_stratum_without_claims_is_refused_and_the_page_says_why():
    quiet = silent()
    cohorts = Cohorts(by=(), strata=((),), stratum=np.zeros(1, int), as_of=date(2020, 1, 1), guarantees=("g@1",),
                      guarantee=np.zeros(1, int), start_day=np.array([17000]), end_day=np.array([17365]),
                      units=np.array([9.0]), claimed=np.zeros(1), gone=np.zeros(1))
    found = extend_cohorts(quiet, cohorts)
    assert found.refused[0]
    assert found.to_dict()["strata"][0]["extra"] is None
    assert "refused" in found.sentence(0)


def test_units_promised_otherwise_are_refused(rushed):
    _, hard, soft, cohorts = rushed
    found = extend_cohorts(hard, cohorts, soft=soft, lots="lot", start=6, end=12)
    assert "promised 12.0 months, not 6" in found.refused[0]


def test_the_public_door_reaches_the_same_answer(rushed):
    _, hard, soft, cohorts = rushed
    one = warrantor.extend(hard, cohorts, months=18, soft=soft, lots="lot")
    assert one.to_dict() == extend_cohorts(hard, cohorts, soft=soft, lots="lot").to_dict()
    with pytest.raises(Refused, match="for a fleet's cohorts"):
        warrantor.extend(hard, warrantor.AtRisk(by=hard.by, strata=hard.strata, stratum=np.zeros(1, int),
                                                until=np.ones(1), units=np.ones(1)), lots="lot")


def test_ages_that_are_not_days_are_refused(rushed):
    _, hard, _, cohorts = rushed
    with pytest.raises(Refused, match="in days"):
        extend_cohorts(replace(hard, unit="month"), cohorts)
    with pytest.raises(Refused, match="same columns"):
        extend_cohorts(hard, replaced(cohorts))


def test_no_claims_no_lag(rushed):
    cohorts = rushed[3]
    nothing = replace(cohorts, claim_count=0 * cohorts.claim_count)
    assert lag_of(nothing) is None
    assert lag_of(cohorts).mean == pytest.approx(8.5, rel=0.1)


def test_costs_follow_counts_and_are_none_where_one_is_missing(rushed):
    _, hard, soft, cohorts = rushed
    plain = extend_cohorts(hard, cohorts, soft=soft, lots="lot")
    assert plain.to_dict()["strata"][0]["cost"] is None
    assert any("No cost" in line for line in plain.how)

    def paid(t):
        claims = t.claimed
        return replace(t, claims=1.1 * claims, cost=66.0 * claims, cost_squared=5000.0 * claims, currency="CNY")

    found = extend_cohorts(paid(hard), cohorts, soft=paid(soft), lots="lot")
    assert found.currency == "CNY"
    assert found.cost[0, 0] == pytest.approx(66.0 * found.extra[0, 0], rel=0.01)
    assert found.cost[0, 1] < found.cost[0, 0] < found.cost[0, 2]


def test_lots_that_differ_no_more_than_chance_are_alike():
    rng = np.random.default_rng(1)
    due = np.full(200, 50.0)
    assert likeness(rng.poisson(due).astype(float), due) > 200
    wild = rng.poisson(due * rng.gamma(4.0, 0.25, 200)).astype(float)
    assert 2 < likeness(wild, due) < 8


def test_akaike_weights_leave_out_what_was_refused():
    assert aic([np.nan, -10.0], [2, 2]).tolist() == [0.0, 1.0]
    assert aic([np.nan], [2]) is None


def test_two_laws_that_fit_alike_drift_apart():
    near, far = drift(device_n(), start=12, end=18), drift(device_n(), start=0, end=36)
    assert far.expected.round().tolist() == [457856.0, 213028.0]
    assert near.mixed[1] < near.mixed[0] < near.mixed[2]
    assert near.envelope[1] >= near.mixed[2]
    assert far.to_dict()["laws"]["lognormal"]["expected"] == far.expected[1]


def test_drift_refuses_what_has_no_answer():
    failed = Brackets(by=(), strata=((),), stratum=np.zeros(1, int), entry=np.zeros(1), lower=np.ones(1),
                      upper=np.ones(1), count=np.ones(1))
    with pytest.raises(Refused, match="at risk"):
        drift(failed, start=1, end=2)


def test_no_soft_claim_among_few_is_not_a_share_of_none():
    def counted(claims):
        age = np.append(0.0, np.linspace(10.0, 300.0, max(claims, 1)))
        came = np.append(0.0, np.full(len(age) - 1, float(claims > 0)))
        return Tally.of(by=(), strata=((),), stratum=np.zeros(len(age), int), age=age, claimed=came,
                        entered=np.append(1000.0, 0 * age[1:]), open=np.append(0 * age[1:], 1000.0 - claims))

    few, many = (rush_of(counted(n), counted(0), np.arange(1), 365.0) for n in (3, 400))
    assert few.share == many.share == 0.0
    assert np.sqrt(few.share_variance) == pytest.approx(np.sqrt(0.5 * 3.5 / (4**2 * 5)))
    assert np.sqrt(many.share_variance) < 0.01
