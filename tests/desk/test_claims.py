"""Claims on both databases: the whole life, what the terms forbid, keys, versions, holds, and what takes two."""

import datetime as dt
import threading
from decimal import Decimal

import pytest
import sqlalchemy as sa

from warrantor.desk import audit, claims, costs, entitle, papers, people, proposals, queue, tables, timeline, units
from warrantor.desk.actor import THE_MACHINE
from warrantor.desk.claims import Opening
from warrantor.desk.refusals import (
    ConflictError,
    InFlightError,
    InputsError,
    NotAllowedError,
    NotConfirmedError,
    OtherBodyError,
    StaleError,
    UnknownError,
)
from warrantor.finding import Refused

GIVEN = {"remedy": "repair"}
TO_DIAGNOSIS = ("check", "authorise", "receive")


@pytest.fixture
def opened(store, staff, sell):
    sell("U1")
    return claims.open_claim(store, staff["ana"], Opening("U1", symptom="dead", said="it fell silent"), key="k1")


def test_a_claim_lives_its_whole_life_and_every_step_is_sealed(store, staff, clock, opened, do):
    one = do(opened, "check", "authorise")
    assert (one.state, one.answer, one.payer, one.guarantee) == ("authorised", "covered", "maker", "long@1")
    one = do(do(one, "receive"), "diagnose", fault="performance", component="host")
    clock.later(2)
    one = do(one, "start_repair")
    clock.later(5)
    one = do(one, "repair_done", "hand_back")
    assert (one.state, one.is_open, one.remedy, one.bucket) == ("closed", False, "repair", "done")
    assert (one.received_on, one.handed_back_on, one.closed_on) == (dt.date(2026, 3, 2), dt.date(2026, 3, 9),
                                                                    dt.date(2026, 3, 9))
    told = timeline.moments(store, one.number, staff["ana"])
    assert [m.action for m in told] == ["open", "check", "authorise", "receive", "diagnose", "start_repair",
                                        "repair_done", "hand_back"]
    assert told[1].rules
    assert told[1].why[0]["guarantee"] == "long"
    assert [w.said for w in timeline.words(store, one.number, staff["ana"])] == ["it fell silent"]
    assert timeline.words(store, one.number, staff["fin"]) == ()
    assert audit.verify(store).intact


def test_days_out_of_hand_are_added_to_cover(store, staff, clock, opened, do):
    before = entitle.coverage(store, "U1").layers[0].end
    one = do(do(opened, *TO_DIAGNOSIS), "diagnose", fault="performance")
    clock.later(10)
    do(one, "no_fault", "hand_back")
    clock.later(20)
    assert (entitle.coverage(store, "U1").layers[0].end - before).days == 10
    assert before == dt.date(2027, 7, 5)


def test_two_claims_handed_over_on_one_day_each_add_their_own_days(store, staff, clock, opened, do):
    before = entitle.coverage(store, "U1").layers[0].end
    one = do(do(opened, *TO_DIAGNOSIS), "diagnose", fault="performance")
    clock.later(4)
    do(one, "no_fault", "hand_back")
    two = claims.open_claim(store, staff["ana"], Opening("U1"))
    two = do(do(two, *TO_DIAGNOSIS), "diagnose", fault="performance")
    clock.later(6)
    do(two, "no_fault", "hand_back")
    clock.later(20)
    assert (entitle.coverage(store, "U1").layers[0].end - before).days == 10


def test_the_same_key_gives_the_same_claim_and_another_body_is_refused(store, staff, opened):
    asked = Opening("U1", symptom="dead", said="it fell silent")
    assert claims.open_claim(store, staff["ana"], asked, key="k1").number == opened.number
    with pytest.raises(OtherBodyError):
        claims.open_claim(store, staff["ana"], Opening("U1"), key="k1")
    first = claims.act(store, opened.number, "check", staff["ana"], version=1, key="k2")
    again = claims.act(store, opened.number, "check", staff["ana"], version=1, key="k2")
    assert (first.version, again.version) == (2, 2)
    with store.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.claims)).scalar_one() == 1


