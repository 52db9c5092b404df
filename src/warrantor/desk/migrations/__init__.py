"""How a desk of an older day is brought up to date, inside the program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from warrantor.finding import Refused

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from warrantor.desk.store import Store

HEAD = "desk_5"


def revision(connection: Connection) -> str | None:
    """Return the revision a database is at; None where there is no desk in it."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def upgrade(store: Store) -> None:
    """Bring a database to this program's revision; who comes second waits and finds it done.

    Raises
    ------
    Refused
        It is at a revision this program does not know.
    """
    from warrantor.desk.sealing import UNSEALED, seal_all

    with store.reading() as connection:
        found = revision(connection)
    if found == HEAD:
        return
    with store.turn() as connection:
        found = revision(connection)
        if found != HEAD:
            _run(connection, found)
            if found in UNSEALED:
                seal_all(store, connection)


def _run(connection: Connection, found: str | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    try:
        if found is not None:
            ScriptDirectory.from_config(config).get_revision(found)
    except CommandError as error:
        raise Refused(f"The desk is at revision {found}, which this program does not know; "
                      "run the newer program that wrote it.") from error
    command.upgrade(config, "head")
