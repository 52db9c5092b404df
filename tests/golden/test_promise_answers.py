"""Answers in full, sentence, trace and document, for every kind of rule: read once by people, held since.

``python tests/golden/test_promise_answers.py`` writes promise.txt anew; read the difference before it is kept.
"""

import json
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from warrantor.terms import (
    Complaint,
    Door,
    Event,
    Evidence,
    Guarantees,
    Request,
    Term,
    entitle,
    load_guarantees,
    shipped,
)
from warrantor.terms.say import sentence, trace

HELD = Path(__file__).with_name("promise.txt")
PACKS = shipped()
OWN = load_guarantees("""
[[guarantee]]
name = "owner"
version = "1"
title = "first owner, one channel"
channels = ["shop"]
markets = ["example"]
start = ["sold_on"]
transferable = false
owes = "importer"
[guarantee.terms.host]
days = 400
[[guarantee]]
name = "short"
version = "1"
markets = ["DE"]
start = ["delivered_on"]
[guarantee.terms]
host = { months = 18, cycles = 500, hours = 90 }
""")
ALL = Guarantees((*OWN.all, *PACKS.all), PACKS.rules, PACKS.sources, PACKS.topics)
SOLD = date(2019, 1, 15)
DAY = date.fromisoformat


def note7(on, shown=None, **more):
    asked = Request(DAY(on), market="CN", product="Redmi Note 7", evidence=shown or Evidence(sold_on=SOLD))
    return replace(asked, **more)


def named(name, on, **more):
    return replace(Request(DAY(on), guarantees=(name,), evidence=Evidence(SOLD, SOLD, SOLD)), **more)


def suspended(a, b=None):
    return Event("suspended", DAY(a), None if b is None else DAY(b))


def exchanged(on):
    return Event("exchanged", DAY(on))


