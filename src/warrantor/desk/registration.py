"""Registrations by the million: one transaction, copied in; what was empty is filled, what differs is a finding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import IntegrityError

from warrantor.desk import merging, tables
from warrantor.desk.copying import chunks, copy_in
from warrantor.desk.sums import UNLOGGED, Sums
from warrantor.desk.unit_file import MOST_FOUND, UnitFile
from warrantor.desk.units import DAYS, EXCHANGE, SOLD, WORDS, of_number
from warrantor.finding import Finding, Findings

if TYPE_CHECKING:
    from pathlib import Path

    from warrantor.desk.actor import Actor
    from warrantor.desk.store import Store
    from warrantor.desk.writing import Writing

COLUMNS = ("number", "mark", *WORDS, *DAYS, "origin", "version")
MARK = next(i for i in tables.units.indexes if i.unique)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did.

    Attributes
    ----------
    new, filled : int
        Units registered, and units of which something more is known now.
    left_out : int
        Rows with a finding, where the good ones were asked for.
    findings, notes : tuple of Finding
        What is wrong, and what is worth saying.
    """

    new: int
    filled: int
    left_out: int
    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {"schema": "warrantor.import/1", "new": self.new, "filled": self.filled, "left_out": self.left_out,
                "findings": [f.to_dict() for f in self.findings], "notes": [f.to_dict() for f in self.notes]}


def import_units(store: Store, actor: Actor, path: Path, *, accept_good: bool = False) -> Imported:
    """Register the units of a file, all of them or none.

    A serial the desk knows already is no second unit: what was not known of it is filled in, the later of two
    last_seen_on is kept, and any other difference is a finding.

    Parameters
    ----------
    store : Store
        The desk.
    actor : Actor
        Who.
    path : Path
        CSV with the columns of units; docs/records.md lists them.
    accept_good : bool
        Leave rows with a finding out, and register the others.

    Raises
    ------
    Findings
        Something is wrong with the file, and nothing was registered.
    """
    file = UnitFile(path, store.key, store.guarantees)
    with store.writing(actor, "import", path.name) as writing:
        first = _next(writing.connection)
        filled, sums = 0, Sums(store.key)
        if first == 1:
            _fresh(writing.connection, file, sums)
        else:
            filled = merging.merge(writing, file, first, sums)
        _chain(writing, file)
        if file.found and not accept_good:
            raise Findings(file.found)
        new = _count(writing.connection, first)
        left_out = len(file.found) + file.more
        writing.body = {"new": new, "filled": filled, "left_out": left_out, "first": first, "blocks": sums.told()}
    _analysed(store)
    return Imported(new, filled, left_out, tuple(file.found), tuple(file.notes))


def _next(connection: Connection) -> int:
    return 1 + int(connection.execute(select(func.coalesce(func.max(tables.units.c.number), 0))).scalar_one())


def _count(connection: Connection, first: int) -> int:
    asked = select(func.count()).select_from(tables.units).where(tables.units.c.number >= first)
    return int(connection.execute(asked).scalar_one())


def _analysed(store: Store) -> None:
    """Let the database look at what it now holds, so that it goes on finding by index."""
    with store.turn() as connection:
        connection.execute(text("ANALYZE units"))


def _fresh(connection: Connection, file: UnitFile, sums: Sums) -> None:
    """Fill an empty desk: the index of marks is made after the rows, in one sorting."""
    MARK.drop(connection)
    number = 1
    for part in chunks(file.rows()):
        numbered = list(enumerate(part, start=number))
        copy_in(connection, "units", COLUMNS, ((n, r[0], *r[2:-1], SOLD, UNLOGGED) for n, r in numbered))
        copy_in(connection, "vault", ("unit", "serial"), ((n, r[1]) for n, r in numbered))
        sums.register(number, part)
        number += len(part)
    try:
        with connection.begin_nested():
            MARK.create(connection)
    except IntegrityError:
        _once(connection, file, sums)
        MARK.create(connection)


def _once(connection: Connection, file: UnitFile, sums: Sums) -> None:
    """Keep the first of the records that share a serial; say which the others are."""
    twice = ("(SELECT number FROM units JOIN (SELECT mark AS m, min(number) AS first FROM units GROUP BY mark "
             "HAVING count(*) > 1) AS d ON d.m = units.mark WHERE number > d.first)")
    seen = {bytes(row[0]) for row in connection.execute(
        text(f"SELECT DISTINCT mark FROM units WHERE number IN {twice} LIMIT {MOST_FOUND}"))}
    sums.scan(connection, f"u.number IN {twice}", -1)
    connection.execute(text(f"DELETE FROM vault WHERE unit IN {twice}"))
    connection.execute(text(f"DELETE FROM units WHERE number IN {twice}"))
    once: set[bytes] = set()
    for row in UnitFile(file.path, file.key, file.guarantees).rows():
        if row[0] in once:
            file.say(merging.twice(file, row[-1], row[1]))
        elif row[0] in seen:
            once.add(row[0])


def _chain(writing: Writing, file: UnitFile) -> None:
    """Say of units given in exchange which they stand for; they have its guarantee where they name none."""
    for one, (other, line) in file.replaced.items():
        pair = dict(_found(writing.connection, (one, other)))
        if one not in pair:
            continue
        if other not in pair or pair[other] == pair[one]:
            file.say(Finding(str(file.path), line, "replaces", None, "replaces-unknown",
                             "No other unit has the serial that this one is said to replace.",
                             "Add the unit, or correct the serial."))
            continue
        unit, old = of_number(writing.connection, pair[one]), of_number(writing.connection, pair[other])
        if unit.replaces != old.number:
            told = {"replaces": old.number, "origin": EXCHANGE, "guarantee": unit.guarantee or old.guarantee}
            writing.change(tables.units, unit.number, told)


def _found(connection: Connection, marks: tuple[bytes, ...]) -> Iterator[tuple[bytes, int]]:
    asked = select(tables.units.c.mark, tables.units.c.number).where(tables.units.c.mark.in_(marks))
    for row in connection.execute(asked):
        yield bytes(row.mark), row.number
