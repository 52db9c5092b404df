"""Sessions: who is signed in, by the digest of a token that only they hold."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, or_, select, update

from warrantor.desk import tables
from warrantor.desk.people import Person, person_of

if TYPE_CHECKING:
    from warrantor.desk.store import Store

RARELY = timedelta(minutes=1)  # how often a session's last use is written down


def begin(store: Store, person: Person, token: Callable[[], str] = secrets.token_urlsafe) -> str:
    """Begin a session; return its token, which is kept nowhere."""
    told, now = token(), store.clock()
    with store.turn() as connection:
        connection.execute(tables.sessions.insert().values(token=_digest(told), person=person.number, began_at=now,
                                                           seen_at=now))
    return told


def of(store: Store, token: str, *, idle: timedelta, longest: timedelta) -> Person | None:
    """Return who holds a token; None where it is unknown, was unused for `idle`, or began more than `longest` ago."""
    now, table = store.clock(), tables.sessions
    asked = select(table.c.began_at, table.c.seen_at, tables.people).join(
        tables.people, tables.people.c.number == table.c.person).where(table.c.token == _digest(token))
    with store.reading() as connection:
        row = connection.execute(asked).one_or_none()
    if row is None or not row.active or now - row.seen_at > idle or now - row.began_at > longest:
        return None
    if now - row.seen_at > RARELY:
        _seen(store, token, now)
    return person_of(row)


def _seen(store: Store, token: str, now: datetime) -> None:
    """Write down that a session is used, where nobody else writes: the next request of it can do so as well."""
    with store.turn_if_free() as connection:
        if connection is not None:
            connection.execute(update(tables.sessions).where(tables.sessions.c.token == _digest(token)).values(
                seen_at=now))


def end(store: Store, token: str) -> None:
    """End a session; one that has ended already is let be."""
    with store.turn() as connection:
        connection.execute(delete(tables.sessions).where(tables.sessions.c.token == _digest(token)))


def sweep(store: Store, *, idle: timedelta, longest: timedelta) -> int:
    """Forget sessions that are over; return how many."""
    now, table = store.clock(), tables.sessions
    with store.turn() as connection:
        return connection.execute(delete(table).where(or_(table.c.seen_at < now - idle,
                                                          table.c.began_at < now - longest))).rowcount


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
