"""The story of a claim: every decision about it in order, with who took it, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from warrantor.desk import tables
from warrantor.desk.claim import Claim

if TYPE_CHECKING:
    from warrantor.desk.store import Store


@dataclass(frozen=True, slots=True)
class Decision:
    """One act, as it was written down.

    Attributes
    ----------
    at : datetime
        When.
    name, role : str
        Who.
    action, before, after : str
        What, from which state to which.
    answer, guarantee : str
        What the terms said, where they were asked.
    rules : tuple of str
        Rules that were applied.
    inputs : mapping
        What the act was told.
    why : tuple
        The layers of cover, as JSON has them.
    """

    at: datetime
    name: str
    role: str
    action: str
    before: str
    after: str
    answer: str
    guarantee: str
    rules: tuple[str, ...]
    inputs: dict[str, Any]
    why: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """One line of money.

    Attributes
    ----------
    kind, what : str
        Of what.
    quantity : int
        How many.
    amount : Decimal
        In `currency`.
    currency, payer : str
        In what, borne by whom.
    """

    kind: str
    what: str
    quantity: int
    amount: Decimal
    currency: str
    payer: str


def decisions(store: Store, claim: Claim) -> tuple[Decision, ...]:
    """Return the decisions about a claim, the first one first."""
    table, who = tables.decisions, tables.people
    asked = select(table, who.c.name, who.c.role).join(who, who.c.number == table.c.person)
    with store.reading() as connection:
        rows = connection.execute(asked.where(table.c.claim == claim.number).order_by(table.c.number)).all()
    return tuple(Decision(r.at, r.name, r.role, r.action, r.before, r.after, r.answer, r.guarantee, tuple(r.rules),
                          dict(r.inputs), tuple(r.why)) for r in rows)


def costs(store: Store, claim: Claim) -> tuple[Cost, ...]:
    """Return the cost lines of a claim, the first one first."""
    table = tables.costs
    with store.reading() as connection:
        rows = connection.execute(select(table).where(table.c.claim == claim.number).order_by(table.c.number)).all()
    return tuple(Cost(r.kind, r.what, r.quantity, r.amount, r.currency, r.payer) for r in rows)


def said(store: Store, claim: Claim) -> tuple[tuple[str, str], ...]:
    """Return what was said about a claim in somebody's own words, kind and text; nothing once it was erased."""
    table = tables.words
    with store.reading() as connection:
        rows = connection.execute(select(table).where(table.c.claim == claim.number).order_by(table.c.number)).all()
    return tuple((r.kind, r.said) for r in rows)
