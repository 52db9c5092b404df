"""A question in JSON: every key taken to the letter, everything else refused with its place and reason."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from warrantor.terms import Complaint, Door, Event, Evidence, Guarantee, Guarantees, Request, Term
from warrantor.terms.ask import read_request
from warrantor.terms.read import WrongError

YEAR = {"host": Term(12, "months")}
PROMISES = Guarantees((Guarantee("long", "1", YEAR), Guarantee("long", "2", YEAR), Guarantee("short", "1", YEAR)))
DAY = {"on": "2020-01-15"}


def refused(document):
    with pytest.raises(WrongError) as caught:
        read_request(document, PROMISES)
    assert str(caught.value) == caught.value.why
    return caught.value.path, caught.value.why


def test_every_key_is_taken_as_it_is_said():
    found = read_request({
        "on": "2020-01-15", "at": "2020-01-15T16:30:00+08:00", "serial": "S1", "guarantees": ["long", "short@1"],
        "granted": ["short@1"],
        "market": "CN", "brand": "Redmi", "product": "Note 7", "channel": "shop", "sold_in": "CN",
        "activated_in": "MY", "claim_in": "DE", "component": "battery",
        "evidence": {"delivered_on": "2019-01-01", "sold_on": "2019-01-02", "activated_on": "2019-01-03",
                     "shipped_on": "2018-12-01", "made_on": "2018-11-01", "contract_on": "2018-12-24",
                     "activated_at": "2019-01-03T00:30:00+08:00"},
        "events": [{"kind": "suspended", "on": "2019-06-01", "until": "2019-06-01"},
                   {"kind": "goodwill", "on": "2019-07-01", "name": "g1", "by": ["ann", "bo"]},
                   {"kind": "campaign", "on": "2019-08-01", "fault": "swollen"}],
        "complaint": {"fault": "cosmetic", "user_damage": True, "proof": False, "repairs": 1, "exchanges": 2,
                      "wait_days": 3, "wait_cause": "parts"},
        "agreed": {"months": 6, "cycles": 300},
        "usage": {"cycles": 1, "hours": 2, "kilometres": 3, "pages": 4},
        "capacity": 0.79,
        "door": {"shipped": False, "superseded": True, "open_claim": True, "claims_30d": 4,
                 "claim_before_activation": True, "refunded": True, "given_back": True, "serial_differs": True,
                 "invoice_reused": True, "centre_today": 5, "centre_28d": 6},
    }, PROMISES)
    zone = datetime.fromisoformat("2020-01-15T16:30:00+08:00").tzinfo
    assert found == Request(
        date(2020, 1, 15), datetime(2020, 1, 15, 16, 30, tzinfo=zone), "S1", ("long", "short@1"), ("short@1",), "CN",
        "Redmi", "Note 7", "shop", "CN", "MY", "DE",
        Evidence(date(2019, 1, 1), date(2019, 1, 2), date(2019, 1, 3), date(2018, 12, 1), date(2018, 11, 1),
                 datetime(2019, 1, 3, 0, 30, tzinfo=zone), date(2018, 12, 24)),
        (Event("suspended", date(2019, 6, 1), date(2019, 6, 1)),
         Event("goodwill", date(2019, 7, 1), name="g1", by=("ann", "bo")),
         Event("campaign", date(2019, 8, 1), fault="swollen")),
        "battery", Complaint("cosmetic", True, False, 1, 2, 3, "parts"),  # noqa: FBT003
        Term(6, "months", (("cycles", 300),)), {"cycles": 1, "hours": 2, "kilometres": 3, "pages": 4},
        Decimal("0.79"), Door(False, True, True, 4, True, True, True, True, True, 5, 6))  # noqa: FBT003


def test_what_is_not_said_is_not_known():
    assert read_request(DAY, PROMISES) == Request(date(2020, 1, 15))
    assert read_request(DAY | {"complaint": {}, "door": {}, "evidence": {}, "events": [], "usage": {}},
                        PROMISES) == Request(date(2020, 1, 15))


def test_an_instant_alone_gives_the_day_of_its_own_offset():
    found = read_request({"at": "2020-01-15T23:30:00+08:00"}, PROMISES)
    assert (found.on, found.at) == (date(2020, 1, 15), datetime.fromisoformat("2020-01-15T23:30:00+08:00"))
    both = read_request({"at": "2020-01-15T23:30:00+08:00", "on": "2020-01-16"}, PROMISES)
    assert both.on == date(2020, 1, 16)


@pytest.mark.parametrize("share", [0, "0", 1, "1.07", 2, "0.80"])
def test_a_capacity_is_a_share_from_none_to_twice_the_rated(share):
    assert read_request(DAY | {"capacity": share}, PROMISES).capacity == Decimal(str(share))


KEYS = ("on, at, serial, guarantees, granted, market, brand, product, channel, sold_in, activated_in, claim_in, "
        "component, evidence, events, complaint, agreed, usage, capacity, door")
INSTANT = "write it as in 2019-08-31T16:30:00+08:00"


@pytest.mark.parametrize(("said", "path", "why"), [
    ({"on": "tomorrow"}, "on", "on: 'tomorrow' is no day; write it as in 2019-08-31"),
    ({"on": 20200115}, "on", "on: 20200115 is no day; write it as in 2019-08-31"),
    ({"at": "noon"}, "at", f"at: 'noon' is no instant; {INSTANT}"),
    ({"at": 12}, "at", f"at: 12 is no instant; {INSTANT}"),
    ({"at": "2019-08-31T16:30:00"}, "at", f"at: '2019-08-31T16:30:00' does not say its offset from UTC; {INSTANT}"),
    ({"serial": 5}, "serial", "serial: 5 is no text"),
    ({"markt": "CN"}, "markt", f"no such key: markt; the keys are {KEYS}"),
    ({"guarantees": "long"}, "guarantees", "guarantees: 'long' is no list"),
    ({"guarantees": ["long", 7]}, "guarantees.1", "1: 7 is no text"),
    ({"guarantees": ["long", "wide"]}, "guarantees", "there is no guarantee 'wide'; there are long, short"),
    ({"guarantees": ["long@3"]}, "guarantees", "there is no guarantee 'long@3'; there are long, short"),
    ({"granted": ["long@3"]}, "granted", "there is no guarantee 'long@3'; there are long, short"),
    ({"capacity": "full"}, "capacity",
     "capacity: 'full' is no share of the rated capacity; write it as in 0.79"),
    ({"capacity": "-0.01"}, "capacity",
     "capacity: '-0.01' is no share of the rated capacity; write it as in 0.79"),
    ({"capacity": "2.01"}, "capacity",
     "capacity: '2.01' is no share of the rated capacity; write it as in 0.79"),
    ({"agreed": 6}, "agreed", "agreed: a term is one of days, months, years with a whole number"),
    ({"agreed": {"moons": 6}}, "agreed.moons", ("'moons' is no unit of a term: use days, months or years, and cycles, "
     "hours, kilometres or pages")),
    ({"usage": {"miles": 6}}, "usage.miles", "no such key: miles; the keys are cycles, hours, kilometres, pages"),
    ({"usage": {"cycles": -1}}, "usage.cycles", "cycles: -1 is below zero"),
    ({"evidence": []}, "evidence", "evidence: [] is no table"),
    ({"evidence": {"bought_on": "2019-01-01"}}, "evidence.bought_on", ("no such key: bought_on; the keys are "
     "delivered_on, sold_on, activated_on, shipped_on, made_on, contract_on, activated_at")),
    ({"evidence": {"sold_on": None}}, "evidence.sold_on", "sold_on: None is no day; write it as in 2019-08-31"),
    ({"evidence": {"activated_at": "2019-01-01T00:00:00"}}, "evidence.activated_at",
     f"activated_at: '2019-01-01T00:00:00' does not say its offset from UTC; {INSTANT}"),
    ({"events": {}}, "events", "events: {} is no list"),
    ({"events": [7]}, "events.0", "0: 7 is no table"),
    ({"events": [{"on": "2019-01-01"}]}, "events.0", "0: missing kind"),
    ({"events": [{"kind": "resumed"}]}, "events.0", "0: missing on"),
    ({"events": [{"kind": "lost", "on": "2019-01-01"}]}, "events.0.kind", (
        "kind: 'lost' is none of started, suspended, "
     "resumed, exchanged, extended, transferred, campaign, goodwill")),
    ({"events": [{"kind": "resumed", "on": "2019-01-01", "when": "now"}]}, "events.0.when",
     "no such key: when; the keys are kind, on, until, fault, name, by, remedy"),
    ({"events": [{"kind": "resumed", "on": "2019-01-01"}, {"kind": "suspended", "on": "2019-01-02",
                                                          "until": "2019-01-01"}]}, "events.1.until",
     "the event ended on 2019-01-01, before it began on 2019-01-02"),
    ({"events": [{"kind": "goodwill", "on": "2019-01-01", "by": "ann"}]}, "events.0.by", "by: 'ann' is no list"),
    ({"complaint": {"proof": "yes"}}, "complaint.proof", "proof: 'yes' is neither true nor false"),
    ({"complaint": {"user_damage": 1}}, "complaint.user_damage", "user_damage: 1 is neither true nor false"),
    ({"complaint": {"repairs": True}}, "complaint.repairs", "repairs: True is no whole number"),
    ({"complaint": {"exchanges": "2"}}, "complaint.exchanges", "exchanges: '2' is no whole number"),
    ({"complaint": {"wait_days": -2}}, "complaint.wait_days", "wait_days: -2 is below zero"),
    ({"complaint": {"cause": "parts"}}, "complaint.cause", (
        "no such key: cause; the keys are fault, user_damage, proof, "
     "repairs, exchanges, wait_days, wait_cause")),
    ({"door": {"shipped": 0}}, "door.shipped", "shipped: 0 is neither true nor false"),
    ({"door": {"claims_30d": "4"}}, "door.claims_30d", "claims_30d: '4' is no whole number"),
    ({"door": {"lost": True}}, "door.lost", ("no such key: lost; the keys are shipped, superseded, open_claim, "
     "claims_30d, claim_before_activation, refunded, given_back, serial_differs, invoice_reused, centre_today, "
     "centre_28d")),
    ({"door": {"centre_today": -1}}, "door.centre_today", "centre_today: -1 is below zero"),
])
def test_what_cannot_be_asked_is_refused_with_its_place_and_reason(said, path, why):
    assert refused(DAY | said) == (path, why)


def test_what_was_granted_at_the_sale_is_taken_by_its_key():
    assert read_request(DAY | {"granted": ["long@1"]}, PROMISES) == Request(date(2020, 1, 15), granted=("long@1",))


def test_a_question_without_a_day_is_refused():
    assert refused({"serial": "S1"}) == ("on", "say on which day (on) or at which instant (at) it is asked")
