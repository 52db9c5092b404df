"""What a claim may become, against what a careless or dishonest hand would make of it; on both databases."""

import datetime as dt

import pytest

from warrantor.desk import audit, claims, costs, entitle, papers, proposals, queue, timeline, units
from warrantor.desk.claims import Opening
from warrantor.desk.refusals import ConflictError, InputsError, NotAllowedError
from warrantor.terms import load_guarantees

TO_DIAGNOSIS = ("check", "authorise", "receive")
PLAIN = """
[[guarantee]]
name = "plain"
version = "1"
[guarantee.terms.host]
months = 18
[guarantee.remedies]
choices = ["repair"]
"""


@pytest.fixture
def diagnosed(store, staff, sell, do):
    def made(serial="U1", day=dt.date(2026, 2, 28), **more):
        sell(serial, day)
        one = claims.open_claim(store, staff["ana"], Opening(serial, **more))
        return do(do(one, *TO_DIAGNOSIS), "diagnose", fault="performance")

    return made


def repaired(do, clock, one):
    one = do(one, "start_repair")
    clock.later(1)
    return do(one, "repair_done", "hand_back")


def test_a_unit_whose_price_was_paid_back_is_no_longer_covered(store, staff, do, diagnosed):
    one = do(diagnosed(), "refund")
    one = do(one, "refund_done", by="fin", price="1000", currency="CNY")
    do(one, "settle", by="fin")
    said = entitle.coverage(store, "U1")
    assert (said.answer, said.changes[0].inputs["decision"]) == ("not covered", "reject:refunded_unit")
    with pytest.raises(ConflictError, match="refunded_unit"):
        claims.open_claim(store, staff["ana"], Opening("U1"))


def test_a_unit_given_back_without_a_fault_is_looked_at(store, staff, sell):
    sell("U1", returned_on=dt.date(2026, 2, 1))
    assert entitle.coverage(store, "U1").answer == "held"
    assert entitle.coverage(store, "U1", on=dt.date(2026, 1, 20)).covered, "that day it was not given back yet"
    assert claims.open_claim(store, staff["ana"], Opening("U1")).held == "hold:given_back"


def test_what_is_paid_back_is_in_the_currency_of_the_claims_other_costs(store, staff, do, diagnosed):
    one = do(diagnosed(), "refund")
    costs.add(store, one.number, staff["ana"], {"kind": "labour", "amount": "10", "currency": "EUR"})
    with pytest.raises(ConflictError, match="EUR"):
        do(one, "refund_done", by="fin", price="1000", currency="CNY")
    assert do(one, "refund_done", by="fin", price="1000", currency="EUR").state == "refunded"


def test_where_no_unit_can_be_given_the_whole_price_is_paid_back(store, staff, clock, do, diagnosed):
    """Of use nothing is kept back, whatever is said of the stock: the exchange that was owed could not be given."""
    one = do(diagnosed(day=dt.date(2026, 1, 5)), "wait_parts")
    clock.later(61)
    one = do(one, "parts_deadline")
    with pytest.raises(InputsError, match="needs it"):
        do(one, "no_unit")
    one = do(one, "no_unit", reason="The model is not made any more.")
    assert one.state == "waiting_refund"
    with pytest.raises(NotAllowedError):
        do(one, "refund_done", price="1000", currency="CNY")
    do(one, "refund_done", by="fin", price="1000", currency="CNY", in_stock=True)
    assert [str(c.amount) for c in timeline.lines(store, one.number, staff["fin"])] == ["1000.00"]


def test_repairs_of_one_claim_that_comes_back_count_as_often_as_they_were(store, staff, clock, do, diagnosed):
    one = diagnosed(day=dt.date(2026, 1, 5))
    for times in range(2):
        with pytest.raises(ConflictError, match="owe repair"):
            do(one, "exchange")
        one = do(repaired(do, clock, one), "bounce", fault="performance")
        one = do(do(one, *TO_DIAGNOSIS), "diagnose", fault="performance")
        assert times == 1 or one.remedy == "repair"
    assert do(one, "exchange").state == "waiting_exchange"


