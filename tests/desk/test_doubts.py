"""What makes a person look: an invoice shown for another unit, another serial at the door, a centre's sudden rush."""

import datetime as dt

import pytest
import sqlalchemy as sa

from warrantor.desk import audit, claims, tables, vault
from warrantor.desk.claims import Opening
from warrantor.desk.refusals import ConflictError


def test_an_invoice_shown_for_another_unit_holds_the_claim_until_a_second_person_looked(store, staff, sell, do):
    for serial in ("U1", "U2", "U3"):
        sell(serial)
    first = claims.open_claim(store, staff["ana"], Opening("U1", invoice="INV 2026/07"))
    second = claims.open_claim(store, staff["ana"], Opening("U2", invoice="inv-2026-07"))
    other = claims.open_claim(store, staff["ana"], Opening("U3", invoice="INV 2026/08"))
    assert [c.held for c in (first, second, other)] == ["", "hold:invoice_reused", ""]
    with pytest.raises(ConflictError, match="invoice_reused"):
        do(second, "check")
    second = do(second, "clear", by="ben", reason="bought together, both on the paper")
    assert (second.held, do(second, "check").held) == ("", "")
    assert audit.verify(store).intact


def test_the_same_unit_and_the_one_given_for_it_show_the_same_invoice(store, staff, sell, do):
    sell("U1", dt.date(2026, 2, 28))
    one = claims.open_claim(store, staff["ana"], Opening("U1", invoice="77"))
    one = do(do(one, "check", "authorise", "receive"), "diagnose", fault="performance")
    do(do(do(one, "exchange"), "exchange_done", replacement="U9", unregistered="yes"), "hand_back")
    again = claims.open_claim(store, staff["ana"], Opening("U9", invoice="77"))
    assert again.held == ""


def test_an_erased_unit_leaves_no_mark_of_its_invoice(store, staff, sell):
    sell("U1")
    one = claims.open_claim(store, staff["ana"], Opening("U1", invoice="77"))
    vault.erase(store, one.unit, staff["adm"])
    with store.reading() as connection:
        assert connection.execute(sa.select(tables.claims.c.invoice)).scalars().all() == [None]
        assert connection.execute(sa.select(tables.words)).all() == []
    assert audit.verify(store).intact


def test_another_serial_at_the_door_holds_the_claim(store, staff, sell, do):
    sell("U1")
    one = do(claims.open_claim(store, staff["ana"], Opening("U1")), "check", "authorise")
    one = do(one, "receive", serial="SWAPPED-1")
    assert (one.state, one.held) == ("received", "hold:serial_differs")
    with pytest.raises(ConflictError, match="serial_differs"):
        do(one, "diagnose", fault="performance")
    one = do(one, "clear", by="ben", reason="the label of the box was read")
    assert do(one, "diagnose", fault="performance").state == "diagnosed"
    with store.reading() as connection:
        told = connection.execute(sa.select(tables.decisions.c.inputs)).scalars().all()
    assert "SWAPPED" not in str(told)


def test_the_serial_read_at_the_door_may_be_typed_in_any_way(store, staff, sell, do):
    sell("49-015420-323751-8")
    one = do(claims.open_claim(store, staff["ana"], Opening("490154203237518")), "check", "authorise")
    assert do(one, "receive", serial="4901542032375101").held == "", "the sixteen digits that a phone says of itself"


def test_a_centre_that_suddenly_opens_far_more_than_it_is_used_to_is_looked_at(store, staff, sell, clock):
    def opens(count, day):
        for n in range(count):
            sell(f"D{day}-{n}")
            yield claims.open_claim(store, staff["ana"], Opening(f"D{day}-{n}"))

    assert {c.held for c in opens(25, 0)} == {""}, "a new centre has no past to compare with"
    for day in range(1, 5):
        clock.later(1)
        assert {c.held for c in opens(2, day)} == {""}
    clock.later(1)
    held = [c.held for c in opens(22, 9)]
    assert held == [""] * 20 + ["hold:centre_velocity"] * 2
    sell("S1")
    assert claims.open_claim(store, staff["cai"], Opening("S1")).held == "", "another centre is not meant"
