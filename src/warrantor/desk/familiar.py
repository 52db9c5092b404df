"""Where a name signed in from: who comes back there is not kept out by what strangers try elsewhere.

Kept for thirty days as a keyed mark of name and place, among the desk's own settings: neither is in it.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from warrantor.desk import tables

if TYPE_CHECKING:
    from warrantor.desk.store import Store

KEPT = timedelta(days=30)
RARELY = timedelta(days=1)  # how often a place is written down again
PREFIX = "familiar:"


def known(store: Store, name: str, place: str) -> bool:
    """Whether a name signed in from a place within thirty days.

    Examples
    --------
    >>> from warrantor.desk import open
    >>> with open(getfixture("tmp_path") / "desk.sqlite", key=b"k" * 32) as store:
    ...     note(store, "ana", "192.0.2.7")
    ...     known(store, "ana", "192.0.2.7"), known(store, "ana", "192.0.2.8"), known(store, "li", "192.0.2.7")
    (True, False, False)
    """
    noted = _noted(store, name, place)
    return noted is not None and store.clock() - noted < KEPT


def note(store: Store, name: str, place: str) -> None:
    """Remember that a name signed in from a place; forget what was noted more than thirty days ago."""
    now, noted, table = store.clock(), _noted(store, name, place), tables.settings
    if noted is not None and now - noted < RARELY:
        return
    mark = _mark(store, name, place)
    old = _text(now - KEPT)
    with store.turn() as connection:
        connection.execute(delete(table).where((table.c.name == mark) | (
            table.c.name.startswith(PREFIX, autoescape=True) & (table.c.value < old))))
        connection.execute(table.insert().values(name=mark, value=_text(now)))


def _noted(store: Store, name: str, place: str) -> datetime | None:
    asked = select(tables.settings.c.value).where(tables.settings.c.name == _mark(store, name, place))
    with store.glancing() as connection:
        value = connection.execute(asked).scalar_one_or_none()
    return None if value is None else datetime.fromisoformat(value)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")  # sorts as time does


def _mark(store: Store, name: str, place: str) -> str:
    told = f"{len(name)} {name} {place}".encode(errors="surrogatepass")
    return PREFIX + hmac.digest(store.key, b"familiar " + told, "sha256")[:16].hex()