def test_a_repair_stays_one_when_the_unit_comes_back_without_a_fault(store, clock, do, diagnosed):
    one = do(repaired(do, clock, diagnosed()), "bounce", fault="performance")
    one = do(do(do(one, *TO_DIAGNOSIS), "diagnose", fault="performance"), "no_fault", "hand_back")
    assert (one.state, one.remedy, one.fault) == ("closed", "repair", "performance")


def test_goodwill_is_of_one_claim_and_gives_the_remedy_it_names(store, staff, sell, do, clock):
    sell("OLD", dt.date(2019, 1, 5))
    one = do(claims.open_claim(store, staff["ana"], Opening("OLD")), "check")
    asked = proposals.propose(store, staff["fin"], "goodwill", "kind", {"remedy": "exchange"}, claim=one.number)
    proposals.settle(store, staff["own"], asked.number, approve=True, version=1)
    one = do(claims.claim(store, one.number, staff["ana"]), "authorise")
    one = do(do(one, "receive"), "diagnose", fault="performance")
    with pytest.raises(ConflictError, match="owe exchange"):
        do(one, "start_repair")
    assert do(one, "exchange").payer == "goodwill"
    sell("OLD2", dt.date(2019, 1, 5))
    first = do(claims.open_claim(store, staff["ana"], Opening("OLD2")), "check")
    asked = proposals.propose(store, staff["fin"], "goodwill", "kind", {"remedy": "repair"}, claim=first.number)
    proposals.settle(store, staff["own"], asked.number, approve=True, version=1)
    do(do(claims.claim(store, first.number, staff["ana"]), "authorise"), "cancel")
    second = do(claims.open_claim(store, staff["ana"], Opening("OLD2")), "check")
    assert second.answer == "not covered"


def test_goodwill_pays_the_price_that_two_persons_agreed_to(store, staff, sell, do):
    sell("OLD", dt.date(2019, 1, 5))
    one = do(claims.open_claim(store, staff["ana"], Opening("OLD")), "check")
    asked = proposals.propose(store, staff["fin"], "goodwill", "kind", {"remedy": "refund"}, claim=one.number)
    proposals.settle(store, staff["own"], asked.number, approve=True, version=1)
    one = do(do(claims.claim(store, one.number, staff["ana"]), "authorise", "receive"), "diagnose", fault="performance")
    one = do(do(one, "refund"), "refund_done", by="fin", price="250", currency="EUR")
    assert [str(c.amount) for c in timeline.lines(store, one.number, staff["fin"])] == ["250"]


def test_nothing_is_approved_for_a_claim_that_has_ended_nor_asked_for_one_that_is_held(store, staff, sell, do):
    sell("OLD", dt.date(2019, 1, 5))
    one = claims.open_claim(store, staff["ana"], Opening("OLD"))
    asked = proposals.propose(store, staff["fin"], "goodwill", "kind", {"remedy": "repair"}, claim=one.number)
    do(one, "cancel")
    with pytest.raises(ConflictError, match="cancelled"):
        proposals.settle(store, staff["own"], asked.number, approve=True, version=1)
    assert proposals.settle(store, staff["own"], asked.number, approve=False, version=1).state == "refused"
    held = claims.open_claim(store, staff["ana"], Opening("NOBODY"))
    with pytest.raises(ConflictError, match="held"):
        proposals.propose(store, staff["fin"], "goodwill", "kind", {"remedy": "repair"}, claim=held.number)
    with pytest.raises(InputsError, match="remedy"):
        proposals.propose(store, staff["fin"], "goodwill", "kind", {"remedy": "a holiday"}, claim=held.number)


