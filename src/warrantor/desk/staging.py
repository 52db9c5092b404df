"""A file of units beside the desk's, in temporary tables: what is wrong with it is decided before anybody waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from warrantor.desk.copying import CHUNK, chunks, copy_in
from warrantor.desk.unit_file import MOST_FOUND, ROW, UnitFile
from warrantor.desk.units import CLAIMED, DAYS, WORDS
from warrantor.desk.vault import erased_mark, normal
from warrantor.finding import Finding

KEPT = tuple(c for c in (*WORDS, *DAYS) if c != "last_seen_on")  # a second word must not differ
Said = tuple[str, str | None, str, str, str]  # column, value, rule, why, what to do


@dataclass(frozen=True, slots=True)
class Stage:
    """Rows of a file in a temporary table.

    Attributes
    ----------
    connection : sqlalchemy.Connection
        Where the table is.
    file : UnitFile
        The file; its findings grow.
    name : str
        The table: staged, the whole file; part, what is being merged.
    """

    connection: Connection
    file: UnitFile
    name: str = "staged"

    @property
    def both(self) -> str:
        """The rows of units that the desk has, each beside its unit."""
        return f"{self.name} AS s JOIN units AS u ON u.mark = s.mark"

    def run(self, sql: str, **values: Any) -> Any:
        """Ask the database."""
        return self.connection.execute(text(sql), values)

    def leave_out(self, wrong: str | Iterable[tuple[int, str, str | None]], say: Callable[[Any], Said]) -> None:
        """Take rows out, all of them; say of the first what is wrong, and count the others.

        Parameters
        ----------
        wrong : str or iterable
            Their lines, the column and what the desk holds: a question that finds them, or the lines themselves.
        say : callable
            Row -> column, value, rule, why, what to do.
        """
        if isinstance(wrong, str):
            self.run(f"INSERT INTO wrong (line, what, held) {wrong}")
        else:
            copy_in(self.connection, "wrong", ("line", "what", "held"), wrong)
        shown = self.run(f"SELECT w.what, w.held, s.* FROM wrong AS w JOIN {self.name} AS s ON s.line = w.line "
                         f"ORDER BY s.line LIMIT {MOST_FOUND}").mappings().all()
        for row in shown:
            self.file.say(Finding(str(self.file.path), row["line"], *say(row)))
        gone = self.run(f"DELETE FROM {self.name} WHERE line IN (SELECT line FROM wrong)").rowcount
        self.file.more += gone - len(shown)
        self.run("DELETE FROM wrong")


def tables_of(connection: Connection) -> None:
    """Make the temporary tables; they end with the connection."""
    sqlite = connection.dialect.name == "sqlite"
    mark, number = ("BLOB", "INTEGER") if sqlite else ("BYTEA", "BIGINT")
    columns = {"line": f"{number} PRIMARY KEY", "mark": mark, "serial": "TEXT", "named": "INTEGER", "older": mark,
               "replaces": "TEXT", "other": mark, "other_older": mark, "depth": f"{number} DEFAULT 0",
               **dict.fromkeys(WORDS, "TEXT"), **dict.fromkeys(DAYS, "DATE")}
    told = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    for table in ("staged", "part"):
        connection.execute(text(f"CREATE TEMPORARY TABLE {table} ({told})"))
    for table, told in (
        ("changed", f"id {number} PRIMARY KEY"),
        ("wrong", f"line {number} PRIMARY KEY, what TEXT, held TEXT"),
        ("links", f"line {number} PRIMARY KEY, id {number}, over {number}, held {number}"),
        ("nodes", f"id {number} PRIMARY KEY, over {number}, dist {number}, given TEXT"),
    ):
        connection.execute(text(f"CREATE TEMPORARY TABLE {table} ({told})"))
    connection.execute(text("CREATE INDEX links_over ON links (over)"))


def stage(stage: Stage) -> None:
    """Read the file into its table, once each serial; who comes second in the file is left out."""
    copy_in(stage.connection, "staged", ROW, stage.file.rows())
    stage.run("CREATE INDEX staged_mark ON staged (mark)")
    stage.run("ANALYZE staged")
    stage.leave_out("SELECT line, 'serial', NULL FROM staged WHERE line > "
                    "(SELECT min(o.line) FROM staged AS o WHERE o.mark = staged.mark)", twice)


def twice(row: Any) -> Said:
    """Say that a serial stands in the file a second time."""
    return ("serial", row["serial"], "duplicate-serial",
            "This serial stands in an earlier record already; that one is kept.", "Take one of them out.")


def examine(stage: Stage) -> None:
    """Leave out what the desk forgot on purpose, and what contradicts it."""
    _as_it_was_marked(stage)
    forgotten(stage)
    agree(stage)


def _as_it_was_marked(stage: Stage) -> None:
    """Find units again whose 14 or 16 digits were once marked by the phone's fifteen: the serial itself decides."""
    asked = (f"SELECT s.line, s.serial, v.serial AS held FROM {stage.name} AS s JOIN units AS u ON u.mark = s.older "
             "JOIN vault AS v ON v.unit = u.number WHERE s.older IS NOT NULL "
             "AND NOT EXISTS (SELECT 1 FROM units AS x WHERE x.mark = s.mark)")
    same = [{"line": row.line} for row in stage.run(asked) if normal(row.serial) == normal(row.held)]
    if same:
        stage.connection.execute(text(f"UPDATE {stage.name} SET mark = older WHERE line = :line"), same)
    stage.run(f"UPDATE {stage.name} SET other = other_older WHERE other_older IS NOT NULL "
              "AND NOT EXISTS (SELECT 1 FROM units AS x WHERE x.mark = other) "
              f"AND NOT EXISTS (SELECT 1 FROM {stage.name} AS x WHERE x.mark = {stage.name}.other) "
              "AND EXISTS (SELECT 1 FROM units AS x WHERE x.mark = other_older)")