def test_a_key_is_remembered_for_thirty_days_and_the_unit_keeps_its_one_open_claim(store, staff, clock, opened):
    from warrantor.desk import keys

    asked = Opening("U1", symptom="dead", said="it fell silent")
    clock.later(29)
    assert keys.sweep(store) == 0
    assert claims.open_claim(store, staff["ana"], asked, key="k1").number == opened.number
    clock.later(2)
    assert keys.sweep(store) == 1
    with pytest.raises(Refused, match="open"):
        claims.open_claim(store, staff["ana"], asked, key="k1")


def test_a_key_that_is_being_answered_is_told_so(store, staff, sell):
    sell("U1")
    inside, go = threading.Event(), threading.Event()

    def slow():
        inside.set()
        go.wait(10)
        return clock()

    clock, store.clock = store.clock, slow
    first = threading.Thread(target=claims.open_claim, args=(store, staff["ana"], Opening("U1")), kwargs={"key": "k"})
    first.start()
    assert inside.wait(10)
    try:
        with pytest.raises(InFlightError):
            claims.open_claim(store, staff["ana"], Opening("U1"), key="k")
    finally:
        go.set()
        first.join()
    store.clock = clock
    assert claims.open_claim(store, staff["ana"], Opening("U1"), key="k").number == 1


def test_only_one_claim_of_a_unit_is_open_even_past_the_desk(store, staff, opened):
    with pytest.raises(ConflictError, match="duplicate_open_claim"):
        claims.open_claim(store, staff["ben"], Opening(" u1"))
    with store.reading() as connection:
        row = dict(connection.execute(sa.select(tables.claims)).mappings().one())
    with pytest.raises(sa.exc.IntegrityError), store.turn() as connection:
        connection.execute(tables.claims.insert().values(**row | {"number": 2}))


def test_who_read_an_older_version_must_read_again(store, staff, opened, do):
    do(opened, "check")
    with pytest.raises(StaleError, match="version 2"):
        claims.act(store, opened.number, "authorise", staff["ana"], version=1)


def test_what_the_state_the_role_or_the_centre_does_not_allow(store, staff, opened, do):
    with pytest.raises(ConflictError, match="possible is"):
        do(opened, "receive")
    with pytest.raises(NotAllowedError):
        do(opened, "check", by="fin")
    for stranger in ("cai", "zoe", "adm"):
        with pytest.raises(UnknownError):
            claims.claim(store, opened.number, staff[stranger])
    with pytest.raises(NotAllowedError):
        claims.open_claim(store, staff["own"], Opening("U1"))


def test_an_input_that_lacks_or_cannot_be_is_named(store, staff, clock, opened, do):
    one = do(opened, "check", "authorise")
    for said, name in (({"on": "2026-13-01"}, "on"), ({"on": "2026-03-03"}, "on"), ({"on": "2026-02-01"}, "on"),
                       ({"on": "20260302"}, "on"), ({"fault": "x"}, "fault")):
        with pytest.raises(InputsError) as raised:
            do(one, "receive", **said)
        assert raised.value.name == name
    one = do(one, "receive")
    for said in ({}, {"fault": "x" * 121}, {"fault": "a\nb"}, {"fault": "a\x00"}):
        with pytest.raises(InputsError):
            do(one, "diagnose", **said)
    with pytest.raises(InputsError):
        do(one, "diagnose", fault="performance", user_damage="perhaps")


def test_what_is_covered_cannot_be_rejected_and_what_is_not_cannot_be_authorised(store, staff, clock, sell, do):
    sell("OLD", dt.date(2020, 1, 1))
    sell("NEW")
    old = do(claims.open_claim(store, staff["ana"], Opening("OLD")), "check")
    assert old.answer == "not covered"
    with pytest.raises(ConflictError, match="not covered"):
        do(old, "authorise")
    new = do(claims.open_claim(store, staff["ana"], Opening("NEW")), "check")
    with pytest.raises(ConflictError, match="covered"):
        do(new, "reject", reason="no")
    assert do(old, "reject", reason="the promise ended").state == "rejected"