QUESTIONS = {
    "both layers": note7("2019-01-20", serial="490154203237518"),
    "between the windows": note7("2019-01-25"),
    "only the promise": note7("2020-07-15"),
    "after both": note7("2020-07-16"),
    "a holiday moves the end": note7("2019-10-08", Evidence(sold_on=DAY("2018-10-03"))),
    "a holiday moves a window": note7("2019-10-08", Evidence(sold_on=DAY("2019-09-25"))),
    "repairs merged": note7("2019-07-01", events=(suspended("2019-05-01", "2019-05-11"), suspended("2019-05-05"),
                                                  Event("resumed", DAY("2019-05-20")))),
    "still in repair": note7("2020-01-25", events=(suspended("2020-01-10"),)),
    "a repair too late": note7("2020-01-25", events=(suspended("2020-01-20", "2020-01-22"),)),
    "exchange starts anew": note7("2020-02-01", events=(
        suspended("2019-02-20", "2019-03-05"), exchanged("2019-03-01"))),
    "exchange with ninety days": note7("2020-09-01", events=(exchanged("2020-06-20"),)),
    "exchange with what is left": named("ae_xiaomi", "2020-01-15", events=(exchanged("2020-01-10"),)),
    "repairs add nothing": named("ae_xiaomi", "2020-01-16", events=(suspended("2019-06-01", "2019-06-11"),)),
    "terms silent on repairs": named("ph_xiaomi", "2019-06-20", events=(suspended("2019-06-01", "2019-06-11"),)),
    "a start on record": note7("2019-06-01", events=(Event("started", DAY("2019-03-01")),)),
    "evidence lacking": note7("2019-06-01", Evidence(made_on=DAY("2019-02-01"))),
    "no evidence": note7("2019-06-01", Evidence()),
    "invoice before made": note7("2019-06-01", Evidence(sold_on=SOLD, made_on=DAY("2019-02-01"))),
    "delivered before made": named("ph_xiaomi", "2019-06-01", evidence=Evidence(SOLD, made_on=DAY("2019-02-01"))),
    "future": note7("2019-01-10", Evidence(DAY("2019-01-16"), SOLD, DAY("2019-01-17"), None, DAY("2019-01-11"))),
    "activated before invoice": note7("2019-06-01", Evidence(sold_on=SOLD, activated_on=DAY("2019-01-12"))),
    "an instant": note7("2020-07-15", at=datetime.fromisoformat("2020-07-15T16:00:00+00:00")),
    "activation instant": note7("2019-06-01", Evidence(
        activated_at=datetime.fromisoformat("2019-01-15T16:30:00+00:00"))),
    "no proof": note7("2019-01-20", complaint=Complaint(proof=False)),
    "user damage": note7("2019-01-20", complaint=Complaint(user_damage=True)),
    "another fault": note7("2021-01-20", complaint=Complaint(fault="cosmetic")),
    "two repairs": note7("2019-06-01", complaint=Complaint(repairs=2)),
    "waiting for parts": note7("2019-06-01", complaint=Complaint(wait_days=61, wait_cause="parts")),
    "waiting for the repairer": note7("2019-06-01", complaint=Complaint(wait_days=31, wait_cause="repairer")),
    "waiting, but not yet": note7("2019-06-01", complaint=Complaint(wait_days=30, wait_cause="repairer")),
    "accessory": note7("2019-06-01", component="charger", complaint=Complaint(exchanges=1)),
    "accessory twice": note7("2019-06-01", component="charger", complaint=Complaint(exchanges=2)),
    "no such component": note7("2019-06-01", component="data_card"),
    "wrong product": named("cn_rn7_18m", "2019-06-01", product="Redmi 7", sold_in="CN"),
    "wrong market": named("cn_rn7_18m", "2019-06-01", product="Redmi Note 7", sold_in="IN"),
    "before the window": named("cn_rn7_18m", "2019-06-01", product="Redmi Note 7", sold_in="CN",
                               evidence=Evidence(sold_on=DAY("2019-01-09"))),
    "activated abroad": named("my_rn14_24m", "2025-06-01", product="Redmi Note 14", activated_in="SG",
                              evidence=Evidence(sold_on=DAY("2025-02-01"))),
    "after the window": named("my_rn14_24m", "2025-06-01", product="Redmi Note 14", activated_in="MY",
                              evidence=Evidence(sold_on=DAY("2025-03-01"))),
    "sold where it is not listed": named("xm12_iws", "2019-06-01", product="Xiaomi 12 Pro", sold_in="CN"),
    "claimed where it is not listed": named("xm12_iws", "2019-06-01", product="Xiaomi 12 Pro", sold_in="DE",
                                            claim_in="IN"),
    "served elsewhere": named("ae_xiaomi", "2019-06-01", claim_in="SA"),
    "served here": named("ae_xiaomi", "2019-06-01", claim_in="AE"),
    "another channel": named("owner", "2019-06-01", channel="web"),
    "no channel known": named("owner", "2019-06-01"),
    "transferred": named("owner", "2019-06-02", channel="shop", events=(Event("transferred", DAY("2019-06-01")),)),
    "owed by another": named("owner", "2019-06-01", channel="shop"),
    "one version of two": named("bd_xiaomi", "2019-06-01"),
    "cycles": named("demo_battery_2d", "2019-06-01", component="battery", usage={"cycles": 501}),
    "two meters": named("short", "2019-06-01", usage={"cycles": 500, "hours": 90}),
    "capacity": named("us_samsung_legacy", "2019-06-01", component="battery", capacity=Decimal("0.80")),
    "notice": named("us_ca_express_12m", "2019-06-01"),
    "extended by a repair": Request(DAY("2028-09-01"), market="DE", events=(Event("extended", DAY("2027-01-01")),) * 2,
                                    evidence=Evidence(DAY("2026-08-05"), contract_on=DAY("2026-07-31"))),
    "contract too early": Request(DAY("2027-09-01"), market="DE", events=(Event("extended", DAY("2027-01-01")),),
                                  evidence=Evidence(DAY("2026-08-05"), contract_on=DAY("2026-07-30"))),
    "second-hand": Request(DAY("2025-06-01"), market="DE", evidence=Evidence(DAY("2025-02-01")),
                           agreed=Term(6, "months")),
    "the promise adds nothing": Request(DAY("2019-06-01"), market="DE", guarantees=("short",),
                                        evidence=Evidence(delivered_on=SOLD)),
    "rejection": Request(DAY("2026-01-20"), market="GB", evidence=Evidence(DAY("2026-01-10"))),
    "consumer must prove": Request(DAY("2026-07-11"), market="GB", evidence=Evidence(DAY("2026-01-10")),
                                   complaint=Complaint(repairs=1)),
    "a return": Request(DAY("2019-01-20"), market="SG", brand="Xiaomi", component="any_reason",
                        evidence=Evidence(SOLD, SOLD)),
    "a campaign": note7("2023-01-01", complaint=Complaint(fault="swollen"), events=(
        Event("campaign", DAY("2022-01-01"), fault="swollen", name="recall-7"),
        Event("campaign", DAY("2022-01-01"), DAY("2022-12-31"), name="recall-8"),
        Event("campaign", DAY("2024-01-01"), name="recall-9"))),
    "goodwill": note7("2023-01-01", events=(
        Event("goodwill", DAY("2022-01-01"), DAY("2023-01-01"), name="g1", by=("ann", "bo")),
        Event("goodwill", DAY("2022-01-01"), by=("ann",)))),
    "not shipped": note7("2019-06-01", door=Door(shipped=False, superseded=True)),
    "superseded": note7("2019-06-01", door=Door(superseded=True), events=(
        Event("campaign", DAY("2019-01-01"), name="recall-7"),)),
    "open claim": note7("2019-06-01", door=Door(open_claim=True)),
    "too many claims": note7("2019-06-01", door=Door(claims_30d=4)),
    "claim before activation": note7("2019-06-01", door=Door(claim_before_activation=True)),
    "no market": Request(DAY("2019-06-01"), market="XX"),
    "nothing at all": Request(DAY("2019-06-01"), serial="X"),
}


def told():
    """Everything that is said, as one text."""
    parts = []
    for title, asked in QUESTIONS.items():
        answer = entitle(asked, ALL)
        document = answer.to_dict()
        for layer in document["layers"]:
            for reason in layer["reasons"]:
                reason.pop("text")  # the trace has it
        parts += [f"## {title}", "", sentence(answer), sentence(answer, "zh"), "", *trace(answer), "",
                  *trace(answer, "zh"), "", json.dumps(document, ensure_ascii=False), ""]
    return "\n".join(parts)


def test_every_kind_of_answer_is_what_was_read_and_kept():
    assert told() == HELD.read_text(encoding="utf-8")


def test_every_topic_that_an_answer_can_name_is_asked_about():
    """A topic without an example here is a sentence nobody has read."""
    said = {r.rule.name for asked in QUESTIONS.values() for x in entitle(asked, ALL).layers for r in x.reasons}
    silent = {"R-CNT-3", "R-ID-1", "R-IDEM-1", "R-LAY-1"}  # counting in steps, IMEI, repeated requests, layers
    assert set(PACKS.topics.values()) - silent <= said


if __name__ == "__main__":
    HELD.write_text(told(), encoding="utf-8")
