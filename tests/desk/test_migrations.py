"""A new desk has the tables the program asks for, on both databases; who comes second finds it made."""

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from tests.desk.conftest import past_the_desk

from warrantor import desk, finding
from warrantor.desk import audit, claims, migrations, papers, sealing, tables, vault
from warrantor.desk.claims import Opening
from warrantor.desk.copying import copy_in
from warrantor.desk.vault import mark

KEY = b"the key of the tests, 32 bytes long!"
SINCE_2 = ("ALTER TABLE people DROP COLUMN first", "DROP TABLE vault_erased", "DROP INDEX uq_units_replaces",
           "CREATE INDEX ix_units_replaces ON units (replaces)", "ALTER TABLE events DROP COLUMN remedy",
           "DROP INDEX ix_vault_papers_digest", "DROP INDEX ix_events_claim", "DROP INDEX ix_claims_state_queue",
           "DROP INDEX ix_claims_held_queue", "DROP INDEX ix_keys_at", "DROP INDEX ix_claims_centre_whole_queue",
           "UPDATE alembic_version SET version_num = 'desk_2'")


def test_the_migrated_tables_are_those_of_the_program(store):
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, tables.METADATA) == []
        assert migrations.revision(connection) == migrations.HEAD
        for index in (i for t in tables.METADATA.sorted_tables for i in t.indexes if i.unique):
            found = next(i for i in sa.inspect(connection).get_indexes(index.table.name) if i["name"] == index.name)
            where = found.get("dialect_options", {}).get(f"{connection.dialect.name}_where")
            assert (where is not None) == (index.dialect_options[connection.dialect.name].get("where") is not None)


CAME_WITH = {
    "desk_6": ("ALTER TABLE people DROP COLUMN first",),
    "desk_5": ("DROP TABLE vault_erased", "DROP INDEX uq_units_replaces",
               "CREATE INDEX ix_units_replaces ON units (replaces)"),
    "desk_4": ("DROP INDEX ix_events_claim", "DROP INDEX ix_claims_state_queue", "DROP INDEX ix_claims_held_queue",
               "DROP INDEX ix_keys_at", "DROP INDEX ix_claims_centre_whole_queue"),
    "desk_3": ("ALTER TABLE events DROP COLUMN remedy", "DROP INDEX ix_vault_papers_digest"),
    "desk_2": ("DROP INDEX ix_claims_invoice", "DROP INDEX ix_claims_centre_opened", "DROP TABLE vault_papers",
               "ALTER TABLE claims DROP COLUMN invoice"),
}


def taken_back(store, revision):
    """Make a desk as it was at a revision, by taking away what came since."""
    with store.turn() as connection:
        for since, statements in CAME_WITH.items():
            for what in statements if since > revision else ():
                connection.execute(sa.text(what))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :to"), {"to": revision})


def reopened(store):
    return desk.open(store.engine.url.render_as_string(hide_password=False), key=KEY, guarantees=store.guarantees,
                     clock=store.clock)


def test_a_desk_of_the_first_revision_is_brought_up_to_date_with_all_that_is_in_it(store, staff, sell, do):
    """The log sealed then still holds, and work goes on."""
    sell("U1")
    one = do(claims.open_claim(store, staff["ana"], Opening("U1")), "check")
    taken_back(store, "desk_1")
    with reopened(store) as again:
        assert audit.verify(again).wrong == ()
        assert claims.claim(again, one.number, staff["ana"]) == one
        claims.act(again, one.number, "authorise", staff["ana"], version=one.version)
        papers.add(again, one.number, staff["ana"], "receipt", b"%PDF-1.7")
        assert audit.verify(again).wrong == ()


def test_two_units_that_stand_for_one_are_named_and_nothing_is_changed(store, sell):
    one, two, three, four = (sell(serial) for serial in "ABCD")
    with store.turn() as connection:
        for what in SINCE_2:
            connection.execute(sa.text(what))
        connection.execute(sa.text(f"UPDATE units SET replaces = {one} WHERE number IN ({two}, {four})"))
    with pytest.raises(finding.Refused, match=f"units {two}, {four} for unit {one}[.]"):
        reopened(store)
    with store.turn() as connection:
        assert migrations.revision(connection) == "desk_2"
        connection.execute(sa.text(f"UPDATE units SET replaces = {three} WHERE number = {four}"))
    with reopened(store) as newer:
        with newer.reading() as connection:
            assert migrations.revision(connection) == migrations.HEAD
        with pytest.raises(sa.exc.IntegrityError), newer.turn() as connection:
            connection.execute(sa.text(f"UPDATE units SET replaces = {one} WHERE number = {four}"))


def test_what_an_older_program_left_unsealed_is_sealed_as_it_is_found(store, staff, sell, monkeypatch):
    """Units by the million had no sums, and customers' words were in no entry."""
    sell("U1")
    one = claims.open_claim(store, staff["ana"], Opening("U1"))
    monkeypatch.setattr(sealing, "_ROWS", 2)
    with store.turn() as connection:
        units = [(n, mark(KEY, f"A{n}"), "sold", "2026-01-05", 0) for n in range(2, 30)]
        copy_in(connection, "units", ("number", "mark", "origin", "sold_on", "version"), units)
        copy_in(connection, "vault", ("unit", "serial"), [(n, f"A{n}") for n, *_ in units])
        copy_in(connection, "vault_words", ("number", "claim", "kind", "said", "at"),
                [(n, one.number, "said", f"word {n}", "2026-03-02T09:00:00.000000+00:00") for n in range(1, 6)])
    assert not audit.verify(store).intact
    taken_back(store, "desk_2")
    with reopened(store) as again:
        assert audit.verify(again).wrong == ()
        assert [e["kind"] for e in audit.page(again, size=4)] == ["seal"] * 4
        vault.erase(again, 5, staff["adm"])
        vault.erase(again, 1, staff["adm"])
        assert audit.verify(again).wrong == ()
        past_the_desk(again, "UPDATE units SET sold_on = '2026-03-01' WHERE number = 7")
        assert "units 1 to 9999" in audit.verify(again).wrong[0]
    with reopened(store) as again:
        assert audit.page(again, size=1)[0]["kind"] == "erase", "what is up to date is not sealed anew"


def test_a_new_desk_begins_with_an_empty_log(tmp_path):
    with desk.open(tmp_path / "new.sqlite", key=KEY) as store:
        assert audit.size_of(store) == 0


def test_the_program_knows_the_last_revision_there_is():
    config = Config()
    config.set_main_option("script_location", next(iter(migrations.__path__)))
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.HEAD]


def test_many_open_a_new_desk_at_once(tmp_path):
    def opens(_):
        with desk.open(tmp_path / "new.sqlite", key=KEY) as store:
            return store.sqlite

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(opens, range(6))) == [True] * 6


def test_who_opens_a_new_desk_waits_for_whoever_is_making_it(tmp_path):
    path, made = tmp_path / "new.sqlite", threading.Event()

    def makes():
        with sqlite3.connect(path, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            made.set()
            time.sleep(0.3)
            other.execute("COMMIT")

    with ThreadPoolExecutor(1) as pool:
        making = pool.submit(makes)
        assert made.wait(5)
        with desk.open(path, key=KEY) as store:
            assert store.sqlite
        making.result()


def test_a_desk_of_a_newer_program_is_refused(store):
    with store.turn() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'desk_99'"))
    with pytest.raises(finding.Refused, match="desk_99"):
        desk.open(store.engine.url.render_as_string(hide_password=False), key=KEY)
