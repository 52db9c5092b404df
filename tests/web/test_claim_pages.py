"""The page of a claim in every state it can be in, and what its customer reads of it and of nothing else."""

import datetime as dt
import re

import pytest
from tests.web.conftest import SERIALS

from warrantor.desk import costs, papers, proposals
from warrantor.desk.claim import claim
from warrantor.desk.claims import Opening, act, open_claim
from warrantor.desk.life_cycle import life_cycle

TOLD = {"receive": {"serial": SERIALS[0]}, "ask": {"words": "Send us the receipt, please."},
        "answer": {"words": "Here."}, "diagnose": {"fault": "performance"},
        "exchange_done": {"replacement": "NEW-1", "unregistered": True},
        "refund_done": {"price": "1000", "currency": "CNY"}, "appeal": {"words": "It was not me."},
        "reject": {"reason": "It was dropped."}, "no_unit": {"reason": "It is not made any more."}}
BENCH = ("check", "authorise", "receive", "diagnose")
WAYS = {
    "repair": (*BENCH, "wait_parts", "parts_in", "repair_done", "hand_back", "bounce", "check"),
    "exchange": (*BENCH, "exchange", "exchange_done", "hand_back"),
    "refund": (*BENCH, "refund", "refund_done", "settle"),
    "words": ("check", "ask", "answer"), "nothing": (*BENCH, "no_fault", "hand_back"), "away": ("cancel",),
    "dropped": (*BENCH, "reject", "appeal"), "no unit": (*BENCH, "exchange", "no_unit", "refund_done", "settle"),
}
GIVEN = {"exchange": "exchange", "refund": "refund", "no unit": "exchange"}  # what two persons give in the way
READERS = ("customer", "agent", "engineer", "finance", "owner", "auditor")


@pytest.fixture
def led(served):
    """Lead a customer's claim along a way; yields it after every act."""
    served.store.clock = lambda: dt.datetime(2026, 3, 12, 9, tzinfo=dt.UTC)
    who = {name: one.actor for name, one in served.who.items()}

    def lead(way):
        one = open_claim(served.store, who["customer"], Opening(SERIALS[0], "no power", said="It went dark.",
                                                                bought="2026-03", submit=False))
        yield one
        one = act(served.store, one.number, "submit", who["customer"], version=one.version)
        if way in GIVEN:
            asked = proposals.propose(served.store, who["agent"], "goodwill", "why", {"remedy": GIVEN[way]},
                                      claim=one.number)
            proposals.settle(served.store, who["finance"], asked.number, approve=True, version=1)
        yield claim(served.store, one.number, who["agent"])
        for name in WAYS[way]:
            if name == "reject":
                papers.add(served.store, one.number, who["agent"], "photograph", b"\xff\xd8\xff crushed")
            by = "finance" if name in ("refund_done", "settle") else "agent"
            told = TOLD.get(name, {}) | ({"user_damage": True} if (way, name) == ("dropped", "diagnose") else {})
            now = claim(served.store, one.number, who["agent"])
            yield act(served.store, one.number, name, who[by], told, version=now.version)

    return lead


@pytest.mark.parametrize("way", WAYS)
def test_the_page_is_shown_after_every_act_to_every_reader(served, led, way):
    for one in led(way):
        for name in READERS:
            for path in ("", "/layers.csv", "/papers.json", "/costs.csv"):
                answer = served.as_(name).get(f"/claims/{one.number}{path}")
                assert answer.status_code == 200, (one.state, name, path, answer.text[:300])


def test_the_ways_lead_through_every_state():
    reached = {"draft", "submitted"}
    for acts in WAYS.values():
        state = "submitted"
        for name in acts:
            state = life_cycle().action(name, state).after
            reached.add(state)
    assert reached == set(life_cycle().states)


