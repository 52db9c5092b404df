"""A claim is opened: once for each key, never beside another open one, and on disk when it is answered."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING

from warrantor.desk import keys, tables, units
from warrantor.desk.actor import Actor
from warrantor.desk.claim import Claim, of
from warrantor.desk.counts import moved
from warrantor.desk.doubts import Shown, doubted, invoice_mark
from warrantor.desk.entitle import Asked, door, today
from warrantor.desk.life_cycle import a_day, a_name, a_text, life_cycle
from warrantor.desk.lookup import bought_in
from warrantor.desk.plain import plain
from warrantor.desk.refusals import ConflictError, NotAllowedError, NotConfirmedError
from warrantor.desk.step import keep_words, note, timely
from warrantor.terms import intake_decision

if TYPE_CHECKING:
    from warrantor.desk.store import Store
    from warrantor.desk.writing import Writing


@dataclass(frozen=True, slots=True)
class Opening:
    """What is said when a claim is opened.

    Attributes
    ----------
    serial : str
        The unit, as typed.
    symptom : str
        What the customer says, in a word of the list.
    component : str
        What failed; empty: the unit itself.
    said : str
        The customer's own words; into the vault.
    contact : str
        How they are reached; into the vault.
    proof : bool
        There is proof of sale.
    invoice : str
        The number on the proof, as printed; its clear text into the vault.
    bought : str
        The month the unit was bought in, YYYY-MM: a customer must know it, or any serial could be made one's own.
    opened_on : str or date or None
        The day they asked; today where the unit was sold, by default.
    product, market : str
        Of a unit that nobody knows.
    submit : bool
        False: it stays a draft.
    """

    serial: str
    symptom: str = ""
    component: str = ""
    said: str = ""
    contact: str = ""
    proof: bool = True
    opened_on: str | date | None = None
    product: str = ""
    market: str = ""
    submit: bool = True
    invoice: str = ""
    bought: str = ""


def open_claim(store: Store, actor: Actor, opening: Opening, *, key: str | None = None) -> Claim:
    """Open a claim; when this returns it is on disk.

    Parameters
    ----------
    store : Store
        The desk.
    actor : Actor
        A customer, for themselves, or an agent.
    opening : Opening
        What is said.
    key : str, optional
        The request's key: the same key with the same opening gives the same claim.

    Raises
    ------
    NotAllowedError
        By neither a customer nor an agent.
    ConflictError
        The unit has an open claim, or another stands in its place.
    NotConfirmedError
        A customer does not know when the unit was bought, or nobody knows the unit.
    InputsError, InFlightError, OtherBodyError
    """
    if actor.role not in ("customer", "agent") or actor.number is None:
        raise NotAllowedError("The role {role!r} may not open a claim; a customer or an agent may.", role=actor.role)
    body = {"open": {f.name: plain(getattr(opening, f.name)) for f in fields(opening)}}
    with keys.alone(store, actor, key), store.writing(actor, "open") as writing:
        held = keys.answered(store, writing, key, body)
        number = _opened(store, writing, opening) if held is None else held
        writing.subject = f"claim {number}"
        if held is None:
            keys.remember(store, writing, key, body, number)
        else:
            writing.kind = "asked again"
        return of(writing.connection, number, actor).seen_by(actor)


def _opened(store: Store, writing: Writing, opening: Opening) -> int:
    actor, connection = writing.actor, writing.connection
    if actor.role == "customer":
        _theirs(store, writing, opening)
    unit = _unit(store, writing, opening)
    now = today(store, unit, writing.at)
    day = now if opening.opened_on in (None, "") else a_day("opened_on", opening.opened_on)
    timely("opened_on", day, now)
    centre = actor.centre if actor.role == "agent" else ""
    invoice = invoice_mark(store.key, _word("invoice", opening.invoice))
    told = doubted(connection, door(connection, unit, Asked(day, claim=-1)), Shown(unit.number, invoice, centre, now))
    decision = "reject:duplicate_open_claim" if told.open_claim else intake_decision(told)
    if decision.startswith("reject:"):
        raise ConflictError("No claim of this unit can be opened ({cause}).", cause=decision.partition(":")[2])
    state = life_cycle().states["submitted" if opening.submit else "draft"]
    held = decision if opening.submit and decision != "accept" else ""
    number = writing.add(
        tables.claims, unit=unit.number, state=state.name, bucket=state.bucket, is_open=True, held=held, cleared=[],
        component=_word("component", opening.component), symptom=_word("symptom", opening.symptom), user_damage=False,
        proof=opening.proof, opened_on=day, reported_on=now, centre=centre,
        customer=actor.number if actor.role == "customer" else None, opened_by=actor.number, opened_at=writing.at,
        changed_at=writing.at, invoice=invoice, version=1)
    moved(writing, None, (centre, state.bucket, bool(held)))
    for kind, text in (("said", opening.said), ("contact", opening.contact), ("invoice", opening.invoice)):
        if text:
            keep_words(writing, number, kind, a_text(kind, text))
    note(writing, number, "open", before="", after=state.name, inputs={"on": day, "held": held})
    return number


def _theirs(store: Store, writing: Writing, opening: Opening) -> None:
    if not bought_in(units.of_serial(writing.connection, store.key, opening.serial), opening.bought.strip()):
        raise NotConfirmedError("The serial and the month it was bought in do not confirm a unit: check both, or bring "
                                "the unit and its receipt to a service centre.")


def _unit(store: Store, writing: Writing, opening: Opening) -> units.Unit:
    """Return the unit; one that nobody knows is written down as claimed, for a person to look at."""
    found = units.of_serial(writing.connection, store.key, a_name("serial", opening.serial))
    if found is None:
        number = units.register(writing, store.key, opening.serial, origin=units.CLAIMED,
                                product=_word("product", opening.product), market=_word("market", opening.market))
        found = units.of_number(writing.connection, number)
    return found


def _word(name: str, value: str) -> str:
    return a_name(name, value) if value else ""
