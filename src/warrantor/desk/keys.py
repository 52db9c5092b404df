"""Keys of requests: what was asked twice is done once, and what was answered is not asked again under the same key."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from warrantor.desk import tables
from warrantor.desk.actor import Actor
from warrantor.desk.plain import canonical
from warrantor.desk.refusals import InFlightError, InputsError, OtherBodyError
from warrantor.terms import idempotency

if TYPE_CHECKING:
    from warrantor.desk.store import Store
    from warrantor.desk.writing import Writing

LONGEST = 255
KEPT = timedelta(days=30)  # so long a key is remembered


@contextmanager
def alone(store: Store, actor: Actor, key: str | None) -> Iterator[None]:
    """Let one request with a key pass at a time; in this process, so that a kill leaves nothing behind.

    Raises
    ------
    InFlightError
        Another one is being answered.
    InputsError
        The key is empty or too long.
    """
    if key is None:
        yield
        return
    if not 0 < len(key) <= LONGEST or not key.isprintable():
        raise InputsError("key", "a key has 1 to {most} printable characters", most=LONGEST)
    mine = (actor.number or 0, key)
    with store.door:
        if idempotency({}, key, "", in_flight=mine in store.busy) == "409":
            raise InFlightError("A request with this key is being answered now; ask again in a moment.")
        store.busy.add(mine)
    try:
        yield
    finally:
        with store.door:
            store.busy.discard(mine)


def answered(store: Store, writing: Writing, key: str | None, body: Mapping[str, Any]) -> int | None:
    """Return the claim that a request with this key made or changed; None where it is new.

    Raises
    ------
    OtherBodyError
        The key was used with another body.
    """
    if key is None:
        return None
    number = writing.actor.number or 0
    table = tables.keys
    row = writing.connection.execute(select(table).where(table.c.person == number, table.c.key == key)).one_or_none()
    if row is None:
        return None
    if idempotency({key: row.body}, key, _sealed(store.key, body)) == "422":
        raise OtherBodyError("This key was used with another request; use a new key for a new one.")
    return int(row.claim)


def remember(store: Store, writing: Writing, key: str | None, body: Mapping[str, Any], claim: int) -> None:
    """Keep a key beside what it did, in the same transaction."""
    if key is not None:
        writing.add(tables.keys, person=writing.actor.number or 0, key=key, body=_sealed(store.key, body), claim=claim,
                    at=writing.at)


def sweep(store: Store) -> int:
    """Forget keys that no honest retry will name again; return how many.

    A second request under a forgotten key is a new one, and one open claim a unit still stands in its way.
    """
    table = tables.keys
    with store.turn() as connection:
        return connection.execute(delete(table).where(table.c.at < store.clock() - KEPT)).rowcount


def _sealed(secret: bytes, body: Mapping[str, Any]) -> str:
    """A keyed digest: a body may hold a serial, and a bare digest of one could be undone."""
    return hmac.digest(secret, canonical(body), "sha256").hex()

