"""What takes two persons: goodwill, a day of the unit that papers show to be another, a campaign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from warrantor.desk import papers, tables, units
from warrantor.desk.actor import Actor
from warrantor.desk.claim import Claim, sees
from warrantor.desk.claim import of as claim_of
from warrantor.desk.entitle import Asked, answer
from warrantor.desk.life_cycle import a_day, a_name, a_text, life_cycle
from warrantor.desk.plain import plain
from warrantor.desk.refusals import ConflictError, InputsError, NotAllowedError, UnknownError
from warrantor.desk.step import note
from warrantor.terms.guarantee import CHOICES

if TYPE_CHECKING:
    from warrantor.desk.store import Store
    from warrantor.desk.writing import Writing

STATES = WAITING, APPROVED, REFUSED = "waiting", "approved", "refused"
INPUTS = {"goodwill": ("remedy",), "evidence": ("column", "day"),
          "campaign": ("name", "product", "lot", "market", "fault", "on", "until")}
CORRECTED = ("made_on", "sold_on", "delivered_on", "activated_on")


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something one person asks and another answers.

    Attributes
    ----------
    number : int
        Its name.
    kind : str
        goodwill, evidence, campaign.
    state : str
        waiting, approved, refused.
    claim, unit : int or None
        What it is about.
    inputs : mapping
        What exactly is asked.
    reason, answer : str
        Why it is asked, and what was answered.
    asked_by, answered_by : int or None
        Accounts.
    asked_at, answered_at : datetime or None
        When.
    version : int
        Raised by the answer.
    """

    number: int
    kind: str
    state: str
    claim: int | None
    unit: int | None
    inputs: Mapping[str, Any]
    reason: str
    asked_by: int
    asked_at: datetime
    answered_by: int | None
    answered_at: datetime | None
    answer: str
    version: int

    def to_dict(self) -> dict[str, Any]:
        """Return the proposal as JSON has it."""
        names = ("kind", "state", "claim", "unit", "inputs", "reason", "asked_by", "asked_at", "answered_by",
                 "answered_at", "answer", "version")
        return {"schema": "warrantor.proposal/1", "proposal": self.number,
                **{name: plain(getattr(self, name)) for name in names}}


def propose(
    store: Store, actor: Actor, kind: str, reason: str, inputs: Mapping[str, Any] | None = None, *,
    claim: int | None = None,
) -> Proposal:
    """Ask for something that one person may not do.

    Parameters
    ----------
    store : Store
        The desk.
    actor : Actor
        Who asks; `life_cycle.toml` says who may.
    kind : str
        goodwill: the claim is to be made good though nothing owes it; input remedy. evidence: a day of its unit is to
        be another; inputs column, day; a receipt among the claim's papers shows it. campaign: a fault is to be made
        good on every unit of a kind; inputs name, on, and product, lot, market, fault, until where they bound it.
    reason : str
        Why.
    inputs : mapping, optional
        What exactly.
    claim : int, optional
        Of goodwill and evidence.

    Raises
    ------
    NotAllowedError, UnknownError, ConflictError, InputsError
    """
    cycle = life_cycle()
    if kind not in cycle.proposals:
        raise InputsError("kind", "there is no proposal {value!r}; there are {known}", value=kind,
                          known=tuple(cycle.proposals))
    if actor.role not in cycle.proposals[kind]["asks"]:
        raise NotAllowedError("The role {role!r} may not propose {proposal}; {roles} may.", role=actor.role,
                              proposal=kind, roles=cycle.proposals[kind]["asks"])
    told = _told(kind, inputs or {})
    with store.writing(actor, f"propose {kind}") as writing:
        unit = None
        if kind != "campaign":
            if claim is None:
                raise InputsError("claim", "{proposal} is asked for a claim; name it", proposal=kind)
            found = claim_of(writing.connection, claim, actor)
            if not found.is_open:
                raise ConflictError("Claim {number} is {state}; nothing can be proposed for it any more.", number=claim,
                                    state=found.state)
            _ready(writing.connection, kind, found, told)
            unit = found.unit
        _not_twice(writing.connection, kind, claim, told)
        number = writing.add(tables.proposals, kind=kind, state=WAITING, claim=None if kind == "campaign" else claim,
                             unit=unit, inputs=plain(told), reason=a_text("reason", reason), asked_by=actor.number,
                             asked_at=writing.at, version=1)
        writing.subject = f"proposal {number}"
        return _of(writing.connection, number)