def test_the_terms_decide_the_remedy(store, staff, clock, sell, do):
    sell("U1")
    one = do(do(claims.open_claim(store, staff["ana"], Opening("U1")), *TO_DIAGNOSIS), "diagnose", fault="performance")
    for remedy in ("exchange", "refund"):
        with pytest.raises(ConflictError, match="owe repair"):
            do(one, remedy)
    with pytest.raises(ConflictError, match="covered"):
        do(one, "reject", reason="no")
    one = do(one, "wait_parts")
    clock.later(60)
    with pytest.raises(ConflictError, match="owe repair"):
        do(one, "parts_deadline")
    clock.later(1)
    assert do(one, "parts_deadline").state == "waiting_exchange"


def test_broken_by_its_owner_is_rejected_with_a_photograph_and_may_be_appealed(store, staff, clock, opened, do):
    one = do(do(opened, *TO_DIAGNOSIS), "diagnose", fault="performance", user_damage=True)
    assert one.answer == "not covered"
    with pytest.raises(ConflictError):
        do(one, "start_repair")
    papers.add(store, one.number, staff["ana"], "receipt", b"%PDF-1.7 the invoice")
    with pytest.raises(ConflictError, match="photograph"):
        do(one, "reject", reason="crushed")
    papers.add(store, one.number, staff["ana"], "photograph", b"\xff\xd8\xff crushed")
    one = do(one, "reject", reason="crushed")
    one = do(do(one, "appeal", words="it was not me"), "check")
    assert one.state == "entitlement_checked"
    assert one.received_on == dt.date(2026, 3, 2)


def test_an_exchange_puts_another_unit_in_the_place(store, staff, clock, sell, do):
    sell("U1", dt.date(2026, 2, 28))
    sell("U2", None, delivered_on=None, guarantee="")
    one = do(do(claims.open_claim(store, staff["ana"], Opening("U1")), *TO_DIAGNOSIS), "diagnose", fault="performance")
    one = do(one, "exchange")
    with pytest.raises(ConflictError, match="itself"):
        do(one, "exchange_done", replacement="u1")
    one = do(one, "exchange_done", replacement="U2")
    one = do(one, "hand_back")
    new = units.find(store, "U2")
    assert (new.number, new.origin, new.replaces, new.guarantee) == (one.replacement, "exchange", one.unit, "long@1")
    assert [u.number for u in units.chain(store, new.number)] == [one.unit, new.number]
    assert entitle.coverage(store, "U1").answer == "not covered"
    assert entitle.coverage(store, "U2").covered
    assert entitle.coverage(store, "U2").layers[0].start == dt.date(2026, 2, 28)
    with pytest.raises(ConflictError, match="superseded"):
        claims.open_claim(store, staff["ana"], Opening("U1"))
    with pytest.raises(ConflictError, match="repaired"):
        do(one, "bounce", fault="performance")
    two = do(do(claims.open_claim(store, staff["ana"], Opening("U2")), *TO_DIAGNOSIS), "diagnose", fault="performance")
    two = do(do(two, "exchange"), "exchange_done", replacement="U3", unregistered="yes")
    assert [u.origin for u in units.chain(store, one.unit)] == ["sold", "exchange", "exchange"]


def test_a_refund_is_what_the_terms_say_and_days_in_repair_are_no_days_of_use(store, staff, clock, sell, do):
    sell("U1", dt.date(2026, 2, 27))
    one = do(do(claims.open_claim(store, staff["ana"], Opening("U1")), *TO_DIAGNOSIS), "diagnose", fault="performance")
    one = do(one, "refund")
    clock.later(4)
    with pytest.raises(NotAllowedError):
        do(one, "refund_done", price="1000", currency="CNY")
    one = do(do(one, "refund_done", by="fin", price="1000", currency="cny"), "settle", by="fin")
    line, = timeline.lines(store, one.number, staff["fin"])
    # 7 days since the sale, 4 of them with us: 3 days of use at 0.5 per cent
    assert (line.kind, str(line.total), line.payer) == ("refund", "985.00 CNY", "maker")
    assert units.unit(store, one.unit).returned_on == dt.date(2026, 3, 6)


