"""Anything in any order, on both databases: no illegal state, no claim lost or doubled, every seal holds."""

import datetime as dt
import itertools

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from warrantor import desk
from warrantor.desk import audit, claims, papers, people, proposals, queue, tables, units
from warrantor.desk.actor import THE_MACHINE
from warrantor.desk.claim import read
from warrantor.desk.claims import Opening
from warrantor.desk.life_cycle import life_cycle
from warrantor.finding import Refused

KEY = b"the key of the tests, 32 bytes long!"
SERIALS = ["U1", "U2", "OLD", "STRANGE"]
ACTIONS = sorted({a.name for a in life_cycle().actions})
TOLD = {"words": "some words", "reason": "a reason", "fault": "performance", "price": "100",
        "currency": "EUR"}
BOUGHT = {"U1": "2026-02", "U2": "2026-03", "OLD": "2019-01", "STRANGE": ""}
LEGAL = {(b, a.name): (a.after or b, a.by) for a in life_cycle().actions for b in a.before}


def machine(make, promises, clock):  # noqa: C901  the rules of one machine
    class Desk(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            self.store = desk.open(make(), key=KEY, guarantees=promises, clock=clock)
            who = (("ana", "agent"), ("ben", "agent"), ("fin", "finance"), ("own", "owner"), ("zoe", "customer"))
            self.who = {n: people.add(self.store, THE_MACHINE, n, r, centre="north" if r == "agent" else "").actor
                        for n, r in who}
            with self.store.writing(THE_MACHINE, "register") as writing:
                for serial, day in (("U1", dt.date(2026, 2, 1)), ("U2", dt.date(2026, 3, 1)),
                                    ("OLD", dt.date(2019, 1, 1))):
                    units.register(writing, KEY, serial, product="phone", sold_on=day, delivered_on=day,
                                   guarantee="long@1")
            self.known, self.keys, self.papers, self.given = {}, {}, {}, itertools.count()

        @rule(serial=st.sampled_from(SERIALS), by=st.sampled_from(["ana", "zoe"]), submit=st.booleans(),
              key=st.sampled_from([None, "k1", "k2", "k3"]))
        def opens(self, serial, by, submit, key):
            body = (serial, submit)
            try:
                one = claims.open_claim(self.store, self.who[by], Opening(serial, submit=submit, bought=BOUGHT[serial]),
                                        key=key)
            except Refused:
                assert (by, key) not in self.keys or self.keys[by, key][0] != body
                return
            if (by, key) in self.keys:
                assert self.keys[by, key] == (body, one.number)
                return
            assert one.number not in self.known
            assert one.state == ("submitted" if submit else "draft")
            self.known[one.number] = one
            if key is not None:
                self.keys[by, key] = body, one.number

        @rule(data=st.data(), by=st.sampled_from(["ana", "ben", "fin", "zoe"]), damage=st.booleans(),
              stale=st.integers(0, 9), twice=st.booleans())
        def acts(self, data, by, damage, stale, twice):
            if not self.known:
                return
            before = self.known[data.draw(st.sampled_from(sorted(self.known)))]
            possible = [name for state, name in LEGAL if state == before.state]
            name = data.draw(st.sampled_from(possible * 4 + ACTIONS))
            action = next(a for a in life_cycle().actions if a.name == name and (before.state in a.before or
                                                                                (before.state, name) not in LEGAL))
            inputs = {k: TOLD[k] for k in action.needs if k in TOLD}
            if "replacement" in action.needs:
                inputs |= {"replacement": f"NEW{next(self.given)}", "unregistered": True}
            if "serial" in action.needs:
                inputs["serial"] = units.serial(self.store, before.unit)
            if name == "diagnose":
                inputs["user_damage"] = damage
            key = f"act{next(self.given)}" if twice else None
            told = (self.store, before.number, name, self.who[by], inputs)
            try:
                after = claims.act(*told, version=before.version - (stale == 0), key=key)
            except Refused:
                return
            assert stale != 0
            state, roles = LEGAL[before.state, name]
            if name == "reject" and before.state == "diagnosed":
                assert before.number in {number for number, _ in self.papers.values()}
            assert after.state == state
            assert self.who[by].role in roles
            assert after.version == before.version + 1
            self.known[after.number] = after
            if twice:
                assert claims.act(*told, version=before.version, key=key) == after

        @rule(data=st.data(), by=st.sampled_from(["ana", "fin", "zoe"]), kind=st.sampled_from(papers.KINDS))
        def hands_in(self, data, by, kind):
            if not self.known:
                return
            one = self.known[data.draw(st.sampled_from(sorted(self.known)))]
            content = b"%PDF-" + str(next(self.given)).encode()
            try:
                made = papers.add(self.store, one.number, self.who[by], kind, content)
            except Refused:
                return
            assert one.is_open
            assert by != "fin"
            self.papers[made.number] = one.number, content

        @rule(data=st.data(), approve=st.booleans())
        def goodwill(self, data, approve):
            if not self.known:
                return
            number = data.draw(st.sampled_from(sorted(self.known)))
            try:
                asked = proposals.propose(self.store, self.who["fin"], "goodwill", "a reason", {"remedy": "repair"},
                                          claim=number)
            except Refused:
                return
            with pytest.raises(Refused):
                proposals.settle(self.store, self.who["fin"], asked.number, approve=True, version=1)
            proposals.settle(self.store, self.who["own"], asked.number, approve=approve, version=1)
            self.known[number] = claims.claim(self.store, number, self.who["own"])

        @rule(days=st.sampled_from([1, 9, 31, 61]))
        def time_passes(self, days):
            clock.later(days)

        @invariant()
        def the_books_are_what_was_acknowledged(self):
            with self.store.reading() as connection:
                rows = connection.execute(sa.select(tables.claims)).mappings().all()
            found = {row["number"]: read(row) for row in rows}
            assert found == self.known
            opened = [one.unit for one in found.values() if one.is_open]
            assert len(opened) == len(set(opened))
            for one in found.values():
                state = life_cycle().states[one.state]
                assert (one.is_open, one.bucket) == (state.open, state.bucket)
                assert (one.state in ("closed", "cancelled")) != one.is_open

        @invariant()
        def every_paper_is_what_was_handed_in(self):
            for number, (claim, content) in self.papers.items():
                assert papers.content(self.store, claim, number, self.who["own"])[1] == content

        def teardown(self):
            told = queue.counts(self.store, self.who["own"])
            for bucket in life_cycle().buckets:
                assert told[bucket] == sum(one.bucket == bucket for one in self.known.values())
            assert told["held"] == sum(bool(one.held) for one in self.known.values())
            assert audit.verify(self.store).wrong == ()
            self.store.close()

    return Desk


def test_no_order_of_acts_breaks_the_desk(fresh, promises, clock, request):
    few = "postgres" in request.node.name
    how = settings(max_examples=3 if few else 6, stateful_step_count=40, deadline=None,
                   suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine(fresh, promises, clock), settings=how)


@pytest.mark.slow
def test_no_order_of_acts_breaks_the_desk_tried_long(fresh, promises, clock):
    how = settings(max_examples=60, stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine(fresh, promises, clock), settings=how)
