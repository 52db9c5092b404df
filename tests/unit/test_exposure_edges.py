"""Single units whose windows can be closed in the head: the edges of cover, day by day."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from warrantor.engine import open_engine
from warrantor.exposure import Scope, calendar_table, cohorts_of, tally_of
from warrantor.exposure.faults import NO_CODE, hard_of
from warrantor.finding import Refused

UNIT = {"unit": 1, "serial": "S1", "product": "A", "guarantee": "basic@1", "origin": "sold", "start_day": 100,
        "returned_day": None, "end_shift": 0}
CLAIM = {"fault": "E01", "reported_day": None, "closed_day": None, "handed_back_day": None, "remedy": "repair",
         "replacement": None, "cost": 10.0}
KINDS = {"unit": pa.int64(), "cost": pa.float64()}


def table(rows, like):
    texts = {"serial", "product", "guarantee", "origin", "fault", "remedy", "replacement"}
    return pa.table({n: pa.array([r[n] for r in rows], KINDS.get(n, pa.string() if n in texts else pa.int32()))
                     for n in like})


@pytest.fixture(scope="module")
def engine():
    with open_engine(threads=1) as opened:
        yield opened


@pytest.fixture
def fleet(engine):
    def scope(day, *claims, currency="CNY", **changed):
        unit = UNIT | changed
        facts = {n: v for n, v in unit.items() if n != "serial"}
        made = [facts | CLAIM | {"reported_day": c["opened_day"]} | c for c in claims]
        like = [*facts, *CLAIM, "opened_day"]
        engine.add("units", table([unit], unit))
        engine.add("claims", table(made, like))
        engine.add("calendar", calendar_table([("basic@1", s, s + 365) for s in range(90, 110)]))
        return Scope(engine, date(1970, 1, 1) + timedelta(days=day), currency, frozenset(unit), frozenset(like))

    return scope


def at(tally, column):
    return {int(a): n for a, n in zip(tally.age, getattr(tally, column), strict=True) if n}


def test_the_last_covered_day_is_inside_and_the_next_is_not(fleet):
    inside, after = (tally_of(fleet(900, {"opened_day": day})) for day in (465, 466))
    assert at(inside, "claimed") == {365: 1}
    assert at(inside, "expired") == {}
    assert at(after, "claimed") == {}
    assert at(after, "expired") == {365: 1}
    assert at(after, "claims") == {}


def test_a_claim_on_the_start_day_has_age_zero(fleet):
    assert at(tally_of(fleet(900, {"opened_day": 100})), "claimed") == {0: 1}


def test_a_claim_is_known_from_the_day_it_was_reported(fleet):
    claim = {"opened_day": 150, "reported_day": 160}
    assert at(tally_of(fleet(159, claim)), "open") == {59: 1}
    assert at(tally_of(fleet(160, claim)), "claimed") == {50: 1}


def test_a_returned_unit_is_gone_on_the_day_and_a_claim_of_that_day_counts(fleet):
    assert at(tally_of(fleet(900, returned_day=150)), "gone") == {50: 1}
    assert at(tally_of(fleet(149, returned_day=150)), "open") == {49: 1}
    same_day = tally_of(fleet(900, {"opened_day": 150}, returned_day=150))
    assert at(same_day, "claimed") == {50: 1}
    assert at(same_day, "gone") == {}
    assert at(tally_of(fleet(900, {"opened_day": 151}, returned_day=150)), "gone") == {50: 1}


def test_cover_that_ends_today_has_expired_and_not_a_day_earlier(fleet):
    assert at(tally_of(fleet(465)), "expired") == {365: 1}
    assert at(tally_of(fleet(464)), "open") == {364: 1}
    assert at(tally_of(fleet(475, end_shift=10)), "expired") == {375: 1}
    assert at(tally_of(fleet(475, {"opened_day": 475}, end_shift=10)), "claimed") == {375: 1}


def test_repeats_are_claims_and_not_first_claims(fleet):
    tally = tally_of(fleet(900, {"opened_day": 120}, {"opened_day": 130, "cost": 4.0}))
    assert at(tally, "claimed") == {20: 1}
    assert at(tally, "claims") == {20: 1, 30: 1}
    assert at(tally, "cost") == {20: 10.0, 30: 4.0}
    assert at(tally, "cost_squared") == {20: 100.0, 30: 16.0}
    assert at(tally, "covered_out") == {365: 1}


def test_an_exchange_ends_cover_when_the_unit_was_handed_over(fleet):
    claim = {"opened_day": 120, "remedy": "exchange", "handed_back_day": 127, "closed_day": 130}
    assert at(tally_of(fleet(900, claim)), "covered_out") == {27: 1}
    assert at(tally_of(fleet(125, claim)), "covered_out") == {25: 1}


def test_another_fault_takes_the_unit_away(fleet):
    claims = {"opened_day": 120, "fault": "E02"}, {"opened_day": 130}
    tally = tally_of(fleet(900, *claims), faults=("E01",))
    assert at(tally, "gone") == {20: 1}
    assert at(tally, "claimed") == {}
    assert at(tally, "claims") == {30: 1}
    with pytest.raises(Refused, match="list with at least one code"):
        tally_of(fleet(900), faults="E01")


def test_what_was_left_out_is_said(fleet):
    unknown, later, uncovered = (tally_of(fleet(900, start_day=None)), tally_of(fleet(99)),
                                 tally_of(fleet(900, guarantee="none@1")))
    for tally, why in ((unknown, "start is not known"), (later, "start after 1970-04-10"),
                       (uncovered, "without a guarantee")):
        assert len(tally) == 0
        assert "1 units" in tally.how[0]
        assert why in tally.how[0]


def test_no_currency_no_cost_and_a_missing_cost_is_not_zero(fleet):
    assert np.isnan(tally_of(fleet(900, {"opened_day": 120}, currency=None)).cost).all()
    tally = tally_of(fleet(900, {"opened_day": 120, "cost": None}, {"opened_day": 130}))
    assert dict(zip(tally.age.tolist(), tally.cost.tolist(), strict=True))[30.0] == 10.0
    assert np.isnan(tally.cost[tally.age == 20]).all()
    assert tally.cost[tally.age == 0] == 0
    assert any("1 claims have no cost" in s for s in tally.how)


def test_the_guarantee_and_the_origin_are_always_strata(fleet):
    scope = fleet(900)
    assert tally_of(scope, "product").by == ("product", "guarantee", "origin")
    assert tally_of(scope, ["origin", "product"]).by == ("origin", "product", "guarantee")
    assert tally_of(scope, "product").over("guarantee", "origin").strata == (("A",),)


@pytest.mark.parametrize("name", ["colour", "serial", "start_day", 'product" --'])
def test_a_column_that_splits_nothing_is_refused_with_those_that_do(fleet, name):
    with pytest.raises(Refused, match="columns to split by: guarantee, origin, product"):
        tally_of(fleet(900), name)


@pytest.mark.parametrize(("age", "month"), [(0, 0), (30, 0), (31, 1), (60, 1), (61, 2), (334, 10), (335, 11)])
def test_a_month_of_age_is_30_4375_days(fleet, age, month):
    cohorts = cohorts_of(fleet(900, {"opened_day": 100 + age, "reported_day": 103 + age}))
    assert (cohorts.claim_age.tolist(), cohorts.claim_lag.tolist()) == ([month], [3])
    assert (cohorts.start_day.tolist(), cohorts.end_day.tolist()) == ([100], [465])


def test_the_brackets_of_a_tally_count_each_unit_once(fleet):
    brackets = tally_of(fleet(900, {"opened_day": 120})).brackets()
    assert brackets.count.sum() == 1
    assert (brackets.lower.tolist(), brackets.upper.tolist()) == ([20.0], [20.0])


def test_a_claim_without_a_code_is_a_claim_of_no_soft_fault(fleet):
    claims = {"opened_day": 120, "fault": None}, {"opened_day": 130, "fault": "S01"}
    scope = fleet(900, *claims)
    hard = hard_of(scope.engine.sql, ["S01"])
    assert hard == [NO_CODE]
    tally = tally_of(scope, faults=hard)
    assert at(tally, "claimed") == {20: 1}
    assert any("no code" in line for line in tally.how)
    assert at(tally_of(scope, faults=("S01",)), "claimed") == {}


def test_a_soft_fault_of_which_there_is_no_claim_is_refused(fleet):
    scope = fleet(900, {"opened_day": 120, "fault": "E01"})
    with pytest.raises(Refused, match=r"No claim is of fault S99.*Faults claimed: E01"):
        hard_of(scope.engine.sql, ["S99"])
