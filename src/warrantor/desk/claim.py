"""One claim: what is known of it, and who may see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from warrantor.desk import tables
from warrantor.desk.actor import Actor
from warrantor.desk.plain import plain
from warrantor.desk.refusals import UnknownError

if TYPE_CHECKING:
    from warrantor.desk.store import Store

WIDE = ("engineer", "finance", "owner", "auditor", "machine")  # roles that see every claim


@dataclass(frozen=True, slots=True)
class Claim:
    """One request under a guarantee.

    Attributes
    ----------
    number, unit : int
        The claim, and the unit it is about.
    state, bucket : str
        Where it stands, and the part of the queue it is in.
    is_open : bool
        Whether it keeps other claims of the unit out.
    held : str
        Why a person must look first; empty: nothing holds it.
    cleared : tuple of str
        Holds that a person let go.
    answer : str
        covered, not covered, held; empty before it was asked.
    guarantee : str
        name@version that covers it.
    component, symptom, fault : str
        What failed, what the customer says, what was found.
    user_damage, proof : bool
        Broken by whoever had it; there is proof of sale.
    opened_on, reported_on, failed_on, received_on, waiting_on, handed_back_on, closed_on : date or None
        Its days.
    remedy : str
        repair, exchange, refund.
    replacement : int or None
        The unit given.
    payer : str
        Who bears it.
    centre : str
        Service centre; empty: nobody has taken it yet.
    customer, opened_by : int or None
        Accounts.
    opened_at, changed_at : datetime
        When.
    version : int
        Raised by every act.
    """

    number: int
    unit: int
    state: str
    bucket: str
    is_open: bool
    held: str
    cleared: tuple[str, ...]
    answer: str
    guarantee: str
    component: str
    symptom: str
    fault: str
    user_damage: bool
    proof: bool
    opened_on: date
    reported_on: date
    failed_on: date | None
    received_on: date | None
    waiting_on: date | None
    handed_back_on: date | None
    closed_on: date | None
    remedy: str
    replacement: int | None
    payer: str
    centre: str
    customer: int | None
    opened_by: int
    opened_at: datetime
    changed_at: datetime
    version: int

    def to_dict(self) -> dict[str, Any]:
        """Return the claim as JSON has it."""
        told = {f.name: plain(getattr(self, f.name)) for f in fields(self) if f.name not in ("number", "bucket")}
        return {"schema": "warrantor.claim/1", "claim": self.number, "bucket": self.bucket, **told}


    def seen_by(self, actor: Actor) -> Claim:
        """Return the claim as somebody sees it: to its customer a hold has no reason, and staff are not named."""
        if actor.role != "customer":
            return self
        return replace(self, held="hold" if self.held else "", cleared=(), opened_by=self.customer or 0)


NAMES = tuple(f.name for f in fields(Claim))


def claim(store: Store, number: int, actor: Actor) -> Claim:
    """Return a claim.

    Raises
    ------
    UnknownError
        There is none, or it is not this person's to see.
    """
    with store.reading() as connection:
        return of(connection, number, actor).seen_by(actor)


def of(connection: Connection, number: int, actor: Actor) -> Claim:
    """Return a claim inside a transaction, to somebody who may see it."""
    asked = select(tables.claims).where(tables.claims.c.number == number)
    row = connection.execute(asked).mappings().one_or_none()
    if row is None or not sees(actor, row["customer"], row["centre"]):
        raise UnknownError("There is no claim {number} here.", number=number)
    return read(row)


def read(row: Mapping[Any, Any]) -> Claim:
    """Return the claim of a row, which may have other columns beside."""
    told: dict[str, Any] = {name: row[name] for name in NAMES}
    return Claim(**told | {"cleared": tuple(row["cleared"])})


def sees(actor: Actor, customer: int | None, centre: str) -> bool:
    """Whether somebody may see a claim: a customer their own, an agent their centre's and those nobody took yet.

    Examples
    --------
    >>> sees(Actor(7, "customer"), 7, "north"), sees(Actor(8, "agent", "south"), None, "north")
    (True, False)
    """
    if actor.role == "customer":
        return actor.number is not None and customer == actor.number
    return centre in ("", actor.centre) if actor.role == "agent" else actor.role in WIDE
