"""The entitlement cases: every answer as the rules say it. ENTITLEMENT_CASES names another file of the same form."""

import csv
import json
import os
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from warrantor.terms import (
    Complaint,
    Door,
    Event,
    Evidence,
    Money,
    Request,
    Term,
    battery_defect,
    burden_of_proof,
    coverage,
    end_of,
    entitle,
    evidence_status,
    idempotency,
    imei_status,
    intake_decision,
    notice_in_time,
    refund_amount,
    refund_due_by,
    reject_until,
    remedy,
    shipped,
)
from warrantor.terms.guarantee import Guarantees

ROOT = Path(__file__).parents[2]
PACKS = shipped()
COLUMNS = {"invoice_date": "sold_on", "delivery_date": "delivered_on", "activation_date": "activated_on",
           "manufacture_date": "made_on", "contract_date": "contract_on"}


def cases():
    told = os.environ.get("ENTITLEMENT_CASES")
    folder = Path(os.environ.get("WARRANTOR_DATA", ROOT.parent / "shared" / "data"))
    path = Path(told) if told else folder / "entitlement_cases.csv"
    if not path.exists():
        if told:
            raise FileNotFoundError(f"ENTITLEMENT_CASES names {told}, and there is no such file")
        return [pytest.param(None, id="no-cases")]
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return [pytest.param(row, id=row["case_id"]) for row in csv.DictReader(lines)]


def day(text):
    return None if text is None else date.fromisoformat(text)


def instant(text):
    return None if text is None else datetime.fromisoformat(text)


def evidence(asked):
    known = {ours: day(asked[theirs]) for theirs, ours in COLUMNS.items() if asked.get(theirs)}
    return Evidence(**known, activated_at=instant(asked.get("activation_ts")))


def events(asked, shown):
    told = [Event("suspended", day(a), day(b)) for a, b in asked.get("repairs", [])]
    told += [Event("exchanged", day(d)) for d in asked.get("exchanges", [])]
    first = min(d for d in (shown.delivered_on, shown.sold_on, shown.activated_on, shown.made_on) if d is not None)
    # a number of repairs without days: the unit was repaired as the remedy while it was covered
    return tuple(told + [Event("extended", (shown.delivered_on or first) + timedelta(days=i))
                         for i in range(asked.get("remedy_repairs", 0))])


def ask(row, asked, **more):
    """Ask `entitle` about the guarantees of the case, as the desk would."""
    names = tuple(row["policy_id"].split("+"))
    versions = [g for name in names for g in PACKS.named(name)]
    assert versions, f"no pack has {row['policy_id']}"
    if asked.get("inclusive"):
        versions = [replace(g, suspension="extend_inclusive") if g.suspension == "extend" else g for g in versions]
    if asked.get("skip_elig"):
        versions = [replace(g, products=("*",), sold_in=("*",), activated_in=("*",), territories=("*",),
                            served_in=("*",), sold_from=None, sold_to=None) for g in versions]
    shown = evidence(asked)
    promises = Guarantees(tuple(versions), PACKS.rules, PACKS.sources, PACKS.topics)
    months = asked.get("second_hand_months")
    request = Request(
        guarantees=names, product=asked.get("model", ""), sold_in=asked.get("sold_in", ""),
        claim_in=asked.get("claim_in", ""), activated_in=asked.get("activated_in", ""), evidence=shown,
        events=events(asked, shown), component=asked.get("component", "host"),
        agreed=None if not months else Term(months, "months"), **more)
    return entitle(request, promises)


def end_day(row, asked):
    end = ask(row, asked, on=date(2100, 1, 1)).end
    return "none" if end is None else str(end)


def covered(row, asked):
    at = instant(asked["claim_at"])
    return said(ask(row, asked, on=at.date(), at=at).covered)


def covered_2d(row, asked):
    terms = PACKS.named(row["policy_id"])[0].terms
    limited = next(name for name, term in terms.items() if term.usage)
    meters = {meter: asked[meter] for meter, _ in terms[limited].usage if meter in asked}
    return said(ask(row, asked | {"component": limited}, on=day(asked["claim"]), usage=meters).covered)