def test_who_owes_the_remedy_bears_it_and_its_terms_say_what_is_paid_back(store, staff, sell, do):
    store.guarantees = load_guarantees(PLAIN)
    sell("U1", dt.date(2026, 2, 25), guarantee="plain@1", market="CN")
    one = do(claims.open_claim(store, staff["ana"], Opening("U1")), *TO_DIAGNOSIS)
    one = do(do(one, "diagnose", fault="performance"), "refund")
    assert (one.guarantee, one.payer) == ("cn_statutory_mobile@1", "statutory"), "the maker's own promise is repair"
    do(one, "refund_done", by="fin", price="1000", currency="CNY", in_stock=True)
    (line,) = timeline.lines(store, one.number, staff["fin"])
    assert (str(line.amount), line.payer) == ("975.00", "statutory"), "five days of use at 0.5 % each"
    assert timeline.moments(store, one.number, staff["fin"])[-1].inputs["paid"] == "975.00"


def test_who_brought_about_a_hold_does_not_clear_it(store, staff, sell, do, clock):
    sell("U1")
    one = do(claims.open_claim(store, staff["ana"], Opening("U1")), "check", "authorise")
    one = do(one, "receive", serial="OTHER", by="ben")
    with pytest.raises(NotAllowedError, match="second person"):
        do(one, "clear", by="ben", reason="it is fine")
    assert do(one, "clear", by="ana", reason="the label was worn").held == ""


def test_a_claim_dated_back_counts_among_the_claims_of_thirty_days(store, staff, sell, do):
    sell("U1")
    for _ in range(3):
        do(claims.open_claim(store, staff["ana"], Opening("U1")), "cancel")
    one = claims.open_claim(store, staff["ana"], Opening("U1", opened_on="2026-03-01"))
    assert one.held == "", "a cancelled claim does not count"
    do(one, "cancel")
    for day in ("2026-03-02", "2026-03-02", "2026-03-02"):
        do(repair_quickly(store, staff, do, day), "hand_back")
    assert claims.open_claim(store, staff["ana"], Opening("U1", opened_on="2026-03-01")).held == "hold:velocity"


def repair_quickly(store, staff, do, day):
    one = claims.open_claim(store, staff["ana"], Opening("U1", opened_on=day))
    one = do(do(one, *TO_DIAGNOSIS), "diagnose", fault="performance")
    return do(one, "no_fault")


def test_an_act_is_not_dated_before_what_it_ends(store, staff, clock, do, diagnosed):
    one = do(diagnosed(), "exchange")
    clock.later(2)
    one = do(one, "exchange_done", replacement="U9", unregistered=True)
    with pytest.raises(InputsError, match="2026-03-04"):
        do(one, "hand_back", on="2026-03-02")
    assert do(one, "hand_back", on="2026-03-04").closed_on == dt.date(2026, 3, 4)


def test_what_was_refused_to_the_customer_comes_back_by_an_appeal_alone(store, staff, do, clock):
    one = rejected(store, staff, do, "U1")
    one = do(one, "hand_back")
    with pytest.raises(ConflictError, match="open a new claim"):
        do(one, "bounce", fault="performance")


def rejected(store, staff, do, serial):
    with store.writing(staff["adm"], "register") as writing:
        day = dt.date(2026, 2, 28)
        units.register(writing, store.key, serial, product="phone", sold_on=day, delivered_on=day, guarantee="long@1")
    one = do(claims.open_claim(store, staff["zoe"], Opening(serial, bought="2026-02")), *TO_DIAGNOSIS)
    one = do(one, "diagnose", fault="performance", user_damage=True)
    papers.add(store, one.number, staff["zoe"], "photograph", b"\xff\xd8\xff of the customer's own")
    with pytest.raises(ConflictError, match="photograph"):
        do(one, "reject", reason="it was dropped")
    papers.add(store, one.number, staff["ana"], "photograph", b"\xff\xd8\xff crushed")
    return do(one, "reject", reason="it was dropped")


def test_a_customer_is_told_why_and_not_by_whom_nor_what_staff_think(store, staff, do):
    one = rejected(store, staff, do, "U1")
    told = timeline.moments(store, one.number, staff["zoe"])
    assert told[-1].inputs == {"reason": "it was dropped"}
    assert {(m.name, m.person, m.rules) for m in told} == {("", 0, ())}
    staffs = timeline.moments(store, one.number, staff["ana"])
    assert {m.name for m in staffs} == {"ana", "zoe"}
    again = do(do(one, "appeal", words="it was not", by="zoe"), "check")
    assert again.state == "entitlement_checked"


