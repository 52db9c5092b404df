"""How a desk of an older day is brought up to date, inside the program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from warrantor.finding import Refused

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from warrantor.desk.store import Store

HEAD = "desk_6"


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
    from warrantor.desk.sealing import seal_all

    with store.reading() as connection:
        found = revision(connection)
    if found == HEAD:
        return
    with store.turn() as connection:
        found = revision(connection)
        if found != HEAD and _run(connection, found):
            seal_all(store, connection)


def bring(connection: Connection, to: str = "head") -> bool:
    """Bring a database to a revision inside a transaction in which nobody else writes.

    Returns
    -------
    bool
        Whether an older program left rows of it unsealed: `sealing.seal_all` seals them.

    Raises
    ------
    Refused
        It is at a revision, or is to come to one, that this program does not know.
    """
    return _run(connection, revision(connection), to)


def _run(connection: Connection, found: str | None, to: str = "head") -> bool:
    """Bring a database up to date; return whether an older program left rows of it unsealed."""
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    steps = ScriptDirectory.from_config(config)
    for known in {found, to} - {None, "head"}:
        try:
            steps.get_revision(str(known))
        except CommandError as error:
            raise Refused(f"The desk is at revision {known}, which this program does not know; "
                          "run the newer program that wrote it.") from error
    unsealed = found is not None and any(hasattr(step.module, "SEALS") for step in steps.iterate_revisions(to, found))
    command.upgrade(config, to)
    return unsealed
