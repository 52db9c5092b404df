"""Registrations by the million: what was empty is filled, what differs is a finding, and claims go on meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from warrantor.desk import linking, merging, staging, tables
from warrantor.desk.copying import chunks, copy_in
from warrantor.desk.merging import Merged, merge, next_number
from warrantor.desk.refusals import NotAllowedError
from warrantor.desk.staging import Stage, twice
from warrantor.desk.sums import UNLOGGED, Sums
from warrantor.desk.unit_file import MOST_FOUND, ROW, UnitFile
from warrantor.desk.units import DAYS, SOLD, WORDS
from warrantor.desk.writing import Writing
from warrantor.finding import Finding, Findings

if TYPE_CHECKING:
    from pathlib import Path

    from warrantor.desk.actor import Actor
    from warrantor.desk.store import Store

COLUMNS = ("number", "mark", *WORDS, *DAYS, "origin", "version")
VALUES = slice(2, 2 + len(WORDS) + len(DAYS))  # of a row of the file
LINE, OTHER = ROW.index("line"), ROW.index("other")
MARK = next(i for i in tables.units.indexes if i.name == "uq_units_mark")
ENOUGH = 1000  # entries of an index that SQLite reads to know its shape


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did.

    Attributes
    ----------
    new, filled : int
        Units registered, and units of which something more is known now.
    chained : int
        Units that now stand for another.
    left_out : int
        Rows with a finding, where the good ones were asked for; or whose unit somebody changed during the import.
    erased : int
        Rows left out because their serial was erased here.
    findings, notes : tuple of Finding
        What is wrong, and what is worth saying; the first thousand of each.
    """

    new: int
    filled: int
    chained: int
    left_out: int
    erased: int
    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {"schema": "warrantor.import/1", "new": self.new, "filled": self.filled, "chained": self.chained,
                "left_out": self.left_out, "erased": self.erased, "findings": [f.to_dict() for f in self.findings],
                "notes": [f.to_dict() for f in self.notes]}


def import_units(store: Store, actor: Actor, path: Path, *, accept_good: bool = False) -> Imported:
    """Register the units of a file, all of them or none.

    A serial the desk knows already is no second unit: what was not known of it is filled in, the later of two
    last_seen_on is kept, and any other difference is a finding. A large file goes in by turns, between which claims
    are opened; where it is cut short, the same file sent again does the rest.

    Parameters
    ----------
    store : Store
        The desk.
    actor : Actor
        An admin, or the machine.
    path : Path
        CSV with the columns of units; docs/records.md lists them.
    accept_good : bool
        Leave rows with a finding out, and register the others.

    Raises
    ------
    NotAllowedError
        By anybody else.
    Findings
        Something is wrong with the file, and nothing was registered.
    """
    if actor.role not in ("admin", "machine"):
        raise NotAllowedError("Only an admin registers units from a file.")
    file = UnitFile(path, store.key, store.guarantees)
    with store.keeping() as connection:
        with connection.begin():
            empty = next_number(connection) == 1
        done = _filled(store, actor, file, connection, accept_good=accept_good) if empty else None
        if done is None:
            done = merge(store, actor, file, connection, accept_good=accept_good)
    if done.new:
        _analysed(store)
    found = file.in_order()
    return Imported(done.new, done.filled, done.chained, len(file.found) + file.more, file.erased, tuple(found),
                    tuple(file.notes))


def _analysed(store: Store) -> None:
    """Let the database look at what it now holds, so that it goes on finding by index."""
    with store.turn() if store.sqlite else store.engine.begin() as connection:  # a server looks without a turn
        if store.sqlite:
            connection.execute(text(f"PRAGMA analysis_limit={ENOUGH}"))
        connection.execute(text("ANALYZE units"))


