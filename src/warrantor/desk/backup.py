"""A desk in one file, taken while it works, and read again before it is called a backup. The key is not in it."""

from __future__ import annotations

import json
import os
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, func, select

from warrantor.desk import audit, tables
from warrantor.desk.migrations import HEAD
from warrantor.finding import Refused

if TYPE_CHECKING:
    from warrantor.desk.store import Store

SCHEMA = "warrantor.backup/1"
PAGES = 5_000  # pages that SQLite copies before others may write again


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

    SQLite is copied page by page; PostgreSQL is read in one transaction, a table a member of a ZIP archive. The file
    is read again, and its log verified (SQLite) or its checksums and rows counted (PostgreSQL), before it has its name.

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
        kept = _copied(store, part) if store.sqlite else _archived(store, part)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
    return Kept(path, kept.rows, kept.head)


def restore(store: Store, path: Path) -> Kept:
    """Fill an empty desk from a backup of the same kind of database, and verify its log.

    Raises
    ------
    Refused
        The desk is not empty, the file is no backup of this kind or of this revision, or the key is another one:
        nothing was restored. Or the log in it does not hold: what was restored is there to be looked at.
    """
    with store.reading() as connection:
        rows = _counted(connection)
    full = sorted(name for name, count in rows.items() if count and name != "settings")
    if full:
        raise Refused(f"This desk is not empty ({', '.join(full)}): a backup is restored into a new one.")
    if not path.is_file():
        raise Refused(f"There is no file {path}.")
    archived = zipfile.is_zipfile(path)
    if archived == store.sqlite:
        kind = "SQLite" if store.sqlite else "PostgreSQL"
        raise Refused(f"{path} is no backup of a {kind} desk.")
    (_unarchived if archived else _poured)(store, path)
    return _verified(store, path)


def _verified(store: Store, path: Path) -> Kept:
    found = audit.verify(store)
    if not found.intact:
        raise Refused(f"The log of {path} does not hold: {found.wrong[0]}")
    with store.reading() as connection:
        return Kept(path, _counted(connection), found.head)


def _counted(connection: Connection) -> dict[str, int]:
    return {table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
            for table in tables.METADATA.sorted_tables}


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


def _copied(store: Store, part: Path) -> Kept:
    from warrantor.desk.store import open as open_desk

    with store.engine.connect() as connection, closing(sqlite3.connect(part)) as copy:
        raw: Any = connection.connection.dbapi_connection
        raw.backup(copy, pages=PAGES)
        _whole(copy, part)
    with open_desk(part, key=store.key, guarantees=store.guarantees, clock=store.clock) as again:
        kept = _verified(again, part)
    with closing(sqlite3.connect(part)) as copy:
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
    return kept


def _whole(source: sqlite3.Connection, path: Path) -> None:
    (found,) = source.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise Refused(f"{path} is damaged: {found}")


def _poured(store: Store, path: Path) -> None:
    """Copy a SQLite backup into the desk's own file; a copy that fails half-way is taken back as a whole."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as source:
            _whole(source, path)
            held = dict(source.execute("SELECT name, value FROM settings").fetchall())
            revision = source.execute("SELECT version_num FROM alembic_version").fetchone()
            _same(store, held.get("key", ""), revision[0] if revision else "")
            with store.engine.connect() as connection:
                raw: Any = connection.connection.dbapi_connection
                source.backup(raw)
    except sqlite3.Error as error:
        raise Refused(f"{path} is no backup of a SQLite desk: {error}.") from error


def _same(store: Store, key: str, revision: str) -> None:
    """Refuse what another key marked, or another program wrote."""
    with store.reading() as connection:
        mine = connection.execute(select(tables.settings.c.value).where(tables.settings.c.name == "key")).scalar_one()
    if key != mine:
        raise Refused("The backup was made with another key; bring the key file that was kept with it.")
    if revision != HEAD:
        raise Refused(f"The backup is of revision {revision}, this program writes {HEAD}: restore it with the program "
                      "that wrote it, then bring that desk up to date.")


def _columns(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)


def _archived(store: Store, part: Path) -> Kept:
    with store.reading() as connection, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        raw: Any = connection.connection.dbapi_connection
        for table in tables.METADATA.sorted_tables:
            asked = f'COPY (SELECT {_columns(table)} FROM "{table.name}") TO STDOUT'
            with (archive.open(table.name, "w", force_zip64=True) as member, raw.cursor() as cursor,
                  cursor.copy(asked) as out):
                for block in out:
                    member.write(block)
        rows = _counted(connection)
        last = connection.execute(select(tables.audit.c.number, tables.audit.c.hash).order_by(
            tables.audit.c.number.desc()).limit(1)).first()
        head = f"0:{audit.GENESIS}" if last is None else f"{last.number}:{last.hash}"
        key = connection.execute(select(tables.settings.c.value).where(tables.settings.c.name == "key")).scalar_one()
        manifest = {"schema": SCHEMA, "revision": HEAD, "key": key, "rows": rows, "head": head}
        archive.writestr("manifest.json", json.dumps(manifest))
    _readable(part, rows)
    return Kept(part, rows, head)


def _readable(part: Path, rows: dict[str, int]) -> None:
    """Read the archive again: every checksum, and as many rows of each table as were counted."""
    with zipfile.ZipFile(part) as archive:
        for name, count in rows.items():
            with archive.open(name) as member:
                found = sum(1 for _ in member)
            if found != count:
                raise Refused(f"The backup holds {found} rows of {name}, the desk has {count}.")


def _unarchived(store: Store, path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        if "manifest.json" not in archive.namelist():
            raise Refused(f"{path} is no backup of a PostgreSQL desk: it has no manifest.json.")
        manifest = json.loads(archive.read("manifest.json"))
        _same(store, str(manifest.get("key")), str(manifest.get("revision")))
        with store.turn() as connection:
            raw: Any = connection.connection.dbapi_connection
            connection.execute(tables.settings.delete())
            for table in tables.METADATA.sorted_tables:
                into = f'COPY "{table.name}" ({_columns(table)}) FROM STDIN'
                with archive.open(table.name) as member, raw.cursor() as cursor, cursor.copy(into) as copy:
                    while block := member.read(1 << 20):
                        copy.write(block)
            if _counted(connection) != manifest["rows"]:
                raise Refused(f"{path} does not hold the rows that its manifest counts.")
