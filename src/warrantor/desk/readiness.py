"""Whether a desk can be used: the revision of its database, and that it takes writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, text

from warrantor.desk import tables
from warrantor.desk.migrations import HEAD
from warrantor.finding import Refused

if TYPE_CHECKING:
    from warrantor.desk.store import Store

_NOTHING = text("UPDATE settings SET value = value WHERE name = ''")  # refused where nothing could be written


def ready(store: Store) -> str:
    """Return the revision of a desk that can be read and written.

    The writer's place is taken without waiting and left again, and nothing is written; where another writes just now,
    that is an answer too.

    Raises
    ------
    Refused
        Its database is of another program.
    sqlalchemy.exc.SQLAlchemyError
        It does not answer, or takes no writes.
    """
    with store.turn_if_free() as connection:
        if connection is not None:
            connection.execute(_NOTHING)
    with store.glancing() as connection:
        connection.execute(select(tables.people.c.number).limit(1)).all()
        found = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none())
    if found != HEAD:
        raise Refused(f"The desk's database is at revision {found}, this program writes {HEAD}.")
    return found