def test_a_hold_has_no_reason_for_the_customer(store, staff, sell, do):
    sell("U1")
    sell("U2")
    claims.open_claim(store, staff["ana"], Opening("U2", invoice="77"))
    mine = claims.open_claim(store, staff["zoe"], Opening("U1", invoice="77", bought="2026-01"))
    assert (mine.held, mine.cleared, mine.opened_by) == ("hold", (), staff["zoe"].number)
    assert queue.page(store, staff["zoe"]).lines[0].claim.held == "hold"
    assert claims.claim(store, mine.number, staff["ana"]).held == "hold:invoice_reused"
    do(claims.claim(store, mine.number, staff["ana"]), "clear", reason="looks honest after all", by="ben")
    assert [m.action for m in timeline.moments(store, mine.number, staff["zoe"])] == ["open"]
    assert "looks honest" in str(timeline.moments(store, mine.number, staff["aud"]))


def test_an_engineer_sees_no_payouts_and_looks_no_serial_up(store, staff, do, diagnosed):
    one = diagnosed()
    costs.add(store, one.number, staff["ana"], {"kind": "labour", "amount": "10", "currency": "EUR"})
    assert timeline.lines(store, one.number, staff["eva"]) == ()
    assert len(timeline.lines(store, one.number, staff["fin"])) == 1
    for role in ("eva", "fin", "own"):
        with pytest.raises(NotAllowedError, match="serial"):
            queue.page(store, staff[role], queue.Sought(serial="U1"))


def test_a_cost_line_sent_twice_under_one_key_is_one(store, staff, diagnosed):
    one = diagnosed()
    told = {"kind": "part", "what": "screen", "amount": "12.50", "currency": "EUR"}
    first = costs.add(store, one.number, staff["ana"], told, key="k")
    assert costs.add(store, one.number, staff["ana"], told, key="k") == first
    assert len(timeline.lines(store, one.number, staff["ana"])) == 1
    costs.add(store, one.number, staff["ana"], told, key="another")
    assert len(timeline.lines(store, one.number, staff["ana"])) == 2


def test_the_same_receipt_for_another_unit_holds_the_claim(store, staff, sell, do):
    for serial in ("U1", "U2"):
        sell(serial)
        claims.open_claim(store, staff["ana"], Opening(serial))
    papers.add(store, 1, staff["ana"], "receipt", b"%PDF-1.7 the invoice")
    papers.add(store, 2, staff["ana"], "photograph", b"\xff\xd8\xff a photograph")
    assert claims.claim(store, 2, staff["ana"]).held == ""
    papers.add(store, 2, staff["ana"], "receipt", b"%PDF-1.7 the invoice")
    assert claims.claim(store, 2, staff["ana"]).held == "hold:invoice_reused"
    assert queue.counts(store, staff["ana"])["held"] == 1
    assert audit.verify(store).intact


def test_a_day_of_the_papers_is_one_that_can_be(store, staff, sell, do):
    sell("U1", None, delivered_on=None, made_on=dt.date(2025, 6, 1))
    one = claims.open_claim(store, staff["ana"], Opening("U1"))
    papers.add(store, one.number, staff["ana"], "receipt", b"%PDF-1.7 invoice")
    for day, why in (("2999-01-01", "after 2026-03-02"), ("2025-05-31", "before it was made")):
        with pytest.raises(InputsError, match=why):
            proposals.propose(store, staff["ana"], "evidence", "x", {"column": "sold_on", "day": day}, claim=one.number)


def test_a_unit_to_be_given_is_registered_or_said_not_to_be(store, do, diagnosed):
    one = do(diagnosed(), "exchange")
    with pytest.raises(ConflictError, match="Nobody registered"):
        do(one, "exchange_done", replacement="TYPO")
    one = do(one, "exchange_done", replacement="U9", unregistered=True)
    assert units.find(store, "U9").number == one.replacement


def test_a_serial_that_is_no_text_is_unknown_and_no_failure(store):
    assert entitle.coverage(store, "\ud800").answer == "held"