def test_the_same_fault_comes_back_within_its_days_and_no_other(store, staff, clock, opened, do):
    one = do(do(opened, *TO_DIAGNOSIS), "diagnose", fault="performance")
    one = do(one, "start_repair", "repair_done", "hand_back")
    with pytest.raises(ConflictError, match="another fault"):
        do(one, "bounce", fault="battery")
    clock.later(91)
    with pytest.raises(ConflictError, match="90 days"):
        do(one, "bounce", fault="performance")
    clock.later(-1)
    assert do(one, "bounce", fault="performance").state == "reopened"


def test_a_held_claim_waits_for_a_second_person_who_says_why(store, staff, do):
    one = claims.open_claim(store, staff["ana"], Opening("NOBODY KNOWS IT", product="phone"))
    assert one.held == "hold:serial_not_shipped"
    with pytest.raises(ConflictError, match="held"):
        do(one, "check")
    with pytest.raises(NotAllowedError, match="second person"):
        do(one, "clear", reason="I know her")
    with pytest.raises(InputsError):
        do(one, "clear", by="ben")
    assert [a.name for a in claims.allowed(one, staff["ana"])] == ["cancel"]
    one = do(one, "clear", by="ben", reason="the invoice names it")
    assert (one.held, one.cleared) == ("", ("hold:serial_not_shipped",))
    assert do(one, "check").answer != ""


def test_the_fourth_claim_in_a_month_is_held(store, staff, opened, do):
    do(opened, "cancel")
    for held in ("", "", "", "hold:velocity"):
        one = claims.open_claim(store, staff["ana"], Opening("U1"))
        assert one.held == held
        if not held:
            one = do(do(one, *TO_DIAGNOSIS), "diagnose", fault="performance")
            do(one, "no_fault", "hand_back")


def test_goodwill_takes_two_persons_and_changes_no_date(store, staff, clock, sell, do):
    sell("OLD", dt.date(2020, 1, 1))
    one = do(claims.open_claim(store, staff["ana"], Opening("OLD")), "check")
    end = entitle.coverage(store, "OLD").layers[0].end
    with pytest.raises(NotAllowedError):
        proposals.propose(store, staff["eva"], "goodwill", "a good customer", GIVEN, claim=one.number)
    asked = proposals.propose(store, staff["fin"], "goodwill", "a good customer", GIVEN, claim=one.number)
    with pytest.raises(NotAllowedError, match="second person"):
        proposals.settle(store, staff["fin"], asked.number, approve=True, version=1)
    with pytest.raises(NotAllowedError):
        proposals.settle(store, staff["ana"], asked.number, approve=True, version=1)
    assert [p.number for p in proposals.waiting(store, staff["own"])] == [asked.number]
    done = proposals.settle(store, staff["own"], asked.number, approve=True, version=1)
    assert (done.state, done.answered_by) == ("approved", staff["own"].number)
    one = do(claims.claim(store, one.number, staff["ana"]), "authorise")
    assert (one.answer, one.payer) == ("covered", "goodwill")
    assert entitle.coverage(store, "OLD").layers[0].end == end
    clock.later(1)
    assert not entitle.coverage(store, "OLD").covered
    with pytest.raises(ConflictError, match="already"):
        proposals.settle(store, staff["own"], asked.number, approve=False, version=2)


