"""What must hold of a desk before and after a backup is poured into it."""

from __future__ import annotations

from sqlalchemy import Connection, func, inspect, select, text

from warrantor.desk import tables
from warrantor.finding import Refused

TRIGGERS = {f"{table}_no_{what}" for table in tables.ADDED_ONLY for what in ("update", "delete")}


def counted(connection: Connection) -> dict[str, int]:
    """Return the rows of every table."""
    return {table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
            for table in tables.METADATA.sorted_tables}


def empty(connection: Connection) -> None:
    """Refuse a desk in which anything was written; asked in the turn in which it is filled.

    Raises
    ------
    Refused
    """
    full = sorted(name for name, count in counted(connection).items() if count and name != "settings")
    if full:
        raise Refused(f"This desk is not empty ({', '.join(full)}): a backup is restored into a new one.")


def same_key(connection: Connection, key: str) -> None:
    """Refuse what another key marked.

    Raises
    ------
    Refused
    """
    mine = connection.execute(select(tables.settings.c.value).where(tables.settings.c.name == "key")).scalar_one()
    if key != mine:
        raise Refused("The backup was made with another key; bring the key file that was kept with it.")


def guarded(connection: Connection) -> None:
    """Refuse a desk whose database does not itself keep rows from being changed, or from standing twice.

    Raises
    ------
    Refused
        A trigger or a unique index that the migrations make is not there.
    """
    asked = ("SELECT name FROM sqlite_master WHERE type = 'trigger'" if connection.dialect.name == "sqlite"
             else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'")
    there = set(connection.execute(text(asked)).scalars())
    look = inspect(connection)
    for table in tables.METADATA.sorted_tables:
        there |= {str(index["name"]) for index in look.get_indexes(table.name) if index["unique"]}
    wanted = TRIGGERS | {str(i.name) for t in tables.METADATA.sorted_tables for i in t.indexes if i.unique}
    if lacking := sorted(wanted - there):
        raise Refused(f"The database of this desk lacks {', '.join(lacking)}: restore into a new desk.")
