"""The log finds every change that was made past the desk; erasure leaves it whole and no serial anywhere."""

import datetime as dt

import pytest
import sqlalchemy as sa
from tests.desk.conftest import past_the_desk

from warrantor import desk
from warrantor.desk import audit, claims, costs, entitle, people, proposals, tables, units, vault
from warrantor.desk.actor import THE_MACHINE
from warrantor.desk.claims import Opening
from warrantor.desk.refusals import NotAllowedError
from warrantor.desk.tables import ADDED_ONLY
from warrantor.finding import Refused

SERIAL = "490154203237518"


@pytest.fixture
def lived(store, staff, sell, do, clock):
    """A desk in which something of every kind happened."""
    sell(SERIAL, dt.date(2026, 3, 1), lot="L1")
    one = claims.open_claim(store, staff["zoe"], Opening(SERIAL, said="Zoe Z., call me", contact="zoe@mail",
                                                            bought="2026-03"), key="k")
    one = do(do(one, "check", "authorise", "receive"), "diagnose", fault="performance")
    costs.add(store, one.number, staff["ana"], {"kind": "part", "amount": "9.90", "currency": "EUR"})
    asked = proposals.propose(store, staff["ana"], "goodwill", "why not", {"remedy": "repair"}, claim=one.number)
    proposals.settle(store, staff["own"], asked.number, approve=True, version=1)
    told = {"name": "swollen", "fault": "battery", "on": "2026-03-01"}
    asked = proposals.propose(store, staff["eva"], "campaign", "they swell", told)
    proposals.settle(store, staff["own"], asked.number, approve=True, version=1)
    one = claims.claim(store, one.number, staff["ana"])
    return do(do(one, "exchange"), "exchange_done", replacement="U2", unregistered="yes")


def test_the_whole_desk_holds(store, lived):
    found = audit.verify(store)
    assert found.wrong == ()
    assert found.entries == audit.size_of(store) > 20
    assert audit.verify(store, found.head).intact


@pytest.mark.parametrize("statement", [
    "UPDATE audit SET kind = 'other' WHERE number = 12", "UPDATE audit SET role = 'owner' WHERE number = 12",
    "UPDATE audit SET person = 10 WHERE number = 15", "UPDATE audit SET hash = before WHERE number = 12",
    "UPDATE audit SET at = '2026-03-01T00:00:00.000000+00:00' WHERE number = 12", "DELETE FROM audit WHERE number = 12",
    "DELETE FROM audit WHERE number > 20",
    "UPDATE claims SET state = 'closed'", "UPDATE claims SET opened_on = '2026-03-01'", "DELETE FROM costs",
    "UPDATE costs SET amount = '99.90'", "UPDATE events SET \"on\" = '2026-01-01'", "DELETE FROM events",
    "UPDATE decisions SET person = 2 WHERE action = 'authorise'", "UPDATE proposals SET state = 'refused'",
    "UPDATE campaigns SET fault = ''", "UPDATE people SET role = 'owner' WHERE role = 'agent'",
    "UPDATE units SET sold_on = '2026-03-02' WHERE number = 1", "UPDATE units SET replaces = NULL WHERE number = 2",
    "INSERT INTO events (number, unit, kind, \"on\", by, at) VALUES (99, 1, 'started', '2026-02-01', '[]', 'x')",
])
def test_a_change_past_the_desk_is_found(store, lived, statement):
    past_the_desk(store, statement)
    assert not audit.verify(store).intact


def test_what_is_only_added_cannot_be_changed_without_breaking_in(store, lived):
    for table in ADDED_ONLY:
        for statement in (f"UPDATE {table} SET number = number", f"DELETE FROM {table}"):
            with pytest.raises(sa.exc.DatabaseError, match="only ever added"), store.turn() as connection:
                connection.execute(sa.text(statement))


def test_an_end_that_was_cut_off_is_found_by_a_head_noted_elsewhere(store):
    people.add(store, THE_MACHINE, "one", "owner")
    people.add(store, THE_MACHINE, "two", "owner")
    head = audit.verify(store).head
    past_the_desk(store, "DELETE FROM audit WHERE number = 2", "DELETE FROM people WHERE number = 2")
    assert audit.verify(store).intact
    assert "noted earlier" in audit.verify(store, head).wrong[0]


def test_who_rewrites_the_log_without_the_key_is_found(store):
    people.add(store, THE_MACHINE, "one", "owner")
    entry = audit.page(store)[0]
    told = {k: entry[k] for k in ("number", "at", "person", "role", "kind", "subject", "body")} | {"role": "admin"}
    forged = audit.seal(b"another key, also of 32 bytes...", audit.GENESIS, told)
    past_the_desk(store, f"UPDATE audit SET role = 'admin', hash = '{forged}' WHERE number = 1")
    assert audit.verify(store).wrong == ("Entry 1 is not what was sealed.",
                                         "Row 1 of people is in no entry of the log.")


def texts(store):
    """Every value of every table but the vault's, as text."""
    with store.reading() as connection:
        for table in tables.METADATA.sorted_tables:
            if not table.name.startswith("vault"):
                for row in connection.execute(sa.select(table)):
                    yield table.name, repr(tuple(row))


def test_a_clear_serial_and_a_customers_words_are_in_the_vault_alone(store, lived):
    with store.reading() as connection:
        assert vault.serial_of(connection, 1) == SERIAL
    for name, text in texts(store):
        for told in (SERIAL, SERIAL[:14], "Zoe Z.", "zoe@mail"):
            assert told not in text, (name, text)


def test_erasure_drops_the_link_and_the_words_and_leaves_the_log_whole(store, lived, staff, tmp_path):
    with pytest.raises(NotAllowedError):
        vault.erase(store, 1, staff["ana"])
    vault.erase(store, 1, staff["adm"])
    assert units.find(store, SERIAL) is None
    assert units.serial(store, 1) is None
    assert entitle.coverage(store, SERIAL).answer == "held"
    assert units.unit(store, 1).product == "phone"
    assert claims.claim(store, 1, staff["zoe"]).state == "exchanged"
    with store.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.words)).scalar_one() == 0
    assert audit.verify(store).intact
    if store.sqlite:
        held = b"".join(p.read_bytes() for p in tmp_path.glob("desk*.sqlite*"))
        assert SERIAL.encode() not in held
        assert b"zoe@mail" not in held


def test_another_key_is_refused_and_a_key_is_its_owners_alone(store, tmp_path):
    where = store.engine.url.render_as_string(hide_password=False)
    with pytest.raises(Refused, match="not the key"):
        desk.open(where, key=b"x" * 32)
    with pytest.raises(Refused, match="shorter"):
        desk.open(where, key=b"x")
    path = tmp_path / "desk.key"
    assert vault.read_key(path) == vault.read_key(path)
    path.chmod(0o644)
    with pytest.raises(Refused, match="chmod 600"):
        vault.read_key(path)
    path.chmod(0o600)
    for text in ("", "zz", "ab" * 31):
        path.write_text(text)
        with pytest.raises(Refused, match="no key"):
            vault.read_key(path)
