"""A file of units beside those the desk has: new ones go in, what was empty is filled, in turns that claims share."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select, text

from warrantor.desk import linking, staging, starting, tables
from warrantor.desk.staging import MORE, Stage, day
from warrantor.desk.starting import Starts
from warrantor.desk.units import CLAIMED, DAYS, SOLD, WORDS
from warrantor.finding import Findings

if TYPE_CHECKING:
    from warrantor.desk.actor import Actor
    from warrantor.desk.store import Store
    from warrantor.desk.unit_file import UnitFile
    from warrantor.desk.writing import Writing

TURN = 10_000  # rows of one writing turn: others write between two of them
BREATH = 0.15  # seconds; who waits for SQLite looks again every tenth of one


@dataclass(slots=True)
class Merged:
    """What was done with the rows of a file.

    Attributes
    ----------
    new, filled, chained : int
        Units registered, units of which more is known now, and units that now stand for another.
    """

    new: int = 0
    filled: int = 0
    chained: int = 0

    def add(self, other: Merged) -> None:
        """Count what another part of the file did."""
        self.new += other.new
        self.filled += other.filled
        self.chained += other.chained


def merge(store: Store, actor: Actor, file: UnitFile, connection: Connection, *, accept_good: bool) -> Merged:
    """Merge a file into the desk's units.

    Everything is read and decided first, and nobody waits for that. Then rows go in by turns. What was changed in
    between by others is looked at in the turn itself: such rows are left out, with a finding.

    Parameters
    ----------
    store : Store
        The desk.
    actor : Actor
        Who.
    file : UnitFile
        The file; its findings grow.
    connection : sqlalchemy.Connection
        One that is kept: the file is in its temporary tables.
    accept_good : bool
        Leave rows with a finding out, and merge the others.

    Raises
    ------
    Findings
        Something was wrong with the file before the first turn, and nothing was written.
    """
    stage, name, asked = Stage(connection, file), file.path.name, Starts(store.guarantees)
    with connection.begin():
        staging.tables_of(connection)
        staging.stage(stage)
    with connection.begin():
        decide(stage, asked)
        if file.found and not accept_good:
            raise Findings(file.in_order())
        staging.settle(stage)
        rows = int(stage.run("SELECT count(*) FROM staged").scalar_one())
    told, done = {"file": file.digest(), "rows": rows}, Merged()
    if rows > TURN:
        with store.writing(actor, "import begun", name, kept=connection) as writing:
            writing.body = told
    for part in staging.parts(stage, TURN):
        with store.writing(actor, "import part" if rows > TURN else "import", name, kept=connection) as writing:
            first = next_number(connection)
            found = _turn(writing, part, asked)
            done.add(found)
            writing.body = told | _counts(found, file) | {"first": first}
        if rows > TURN and store.sqlite:
            time.sleep(BREATH)
    if rows > TURN or not rows:
        with store.writing(actor, "import finished" if rows else "import", name, kept=connection) as writing:
            writing.body = told | _counts(done, file)
    return done


def decide(stage: Stage, asked: Starts) -> None:
    """Leave out every row that cannot be merged."""
    staging.examine(stage)
    starting.keep(stage, asked)
    linking.check(stage, asked)


def _counts(found: Merged, file: UnitFile) -> dict[str, int]:
    return {"new": found.new, "filled": found.filled, "chained": found.chained,
            "left_out": len(file.found) + file.more, "erased": file.erased}


def _turn(writing: Writing, part: Stage, asked: Starts) -> Merged:
    decide(part, asked)
    filled = _fill(writing, part)
    new = add(writing.connection, part)
    return Merged(new, filled, linking.link(writing, part))


def next_number(connection: Connection) -> int:
    """Return the number that the next unit gets."""
    return 1 + int(connection.execute(select(func.coalesce(func.max(tables.units.c.number), 0))).scalar_one())


def _fill(writing: Writing, part: Stage) -> int:
    """Fill what was empty; units that the log names are changed one by one, so that it says so."""
    asked = (f"SELECT s.*, u.number FROM {part.both} WHERE u.version > 0 AND (u.origin = '{CLAIMED}' OR {MORE}) "
             "ORDER BY s.line")
    rows = part.run(asked).mappings().all()
    for row in rows:
        writing.change(tables.units, row["number"], dict(_told(writing.connection, part, row)))
    sets = ", ".join(f"{c} = {_better(c)}" for c in (*WORDS, *DAYS))
    mass = part.run(f"UPDATE units SET {sets} FROM {part.name} AS s WHERE s.mark = units.mark AND units.version = 0 "
                    f"AND ({MORE.replace('u.', 'units.')})")
    return len(rows) + int(mass.rowcount)


def _told(connection: Connection, part: Stage, row: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a row changes of its unit; of one that is known from a claim alone, all that it says."""
    held = connection.execute(tables.units.select().where(tables.units.c.number == row["number"])).mappings().one()
    claimed = held["origin"] == CLAIMED
    for column in (*WORDS, *DAYS):
        value, known = day(row[column]) if column in DAYS else row[column], held[column]
        if not value or value == known or (column == "guarantee" and known and not row["named"]):
            continue
        if claimed or not known or (column == "last_seen_on" and value > known):
            yield column, value
        if claimed and known:
            part.file.note(row["line"], column, "claimed-differs",
                           "Whoever opened a claim of this unit wrote another thing; the file's is kept.",
                           "Look at the claim again where it decides cover.")
    if claimed:
        yield "origin", SOLD


def _better(column: str) -> str:
    if column in WORDS:
        return f"CASE WHEN units.{column} = '' THEN s.{column} ELSE units.{column} END"
    if column == "last_seen_on":
        return (f"CASE WHEN units.{column} IS NULL OR s.{column} > units.{column} THEN s.{column} "
                f"ELSE units.{column} END")
    return f"COALESCE(units.{column}, s.{column})"


def add(connection: Connection, part: Stage) -> int:
    """Register the rows whose serial no unit has; return how many."""
    columns, first = ", ".join((*WORDS, *DAYS)), next_number(connection)
    new = connection.execute(text(
        f"INSERT INTO units (number, mark, {columns}, origin, version) "
        f"SELECT :first - 1 + row_number() OVER (ORDER BY line), mark, {columns}, '{SOLD}', 0 FROM {part.name} AS s "
        "WHERE NOT EXISTS (SELECT 1 FROM units AS u WHERE u.mark = s.mark)"), {"first": first}).rowcount
    connection.execute(text("INSERT INTO vault (unit, serial) SELECT u.number, s.serial "
                            f"FROM {part.both} WHERE u.number >= :first"), {"first": first})
    return int(new)
