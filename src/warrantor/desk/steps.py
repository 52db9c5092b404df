"""What each act does beside moving the claim: what the terms must say first, and what it leaves in the books."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select

from warrantor.desk import papers, tables, units
from warrantor.desk.costs import one_currency
from warrantor.desk.counts import moved
from warrantor.desk.doubts import came_with, doubted
from warrantor.desk.entitle import answer, door, request_of
from warrantor.desk.life_cycle import life_cycle
from warrantor.desk.refusals import ConflictError, InputsError, NotAllowedError
from warrantor.desk.step import Step, keep_words, note
from warrantor.desk.vault import marks
from warrantor.terms import Door, Evidence, Money, intake_decision, refund_amount
from warrantor.terms.coverage import suspensions

SECRET = ("words", "replacement", "serial")  # inputs that stand in the vault, or in another unit's row
PAYERS = {"statutory": "statutory", "seller": "seller", "goodwill": "goodwill"}


def done(step: Step, version: int) -> None:
    """Do an act: ask the terms, change the claim, write the decision down."""
    work = STEPS.get(step.action.name)
    if work is not None:
        work(step)
    before, after = step.claim, step.action.after or step.claim.state
    state = life_cycle().states[after]
    if state.open and not before.is_open:
        _no_other(step)
    if step.writing.actor.role == "agent" and not before.centre:
        step.values["centre"] = step.writing.actor.centre
    step.values |= {"state": state.name, "bucket": state.bucket, "is_open": state.open,
                    "changed_at": step.writing.at}
    step.writing.change(tables.claims, before.number, step.values, version=version)
    moved(step.writing, (before.centre, before.bucket, bool(before.held)),
          (step.now("centre"), state.bucket, bool(step.now("held"))))
    said = {k: v for k, v in step.told.items() if k not in SECRET}
    note(step.writing, before.number, step.action.name, before=before.state, after=after, inputs=said,
         decided=step.decided)


def judge(step: Step, remedy: str = "", **more: Any) -> tuple[str, ...]:
    """Ask the terms about the claim as it now stands; return the remedies that are owed.

    The first layer that is alive bears it; once a remedy is chosen, the first that owes that one.
    """
    said = answer(step.writing.connection, step.store, step.unit, step.asked(**more))
    first = next((layer for layer in said.alive if not remedy or remedy in layer.remedies), None)
    key = f"{first.guarantee}@{first.version}" if first is not None and first.version else ""
    layers = said.to_dict()["layers"]
    rules = list(dict.fromkeys(r.rule.name for layer in said.layers for r in layer.reasons))
    step.decided = {"answer": said.answer, "guarantee": key, "rules": rules, "why": layers}
    step.values |= {"answer": said.answer, "guarantee": key}
    if first is not None:
        step.values["payer"] = PAYERS.get(first.layer, "maker")
    return said.remedies


def _no_other(step: Step) -> None:
    table = tables.claims
    asked = select(table.c.number).where(table.c.unit == step.unit.number, table.c.is_open)
    other = step.writing.connection.execute(asked).scalar_one_or_none()
    if other is not None:
        raise ConflictError("The unit has another open claim; what is said of it belongs there.")


def _held(step: Step) -> None:
    """Hold the claim for a person where the door says so."""
    cleared = step.now("cleared")
    told = doubted(step.writing.connection, door(step.writing.connection, step.unit, step.asked()),
                   came_with(step.writing.connection, step.claim.number), cleared)
    found = intake_decision(told)
    if found.startswith("reject:"):
        raise ConflictError("This claim cannot go on ({cause}).", cause=found.partition(":")[2])
    step.values["held"] = "" if found == "accept" else found


def _check(step: Step) -> None:
    _held(step)
    judge(step)


def _words(step: Step) -> None:
    keep_words(step.writing, step.claim.number, step.action.name, step.told["words"])


def _answer(step: Step) -> None:
    _words(step)
    judge(step)


def _authorise(step: Step) -> None:
    judge(step)
    if step.values["answer"] != "covered":
        raise ConflictError("The terms say {answer}: reject it with the reason, or propose goodwill to a second "
                            "person.", answer=step.values["answer"])


def _reject(step: Step) -> None:
    judge(step)
    if step.values["answer"] != "not covered":
        raise ConflictError("The terms say {answer}: what is covered cannot be rejected, and what is held needs "
                            "evidence first.", answer=step.values["answer"])
    shown = papers.shown(step.writing.connection, step.claim.number, "photograph", but=step.claim.customer)
    if step.claim.state == "diagnosed" and not shown:
        raise ConflictError("Hand a photograph of what was found in first: without one of the centre's own nothing is "
                            "rejected after a diagnosis.")
    step.values["payer"] = "customer"


def _receive(step: Step) -> None:
    _not_before(step, "opened_on")
    known = units.mark_of(step.writing.connection, step.unit.number)
    if known is not None and known not in marks(step.store.key, step.told["serial"]):
        step.values["held"] = intake_decision(Door(serial_differs=True))
    if not _out_of_hands(step):  # after an appeal it is here already
        step.values["received_on"] = step.on
        _event(step, "suspended")


def _diagnose(step: Step) -> None:
    step.values |= {"fault": step.told["fault"], "user_damage": step.told.get("user_damage", False)}
    if "component" in step.told:
        step.values["component"] = step.told["component"]
    failed = step.told.get("failed_on")
    if failed is not None:
        if failed > step.claim.opened_on:
            raise InputsError("failed_on", "{day} is after the claim was opened, {latest}", day=failed,
                              latest=step.claim.opened_on)
        step.values["failed_on"] = failed
    judge(step)


def _owed(step: Step, remedy: str, **more: Any) -> None:
    found = judge(step, remedy, **more)
    if remedy not in found:
        raise ConflictError("The terms owe {owed} here, not {remedy}: propose goodwill to a second person, or do what "
                            "is owed.", owed=found, remedy=remedy)


def _repair(step: Step) -> None:
    _not_before(step, "received_on")
    _owed(step, "repair")
    step.values["waiting_on"] = step.on


def _parts_in(step: Step) -> None:
    _not_before(step, "waiting_on")
    step.values["waiting_on"] = step.on


def _overdue(cause: str) -> Callable[[Step], None]:
    def work(step: Step) -> None:
        _not_before(step, "waiting_on")
        waited = (step.on - (step.claim.waiting_on or step.on)).days
        _owed(step, "exchange", wait_days=waited, wait_cause=cause)

    return work


def _no_fault(step: Step) -> None:
    if not step.claim.remedy:  # what came back was repaired once, and that stays so
        step.values["fault"] = ""


def _repaired(step: Step) -> None:
    _not_before(step, "waiting_on")
    step.values["remedy"] = "repair"
    _event(step, "extended")


def _exchanged(step: Step) -> None:
    _not_before(step, "received_on")
    number = units.stand_in(step.writing, step.store.key, step.unit, step.told["replacement"], step.on,
                            unregistered=step.told.get("unregistered", False))
    step.values |= {"remedy": "exchange", "replacement": number}
    _event(step, "exchanged")


def _refunded(step: Step) -> None:
    """Pay back what the terms say: days in repair are not days of use."""
    _not_before(step, "received_on")
    asked = request_of(step.writing.connection, step.unit, step.asked())
    price, away = Money.of(step.told["price"], step.told["currency"]), sum(
        (b - a).days for a, b in suspensions(asked.events, step.on))
    one_currency(step.writing.connection, step.claim.number, price.currency)
    paid = price if step.claim.payer == "goodwill" else _by_terms(step, asked.evidence, price, away)
    step.values["remedy"] = "refund"
    step.decided = {"answer": step.claim.answer, "guarantee": step.claim.guarantee, "rules": ["refund"]}
    step.told |= {"paid": str(paid.amount), "days_away": away}
    step.writing.add(tables.costs, claim=step.claim.number, kind="refund", quantity=1, amount=paid.amount,
                     currency=paid.currency, payer=step.claim.payer or "maker", person=step.writing.actor.number,
                     at=step.writing.at)


def _by_terms(step: Step, evidence: Evidence, price: Money, away: int) -> Money:
    """Return what a guarantee says is paid back: the price less use, or all of it."""
    sold = evidence.sold_on or evidence.delivered_on
    guarantee = step.store.guarantee(step.claim.guarantee)
    if sold is None or guarantee is None:
        raise ConflictError("What is paid back counts from the sale under a guarantee; this unit shows no day of sale.")
    return refund_amount(guarantee, price, sold, step.on, repair_days=away,
                         same_model_in_stock=step.told.get("in_stock", True) and not _no_unit(step))


def _no_unit(step: Step) -> bool:
    """Whether it is paid back because an exchange was owed and no unit could be given: then all of the price is."""
    table = tables.decisions
    asked = select(table.c.number).where(table.c.claim == step.claim.number, table.c.action == "no_unit").limit(1)
    return step.writing.connection.execute(asked).first() is not None


def _hand_back(step: Step) -> None:
    _not_before_what_happened(step)
    step.values["closed_on"] = step.on
    if _out_of_hands(step):
        _not_before(step, "received_on")
        step.values["handed_back_on"] = step.on
        _event(step, "resumed")


def _settle(step: Step) -> None:
    """The unit stays with us: it leaves the fleet, and its suspension ends with its cover."""
    _not_before_what_happened(step)
    step.values["closed_on"] = step.on
    _event(step, "resumed")
    step.writing.change(tables.units, step.unit.number, {"returned_on": step.on})


def _appeal(step: Step) -> None:
    _words(step)
    step.values["answer"] = ""


def _bounce(step: Step) -> None:
    days, back = life_cycle().days["bounce"], step.claim.handed_back_on
    if step.claim.remedy not in ("", "repair") or back is None or step.claim.payer == "customer":
        raise ConflictError("Only what was repaired, or found without a fault, and handed back can come back; open a "
                            "new claim.")
    if step.on > back + timedelta(days=days):
        raise ConflictError("It was handed back on {day}, more than {days} days ago: open a new claim.", day=back,
                            days=days)
    fault = step.told.get("fault", "")
    if step.writing.actor.role != "customer" and step.claim.fault and fault not in ("", step.claim.fault):
        raise ConflictError("It was repaired for {fault}; another fault is a new claim.", fault=step.claim.fault)
    if "words" in step.told:
        _words(step)
    step.values |= {"answer": "", "closed_on": None, "handed_back_on": None, "received_on": None, "waiting_on": None}


def _clear(step: Step) -> None:
    if not step.claim.held:
        raise ConflictError("Nothing holds this claim.")
    if step.writing.actor.number in _causes(step):
        raise NotAllowedError("Who opened the claim, or caused the hold, cannot clear it: a second person must look.")
    step.values |= {"cleared": [*step.claim.cleared, step.claim.held]}
    _held(step)
    if step.claim.state == "entitlement_checked":
        judge(step)


def _causes(step: Step) -> set[int]:
    """Return who brought about what holds the claim."""
    acts = ("receive",) if step.claim.held == "hold:serial_differs" else ("open", "submit", "bounce")
    table = tables.decisions
    asked = select(table.c.person).where(table.c.claim == step.claim.number, table.c.action.in_(acts))
    return set(step.writing.connection.execute(asked).scalars())


def _not_before_what_happened(step: Step) -> None:
    """Refuse a day before the claim was opened, or before the last thing that happened to the unit under it."""
    _not_before(step, "opened_on")
    asked = select(func.max(tables.events.c.on)).where(tables.events.c.claim == step.claim.number)
    last = step.writing.connection.execute(asked).scalar()
    if last is not None and step.on < last:
        raise InputsError("on", "{day} is before {last}, when something happened to the unit", day=step.on, last=last)


def _not_before(step: Step, column: str) -> None:
    earliest: date | None = getattr(step.claim, column)
    if earliest is not None and step.on < earliest:
        raise InputsError("on", "{day} is before {column} of this claim, {earliest}", day=step.on, column=column,
                          earliest=earliest)


def _out_of_hands(step: Step) -> bool:
    """Whether the unit was handed in under this claim and not handed back."""
    table = tables.events
    asked = select(table.c.kind, func.count().label("times")).where(table.c.claim == step.claim.number)
    found = {row.kind: row.times for row in step.writing.connection.execute(asked.group_by(table.c.kind))}
    return int(found.get("suspended", 0)) > int(found.get("resumed", 0))


def _event(step: Step, kind: str) -> None:
    step.writing.add(tables.events, unit=step.unit.number, claim=step.claim.number, kind=kind, on=step.on, by=[],
                     at=step.writing.at)


STEPS: dict[str, Callable[[Step], None]] = {
    "submit": _held, "check": _check, "ask": _words, "answer": _answer, "authorise": _authorise, "reject": _reject,
    "receive": _receive, "diagnose": _diagnose, "start_repair": _repair, "wait_parts": _repair,
    "parts_in": _parts_in, "parts_deadline": _overdue("parts"), "repairer_deadline": _overdue("repairer"),
    "exchange": lambda step: _owed(step, "exchange"), "refund": lambda step: _owed(step, "refund"),
    "no_fault": _no_fault, "repair_done": _repaired, "exchange_done": _exchanged, "refund_done": _refunded,
    "hand_back": _hand_back, "settle": _settle, "appeal": _appeal, "bounce": _bounce, "clear": _clear,
}