def test_a_customer_reads_why_it_was_rejected_and_who_waits_for_whom(served, led):
    for one in led("dropped"):
        page = served.as_("customer").get(f"/claims/{one.number}").text
        if one.state == "rejected":
            assert "It was dropped." in page
            assert "Appeal" in page
    for one in led_words(served):
        page = served.as_("customer").get(f"/claims/{one.number}").text
        if one.state == "info_requested":
            assert "Asked</dt><dd>Send us the receipt, please." in page
            assert "In their own words</dt><dd>It is dead." in page


def led_words(served):
    actor = served.who["agent"].actor
    one = open_claim(served.store, served.who["customer"].actor, Opening(SERIALS[1], said="It is dead.",
                                                                         bought="2026-03"))
    one = act(served.store, one.number, "check", actor, version=1)
    yield act(served.store, one.number, "ask", actor, TOLD["ask"], version=2)


def test_a_customer_learns_of_a_hold_and_not_of_its_reason(served):
    agent = served.who["agent"].actor
    open_claim(served.store, agent, Opening(SERIALS[2], invoice="INV-7"))
    one = open_claim(served.store, served.who["customer"].actor, Opening(SERIALS[3], invoice="INV-7", bought="2026-03"))
    said = [served.as_("customer").get(path).text for path in (
        f"/claims/{one.number}", "/claims", "/claims.csv", "/claims.json", "/api/v1/claims",
        f"/api/v1/claims/{one.number}", "/")]
    assert all("invoice_reused" not in text and "another unit" not in text for text in said)
    assert "A person is looking at it first." in said[0]
    assert "The invoice was shown for another unit." in served.as_("agent").get(f"/claims/{one.number}").text


def test_money_is_for_those_who_answer_for_it(served):
    one = open_claim(served.store, served.who["customer"].actor, Opening(SERIALS[3], bought="2026-03"))
    costs.add(served.store, one.number, served.who["finance"].actor, {"kind": "part", "amount": "12.50",
                                                                       "currency": "CNY"})
    seen = {name for name in READERS if "12.50" in served.as_(name).get(f"/claims/{one.number}").text}
    assert seen == {"agent", "finance", "owner", "auditor"}
    for name in ("customer", "engineer"):
        assert served.as_(name).get(f"/claims/{one.number}/costs.json").json()["rows"] == []


def test_a_form_of_a_cost_sent_twice_makes_one_line_and_a_wrong_one_shows_the_claim(served):
    one = open_claim(served.store, served.who["agent"].actor, Opening(SERIALS[4]))
    path = f"/claims/{one.number}/costs/lines"
    line = {"kind": "part", "what": "screen", "amount": "12.50", "currency": "EUR", "quantity": "2", "key": "k1"}
    assert [served.as_("finance").post(path, data=line).status_code for _ in range(2)] == [303, 303]
    back = served.as_("finance").post(path, data=line | {"quantity": "-1", "key": "k2", "payer": "supplier"})
    assert back.status_code == 303
    rows = served.as_("finance").get(f"/claims/{one.number}/costs.json").json()["rows"]
    assert [(r["quantity"], r["payer"]) for r in rows] == [(2, "maker"), (-1, "supplier")]
    wrong = served.as_("finance").post(path, data=line | {"amount": "99999999999999", "key": "k3"})
    assert wrong.status_code == 422
    assert f"Claim {one.number}" in wrong.text
    page = served.as_("agent").get(f"/claims/{one.number}").text.replace("\xa0", " ")
    assert re.search(r"Together</th><td class=\"n\">EUR 12\.50<", page)


def test_who_cannot_go_on_is_told_whose_turn_it_is(served, led):
    for one in led("refund"):
        if one.state == "waiting_refund":
            assert "The next step is up to: finance." in served.as_("agent").get(f"/claims/{one.number}").text
    held = open_claim(served.store, served.who["agent"].actor, Opening("NOBODY-KNOWS"))
    assert "A second person must look first" in served.as_("agent").get(f"/claims/{held.number}").text


