"""The queue of a crowd: every page is what a reading of all rows gives, and comes from an index."""

import itertools
import random
import re

import pytest
import sqlalchemy as sa

from warrantor.desk import queue, tables
from warrantor.desk.copying import copy_in
from warrantor.desk.life_cycle import life_cycle
from warrantor.desk.queue import Sought

COLUMNS = ("number", "unit", "state", "bucket", "is_open", "held", "cleared", "user_damage", "proof", "opened_on",
           "reported_on", "centre", "opened_by", "opened_at", "changed_at", "version")
MANY = 600


@pytest.fixture
def crowd(store, staff, sell):
    """Claims of three centres and of none, in any state, past the desk's rules."""
    for i in range(4):
        sell(f"U{i}", product=("phone", "watch")[i // 3])
    chance, states = random.Random(7), list(life_cycle().states.values())
    at, day = "2026-01-01T00:00:00.000000+00:00", "2026-01-01"

    def rows():
        for number in range(1, MANY + 1):
            state = chance.choice([s for s in states if not s.open])
            hold = "hold:velocity" if chance.random() < 0.05 else ""
            centre = chance.choices(("north", "south", "east", ""), (5, 5, 90, 2))[0]
            yield (number, chance.randint(1, 4), state.name, state.bucket, False, hold, "[]", False, True, day, day,
                   centre, 1, at, at, 1)

    with store.turn() as connection:
        copy_in(connection, "claims", COLUMNS, rows())
        connection.execute(sa.text("UPDATE claims SET is_open = (number = 550), state = 'submitted', bucket = 'new' "
                                   "WHERE number IN (550, 551)"))


def brute(rows, actor, sought):
    def wanted(row):
        seen = actor.role != "agent" or row["centre"] in ("", actor.centre)
        asked = [(sought.bucket, row["bucket"]), (sought.state, row["state"]), (sought.centre, row["centre"]),
                 (sought.product, row["product"])]
        return (seen and all(not value or value == held for value, held in asked)
                and sought.held in (None, row["held"] != "") and sought.open in (None, bool(row["is_open"])))

    return [row["number"] for row in rows if wanted(row)]


@pytest.mark.parametrize(("who", "oldest"), [("ana", False), ("own", False), ("ana", True), ("own", True)])
def test_every_page_is_what_a_reading_of_all_rows_gives(store, staff, crowd, who, oldest):
    asked = sa.select(tables.claims, tables.units.c.product).join(
        tables.units, tables.units.c.number == tables.claims.c.unit).order_by(tables.claims.c.number.desc())
    with store.reading() as connection:
        rows = connection.execute(asked).mappings().all()[::-1 if oldest else 1]
    kinds = itertools.product(("", "done", "new"), ("", "closed", "submitted"), ("", "north", "south"), ("", "watch"),
                              (None, True, False), (None, True, False))
    for bucket, state, centre, product, held, is_open in kinds:
        sought = Sought(bucket, state, centre, product, held, open=is_open, oldest=oldest)
        if sought.open is False and state == "submitted":
            continue  # 551 is no row that the desk writes
        wanted = brute(rows, staff[who], sought)
        first = queue.page(store, staff[who], sought, size=7)
        assert [line.claim.number for line in first.lines] == wanted[:7], sought
        assert (first.after is None) == (len(wanted) <= 7), sought
        if first.after is not None:
            second = queue.page(store, staff[who], sought, after=first.after, size=1000)
            assert [line.claim.number for line in second.lines] == wanted[7:], sought


def test_an_agents_page_sorts_no_more_than_it_shows(store, staff, crowd, plan):
    """Whatever the two centres of an agent hold: each is read in the order of its index, and to the page's end."""
    for sought in (Sought(bucket="done"), Sought(state="closed"), Sought(), Sought(bucket="done", oldest=True)):
        told = plan(lambda s=sought: queue.page(store, staff["ana"], s, after=100 if s.oldest else 500))
        assert len(re.findall(r"ix_claims_centre(?:_whole)?_queue.*", told)) == 2, told
        assert "MULTI-INDEX OR" not in told
        assert not re.search(r"Seq Scan|Bitmap|->  Sort|->  Incremental Sort", told), told


@pytest.fixture
def plan(store):
    """Return how the database goes about the last question that is put to it."""

    def planned(ask):
        asked = []

        def heard(connection, cursor, statement, parameters, context, many):
            asked.append((statement, parameters))

        sa.event.listen(store.engine, "before_cursor_execute", heard)
        ask()
        sa.event.remove(store.engine, "before_cursor_execute", heard)
        statement, parameters = next(pair for pair in reversed(asked) if pair[0].lstrip()[:6] in ("SELECT", "DELETE"))
        with store.engine.begin() as connection:
            if not store.sqlite:
                connection.execute(sa.text("ANALYZE claims"))
                connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
                connection.execute(sa.text("SET LOCAL enable_bitmapscan = off"))
                connection.execute(sa.text("SET LOCAL enable_sort = off"))
            how = "EXPLAIN QUERY PLAN " if store.sqlite else "EXPLAIN "
            return "\n".join(str(row[-1]) for row in connection.exec_driver_sql(how + statement, parameters))

    return planned


@pytest.mark.parametrize(("sought", "index"), [
    (Sought(held=True), "ix_claims_held_queue"), (Sought(state="in_repair"), "ix_claims_state_queue"),
    (Sought(bucket="new"), "ix_claims_queue"), (Sought(centre="north"), "ix_claims_centre_whole_queue"),
])
def test_what_is_sought_is_found_by_an_index(store, staff, crowd, plan, sought, index):
    assert index in plan(lambda: queue.page(store, staff["own"], sought))


def test_what_happened_to_a_claim_and_old_keys_are_found_by_an_index(store, staff, sell, do, plan):
    from warrantor.desk import claims, keys
    from warrantor.desk.claims import Opening

    sell("U1")
    one = do(claims.open_claim(store, staff["ana"], Opening("U1")), "check", "authorise")

    def asked():
        with store.reading() as connection:
            connection.execute(sa.select(tables.events.c.kind, sa.func.count()).where(
                tables.events.c.claim == one.number).group_by(tables.events.c.kind)).all()

    assert "ix_events_claim" in plan(asked)
    assert "ix_keys_at" in plan(lambda: keys.sweep(store))
