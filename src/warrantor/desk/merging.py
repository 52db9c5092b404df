"""A file of units beside those the desk has: the new ones go in, what was empty is filled, what differs is said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

from warrantor.desk import tables
from warrantor.desk.copying import copy_in
from warrantor.desk.sums import UNLOGGED
from warrantor.desk.unit_file import MOST_FOUND, UnitFile
from warrantor.desk.units import CLAIMED, DAYS, SOLD, WORDS
from warrantor.finding import Finding

if TYPE_CHECKING:
    from warrantor.desk.sums import Sums
    from warrantor.desk.writing import Writing

BOTH = "staged AS s JOIN units AS u ON u.mark = s.mark"
KEPT = tuple(c for c in (*WORDS, *DAYS) if c != "last_seen_on")  # a second word must not differ


def merge(writing: Writing, file: UnitFile, first: int, sums: Sums) -> int:
    """Merge a file into the desk's units; return how many of them are better known now.

    Parameters
    ----------
    writing : Writing
        The transaction.
    file : UnitFile
        The file; its findings grow.
    first : int
        Number of the first new unit.
    sums : Sums
        What the units count that the log does not name; new ones are added, filled ones count anew.
    """
    connection = writing.connection
    _stage(connection, file)
    _once(connection, file)
    _agree(connection, file)
    filled = _fill(writing, sums)
    _add(connection, first)
    sums.scan(connection, "u.number >= :first", first=first)
    connection.execute(text("DROP TABLE staged"))
    return filled


def twice(file: UnitFile, line: int, serial: str) -> Finding:
    """Return the finding for a serial that stands in the file a second time."""
    return Finding(str(file.path), line, "serial", serial, "duplicate-serial",
                   "This serial stands in an earlier record already; that one is kept.", "Take one of them out.")


def _stage(connection: Connection, file: UnitFile) -> None:
    blob = "BLOB" if connection.dialect.name == "sqlite" else "BYTEA"
    columns = [f"mark {blob}", "serial TEXT", "line BIGINT"]
    columns += [*(f"{w} TEXT" for w in WORDS), *(f"{d} DATE" for d in DAYS)]
    connection.execute(text(f"CREATE TEMPORARY TABLE staged ({', '.join(columns)})"))
    copy_in(connection, "staged", ("mark", "serial", *WORDS, *DAYS, "line"), file.rows())
    connection.execute(text("CREATE INDEX staged_mark ON staged (mark)"))
    connection.execute(text("ANALYZE staged"))


def _once(connection: Connection, file: UnitFile) -> None:
    later = ("FROM staged WHERE line > (SELECT min(o.line) FROM staged AS o WHERE o.mark = staged.mark)")
    for row in connection.execute(text(f"SELECT line, serial {later} ORDER BY line")):
        file.say(twice(file, row.line, row.serial))
    connection.execute(text(f"DELETE {later}"))


def _agree(connection: Connection, file: UnitFile) -> None:
    """Say where the file contradicts the desk, and leave those rows out."""
    for column in KEPT:
        for row in _contradictions(connection, file, column):
            file.say(Finding(str(file.path), row.line, column, str(row.said), "duplicate-serial",
                             f"The desk has this serial already, with {row.held}.",
                             "Correct it here; what the desk has is changed by two persons, as evidence."))
            connection.execute(text("DELETE FROM staged WHERE line = :line"), {"line": row.line})


def _contradictions(connection: Connection, file: UnitFile, column: str) -> list[Any]:
    """Return the rows that say another thing than the desk; a guarantee that was resolved, not named, says nothing."""
    known = f"u.{column} <> '' AND s.{column} <> ''" if column in WORDS else f"u.{column} IS NOT NULL"
    asked = text(f"SELECT s.line, s.{column} AS said, u.{column} AS held FROM {BOTH} WHERE u.origin <> '{CLAIMED}' "
                 f"AND {known} AND s.{column} <> u.{column} ORDER BY s.line")
    said = (row for row in connection.execute(asked)
            if column != "guarantee" or (row.line < len(file.named) and file.named[row.line]))
    return list(islice(said, MOST_FOUND))


def _fill(writing: Writing, sums: Sums) -> int:
    """Fill what was empty; units that the log names are changed one by one, so that it says so."""
    more = " OR ".join(_more(column) for column in (*WORDS, *DAYS))
    count = 0
    asked = text(f"SELECT s.*, u.number, u.version, u.origin FROM {BOTH} WHERE u.version > {UNLOGGED} "
                 f"AND (u.origin = '{CLAIMED}' OR {more})")
    for row in list(writing.connection.execute(asked).mappings()):
        writing.change(tables.units, row["number"], dict(_told(writing.connection, row)))
        count += 1
    return count + _fill_many(writing.connection, more, sums)


def _fill_many(connection: Connection, more: str, sums: Sums) -> int:
    """Fill units that the log does not name, all at once: what they counted is taken away, then counted anew."""
    connection.execute(text(f"CREATE TEMPORARY TABLE filled AS SELECT u.number FROM {BOTH} "
                            f"WHERE u.version = {UNLOGGED} AND ({more})"))
    theirs = "u.number IN (SELECT number FROM filled)"
    sums.scan(connection, theirs, -1)
    sets = ", ".join(f"{c} = {_better(c)}" for c in (*WORDS, *DAYS))
    count = connection.execute(text(f"UPDATE units SET {sets} FROM staged AS s WHERE s.mark = units.mark "
                                    "AND units.number IN (SELECT number FROM filled)")).rowcount
    sums.scan(connection, theirs)
    connection.execute(text("DROP TABLE filled"))
    return count


def _told(connection: Connection, row: Any) -> Iterator[tuple[str, Any]]:
    held = connection.execute(tables.units.select().where(tables.units.c.number == row["number"])).mappings().one()
    for column in (*WORDS, *DAYS):
        value = row[column]
        if column in DAYS and isinstance(value, str):
            value = date.fromisoformat(value)
        if value and (not held[column] or (column == "last_seen_on" and value > held[column])):
            yield column, value
    if row["origin"] == CLAIMED:
        yield "origin", SOLD


def _more(column: str) -> str:
    if column in WORDS:
        return f"(u.{column} = '' AND s.{column} <> '')"
    later = f" OR s.{column} > u.{column}" if column == "last_seen_on" else ""
    return f"(s.{column} IS NOT NULL AND (u.{column} IS NULL{later}))"


def _better(column: str) -> str:
    if column in WORDS:
        return f"CASE WHEN units.{column} = '' THEN s.{column} ELSE units.{column} END"
    if column == "last_seen_on":
        return (f"CASE WHEN units.{column} IS NULL OR s.{column} > units.{column} THEN s.{column} "
                f"ELSE units.{column} END")
    return f"COALESCE(units.{column}, s.{column})"


def _add(connection: Connection, first: int) -> None:
    columns = ", ".join((*WORDS, *DAYS))
    connection.execute(text(
        f"INSERT INTO units (number, mark, {columns}, origin, version) "
        f"SELECT :first - 1 + row_number() OVER (ORDER BY line), mark, {columns}, '{SOLD}', {UNLOGGED} FROM staged "
        "WHERE NOT EXISTS (SELECT 1 FROM units AS u WHERE u.mark = staged.mark)"), {"first": first})
    connection.execute(text("INSERT INTO vault (unit, serial) SELECT u.number, s.serial "
                            f"FROM {BOTH} WHERE u.number >= :first"), {"first": first})
