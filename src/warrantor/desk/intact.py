"""What must hold beside the rows that the log names: units and their serials, counts, and the database's own guards."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from sqlalchemy import Connection, Index, func, inspect, select, text

from warrantor.desk import tables
from warrantor.desk.guarded import ODD, Wrong, rows
from warrantor.desk.plain import row_digest
from warrantor.desk.seals import GONE, Row, Seal, both, compare
from warrantor.desk.sums import BLOCK, NAMES, WHOLE, Sums, columns
from warrantor.desk.vault import mark, older_mark

_STEP = 10_000
_REFUSES = "rows of {0} are only ever added"


def units_hold(connection: Connection, told: Sums, seals: Iterator[tuple[int, Seal]], wrong: Wrong) -> None:
    """Read every unit once: one that the log names is as it says, the others add up, and each has its own serial.

    Parameters
    ----------
    connection : Connection
        A reading transaction.
    told : Sums
        What the log says that the units add up to which it does not name.
    seals : iterator
        Of the units that it names, by number.
    wrong : Wrong
        Grows.
    """
    # the vault is bounded too: a merge of both would else begin at its first serial for every page
    asked = text(f"SELECT {columns(connection)}, v.serial FROM units AS u LEFT JOIN vault AS v ON v.unit = u.number "
                 "AND v.unit > :after WHERE u.number > :after ORDER BY u.number LIMIT :limit")
    found, serials, named = Sums(told.key), 0, partial(_named, told.key)
    for number, row, last in both(rows(connection, "units", asked, wrong, _STEP), seals):
        if row is not GONE and row is not None:
            serials += row.serial is not None
            _own(told.key, row, wrong)
        if last is None:
            _count(found, row, wrong)
        else:
            compare(Row("units", number, row), last, named, wrong)
    _add_up(told, found, wrong)
    more = connection.execute(select(func.count()).select_from(tables.vault)).scalar_one() - serials
    if more:
        wrong.say(f"Serials of no unit in the vault: {more}.")


def _own(key: bytes, row: Any, wrong: Wrong) -> None:
    """Say where a unit's mark is not that of its serial: of an erased one there is neither."""
    try:
        held = {None} if row.serial is None else {mark(key, row.serial), older_mark(key, row.serial) or b""}
        same = (None if row.mark is None else bytes(row.mark)) in held
    except ODD:
        same = False
    if not same:
        wrong.say(f"The serial of unit {row.number} in the vault is not the one it was registered with.")


def _count(found: Sums, row: Any, wrong: Wrong) -> None:
    if row is None:
        return
    try:
        found.add(row.number, found.digest(row[:-1]))
    except ODD as error:
        wrong.say(f"Row {row.number} of units holds what the desk never writes: {type(error).__name__}.")


def _named(key: bytes, row: Any) -> str:
    return row_digest(key, "units", dict(zip(NAMES, row[:-1], strict=True)))


def _add_up(told: Sums, found: Sums, wrong: Wrong) -> None:
    for block in sorted({*told.blocks, *found.blocks}):
        if (told.blocks.get(block, 0) - found.blocks.get(block, 0)) % WHOLE:
            wrong.say(f"Of the units {max(1, block * BLOCK)} to {(block + 1) * BLOCK - 1} one or more were changed, "
                      "added or taken away past the desk.")


def counts_hold(connection: Connection, wrong: Wrong) -> None:
    """Count the claims of each part of the queue, and compare with what was kept."""
    held = tables.claims.c.held != ""
    place = (tables.claims.c.centre, tables.claims.c.bucket, held)
    asked = select(*place, func.count()).group_by(*place)
    there = {(row[0], row[1], bool(row[2])): row[3] for row in connection.execute(asked)}
    kept = {(row[0], row[1], bool(row[2])): row[3] for row in connection.execute(text(
        "SELECT centre, bucket, held, claims FROM counts WHERE claims <> 0"))}
    for one in sorted({*there, *kept}, key=str):
        if there.get(one, 0) != kept.get(one, 0):
            wrong.say(f"Counted are {kept.get(one, 0)} claims for {'/'.join(map(str, one[:2]))}"
                      f"{', held' if one[2] else ''}; there are {there.get(one, 0)}.")


def guards_stand(connection: Connection, wrong: Wrong) -> None:
    """Say which guard of the database is gone: what refuses changes, and what keeps open claims and names single."""
    ask = _triggers if connection.dialect.name == "sqlite" else _triggers_of_postgres
    found, wanted = ask(connection), _wanted(connection)
    for name in sorted({*found, *wanted}):
        if name not in wanted:
            wrong.say(f"The database has a trigger {name} that the desk did not make.")
        elif found.get(name) != wanted[name]:
            wrong.say(f"The trigger {name} that refuses changes is gone from the database, or changed.")
    for table in tables.METADATA.sorted_tables:
        unique = {str(i.name): i for i in table.indexes if i.unique}
        held = {i["name"]: i for i in inspect(connection).get_indexes(table.name)} if unique else {}
        for single, index in unique.items():
            if not _stands(index, held.get(single), connection.dialect.name):
                wrong.say(f"The index {single} that keeps rows single is gone from the database, or changed.")


def _stands(wanted: Index, found: Any, dialect: str) -> bool:
    if found is None or not found["unique"] or found["column_names"] != [c.name for c in wanted.columns]:
        return False
    where = (wanted.dialect_options[dialect].get("where"), found.get("dialect_options", {}).get(f"{dialect}_where"))
    one, other = ("" if w is None else str(w).replace("::text", "").strip("()") for w in where)
    return one == other


def _wanted(connection: Connection) -> dict[str, str]:
    sqlite = connection.dialect.name == "sqlite"
    body = (f"BEGIN SELECT RAISE(ABORT, '{_REFUSES}'); END" if sqlite else
            "FOR EACH ROW EXECUTE FUNCTION added_only() BEGIN RAISE EXCEPTION '" + _REFUSES.format("%")
            + "', TG_TABLE_NAME; END")
    return {f"{table}_no_{what.lower()}": f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table} "
            + body.format(table) for table in tables.ADDED_ONLY for what in ("UPDATE", "DELETE")}


def _triggers(connection: Connection) -> dict[str, str]:
    """Return what each trigger was made with."""
    asked = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    return {row.name: row.sql for row in connection.execute(asked)}


def _triggers_of_postgres(connection: Connection) -> dict[str, str]:
    """Return what each trigger that is switched on was made with, and what its function does."""
    asked = text("SELECT t.tgname AS name, pg_get_triggerdef(t.oid, TRUE) || ' ' || btrim(p.prosrc) AS sql "
                 "FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_proc AS p ON p.oid = t.tgfoid "
                 "WHERE NOT t.tgisinternal AND t.tgenabled::text IN ('O', 'A') "
                 "AND c.relnamespace = current_schema()::regnamespace")
    return {row.name: row.sql for row in connection.execute(asked)}
