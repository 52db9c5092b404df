"""A look-up answers at one glance where a unit has nothing but itself, and the same as the whole reading everywhere."""

import datetime as dt
import threading

import pytest

from warrantor.desk import claims, entitle, proposals, units
from warrantor.desk.claims import Opening
from warrantor.desk.entitle import Asked

DAY = dt.date(2026, 2, 10)


@pytest.fixture
def many(store, staff, sell):
    """Units with nothing, a claim, an exchange and its replacement, and a day of their own."""
    for serial in ("PLAIN", "CLAIMED", "OLD"):
        sell(serial)
    sell("LATE", dt.date(2024, 1, 5))
    claims.open_claim(store, staff["ana"], Opening("CLAIMED", "no power"))
    with store.writing(staff["ana"], "stand_in") as writing:
        units.stand_in(writing, store.key, units.find(store, "OLD"), "NEW", DAY, unregistered=True)
    return ("PLAIN", "CLAIMED", "OLD", "NEW", "LATE", "NOBODY")


def whole(store, serial):
    """The answer with everything read, whatever there is."""
    unit = units.find(store, serial)
    return entitle.of_unit(store, unit, Asked(DAY)).to_dict() | {"serial": serial}


def test_every_answer_is_that_of_the_whole_reading(store, many):
    for serial in many[:-1]:
        assert entitle.coverage(store, serial, on=DAY).to_dict() == whole(store, serial), serial
    assert entitle.coverage(store, "NOBODY", on=DAY).answer == "held"


def test_a_glance_is_enough_for_a_unit_alone_and_for_nobody_else(store, many):
    told = {serial: entitle.at_a_glance(store, serial, on=DAY) is not None for serial in many}
    assert told == {"PLAIN": True, "CLAIMED": False, "OLD": True, "NEW": False, "LATE": True, "NOBODY": True}


def test_a_campaign_ends_the_glances(store, staff, many):
    told = {"name": "swelling", "product": "phone", "fault": "battery", "on": DAY.isoformat(), "until": "2027-02-10"}
    asked = proposals.propose(store, staff["eva"], "campaign", "they swell", told)
    proposals.settle(store, staff["own"], asked.number, approve=True, version=asked.version)
    assert entitle.at_a_glance(store, "PLAIN", on=DAY) is None
    assert entitle.coverage(store, "PLAIN", on=DAY).to_dict() == whole(store, "PLAIN")


def test_what_is_written_is_seen_by_the_next_glance_of_every_thread(store, sell):
    seen = []

    def look():
        seen.append(entitle.coverage(store, "NEW-ONE", on=DAY).answer)

    for step in (look, lambda: sell("NEW-ONE"), look):
        thread = threading.Thread(target=step)
        thread.start()
        thread.join()
    look()
    assert seen[0] == "held"
    assert seen[1] == seen[2] == "covered"


def test_closing_lets_go_of_every_threads_eye(store, sell):
    sell("U1")
    threads = [threading.Thread(target=entitle.coverage, args=(store, "U1"), kwargs={"on": DAY}) for _ in range(3)]
    for thread in threads:
        thread.start()
        thread.join()
    assert len(store.opened) == (3 if store.glances else 0)
    store.close()
    assert store.opened == []


@pytest.mark.parametrize("day", [dt.date.min, dt.date.max])
def test_the_first_and_the_last_day_of_the_calendar_are_answered(store, many, day):
    assert all(entitle.coverage(store, serial, on=day).answer for serial in many)
