"""Cost lines of a claim: added, never changed; a wrong one is taken back by another of the opposite quantity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from warrantor.desk import keys, tables
from warrantor.desk.actor import Actor
from warrantor.desk.claim import of
from warrantor.desk.life_cycle import a_currency, a_name, an_amount
from warrantor.desk.plain import plain
from warrantor.desk.refusals import ConflictError, InputsError, NotAllowedError
from warrantor.terms import Money

if TYPE_CHECKING:
    from warrantor.desk.store import Store

KINDS = ("labour", "part", "freight", "exchange", "refund", "other")
PAYERS = ("maker", "statutory", "seller", "goodwill", "customer", "supplier")
BY = ("agent", "finance")
MOST = 1000  # of one thing on one line


@dataclass(frozen=True, slots=True)
class Cost:
    """One line.

    Attributes
    ----------
    number, claim : int
        The line and its claim.
    kind, what : str
        One of `KINDS`, and what it was.
    quantity : int
        How many; below zero it takes a line back.
    amount : Decimal
        Of one.
    currency, payer : str
        Of the amount; who bears it.
    person : int
        Who wrote it.
    at : datetime
        When.
    """

    number: int
    claim: int
    kind: str
    what: str
    quantity: int
    amount: Decimal
    currency: str
    payer: str
    person: int
    at: datetime

    @property
    def total(self) -> Money:
        """Quantity times amount."""
        return Money(self.amount * self.quantity, self.currency)


def add(store: Store, number: int, actor: Actor, line: Mapping[str, Any], *, key: str | None = None) -> Cost:
    """Add a line to a claim.

    Parameters
    ----------
    store : Store
        The desk.
    number : int
        The claim.
    actor : Actor
        An agent of its centre, or finance.
    line : mapping
        kind, amount, currency; what, quantity (1), payer (the claim's).
    key : str, optional
        The request's key: the same line under the same key is added once.

    Raises
    ------
    NotAllowedError, UnknownError, InputsError
    ConflictError
        The claim's lines are in another currency.
    """
    if actor.role not in BY or actor.number is None:
        raise NotAllowedError("The role {role!r} may not write costs; {roles} may.", role=actor.role, roles=BY)
    body = {"cost": plain(dict(line)), "claim": number}
    with keys.alone(store, actor, key), store.writing(actor, "cost", f"claim {number}") as writing:
        claim = of(writing.connection, number, actor)
        told = _told({"payer": claim.payer or "maker"} | {k: v for k, v in line.items() if v not in (None, "")})
        if keys.answered(store, writing, key, body) is not None:
            writing.kind = "asked again"
            return next(c for c in reversed(of_claim(writing.connection, number)) if _same(c, told, actor))
        one_currency(writing.connection, number, told["currency"])
        made = writing.add(tables.costs, claim=number, person=actor.number, at=writing.at, **told)
        keys.remember(store, writing, key, body, number)
        return next(c for c in of_claim(writing.connection, number) if c.number == made)


def _same(line: Cost, told: Mapping[str, Any], actor: Actor) -> bool:
    return line.person == actor.number and all(getattr(line, name) == value for name, value in told.items())


def one_currency(connection: Connection, number: int, currency: str) -> None:
    """Refuse a currency that the lines of a claim are not in: they could not be added up.

    Raises
    ------
    ConflictError
    """
    used = {c.currency for c in of_claim(connection, number)} - {currency}
    if used:
        raise ConflictError("The costs of this claim are in {currency}; convert the amount first.", currency=used.pop())


def of_claim(connection: Connection, number: int) -> tuple[Cost, ...]:
    """Return the lines of a claim."""
    asked = select(tables.costs).where(tables.costs.c.claim == number).order_by(tables.costs.c.number)
    return tuple(Cost(**row) for row in connection.execute(asked).mappings())


def _told(line: Mapping[str, Any]) -> dict[str, Any]:
    unknown = set(line) - {"kind", "what", "quantity", "amount", "currency", "payer"}
    if unknown:
        raise InputsError(min(unknown), "a cost line has kind, what, quantity, amount, currency and payer")
    for name in ("kind", "amount", "currency"):
        if name not in line:
            raise InputsError(name, "a cost line needs it")
    for name, known in (("kind", KINDS), ("payer", PAYERS)):
        if line[name] not in known:
            raise InputsError(name, "{value!r} is none of {known}", value=line[name], known=known)
    what = a_name("what", line["what"]) if line.get("what") else ""
    return {"kind": line["kind"], "payer": line["payer"], "what": what, "quantity": _quantity(line.get("quantity", 1)),
            "amount": an_amount("amount", line["amount"]), "currency": a_currency("currency", line["currency"])}


def _quantity(value: Any) -> int:
    try:
        found = int(str(value))
    except ValueError as error:
        raise InputsError("quantity", "{value!r} is no whole number", value=value) from error
    if not found or abs(found) > MOST:
        raise InputsError("quantity", "write a whole number from 1 to {most}, below zero to take a line back",
                          most=MOST)
    return found