def _filled(
    store: Store, actor: Actor, file: UnitFile, connection: Connection, *, accept_good: bool
) -> Merged | None:
    """Fill an empty desk in one turn; None where somebody registered a unit since it was seen to be empty."""
    with store.turn(connection):
        if next_number(connection) != 1:
            return None
        writing = Writing(connection, store.key, store.clock(), actor, "import", file.path.name)
        sums = Sums(store.key)
        done = _fresh(writing, file, sums)
        if file.found and not accept_good:
            raise Findings(file.in_order())
        writing.body = {"file": file.digest(), "first": 1, "new": done.new, "filled": 0, "chained": done.chained,
                        "left_out": len(file.found) + file.more, "blocks": sums.told()}
        writing.log()
        return done


def _fresh(writing: Writing, file: UnitFile, sums: Sums) -> Merged:
    """Fill an empty desk: the index of marks is made after the rows, in one sorting."""
    connection = writing.connection
    staging.tables_of(connection)
    MARK.drop(connection)
    number = 1
    for part in chunks(file.rows()):
        numbered = list(enumerate(part, start=number))
        copy_in(connection, "units", COLUMNS, ((n, r[0], *r[VALUES], SOLD, UNLOGGED) for n, r in numbered))
        copy_in(connection, "vault", ("unit", "serial"), ((n, r[1]) for n, r in numbered))
        linked = [(n, r) for n, r in numbered if r[OTHER] is not None]
        copy_in(connection, "staged", ROW, (r for _, r in linked))
        copy_in(connection, "links", ("line", "id"), ((r[LINE], n) for n, r in linked))
        sums.register(number, ((r[0], *r[VALUES]) for r in part))
        number += len(part)
    try:
        with connection.begin_nested():
            MARK.create(connection)
    except IntegrityError:
        _once(connection, file, sums)
        MARK.create(connection)
    return _chained(writing, Stage(connection, file), sums)


def _once(connection: Connection, file: UnitFile, sums: Sums) -> None:
    """Keep the first of the records that share a serial; say which the others are."""
    connection.execute(text(
        "INSERT INTO nodes (id) SELECT number FROM units JOIN (SELECT mark AS m, min(number) AS first FROM units "
        "GROUP BY mark HAVING count(*) > 1) AS d ON d.m = units.mark WHERE number > d.first"))
    again = "(SELECT id FROM nodes)"
    seen = {bytes(row[0]) for row in connection.execute(text(
        f"SELECT mark FROM units WHERE number IN {again} ORDER BY number LIMIT {MOST_FOUND}"))}
    sums.scan(connection, f"u.number IN {again}", -1)
    connection.execute(text(f"DELETE FROM vault WHERE unit IN {again}"))
    gone = connection.execute(text(f"DELETE FROM units WHERE number IN {again}")).rowcount
    once: set[bytes] = set()
    said = 0
    for row in UnitFile(file.path, file.key, file.guarantees).rows():
        if row[0] in once:
            file.say(Finding(str(file.path), row[LINE], *twice({"serial": row[1]})))
            said += 1
            if said == len(seen):
                break
        elif row[0] in seen:
            once.add(row[0])
    file.more += gone - said


def _chained(writing: Writing, stage: Stage, sums: Sums) -> Merged:
    """Take units in exchange out again, and put those back that are right, chained to what they stand for."""
    connection = writing.connection
    stage.run("DELETE FROM staged WHERE line IN "
              "(SELECT line FROM links WHERE id NOT IN (SELECT number FROM units))")
    sums.scan(connection, "u.number IN (SELECT id FROM links)", -1)
    stage.run("DELETE FROM vault WHERE unit IN (SELECT id FROM links)")
    stage.run("DELETE FROM units WHERE number IN (SELECT id FROM links)")
    stage.run("CREATE INDEX staged_mark ON staged (mark)")
    alone = int(stage.run("SELECT count(*) FROM units").scalar_one())
    linking.check(stage, None)
    first = next_number(connection)
    done = Merged(alone + merging.add(connection, stage), 0, linking.link(writing, stage))
    sums.scan(connection, "u.number >= :first", first=first)
    return done