def settle(
    store: Store, actor: Actor, number: int, *, approve: bool, answer: str = "", version: int,
) -> Proposal:
    """Approve or refuse a proposal; what is approved happens now.

    Raises
    ------
    NotAllowedError
        By a role that may not, or by the person who asked.
    ConflictError
        It was answered already.
    UnknownError, StaleError
    """
    cycle = life_cycle()
    with store.writing(actor, "approve" if approve else "refuse", f"proposal {number}") as writing:
        found = _of(writing.connection, number)
        if actor.role not in cycle.proposals[found.kind]["answers"]:
            raise NotAllowedError("The role {role!r} may not answer a proposal of {proposal}; {roles} may.",
                                  role=actor.role, proposal=found.kind, roles=cycle.proposals[found.kind]["answers"])
        if actor.number is None or actor.number == found.asked_by:
            raise NotAllowedError("Who asked cannot answer: it takes a second person.")
        if found.state != WAITING:
            raise ConflictError("Proposal {number} was {settled} already.", number=number, settled=found.state)
        if approve and found.claim is not None:
            _open_still(writing.connection, found.claim)
        writing.change(tables.proposals, number, {
            "state": APPROVED if approve else REFUSED, "answered_by": actor.number, "answered_at": writing.at,
            "answer": a_text("answer", answer) if answer else ""}, version=version)
        if approve:
            DONE[found.kind](store, writing, found)
        return _of(writing.connection, number)


def _open_still(connection: Connection, number: int) -> None:
    claim = claim_of(connection, number, Actor(None, "machine"))
    if not claim.is_open:
        raise ConflictError("Claim {number} is {state}; nothing can be approved for it any more.", number=number,
                            state=claim.state)


def waiting(store: Store, actor: Actor) -> tuple[Proposal, ...]:
    """Return the proposals that wait for an answer and that this person may see, the oldest first."""
    return every(store, actor, WAITING)


def every(store: Store, actor: Actor, state: str = "") -> tuple[Proposal, ...]:
    """Return the proposals of a state, of any where none is named, that this person may see, the oldest first.

    Raises
    ------
    InputsError
        There is no such state.
    """
    if state and state not in STATES:
        raise InputsError("state", "{value!r} is none of {known}", value=state, known=STATES)
    asked = select(tables.proposals).order_by(tables.proposals.c.number)
    return _seen(store, actor, asked.where(tables.proposals.c.state == state) if state else asked)


def of_claim(store: Store, actor: Actor, claim: int) -> tuple[Proposal, ...]:
    """Return what was ever proposed for a claim, where this person may see it."""
    asked = select(tables.proposals).where(tables.proposals.c.claim == claim).order_by(tables.proposals.c.number)
    return _seen(store, actor, asked)


def _seen(store: Store, actor: Actor, asked: Any) -> tuple[Proposal, ...]:
    if actor.role in ("customer", "admin"):
        return ()
    table = tables.claims
    with store.reading() as connection:
        found = [Proposal(**row) for row in connection.execute(asked).mappings()]
        own = select(table.c.number, table.c.customer, table.c.centre).where(
            table.c.number.in_([p.claim for p in found if p.claim is not None]))
        seen = {r.number for r in connection.execute(own) if sees(actor, r.customer, r.centre)}
    return tuple(p for p in found if p.claim is None or p.claim in seen)


def _of(connection: Connection, number: int) -> Proposal:
    asked = select(tables.proposals).where(tables.proposals.c.number == number)
    row = connection.execute(asked).mappings().one_or_none()
    if row is None:
        raise UnknownError("There is no proposal {number}.", number=number)
    return Proposal(**row)


