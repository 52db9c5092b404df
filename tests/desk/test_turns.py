"""Whose turn it is to write: one at a time on both databases, however the server is set up, and on disk at the end."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from tests.desk.conftest import KEY

from warrantor import desk
from warrantor.desk import audit, people, tables
from warrantor.desk import store as stores
from warrantor.desk.actor import THE_MACHINE


def test_nobody_gets_a_turn_while_another_has_one(store):
    with store.turn(), store.turn_if_free() as second:
        assert second is None
    with store.turn_if_free() as first, store.turn_if_free() as second:
        assert first is not None
        assert second is None
    with store.turn_if_free() as free:
        assert free is not None


def test_two_writers_interleave_and_the_second_waits_for_the_first(store):
    """Each reads the last number and writes the next: without a lock both would write the same."""
    if store.sqlite:
        pytest.skip("BEGIN IMMEDIATE: the test above")
    inside = threading.Event()

    def second():
        with store.writing(THE_MACHINE, "second") as writing:
            inside.set()
            writing.add(tables.people, name="two", role="owner", active=True, made_at=writing.at, version=1)

    waits = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with ThreadPoolExecutor(1) as pool:
        with store.writing(THE_MACHINE, "first") as writing:
            writing.add(tables.people, name="one", role="owner", active=True, made_at=writing.at, version=1)
            asked = pool.submit(second)
            while not inside.is_set() and not _scalar(store, waits):
                assert not asked.done()
                time.sleep(0.005)
            assert not inside.is_set(), "the second is let in while the first writes"
        asked.result()
    assert [e["kind"] for e in audit.page(store)] == ["second", "first"]
    assert audit.verify(store).intact


def _scalar(store, asked):
    with store.engine.connect() as connection:
        return connection.execute(asked).scalar_one()


@pytest.fixture
def careless(fresh, request):
    """A server that is set up to begin with a snapshot, and not to wait for its disk."""
    where = fresh()
    if where.startswith("postgres"):
        engine, _ = request.getfixturevalue("postgres")
        name = sa.make_url(where).database
        with engine.connect() as connection:
            for told in ("default_transaction_isolation = 'repeatable read'", "synchronous_commit = off"):
                connection.execute(sa.text(f"ALTER DATABASE {name} SET {told}"))
    return where


def test_what_a_writer_reads_is_what_the_one_before_left(careless):
    stores_ = [desk.open(careless, key=KEY) for _ in range(4)]
    together = threading.Barrier(4)

    def write(k):
        together.wait(30)
        return [people.add(stores_[k], THE_MACHINE, f"{k} {i}", "owner").number for i in range(10)]

    with ThreadPoolExecutor(4) as pool:
        made = [number for numbers in pool.map(write, range(4)) for number in numbers]
    assert sorted(made) == list(range(1, 41))
    assert audit.verify(stores_[0]).intact
    for one in stores_:
        one.close()


@pytest.mark.parametrize("how", ["turn", "turn_if_free"])
def test_every_turn_begins_after_the_lock(careless, how):
    if not careless.startswith("postgres"):
        pytest.skip("BEGIN IMMEDIATE is the lock")
    with desk.open(careless, key=KEY) as one, getattr(one, how)() as connection:
        assert connection.execute(sa.text("SHOW transaction_isolation")).scalar_one() == "read committed"


def test_a_commit_is_on_disk_when_it_returns(careless):
    """The setting of every connection that may write; that a disk keeps its word is not for a test of ours."""
    with desk.open(careless, key=KEY) as one:
        if not one.sqlite:
            with one.turn() as connection:
                assert connection.execute(sa.text("SHOW synchronous_commit")).scalar_one() == "on"
                assert connection.execute(sa.text("SHOW fsync")).scalar_one() == "on"
            return
        with one.reading() as reader, one.glancing() as glance, one.turn() as writer:
            for connection in (reader, glance, writer):
                _written_ahead(connection)
        with one.turn_if_free() as hasty:
            _written_ahead(hasty)


def _written_ahead(connection):
    told = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous",
                                                                              "foreign_keys", "secure_delete")]
    assert told == ["wal", 2, 1, 1]


def test_a_server_that_waits_for_its_copies_goes_on_doing_so(fresh, request):
    where = fresh()
    if not where.startswith("postgres"):
        pytest.skip("a file has no copies")
    engine, _ = request.getfixturevalue("postgres")
    with engine.connect() as connection:
        connection.execute(sa.text(f"ALTER DATABASE {sa.make_url(where).database} SET synchronous_commit = "
                                   "remote_apply"))
    with desk.open(where, key=KEY) as one, one.turn() as connection:
        assert connection.execute(sa.text("SHOW synchronous_commit")).scalar_one() == "remote_apply"


def test_who_waits_too_long_is_told(store, monkeypatch):
    if store.sqlite:
        pytest.skip("SQLite's patience is the driver's, set when it connects")
    monkeypatch.setattr(stores, "PATIENCE", 1.0)
    with store.turn(), pytest.raises(sa.exc.OperationalError, match="lock timeout"), store.turn():
        pass
