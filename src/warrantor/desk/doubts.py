"""What makes a person look before a claim goes on: an invoice shown twice, another serial, a centre's sudden rush."""

from __future__ import annotations

import hmac
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import Connection, func, select

from warrantor.desk import tables, units
from warrantor.desk.vault import MARK_BYTES
from warrantor.terms import Door

USUAL = timedelta(days=28)  # what a centre is used to is learnt from so long


@dataclass(frozen=True, slots=True)
class Shown:
    """What a claim came with.

    Attributes
    ----------
    unit : int
        The unit it is about.
    invoice : bytes or None
        The mark of its invoice.
    centre : str
        The service centre that opened it; empty: none did.
    on : date
        The day it was opened there.
    claim : int
        Its number; -1 where it has none yet.
    """

    unit: int
    invoice: bytes | None
    centre: str
    on: date
    claim: int = -1


def invoice_mark(key: bytes, number: str) -> bytes | None:
    """Return the mark by which an invoice is found again, however it was typed; None for an empty number.

    Examples
    --------
    >>> invoice_mark(b"k", "No. 12-3") == invoice_mark(b"k", "no.123"), invoice_mark(b"k", "  ")
    (True, None)
    """
    said = "".join(c for c in number.upper() if c.isalnum())
    return hmac.digest(key, f"invoice {said}".encode(), "sha256")[:MARK_BYTES] if said else None


def doubted(connection: Connection, door: Door, shown: Shown, cleared: Collection[str] = ()) -> Door:
    """Add to what is known at the counter what other claims say of this one; holds that a person cleared are not told.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        A transaction.
    door : Door
        What is known of the unit.
    shown : Shown
        What the claim came with.
    cleared : collection of str
        Holds that were let go.
    """
    if shown.invoice is not None and "hold:invoice_reused" not in cleared:
        door = replace(door, invoice_reused=_elsewhere(connection, shown))
    if shown.centre and "hold:centre_velocity" not in cleared:
        today, before = _of_centre(connection, shown)
        door = replace(door, centre_today=today + 1, centre_28d=before)
    return door


def came_with(connection: Connection, claim: int) -> Shown:
    """Return what a claim came with."""
    table = tables.claims
    row = connection.execute(select(table.c.unit, table.c.invoice, table.c.centre, table.c.reported_on).where(
        table.c.number == claim)).one()
    return Shown(row.unit, row.invoice, row.centre, row.reported_on, claim)


def _elsewhere(connection: Connection, shown: Shown) -> bool:
    """Whether the invoice was shown for a unit that this one does not stand for."""
    table = tables.claims
    asked = select(table.c.unit).where(table.c.invoice == shown.invoice, table.c.unit != shown.unit).distinct()
    others = set(connection.execute(asked).scalars())
    return bool(others - line_of(connection, shown.unit))


def line_of(connection: Connection, unit: int) -> set[int]:
    """Return the units that one stands for, back to the one that was sold: one invoice is theirs."""
    return {one.number for one in units.before(connection, units.of_number(connection, unit))}


def _of_centre(connection: Connection, shown: Shown) -> tuple[int, int]:
    table = tables.claims
    asked = select(func.count().filter(table.c.reported_on == shown.on),
                   func.count().filter(table.c.reported_on < shown.on)).where(
        table.c.centre == shown.centre, table.c.reported_on.between(shown.on - USUAL, shown.on),
        table.c.number != shown.claim)
    today, before = connection.execute(asked).one()
    return int(today), int(before)
