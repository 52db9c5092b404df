"""Jobs at the desk, on both databases: taken once, held by whoever runs them, given up when nobody does."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from warrantor.desk import jobs, people, tables
from warrantor.desk.actor import THE_MACHINE


@pytest.fixture
def asked(store):
    who = people.add(store, THE_MACHINE, "eve", "engineer")
    return [jobs.ask(store, "life", who.number, lambda n: ["life", str(n)]) for _ in range(3)]


def leases(store):
    with store.reading() as connection:
        rows = connection.execute(sa.select(tables.settings.c.name)).scalars()
        return sorted(name for name in rows if name.startswith("job "))


def test_many_servers_take_each_job_once(store, asked):
    with ThreadPoolExecutor(6) as pool:
        taken = [job for job in pool.map(lambda _: jobs.take(store), range(6)) if job is not None]
    assert sorted(job.number for job in taken) == asked
    assert {job.state for job in taken} == {"running"}
    assert len(leases(store)) == 3


def test_a_job_is_given_up_when_nobody_has_spoken_for_it(store, asked, monkeypatch):
    begun = store.clock()
    kept, left, _ = (jobs.take(store).number for _ in asked)
    with store.turn() as connection:  # the third was taken by a program that knew no leases
        connection.execute(sa.delete(tables.settings).where(tables.settings.c.name == f"job {asked[2]}"))
    assert jobs.abandon(store) == [asked[2]]
    monkeypatch.setattr(store, "clock", lambda: begun + jobs.LEASE)
    assert jobs.abandon(store) == []
    assert jobs.alive(store, kept)
    monkeypatch.setattr(store, "clock", lambda: begun + 1.5 * jobs.LEASE)
    assert jobs.abandon(store) == [left]
    assert (jobs.get(store, left).state, jobs.get(store, left).line) == ("failed", jobs.LOST)
    assert not jobs.alive(store, left), "who runs it is told, and ends it"
    assert not jobs.begun(store, left, 7)
    assert jobs.alive(store, kept)
    assert leases(store) == [f"job {kept}"]


def test_cancelling_says_in_which_state_it_was(store, asked):
    running, waiting, over = asked
    assert jobs.take(store).number == running
    assert jobs.cancel(store, over) == "waiting"
    assert [jobs.cancel(store, n) for n in (running, waiting, over)] == ["running", "waiting", ""]
    assert not jobs.ended(store, running, 0), "a cancelled job does not end well"
    assert leases(store) == []


def test_an_end_is_told_with_the_last_line_and_gives_the_lease_back(store, asked):
    for code, state in ((0, "done"), (2, "failed"), (None, "failed")):
        number = jobs.take(store).number
        jobs.said(store, number, "step 1 of 4: reading")
        assert jobs.get(store, number).progress == (0, 4)
        assert jobs.ended(store, number, code, "over")
        found = jobs.get(store, number)
        assert (found.state, found.exit, found.line, found.progress) == (state, code, "over", None)
    assert leases(store) == []
    assert jobs.take(store) is None


@pytest.mark.parametrize(("line", "told"), [
    ("step 3 of 3: fitting", (2, 3)), ("step 4 of 3: x", None), ("reading", None), ("step 0 of 3: x", None),
    ("a step 1 of 2", None), ("step 1 of 20th", None)])
def test_a_line_tells_how_far_a_job_is_or_not(store, asked, line, told):
    jobs.said(store, jobs.take(store).number, line)
    assert jobs.get(store, asked[0]).progress == told


def test_jobs_are_listed_page_by_page_and_those_that_go_on_apart(store, asked):
    assert [j.number for j in jobs.latest(store, 2)] == asked[:0:-1]
    assert [j.number for j in jobs.latest(store, 2, asked[1])] == asked[:1]
    jobs.cancel(store, asked[1])
    assert [j.number for j in jobs.busy(store)] == [asked[0], asked[2]]
