"""The store itself: who need not write now does not wait, and what was to be written is in no error."""

import threading
import traceback
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from warrantor.desk import people, sessions, tables
from warrantor.desk.actor import THE_MACHINE


def test_who_need_not_write_now_does_not_wait_for_the_writer(store, clock):
    person = people.add(store, THE_MACHINE, "sam", "auditor")
    token = sessions.begin(store, person)
    clock.later(1)
    told = {"idle": timedelta(days=9), "longest": timedelta(days=9)}
    writes, done = threading.Event(), threading.Event()

    def writer():
        with store.turn():
            writes.set()
            assert done.wait(30)

    thread = threading.Thread(target=writer)
    thread.start()
    assert writes.wait(10)
    assert sessions.of(store, token, **told) == person, "asked while another writes, and answered before it has ended"
    assert thread.is_alive()
    done.set()
    thread.join()
    seen = sa.select(tables.sessions.c.seen_at)
    with store.reading() as connection:
        assert connection.execute(seen).scalar_one() == clock.now - timedelta(days=1)
    assert sessions.of(store, token, **told) == person
    with store.reading() as connection:
        assert connection.execute(seen).scalar_one() == clock.now


def test_what_was_to_be_written_is_in_no_error(store):
    serial = "".join(map(str, range(9)))  # or the quoted line of this test would hold it
    with pytest.raises(IntegrityError) as failed, store.turn() as connection:
        connection.execute(tables.vault.insert().values(unit=None, serial=serial))
    told = "".join(traceback.format_exception(failed.value))
    assert serial not in told
    assert "vault" in told
