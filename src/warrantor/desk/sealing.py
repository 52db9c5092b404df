"""What an older program left out of the log, units by the million and words, is sealed when its desk is renewed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from warrantor.desk import tables
from warrantor.desk.actor import THE_MACHINE
from warrantor.desk.copying import chunks
from warrantor.desk.plain import row_digest
from warrantor.desk.sums import UNLOGGED, Sums
from warrantor.desk.writing import Writing

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from warrantor.desk.store import Store

KIND = "seal"
UNSEALED = ("desk_1", "desk_2")  # revisions whose programs sealed neither
_ROWS = 1_000  # words that one entry names


def seal_all(store: Store, connection: Connection) -> None:
    """Seal what is there, as it is there: what was done past the desk before is not found by it.

    Parameters
    ----------
    store : Store
        The desk.
    connection : Connection
        The writing transaction that brought it up to date.
    """
    sums = Sums(store.key)
    sums.scan(connection, "u.version = :version", version=UNLOGGED)
    first = Writing(connection, store.key, store.clock(), THE_MACHINE, KIND, "units", {"blocks": sums.told()})
    first.log()
    for part in chunks(connection.execute(select(tables.words.c.number)).scalars().all(), _ROWS):
        writing = Writing(connection, store.key, first.at, THE_MACHINE, KIND, tables.words.name)
        asked = select(tables.words).where(tables.words.c.number.in_(part)).order_by(tables.words.c.number)
        for row in connection.execute(asked).mappings():
            writing.rows.append([tables.words.name, row["number"], row_digest(store.key, tables.words.name, dict(row)),
                                 {}])
        writing.log()
