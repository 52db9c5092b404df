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

from warrantor import desk, finding
from warrantor.desk import audit, claims, migrations, papers, tables
from warrantor.desk.claims import Opening

KEY = b"the key of the tests, 32 bytes long!"


def test_the_migrated_tables_are_those_of_the_program(store):
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, tables.METADATA) == []
        assert migrations.revision(connection) == migrations.HEAD
        for index in (i for t in tables.METADATA.sorted_tables for i in t.indexes if i.unique):
            found = next(i for i in sa.inspect(connection).get_indexes(index.table.name) if i["name"] == index.name)
            where = found.get("dialect_options", {}).get(f"{connection.dialect.name}_where")
            assert (where is not None) == (index.dialect_options[connection.dialect.name].get("where") is not None)


def test_a_desk_of_the_first_revision_is_brought_up_to_date_with_all_that_is_in_it(store, staff, sell, do):
    """Made as it was, by taking away what came since: the log sealed then still holds, and work goes on."""
    sell("U1")
    one = do(claims.open_claim(store, staff["ana"], Opening("U1")), "check")
    with store.turn() as connection:
        for what in ("ALTER TABLE events DROP COLUMN remedy", "DROP TABLE vault_papers", "DROP INDEX ix_claims_invoice",
                     "DROP INDEX ix_claims_centre_opened", "ALTER TABLE claims DROP COLUMN invoice",
                     "ALTER TABLE people DROP COLUMN first",
                     "DROP INDEX ix_events_claim", "DROP INDEX ix_claims_state_queue",
                     "DROP INDEX ix_claims_held_queue", "DROP INDEX ix_keys_at",
                     "DROP INDEX ix_claims_centre_whole_queue",
                     "UPDATE alembic_version SET version_num = 'desk_1'"):
            connection.execute(sa.text(what))
    with desk.open(store.engine.url.render_as_string(hide_password=False), key=KEY, guarantees=store.guarantees,
                   clock=store.clock) as again:
        assert audit.verify(again).wrong == ()
        assert claims.claim(again, one.number, staff["ana"]) == one
        claims.act(again, one.number, "authorise", staff["ana"], version=one.version)
        papers.add(again, one.number, staff["ana"], "receipt", b"%PDF-1.7")
        assert audit.verify(again).wrong == ()


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
