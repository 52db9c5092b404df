"""The log: every entry seals the one before it, and says how each row it wrote became."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select

from warrantor.desk import tables
from warrantor.desk.actor import Actor
from warrantor.desk.plain import canonical, plain

if TYPE_CHECKING:
    from warrantor.desk.store import Store

SCHEMA = "warrantor.audit/1"
GENESIS = "0" * 64
ENTRY = ("number", "at", "person", "role", "kind", "subject", "body")  # what is sealed of an entry


@dataclass(frozen=True, slots=True)
class Verified:
    """What a reading of the whole log found.

    Attributes
    ----------
    entries : int
        How many entries were read.
    head : str
        The last entry's number and seal, NUMBER:SEAL; written down elsewhere, it proves later that nothing was cut off.
    wrong : tuple of str
        What does not hold, one sentence each; empty: all holds.
    more : int
        How many more sentences there would be.
    """

    entries: int
    head: str
    wrong: tuple[str, ...]
    more: int = 0

    @property
    def intact(self) -> bool:
        """Whether everything holds."""
        return not self.wrong

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as JSON has it."""
        return {"schema": SCHEMA, "entries": self.entries, "head": self.head, "intact": self.intact,
                "wrong": list(self.wrong), "more": self.more}


def append(
    connection: Connection, key: bytes, at: datetime, actor: Actor, *, kind: str, subject: str, body: Mapping[str, Any]
) -> int:
    """Add an entry whose seal is HMAC-SHA256(key, seal before + entry); return its number.

    The caller is the only writer. A seal cannot be made without the key, which is not in the database.
    """
    table = tables.audit
    last = connection.execute(select(table.c.number, table.c.hash).order_by(table.c.number.desc()).limit(1)).first()
    row = {"number": 1 if last is None else last.number + 1, "at": at, "person": actor.number, "role": actor.role,
           "kind": kind, "subject": subject, "body": plain(body)}
    before = GENESIS if last is None else last.hash
    connection.execute(table.insert(), {**row, "before": before, "hash": seal(key, before, row)})
    return int(row["number"])


def seal(key: bytes, before: str, row: Mapping[str, Any]) -> str:
    """Return the seal of an entry that follows another.

    Examples
    --------
    >>> seal(b"k", GENESIS, {"number": 1})[:8] == seal(b"k", GENESIS, {"number": 2})[:8]
    False
    """
    return hmac.digest(key, before.encode() + canonical(row), "sha256").hex()


def verify(store: Store, head: str | None = None) -> Verified:
    """Read the whole log and compare the rows of the desk with what it says of them.

    Parameters
    ----------
    store : Store
        The desk.
    head : str, optional
        A head written down earlier, NUMBER:SEAL; the log must still hold that entry.

    Returns
    -------
    Verified
        Entries changed, taken out, added or put elsewhere; rows changed, added or taken away past the desk; guards of
        the database that are gone.
    """
    from warrantor.desk.verifying import read_all

    return read_all(store, head)


def page(store: Store, *, below: int | None = None, size: int = 50, subject: str = "", kind: str = "",
         person: int | None = None, since: date | None = None, until: date | None = None) -> list[dict[str, Any]]:
    """Return entries, the newest first.

    Parameters
    ----------
    store : Store
        The desk.
    below : int, optional
        Number of the last entry of the page before.
    size : int
        At most so many.
    subject, kind : str
        Of what, and what was done; any where empty.
    person : int, optional
        Who did it.
    since, until : date, optional
        First and last day, in UTC.
    """
    table = tables.audit
    asked = select(table).order_by(table.c.number.desc()).limit(size)
    for column, value in ((table.c.subject, subject), (table.c.kind, kind), (table.c.person, person)):
        if value:
            asked = asked.where(column == value)
    if since is not None:
        asked = asked.where(table.c.at >= datetime.combine(since, time(), UTC))
    if until is not None:
        asked = asked.where(table.c.at < datetime.combine(until + timedelta(days=1), time(), UTC))
    if below is not None:
        asked = asked.where(tables.audit.c.number < below)
    with store.reading() as connection:
        return [dict(row) for row in connection.execute(asked).mappings()]


def size_of(store: Store) -> int:
    """Return how many entries the log has."""
    with store.reading() as connection:
        return int(connection.execute(select(func.coalesce(func.max(tables.audit.c.number), 0))).scalar_one())