def test_a_day_of_the_papers_takes_two_persons(store, staff, sell, do):
    sell("U1", None, delivered_on=None)
    one = do(claims.open_claim(store, staff["ana"], Opening("U1")), "check")
    assert one.answer == "held"
    told = {"column": "sold_on", "day": "2025-12-24"}
    with pytest.raises(ConflictError, match="receipt that shows the day"):
        proposals.propose(store, staff["ana"], "evidence", "the invoice", told, claim=one.number)
    papers.add(store, one.number, staff["ana"], "receipt", b"%PDF-1.7 invoice 77")
    asked = proposals.propose(store, staff["ana"], "evidence", "the invoice", told, claim=one.number)
    proposals.settle(store, staff["own"], asked.number, approve=True, version=1)
    one = claims.claim(store, one.number, staff["ana"])
    assert one.answer == "covered"
    assert units.find(store, "U1").sold_on == dt.date(2025, 12, 24)
    entry = next(e for e in audit.page(store) if e["kind"] == "approve")
    assert ["units", one.unit] in [row[:2] for row in entry["body"]["rows"]]
    assert any(row[3].get("sold_on") == [None, "2025-12-24"] for row in entry["body"]["rows"])
    with pytest.raises(InputsError):
        proposals.propose(store, staff["ana"], "evidence", "x", told | {"column": "shipped_on"}, claim=one.number)


def test_a_campaign_makes_its_fault_good_on_every_unit_of_its_kind(store, staff, sell):
    sell("OLD", dt.date(2020, 1, 1), lot="L1")
    sell("OTHER", dt.date(2020, 1, 1), lot="L2")
    told = {"name": "swollen", "product": "phone", "lot": "L1", "fault": "battery", "on": "2026-03-01"}
    asked = proposals.propose(store, staff["eva"], "campaign", "they swell", told)
    assert not entitle.coverage(store, "OLD", fault="battery").covered
    with pytest.raises(NotAllowedError):
        proposals.settle(store, staff["eva"], asked.number, approve=True, version=1)
    proposals.settle(store, staff["own"], asked.number, approve=True, version=1)
    covered = [entitle.coverage(store, s, fault=f).covered for s, f in
               (("OLD", "battery"), ("OLD", "performance"), ("OTHER", "battery"))]
    assert covered == [True, False, False]


def test_costs_are_added_in_one_currency_and_taken_back_by_another_line(store, staff, opened):
    costs.add(store, 1, staff["ana"], {"kind": "part", "what": "screen", "amount": "12.50", "currency": "EUR",
                                       "quantity": 2})
    line = costs.add(store, 1, staff["fin"], {"kind": "part", "what": "screen", "amount": "12.50", "currency": "EUR",
                                              "quantity": -1})
    assert line.total.amount == Decimal("-12.50")
    with pytest.raises(ConflictError, match="EUR"):
        costs.add(store, 1, staff["fin"], {"kind": "labour", "amount": "1", "currency": "USD"})
    with pytest.raises(NotAllowedError):
        costs.add(store, 1, staff["zoe"], {"kind": "labour", "amount": "1", "currency": "EUR"})
    for wrong in ({"kind": "x"}, {"amount": "NaN"}, {"amount": "-1"}, {"amount": "1e30"}, {"quantity": "0"},
                  {"currency": "EURO"}, {"payer": "me"}, {"colour": "red"}):
        with pytest.raises(InputsError):
            costs.add(store, 1, staff["fin"], {"kind": "labour", "amount": "1", "currency": "EUR"} | wrong)
    assert timeline.lines(store, 1, staff["ana"])[0].what == "screen"


def test_the_queue_pages_by_place_and_its_counts_are_those_of_the_rows(store, staff, sell, do):
    made = []
    for i in range(7):
        sell(f"Q{i}", product="phone" if i % 2 else "watch")
        made.append(claims.open_claim(store, staff["cai" if i == 6 else "ana"], Opening(f"Q{i}")))
    do(made[0], "cancel")
    do(made[1], "check")
    sell("MINE")
    mine = claims.open_claim(store, staff["zoe"], Opening("MINE", bought="2026-01"))
    first = queue.page(store, staff["ana"], size=4)
    rest = queue.page(store, staff["ana"], after=first.after, size=4)
    assert [x.claim.number for x in (*first.lines, *rest.lines)] == [8, 6, 5, 4, 3, 2, 1]
    assert rest.after is None
    assert [x.claim.number for x in queue.page(store, staff["zoe"]).lines] == [mine.number]
    assert queue.page(store, staff["adm"]).lines == ()
    for who in ("ana", "cai", "fin", "zoe"):
        told = queue.counts(store, staff[who])
        for bucket in told:
            sought = queue.Sought(held=True) if bucket == "held" else queue.Sought(bucket=bucket)
            assert told[bucket] == len(queue.page(store, staff[who], sought).lines), (who, bucket)
    found = queue.page(store, staff["ana"], queue.Sought(product="watch", state="submitted")).lines
    assert {x.product for x in found} == {"watch"}
    assert [x.claim.number for x in queue.page(store, staff["ana"], queue.Sought(serial="q3 ")).lines] == [4]
    with pytest.raises(InputsError):
        queue.page(store, staff["ana"], queue.Sought(bucket="nowhere"))


