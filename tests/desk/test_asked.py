"""What the desk asks the terms: earlier repairs and exchanges, the day where it was sold, who waits since when."""

import datetime as dt

import pytest

from warrantor.desk import claims, entitle, units
from warrantor.desk.actor import THE_MACHINE
from warrantor.desk.claims import Opening
from warrantor.desk.due import due
from warrantor.desk.entitle import Asked
from warrantor.desk.refusals import ConflictError
from warrantor.terms import Guarantees, load_guarantees

TO_DIAGNOSIS = ("check", "authorise", "receive")
KIT = """
[[guarantee]]
name = "kit"
version = "1"
[guarantee.terms.host]
months = 18
[guarantee.terms.battery]
months = 18
[guarantee.remedies]
choices = ["repair"]
faults = ["performance"]
accessory_exchanges_before_refund = 1
"""


def repaired(store, staff, do, clock, times):
    for _ in range(times):
        one = claims.open_claim(store, staff["ana"], Opening("U1"))
        one = do(do(one, *TO_DIAGNOSIS), "diagnose", fault="performance")
        do(one, "start_repair", "repair_done", "hand_back")
        clock.later(40)


@pytest.mark.parametrize(("times", "owed"), [(1, "repair"), (2, "exchange")])
def test_repairs_of_earlier_claims_count(store, staff, sell, do, clock, times, owed):
    """The guarantee repairs twice, then exchanges."""
    sell("U1")
    repaired(store, staff, do, clock, times)
    one = claims.open_claim(store, staff["ana"], Opening("U1"))
    one = do(do(one, *TO_DIAGNOSIS), "diagnose", fault="performance")
    other = {"repair": "exchange", "exchange": "start_repair"}[owed]
    with pytest.raises(ConflictError, match=f"owe {owed}"):
        do(one, other)
    assert do(one, {"repair": "start_repair", "exchange": "exchange"}[owed]).answer == "covered"


def test_repairs_of_another_unit_or_of_a_later_day_do_not_count(store, staff, sell, do, clock):
    sell("U1")
    sell("U2")
    repaired(store, staff, do, clock, 2)
    asked = {"U1": dt.date(2026, 2, 20), "U2": clock.now.date()}
    for serial, day in asked.items():
        told = entitle.of_unit(store, units.find(store, serial), Asked(day, fault="performance"))
        assert told.layers[0].remedies == ("repair",), serial


def test_exchanges_of_the_same_component_count_over_the_units_that_stood_in_one_place(store, staff, sell, do, clock):
    """A part is exchanged once, then paid back; that it was another unit then is no new beginning."""
    store.guarantees = Guarantees((*store.guarantees.all, *load_guarantees(KIT).all))
    sell("U1", guarantee="kit@1")
    sell("U2", None, delivered_on=None, guarantee="")
    one = claims.open_claim(store, staff["ana"], Opening("U1", component="battery"))
    one = do(do(one, *TO_DIAGNOSIS), "diagnose", fault="performance")
    with pytest.raises(ConflictError, match="owe exchange"):
        do(one, "refund")
    do(do(do(one, "exchange"), "exchange_done", replacement="U2"), "hand_back")
    clock.later(40)
    owed = {component: entitle.coverage(store, "U2", component=component, fault="performance").layers[0].remedies
            for component in ("battery", "")}
    assert owed == {"battery": ("refund",), "": ("repair",)}


@pytest.mark.parametrize(("market", "hour", "day"), [("CN", 15, 2), ("CN", 17, 3), ("", 17, 2)])
def test_the_day_is_that_of_the_market_where_the_unit_was_sold(store, staff, sell, clock, market, hour, day):
    sell("U1", market=market, guarantee="")
    clock.now = clock.now.replace(hour=hour)
    one = claims.open_claim(store, staff["ana"], Opening("U1"))
    assert (one.opened_on, one.reported_on) == (dt.date(2026, 3, day), dt.date(2026, 3, day))


def test_the_last_day_of_cover_ends_at_midnight_of_the_market(store, sell, clock):
    sell("U1", dt.date(2025, 1, 5), market="CN")
    last = entitle.coverage(store, "U1").layers[0].end
    clock.now = dt.datetime.combine(last, dt.time(15, 59), dt.UTC)
    told = [layer.alive for layer in entitle.coverage(store, "U1").layers if layer.guarantee == "long"]
    clock.now += dt.timedelta(minutes=2)
    told += [layer.alive for layer in entitle.coverage(store, "U1").layers if layer.guarantee == "long"]
    assert told == [True, False]


def test_parts_are_waited_for_since_they_are_waited_for(store, staff, sell, do, clock):
    """Sixty days for parts: the days on the bench before are none of them."""
    sell("U1")
    one = do(do(claims.open_claim(store, staff["ana"], Opening("U1")), *TO_DIAGNOSIS), "diagnose", fault="performance")
    clock.later(50)
    one = do(one, "wait_parts")
    clock.later(20)
    with pytest.raises(ConflictError, match="owe repair"):
        do(one, "parts_deadline")
    clock.later(41)
    assert do(one, "parts_deadline").state == "waiting_exchange"


@pytest.mark.parametrize(("submit", "act"), [(False, "submit"), (True, "check")])
def test_a_claim_of_a_unit_that_was_exchanged_meanwhile_cannot_go_on(store, staff, sell, do, clock, submit, act):
    sell("U1")
    sell("U2", None, delivered_on=None, guarantee="")
    one = claims.open_claim(store, staff["ana"], Opening("U1", submit=submit))
    with store.writing(THE_MACHINE, "stand in") as writing:
        units.stand_in(writing, store.key, units.find(store, "U1"), "U2", clock.now.date())
    with pytest.raises(ConflictError, match="superseded"):
        do(one, act)
    assert claims.claim(store, one.number, staff["ana"]).state == one.state


def test_days_in_a_state_are_whole_days_gone_by(store, sell, staff, clock):
    """A claim opened yesterday evening has not stood for a day this morning."""
    sell("U1")
    clock.now = clock.now.replace(hour=22)
    one = claims.open_claim(store, staff["ana"], Opening("U1"))
    gone = [due(store, one, clock.now + dt.timedelta(hours=hours)).days for hours in (0, 10, 24, 47, 48)]
    assert gone == [0, 0, 1, 1, 2]
