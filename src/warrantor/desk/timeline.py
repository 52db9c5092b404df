"""What happened to a claim, in the order it happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from warrantor.desk import costs, tables
from warrantor.desk.actor import Actor
from warrantor.desk.claim import of

if TYPE_CHECKING:
    from warrantor.desk.store import Store


# What the inputs of an act tell the customer.
ANSWERED = {"reject": ("reason",), "no_unit": ("reason",), "refund_done": ("paid", "currency")}


@dataclass(frozen=True, slots=True)
class Moment:
    """One decision.

    Attributes
    ----------
    at : datetime
        When.
    person : int
        Who, by account.
    name, role : str
        Who, by name, and what they are now.
    action, before, after : str
        What was done, from which state to which.
    answer, guarantee : str
        What the terms said, and the version that covers; empty where they were not asked.
    rules : tuple of str
        Rules applied.
    inputs : mapping
        What the act was told.
    why : sequence
        The layers and their reasons.
    """

    at: datetime
    person: int
    name: str
    role: str
    action: str
    before: str
    after: str
    answer: str
    guarantee: str
    rules: tuple[str, ...]
    inputs: Mapping[str, Any]
    why: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Word:
    """Something somebody said, from the vault."""

    kind: str
    said: str
    at: datetime


def moments(store: Store, number: int, actor: Actor) -> tuple[Moment, ...]:
    """Return the decisions about a claim, the first one first.

    Raises
    ------
    UnknownError
        There is no such claim for this person.
    """
    table, who = tables.decisions, tables.people
    asked = select(table, who.c.name, who.c.role).join(who, who.c.number == table.c.person).where(
        table.c.claim == number).order_by(table.c.number)
    with store.reading() as connection:
        of(connection, number, actor)
        found = tuple(Moment(r.at, r.person, r.name, r.role, r.action, r.before, r.after, r.answer, r.guarantee,
                            tuple(r.rules), r.inputs, tuple(r.why)) for r in connection.execute(asked))
    return found if actor.role != "customer" else tuple(_of_theirs(m) for m in found if m.action != "clear")


def _of_theirs(moment: Moment) -> Moment:
    """Return a decision as its customer sees it: what was decided and why, not by whom nor on which of our words."""
    told = {name: moment.inputs[name] for name in ANSWERED.get(moment.action, ()) if name in moment.inputs}
    return replace(moment, person=0, name="", inputs=told, rules=())


def words(store: Store, number: int, actor: Actor) -> tuple[Word, ...]:
    """Return what was said about a claim, to its customer and to agents who may see it.

    Raises
    ------
    UnknownError
    """
    asked = select(tables.words).where(tables.words.c.claim == number).order_by(tables.words.c.number)
    with store.reading() as connection:
        of(connection, number, actor)
        if actor.role not in ("customer", "agent"):
            return ()
        return tuple(Word(r.kind, r.said, r.at) for r in connection.execute(asked))


def lines(store: Store, number: int, actor: Actor) -> tuple[costs.Cost, ...]:
    """Return the cost lines of a claim; a customer sees none, nor does an engineer: what is paid out is not theirs.

    Raises
    ------
    UnknownError
    """
    with store.reading() as connection:
        of(connection, number, actor)
        return () if actor.role in ("customer", "engineer") else costs.of_claim(connection, number)