def test_an_act_the_terms_will_refuse_does_not_look_like_the_way_on(served, led):
    for one in led("nothing"):
        if one.state == "received":
            served.store.clock = lambda: dt.datetime(2026, 6, 12, 9, tzinfo=dt.UTC)
            again = act(served.store, one.number, "diagnose", served.who["agent"].actor,
                        {"fault": "performance", "user_damage": True}, version=one.version)
            assert again.answer == "not covered"
            page = served.as_("agent").get(f"/claims/{one.number}").text
            assert '<button class="quiet">Start the repair</button>' in page
            assert '<button class="grave">Reject</button>' in page
            return


def test_a_paper_is_handed_in_on_the_page_and_a_wrong_one_is_said_there(served):
    one = open_claim(served.store, served.who["customer"].actor, Opening(SERIALS[5], bought="2026-03"))
    path = f"/claims/{one.number}/papers"
    client = served.as_("customer")
    assert client.post(path, data={"kind": "receipt"}, files={"file": ("r.pdf", b"%PDF-1.7 x")}).status_code == 303
    wrong = client.post(path, data={"kind": "receipt"}, files={"file": ("r.svg", b"<svg onload=alert(1)>")})
    assert (wrong.status_code, "send a JPEG" in wrong.text) == (422, True)
    large = client.post(path, data={"kind": "receipt"}, files={"file": ("r.pdf", b"%PDF-" + bytes(6_000_000))})
    assert (large.status_code, "more than 5 MB" in large.text) == (422, True)
    assert client.post(path, data={"kind": "receipt"}, files={"file": ("r.pdf", bytes(30_000_000))}).status_code == 413
    sent = client.post(f"/api/v1{path}", params={"kind": "photograph"}, content=b"\xff\xd8\xff y")
    assert (sent.status_code, sent.headers["location"]) == (201, f"/api/v1{path}/2")
    assert client.get(sent.headers["location"]).content == b"\xff\xd8\xff y"


def test_what_was_typed_is_there_again_when_it_is_changed(served):
    typed = {"serial": SERIALS[6], "symptom": "no power", "said": "It fell silent.", "contact": "0171", "proof": "true",
             "invoice": "INV-9"}
    page = served.as_("agent").post("/claims/review", data=typed).text
    assert all(word in page for word in ("It fell silent.", "0171", "INV-9"))
    again = served.as_("agent").post("/claims/review", data=typed | {"change": "1"}).text
    assert 'value="INV-9"' in again
    assert ">It fell silent.</textarea>" in again
    assert served.as_("agent").get("/claims.json?bucket=review").json()["rows"] == [], "nothing is written yet"


def test_a_customer_has_three_tries_of_the_month_as_everybody(served):
    def tries(serial, bought, path="/api/v1/claims", **more):
        return served.as_("customer").post(path, json={"serial": serial, "bought": bought}, **more).status_code

    assert tries(SERIALS[7], "2026-03") == 201
    assert [tries(SERIALS[8], f"2025-0{n}") for n in (1, 2, 3)] == [409] * 3
    assert tries(SERIALS[8], "2026-03") == 429, "the right month comes too late"
    assert tries(SERIALS[9].replace("3569", "35-69"), "2026-03") == 201, "what is right is not counted against it"
    assert served.as_("agent").post("/api/v1/claims", json={"serial": SERIALS[8]}).status_code == 201


def test_a_customers_first_page_is_their_claims_and_nobody_elses(served):
    mine = open_claim(served.store, served.who["customer"].actor, Opening(SERIALS[0], bought="2026-03"))
    agent = served.who["agent"].actor
    act(served.store, mine.number, "check", agent, version=1)
    act(served.store, mine.number, "ask", agent, TOLD["ask"], version=2)
    other = open_claim(served.store, served.who["customer-other"].actor, Opening(SERIALS[1], bought="2026-03"))
    page = served.as_("customer").get("/").text
    assert f'href="/claims/{mine.number}"' in page
    assert "We wait for your answer." in page
    assert f'href="/claims/{other.number}"' not in page
    assert "Held for a person" not in page
