"""A look-up answers at one glance where a unit has nothing but itself, and the same as the whole reading everywhere."""

import datetime as dt
import threading
from pathlib import Path

import pytest

from warrantor.desk import claims, entitle, proposals, units
from warrantor.desk.claims import Opening
from warrantor.desk.entitle import Asked
from warrantor.desk.glances import MOST

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


def test_threads_that_are_gone_leave_no_connection_behind(store, sell):
    """A server ends its idle threads and makes new ones, for days."""
    sell("U1")
    for _ in range(100):
        thread = threading.Thread(target=entitle.coverage, args=(store, "U1"), kwargs={"on": DAY})
        thread.start()
        thread.join()
    assert len(store.eyes.free) == (1 if store.glances else 0)
    held = [link for link in Path("/proc/self/fd").iterdir() if link.is_symlink() and store.glances
            and str(link.resolve()).startswith(store.engine.url.database)]
    assert len(held) < 3 * (1 + 2), "a database, its log and its index: of the glance, and of the pool's connections"
    store.close()
    assert store.eyes.free == []


def test_a_burst_of_glances_leaves_so_many_connections_and_no_more(store, sell):
    if not store.glances:
        pytest.skip("PostgreSQL has one pool for all")
    together, many = threading.Barrier(MOST + 9), []

    def look():
        with store.glancing() as connection:
            many.append(connection)
            together.wait(30)

    threads = [threading.Thread(target=look) for _ in range(MOST + 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, many))) == MOST + 9, "nobody waits for another"
    assert len(store.eyes.free) == MOST


def test_a_glance_that_failed_or_outlived_the_store_is_not_given_again(store):
    if not store.glances:
        pytest.skip("PostgreSQL has one pool for all")
    with pytest.raises(ZeroDivisionError), store.glancing() as connection:
        raise ZeroDivisionError
    assert connection.closed
    assert store.eyes.free == []
    with store.glancing() as connection:
        store.close()
    assert connection.closed
    assert store.eyes.free == []


@pytest.mark.parametrize("day", [dt.date.min, dt.date.max])
def test_the_first_and_the_last_day_of_the_calendar_are_answered(store, many, day):
    assert all(entitle.coverage(store, serial, on=day).answer for serial in many)