def covered_campaign(row, asked):
    """Without a day of the claim only the campaign can cover; the day of the case is the claim's where it is later."""
    bought, told = day(asked["invoice_date"]), row["date_in"][:10]
    on = day(told) if told and day(told) > bought else date(2100, 1, 1)
    running = (Event("campaign", bought),) if asked.get("campaign_active") else ()
    guarantee = PACKS.named(row["policy_id"].split("+")[0])[0]
    request = Request(on, guarantees=(guarantee.name,), evidence=evidence(asked), events=running)
    return said(entitle(request, PACKS).covered)


def chain_vs_single(_, asked):
    months = asked["months"]
    steps = months if isinstance(months, list) else str(months).split("+")
    return str(end_of(day(asked["start"]), Term(sum(map(int, steps)), "months")))


def the_remedy(row, asked):
    one, = PACKS.named(row["policy_id"])
    component, sold = asked.get("comp", "host"), day(asked["sale"])
    window = coverage(one, sold, component)
    if window is None:
        return "none"
    complaint = Complaint(
        fault=asked.get("fault", "performance"), user_damage=asked.get("human", False),
        proof=asked.get("invoice", True),
        repairs=asked.get("qualified_repairs", 0), exchanges=asked.get("exchanges", 0),
        wait_days=asked.get("wait_days", 0), wait_cause=asked.get("wait_cause", ""))
    choices, _ = remedy(one, window.start, window.end, day(asked["claim"]), component, asked=complaint)
    return "|".join(choices) or "none"


def the_refund(row, asked):
    one, = PACKS.named(row["policy_id"])
    money = refund_amount(one, Money.of(asked["price"], "CNY"), day(asked["invoice"]), day(asked["on"]),
                          repair_days=asked.get("repair_days", 0),
                          same_model_in_stock=asked.get("same_model_in_stock", True))
    return str(money.amount)


def the_burden(row, asked):
    one, = PACKS.named(row["policy_id"])
    term = Term(asked["months"], "months") if asked.get("months") else None
    return burden_of_proof(one, day(asked["delivery_date"]), day(asked["defect_apparent"]), term)


def said(truth):
    return str(truth).lower()


def one(row):
    return PACKS.named(row["policy_id"])[0]


QUESTIONS = {
    "coverage_end": end_day,
    "overall_end": end_day,
    "covered": covered,
    "covered_2d": covered_2d,
    "covered_campaign": covered_campaign,
    "chain_vs_single": chain_vs_single,
    "evidence_status": lambda _, asked: evidence_status(evidence(asked), day(asked.get("today"))),
    "remedy": the_remedy,
    "refund_amount": the_refund,
    "refund_due_by": lambda row, asked: str(refund_due_by(one(row), day(asked["agreed"]))),
    "reject_until": lambda row, asked: str(reject_until(
        one(row), day(asked["delivery"]), tuple(map(day, asked["repair"])) if asked.get("repair") else None)),
    "burden_of_proof": the_burden,
    "unresolved_notice_in_time": lambda row, asked: said(
        notice_in_time(one(row), day(asked["returned"]), day(asked["notice"]))),
    "battery_defect": lambda row, asked: said(battery_defect(one(row), Decimal(str(asked["capacity"])))),
    "imei_status": lambda _, asked: imei_status(asked["imei"]),
    "intake_decision": lambda _, asked: intake_decision(Door(**asked)),
    "idempotency": lambda _, asked: idempotency(
        {"k1": "A"}, asked["key"], asked["body"], in_flight=asked.get("in_flight", False)),
}


@pytest.mark.parametrize("row", cases())
def test_the_case_is_answered_as_expected(row, request):
    if row is None:
        request.getfixturevalue("data_folder")
        pytest.fail("the larger data has no entitlement_cases.csv")
    answer = QUESTIONS[row["question"]](row, json.loads(row["inputs_json"] or "{}"))
    assert answer == row["expected"]