def _told(kind: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    told = {k: v for k, v in inputs.items() if v not in (None, "")}
    for name in told:
        if name not in INPUTS[kind]:
            raise InputsError(name, "a proposal of {proposal} is told {known}", proposal=kind, known=INPUTS[kind])
    needs = {"evidence": INPUTS["evidence"], "goodwill": INPUTS["goodwill"], "campaign": ("name", "on")}.get(kind, ())
    for name in needs:
        if name not in told:
            raise InputsError(name, "a proposal of {proposal} needs it", proposal=kind)
    if told.get("remedy", CHOICES[0]) not in CHOICES:
        raise InputsError("remedy", "{value!r} is none of {known}", value=told["remedy"], known=CHOICES)
    if told.get("column", CORRECTED[0]) not in CORRECTED:
        raise InputsError("column", "a day that papers show is one of {known}", known=CORRECTED)
    read: dict[str, Any] = {k: (a_day if k in ("day", "on", "until") else a_name)(k, v) for k, v in told.items()}
    if "until" in read and read["until"] < read["on"]:
        raise InputsError("until", "{day} is before {earliest}", day=read["until"], earliest=read["on"])
    return read


def _not_twice(connection: Connection, kind: str, claim: int | None, told: Mapping[str, Any]) -> None:
    table = tables.proposals
    if kind == "campaign":
        taken = select(tables.campaigns.c.number).where(tables.campaigns.c.name == told["name"])
        if connection.execute(taken).first():
            raise ConflictError("There is a campaign {name!r} already.", name=told["name"])
        return
    asked = select(table.c.number).where(table.c.kind == kind, table.c.claim == claim, table.c.state == WAITING)
    if connection.execute(asked).first():
        raise ConflictError("A proposal of {proposal} for this claim waits already.", proposal=kind)


def _ready(connection: Connection, kind: str, claim: Claim, told: Mapping[str, Any]) -> None:
    """Refuse what a second person could not judge, or what nobody asks for."""
    if kind == "goodwill" and claim.held:
        raise ConflictError("The claim is held ({hold}): a person must look and clear it first.",
                            hold=claim.held.partition(":")[2])
    if kind == "evidence":
        if not papers.shown(connection, claim.number, "receipt"):
            raise ConflictError("Hand in the receipt that shows the day first: the second person reads it.")
        _in_order(units.before(connection, units.of_number(connection, claim.unit))[-1], told, claim.reported_on)


def _in_order(unit: units.Unit, told: Mapping[str, Any], latest: date) -> None:
    """Refuse a day after the claim was reported, or one that would have the unit sold before it was made."""
    days = {name: getattr(unit, name) for name in CORRECTED} | {told["column"]: told["day"]}
    if told["day"] > latest:
        raise InputsError("day", "{day} is after {last}, when the claim was reported", day=told["day"], last=latest)
    made = days["made_on"]
    if made is not None and any(day is not None and day < made for day in days.values()):
        raise InputsError("day", "with {day} the unit would have been sold or used before it was made", day=told["day"])


def _goodwill(store: Store, writing: Writing, found: Proposal) -> None:
    """A promise beside the guarantee, for the day of this claim alone: no date is changed."""
    opened = writing.connection.execute(
        select(tables.claims.c.opened_on).where(tables.claims.c.number == found.claim)).scalar_one()
    writing.add(tables.events, unit=found.unit, claim=found.claim, kind="goodwill", on=opened, until=opened,
                remedy=found.inputs.get("remedy", "repair"),
                name=f"claim {found.claim}", by=[found.asked_by, writing.actor.number], at=writing.at)
    _asked_anew(store, writing, found)


def _evidence(store: Store, writing: Writing, found: Proposal) -> None:
    first = units.before(writing.connection, units.of_number(writing.connection, found.unit or 0))[-1]
    units.correct(writing, first.number, found.inputs["column"], date.fromisoformat(found.inputs["day"]))
    _asked_anew(store, writing, found)


def _asked_anew(store: Store, writing: Writing, found: Proposal) -> None:
    """Ask the terms about the claim again, now that they know more."""
    claim = claim_of(writing.connection, found.claim or 0, Actor(None, "machine"))
    unit = units.of_number(writing.connection, claim.unit)
    said = answer(writing.connection, store, unit, Asked(
        claim.opened_on, claim.component, claim.fault, claim.user_damage, claim.proof, claim=claim.number,
        cleared=claim.cleared))
    writing.change(tables.claims, claim.number, {"answer": said.answer, "changed_at": writing.at})
    note(writing, claim.number, found.kind, before=claim.state, after=claim.state, inputs=dict(found.inputs),
         decided={"answer": said.answer, "why": said.to_dict()["layers"],
                  "rules": list(dict.fromkeys(r.rule.name for x in said.layers for r in x.reasons))})


def _campaign(_store: Store, writing: Writing, found: Proposal) -> None:
    told = dict(found.inputs)
    for name in ("on", "until"):
        if name in told:
            told[name] = date.fromisoformat(told[name])
    _not_twice(writing.connection, "campaign", None, told)
    writing.add(tables.campaigns, proposal=found.number, **told)


DONE = {"goodwill": _goodwill, "evidence": _evidence, "campaign": _campaign}
