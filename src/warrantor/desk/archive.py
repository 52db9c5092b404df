"""A PostgreSQL desk in a ZIP archive, a table a member as COPY writes it, with a manifest; and back again."""

from __future__ import annotations

import hmac
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select, text

from warrantor.desk import audit, tables
from warrantor.desk.emptiness import counted, empty, guarded, same_key
from warrantor.desk.migrations import HEAD, bring
from warrantor.desk.sealing import seal_all
from warrantor.finding import Refused

if TYPE_CHECKING:
    from warrantor.desk.store import Store

SCHEMA = "warrantor.backup/1"
BLOCK = 1 << 20
ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}  # as COPY writes them


def write(store: Store, part: Path) -> tuple[dict[str, int], str]:
    """Write every table of one moment, and read it again; return the rows of each, and the head of the log.

    Raises
    ------
    Refused
        The log does not hold, or what was written is not what was read.
    """
    names = {table.name: [column.name for column in table.columns] for table in tables.METADATA.sorted_tables}
    with store.reading() as connection, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        raw: Any = connection.connection.dbapi_connection
        for name, columns in names.items():
            order = " ORDER BY number" if name == tables.audit.name else ""  # it is read again entry by entry
            asked = f'COPY (SELECT {_listed(columns)} FROM "{name}"{order}) TO STDOUT'
            with (archive.open(name, "w", force_zip64=True) as member, raw.cursor() as cursor,
                  cursor.copy(asked) as out):
                for block in out:
                    member.write(block)
        rows = counted(connection)
        last = connection.execute(select(tables.audit.c.number, tables.audit.c.hash).order_by(
            tables.audit.c.number.desc()).limit(1)).first()
        head = f"0:{audit.GENESIS}" if last is None else f"{last.number}:{last.hash}"
        key = connection.execute(select(tables.settings.c.value).where(tables.settings.c.name == "key")).scalar_one()
        manifest = {"schema": SCHEMA, "revision": HEAD, "key": key, "rows": rows, "columns": names, "head": head}
        archive.writestr("manifest.json", json.dumps(manifest))
    _read_again(store, part, manifest)
    return rows, head


def _listed(columns: list[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _read_again(store: Store, part: Path, manifest: dict[str, Any]) -> None:
    """Read an archive: every checksum, as many rows of each table as were counted, and every seal of the log."""
    with _opened(part) as archive:
        for name, count in manifest["rows"].items():
            with archive.open(name) as member:
                found = sum(1 for _ in member)
            if found != count:
                raise Refused(f"The backup holds {found} rows of {name}, the desk has {count}.")
        sealed(archive, store.key, manifest)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive; whatever is wrong with it is said in one way."""
    from psycopg import DataError, IntegrityError

    damaged = (zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, AttributeError, EOFError,
               NotImplementedError, RuntimeError, DataError, IntegrityError)
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except damaged as error:
        told = " ".join(str(error).split())
        raise Refused(f"{path} is damaged ({told}): restore another backup; nothing was restored from this one."
                      ) from error


def pour(store: Store, path: Path) -> None:
    """Fill an empty desk from an archive in one transaction, in which nobody else writes.

    An archive of an older program goes into the tables of that program, which are then brought up to date.

    Raises
    ------
    Refused
        The desk is not empty, or the archive is damaged, of another key or of a newer program: nothing was restored.
    """
    with _opened(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        if manifest["schema"] != SCHEMA:
            raise Refused(f"{path} is no backup of a PostgreSQL desk.")
        sealed(archive, store.key, manifest)
        with store.turn() as connection:
            empty(connection)
            same_key(connection, str(manifest["key"]))
            if manifest["revision"] != HEAD:
                _made_as(connection, str(manifest["revision"]))
            connection.execute(text("DELETE FROM settings"))
            for name, count in manifest["rows"].items():
                found = _copied(connection, archive, name, manifest) if name != tables.sessions.name else count
                if found != count:
                    raise Refused(f"{path} does not hold the rows that its manifest counts.")
            if bring(connection):
                seal_all(store, connection)
            guarded(connection)


def _made_as(connection: Connection, revision: str) -> None:
    """Make the tables of an older program in the place of this one's; they are empty."""
    for table in reversed(tables.METADATA.sorted_tables):
        connection.execute(text(f'DROP TABLE "{table.name}"'))
    connection.execute(text("DROP TABLE alembic_version"))
    connection.execute(text("DROP FUNCTION IF EXISTS added_only()"))
    bring(connection, revision)


def _copied(connection: Connection, archive: zipfile.ZipFile, name: str, manifest: dict[str, Any]) -> int:
    if name not in tables.METADATA.tables:
        raise ValueError(f"it names a table {name}")
    columns = manifest.get("columns", {}).get(name) or _columns(connection, name)
    raw: Any = connection.connection.dbapi_connection
    with (archive.open(name) as member, raw.cursor() as cursor,
          cursor.copy(f'COPY "{name}" ({_listed(columns)}) FROM STDIN') as copy):
        while block := member.read(BLOCK):
            copy.write(block)
    return int(connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one())


def _columns(connection: Connection, name: str) -> list[str]:
    """Return a table's columns in their order: archives did not always say which they hold."""
    asked = text("SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() "
                 "AND table_name = :name ORDER BY ordinal_position")
    return list(connection.execute(asked, {"name": name}).scalars())


def sealed(archive: zipfile.ZipFile, key: bytes, manifest: dict[str, Any]) -> None:
    """Read the log in an archive, and every seal of it.

    Raises
    ------
    Refused
        An entry is not what was sealed, or the last one is not the manifest's.
    """
    columns = manifest.get("columns", {}).get("audit") or [column.name for column in tables.audit.columns]
    before, number = audit.GENESIS, 0
    with archive.open("audit") as member:
        entries: Iterable[dict[str, Any]] = (_entry(columns, line) for line in member)
        if "columns" not in manifest:  # archives did not always keep the order
            entries = sorted(entries, key=lambda entry: int(entry["number"]))
        for number, entry in enumerate(entries, start=1):
            told = {name: entry[name] for name in ("number", "at", "person", "role", "kind", "subject", "body")}
            if (entry["number"], entry["before"]) != (number, before) or not hmac.compare_digest(
                    str(entry["hash"]), audit.seal(key, before, told)):
                raise Refused(f"The log in the backup does not hold: entry {number} is not what was sealed. Ask "
                              "`warrantor audit verify`, and keep an older backup.")
            before = entry["hash"]
    if manifest["head"] != f"{number}:{before}":
        raise Refused("The log in the backup does not end with the entry that its manifest names.")


def _entry(columns: list[str], line: bytes) -> dict[str, Any]:
    cells = [None if cell == "\\N" else re.sub(r"\\(.)", lambda m: ESCAPED.get(m[1], m[1]), cell)
             for cell in line.decode().rstrip("\n").split("\t")]
    entry: dict[str, Any] = dict(zip(columns, cells, strict=True))
    return entry | {"number": int(entry["number"]), "body": json.loads(entry["body"]),
                    "person": None if entry["person"] is None else int(entry["person"])}