def test_a_customer_must_know_when_the_unit_was_bought_and_is_told_the_same_whatever_is_wrong(store, staff, sell):
    sell("U1")
    sell("TAKEN")
    claims.open_claim(store, staff["ana"], Opening("TAKEN"))
    told = set()
    for serial, bought in (("U1", ""), ("U1", "2026-02"), ("NOBODY", "2026-01"), ("TAKEN", "2025-01"), ("NOBODY", "")):
        for submit in (True, False):
            with pytest.raises(NotConfirmedError) as refused:
                claims.open_claim(store, staff["zoe"], Opening(serial, bought=bought, submit=submit))
            told.add(str(refused.value))
    assert len(told) == 1
    assert units.find(store, "NOBODY") is None, "nothing is registered on a stranger's word"
    assert claims.open_claim(store, staff["zoe"], Opening("u1 ", bought="2026-01")).customer == staff["zoe"].number


def test_an_agent_takes_a_claim_that_a_customer_opened(store, staff, sell, do):
    sell("U1")
    one = claims.open_claim(store, staff["zoe"], Opening("U1", bought="2026-01"))
    assert one.centre == ""
    with pytest.raises(UnknownError):
        claims.claim(store, one.number, staff["yan"])
    one = do(one, "check", by="cai")
    assert one.centre == "south"
    with pytest.raises(UnknownError):
        claims.claim(store, one.number, staff["ana"])
    assert queue.counts(store, staff["ana"])["review"] == 0
    assert queue.counts(store, staff["cai"])["review"] == 1


def test_a_person_is_forgotten_and_what_they_did_stays(store, staff, opened, do):
    one = do(opened, "check")
    with pytest.raises(NotAllowedError):
        people.forget(store, staff["ben"], staff["ana"].number)
    gone = people.forget(store, staff["adm"], staff["ana"].number)
    assert (gone.name, gone.active) == (f"person {gone.number}", False)
    assert [m.name for m in timeline.moments(store, one.number, staff["ben"])] == [gone.name] * 2
    assert audit.verify(store).intact
    with store.reading() as connection:
        assert "'ana'" not in str([tuple(r) for r in connection.execute(sa.select(tables.audit))])


def test_people_sign_in_are_changed_and_signed_out(store):
    adm = people.add(store, THE_MACHINE, "root", "admin", password="a long password")
    ana = people.add(store, adm.actor, "ana", "agent", centre="north", password="a longer password")
    assert people.sign_in(store, "ana", "a longer password") == ana
    for name, word in (("ana", "wrong"), ("nobody", "a longer password"), ("", "")):
        assert people.sign_in(store, name, word) is None
    with pytest.raises(NotAllowedError):
        people.add(store, ana.actor, "eve", "admin")
    with pytest.raises(InputsError):
        people.add(store, adm.actor, "eve", "agent")
    with pytest.raises(InputsError):
        people.add(store, adm.actor, "eve", "owner", password="short")
    with pytest.raises(ConflictError):
        people.add(store, adm.actor, "ana", "owner")
    off = people.change(store, adm.actor, ana.number, version=1, active=False)
    assert (off.active, people.sign_in(store, "ana", "a longer password")) == (False, None)
    with pytest.raises(StaleError):
        people.change(store, adm.actor, ana.number, version=1, active=True)
