"""A desk in one file, taken while it works, and read again before it is called a backup. The key is not in it.

No role is asked for: who runs the server's own verbs holds the key and the database anyway.
"""

from __future__ import annotations

import os
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from warrantor.desk import archive, audit, tables
from warrantor.desk.emptiness import counted, empty, guarded, same_key
from warrantor.finding import Refused

if TYPE_CHECKING:
    from warrantor.desk.store import Store

SCHEMA = archive.SCHEMA
ALL = -1  # pages at once: a reader keeps no writer waiting, and a copy by parts begins anew at every write
MARK = next(i for i in tables.units.indexes if i.name == "uq_units_mark")


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup, or what came of one.

    Attributes
    ----------
    path : Path
        The file.
    rows : mapping of str to int
        Rows of every table.
    head : str
        The last entry of the log in it, NUMBER:SEAL.
    """

    path: Path
    rows: dict[str, int]
    head: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {"schema": SCHEMA, "file": str(self.path), "rows": self.rows, "head": self.head}


def backup(store: Store, path: Path) -> Kept:
    """Write the desk as it is at one moment into a new file, while it works.

    SQLite is copied at once; PostgreSQL is read in one transaction, a table a member of a ZIP archive. The file is read
    again before it has its name: of SQLite the whole log and every row it speaks of; of PostgreSQL every checksum, the
    rows of each table and every seal of the log.

    Parameters
    ----------
    store : Store
        The desk.
    path : Path
        The file; it must not exist.

    Raises
    ------
    Refused
        The file exists, or what was written does not hold.
    """
    if path.exists():
        raise Refused(f"{path} exists; a backup never replaces another file.")
    path.absolute().parent.mkdir(parents=True, exist_ok=True)
    with _partly(path) as part:
        rows, head = _copied(store, part) if store.sqlite else archive.write(store, part)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
    return Kept(path, rows, head)


def restore(store: Store, path: Path) -> Kept:
    """Fill an empty desk from a backup of the same kind of database, bring it up to date, and verify its log.

    Nobody is signed in afterwards: a session that ended after the backup was made would go on.

    Raises
    ------
    Refused
        The desk is not empty, the file is no backup of this kind, is damaged or of a newer program, or the key is
        another one: nothing was restored. Or a row is not as its log has it: what a PostgreSQL desk restored is there
        to be looked at.
    """
    with store.reading() as connection:
        empty(connection)
    if not path.is_file():
        raise Refused(f"There is no file {path}.")
    archived = zipfile.is_zipfile(path)
    if archived == store.sqlite:
        kind = "SQLite" if store.sqlite else "PostgreSQL"
        raise Refused(f"{path} is no backup of a {kind} desk.")
    (archive.pour if archived else _poured)(store, path)
    return Kept(path, *_verified(store, path))


def _verified(store: Store, path: Path) -> tuple[dict[str, int], str]:
    found = audit.verify(store)
    if not found.intact:
        raise Refused(f"The log of {path} does not hold: {found.wrong[0]}")
    with store.reading() as connection:
        return counted(connection), found.head


@contextmanager
def _partly(path: Path) -> Iterator[Path]:
    """Give a name beside the file, readable by its owner alone, and leave nothing under it."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield part
    finally:
        for suffix in ("", "-wal", "-shm"):
            part.with_name(part.name + suffix).unlink(missing_ok=True)


def _copied(store: Store, part: Path) -> tuple[dict[str, int], str]:
    from warrantor.desk.store import open as open_desk

    with store.engine.connect() as connection, closing(sqlite3.connect(part)) as copy:
        raw: Any = connection.connection.dbapi_connection
        raw.backup(copy, pages=ALL)
        _whole(copy, part)
    with open_desk(part, key=store.key, guarantees=store.guarantees, clock=store.clock) as again:
        told = _verified(again, part)
    with closing(sqlite3.connect(part)) as copy:
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
    return told


def _whole(source: sqlite3.Connection, path: Path) -> None:
    (found,) = source.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise Refused(f"{path} is damaged: {found}")


def _poured(store: Store, path: Path) -> None:
    """Copy a backup beside the desk, bring it up to date and verify it there; then move its rows in one turn."""
    from warrantor.desk.store import open as open_desk

    with _partly(Path(str(store.engine.url.database)).absolute()) as part:
        try:
            with (closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as source,
                  closing(sqlite3.connect(part)) as copy):
                _whole(source, path)
                held = dict(source.execute("SELECT name, value FROM settings").fetchall())
                source.execute("SELECT version_num FROM alembic_version").fetchone()
                source.backup(copy, pages=ALL)
        except sqlite3.Error as error:
            raise Refused(f"{path} is no backup of a SQLite desk: {error}.") from error
        with store.reading() as connection:
            same_key(connection, str(held.get("key")))
        with open_desk(part, key=store.key, guarantees=store.guarantees, clock=store.clock) as again:
            _verified(again, path)
        _moved(store, part, path)


def _moved(store: Store, part: Path, path: Path) -> None:
    """Move the rows of a copy into the desk's own tables: what these keep is kept, whatever the backup's did."""
    with store.keeping() as connection:
        raw: Any = connection.connection.dbapi_connection
        raw.execute("ATTACH ? AS kept", (str(part),))
        try:
            with store.turn(connection):
                empty(connection)
                guarded(connection)
                MARK.drop(connection)
                connection.execute(text("DELETE FROM settings"))
                for table in tables.METADATA.sorted_tables:
                    if table is not tables.sessions:
                        columns = ", ".join(f'"{column.name}"' for column in table.columns)
                        connection.execute(text(f"INSERT INTO main.{table.name} ({columns}) "
                                                f"SELECT {columns} FROM kept.{table.name}"))
                MARK.create(connection)
        except IntegrityError as error:
            raise Refused(f"{path} holds what no desk may hold ({error.orig}): restore another backup; nothing was "
                          "restored from this one.") from error