def forgotten(stage: Stage) -> None:
    """Leave out serials that were erased: the maker's file does not bring back what the desk was asked to forget."""
    erased = {bytes(row[0]) for row in stage.run("SELECT mark FROM vault_erased")}
    if not erased:
        return
    key = stage.file.key
    new = stage.run(f"SELECT line, serial FROM {stage.name} AS s WHERE NOT EXISTS "
                    "(SELECT 1 FROM units AS u WHERE u.mark = s.mark) ORDER BY line")
    lines = [row.line for row in new if erased_mark(key, row.serial) in erased]
    for line in lines:
        stage.file.note(line, "serial", "serial-erased",
                        "This serial was erased at the desk; the record is left out.",
                        "Take it out of the file where it is not to be kept either.")
    stage.file.erased += len(lines)
    _without(stage, "DELETE FROM {table} WHERE line = :line", lines)
    gone = [row.line for row in stage.run(
        f"SELECT line, replaces FROM {stage.name} AS s WHERE other IS NOT NULL AND NOT EXISTS "
        "(SELECT 1 FROM units AS u WHERE u.mark = s.other)") if erased_mark(key, row.replaces) in erased]
    for line in gone:
        stage.file.note(line, "replaces", "replaced-erased",
                        "The unit that this one replaces was erased: this one stands for none by this file.",
                        "Nothing.")
    _without(stage, "UPDATE {table} SET other = NULL WHERE line = :line", gone)


def _without(stage: Stage, sql: str, lines: list[int]) -> None:
    for part in chunks(lines, CHUNK):
        stage.connection.execute(text(sql.format(table=stage.name)), [{"line": line} for line in part])


def agree(stage: Stage) -> None:
    """Leave out what contradicts the desk; a guarantee that was resolved, not named, says nothing."""
    tests = [(column, _differs(column)) for column in KEPT]
    which = " ".join(f"WHEN {test} THEN '{column}'" for column, test in tests)
    held = " ".join(f"WHEN {test} THEN CAST(u.{column} AS TEXT)" for column, test in tests)
    stage.leave_out(
        f"SELECT s.line, CASE {which} END, CASE {held} END FROM {stage.both} WHERE u.origin <> '{CLAIMED}' "
        f"AND ({' OR '.join(test for _, test in tests)})",
        lambda row: (row["what"], str(row[row["what"]]), "duplicate-serial",
                     f"The desk has this serial already, with {row['held']}.",
                     "Correct it here; what the desk has is changed by two persons, as evidence."))


def _differs(column: str) -> str:
    known = f"u.{column} <> '' AND s.{column} <> ''" if column in WORDS else f"u.{column} IS NOT NULL"
    named = " AND s.named = 1" if column == "guarantee" else ""
    return f"({known} AND s.{column} <> u.{column}{named})"


def day(value: Any) -> date | None:
    """Return a day as either database gives it."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def more(column: str) -> str:
    """Return the test that a row knows more of a column than its unit."""
    if column in WORDS:
        return f"(u.{column} = '' AND s.{column} <> '')"
    later = f" OR s.{column} > u.{column}" if column == "last_seen_on" else ""
    return f"(s.{column} IS NOT NULL AND (u.{column} IS NULL{later}))"


MORE = " OR ".join(more(column) for column in (*WORDS, *DAYS))


def settle(stage: Stage) -> None:
    """Leave out, of what is good, what says nothing new: the same file again is read, and written nowhere."""
    stage.run(f"DELETE FROM staged WHERE line IN (SELECT s.line FROM {stage.both} WHERE u.origin <> '{CLAIMED}' "
              f"AND (s.other IS NULL OR u.replaces IS NOT NULL) AND NOT ({MORE}))")


def parts(stage: Stage, size: int) -> Iterator[Stage]:
    """Yield the table `part` with the next rows, outside a transaction: units alone in the file's order, then chains.

    Parameters
    ----------
    stage : Stage
        The whole file.
    size : int
        Rows of a part.
    """
    part, last, taken = Stage(stage.connection, stage.file, "part"), -1, 0
    while found := _taken(part, f"other IS NULL AND line > {last} ORDER BY line LIMIT {size}"):
        last = found
        yield part
    while _taken(part, f"other IS NOT NULL ORDER BY depth, line LIMIT {size} OFFSET {taken}"):
        taken += size
        yield part


def _taken(part: Stage, which: str) -> int:
    """Fill the part; return its last line, 0 where nothing is left."""
    with part.connection.begin():
        part.run("DELETE FROM part")
        part.run(f"INSERT INTO part SELECT * FROM staged WHERE {which}")
        if part.connection.dialect.name != "sqlite":
            part.run("ANALYZE part")
        return int(part.run("SELECT COALESCE(max(line), 0) FROM part").scalar_one())
