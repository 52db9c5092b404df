"""The log: every entry seals the one before it, and says how each row it wrote became."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, func, select

from warrantor.desk import tables
from warrantor.desk.actor import Actor
from warrantor.desk.plain import canonical, plain, row_digest

if TYPE_CHECKING:
    from warrantor.desk.store import Store

SCHEMA = "warrantor.audit/1"
GENESIS = "0" * 64
WHOLE = ("claims", "events", "decisions", "costs", "proposals", "campaigns", "people",
         "vault_papers")  # no row of these is unlogged
STEP = {"vault_papers": 1}  # rows read at once, where ten thousand of them would not fit into memory


@dataclass(frozen=True, slots=True)
class Verified:
    """What a reading of the whole log found.

    Attributes
    ----------
    entries : int
        How many entries were read.
    head : str
        The last entry's number and seal, NUMBER:SEAL; written down elsewhere, it proves later that nothing was cut off.
    wrong : tuple of str
        What does not hold, one sentence each; empty: all holds.
    """

    entries: int
    head: str
    wrong: tuple[str, ...]

    @property
    def intact(self) -> bool:
        """Whether everything holds."""
        return not self.wrong

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as JSON has it."""
        return {"schema": SCHEMA, "entries": self.entries, "head": self.head, "intact": self.intact,
                "wrong": list(self.wrong)}


def append(
    connection: Connection, key: bytes, at: datetime, actor: Actor, *, kind: str, subject: str, body: Mapping[str, Any]
) -> int:
    """Add an entry whose seal is HMAC-SHA256(key, seal before + entry); return its number.

    The caller is the only writer. A seal cannot be made without the key, which is not in the database.
    """
    table = tables.audit
    last = connection.execute(select(table.c.number, table.c.hash).order_by(table.c.number.desc()).limit(1)).first()
    row = {"number": 1 if last is None else last.number + 1, "at": at, "person": actor.number, "role": actor.role,
           "kind": kind, "subject": subject, "body": plain(body)}
    before = GENESIS if last is None else last.hash
    connection.execute(table.insert(), {**row, "before": before, "hash": seal(key, before, row)})
    return int(row["number"])


def seal(key: bytes, before: str, row: Mapping[str, Any]) -> str:
    """Return the seal of an entry that follows another.

    Examples
    --------
    >>> seal(b"k", GENESIS, {"number": 1})[:8] == seal(b"k", GENESIS, {"number": 2})[:8]
    False
    """
    return hmac.digest(key, before.encode() + canonical(row), "sha256").hex()


def verify(store: Store, head: str | None = None) -> Verified:
    """Read the whole log and compare the rows of the desk with what it says of them.

    Parameters
    ----------
    store : Store
        The desk.
    head : str, optional
        A head written down earlier, NUMBER:SEAL; the log must still hold that entry.

    Returns
    -------
    Verified
        Entries changed, taken out, added or put elsewhere; rows changed, added or taken away past the desk.
    """
    with store.reading() as connection:
        wrong: list[str] = []
        rows: dict[tuple[str, int], tuple[str, int]] = {}
        before, count = GENESIS, 0
        noted = None if head is None else head.partition(":")
        seen = noted is None
        for count, entry in enumerate(_read(connection, tables.audit, wrong), start=1):
            told = {k: entry[k] for k in ("number", "at", "person", "role", "kind", "subject", "body")}
            wrong += _links(store.key, before, entry, told, count)
            seen = seen or (noted is not None and f"{entry['number']}:{entry['hash']}" == head)
            before = entry["hash"]
            for table, number, found, _ in entry["body"].get("rows", ()):
                rows[table, number] = found, entry["number"]
        if not seen:
            wrong.append(f"The entry {head} that was noted earlier is no longer in the log.")
        wrong += _rows(connection, store.key, rows, wrong)
    return Verified(count, f"{count}:{before}", tuple(wrong))


def _links(key: bytes, before: str, entry: Mapping[str, Any], told: Mapping[str, Any], count: int) -> list[str]:
    wrong = []
    if entry["number"] != count:
        wrong.append(f"Entry {count} is lacking; the next one is {entry['number']}.")
    if entry["before"] != before:
        wrong.append(f"Entry {entry['number']} does not follow the one before it.")
    elif not hmac.compare_digest(entry["hash"], seal(key, before, told)):
        wrong.append(f"Entry {entry['number']} is not what was sealed.")
    return wrong


def _read(connection: Connection, table: Table, wrong: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table in their order; a value that its column cannot hold ends them, and is said."""
    asked = select(table).order_by(table.c.number)
    with connection.execution_options(yield_per=STEP.get(table.name, 10_000)).execute(asked) as found:
        try:
            for row in found.mappings():
                yield dict(row)
        except (ValueError, TypeError, ArithmeticError) as error:
            wrong.append(f"A row of {table.name} holds what the desk never writes: {error}.")


def _rows(
    connection: Connection, key: bytes, told: dict[tuple[str, int], tuple[str, int]], wrong: list[str]
) -> list[str]:
    """Say which rows are not as the log has them; every row of some tables, of the others those that it names."""
    said = []
    for name in WHOLE:
        for row in _read(connection, tables.METADATA.tables[name], wrong):
            found, entry = told.pop((name, row["number"]), ("", 0))
            if found != row_digest(key, name, row):
                why = f"not as entry {entry} left it" if entry else "in no entry of the log"
                said.append(f"Row {row['number']} of {name} is {why}.")
    return said + list(_gone(connection, key, told))


def _gone(
    connection: Connection, key: bytes, told: Mapping[tuple[str, int], tuple[str, int]]
) -> Iterator[str]:
    for (name, number), (found, entry) in told.items():
        row_ = connection.execute(_one(tables.METADATA.tables[name], number)).mappings().one_or_none()
        if row_ is None:
            yield f"Row {number} of {name}, written by entry {entry}, is gone."
        elif row_digest(key, name, dict(row_)) != found:
            yield f"Row {number} of {name} is not as entry {entry} left it."


def _one(table: Table, number: int) -> Any:
    return select(table).where(table.c.number == number)


def page(store: Store, *, below: int | None = None, size: int = 50, subject: str = "", kind: str = "",
         person: int | None = None, since: date | None = None, until: date | None = None) -> list[dict[str, Any]]:
    """Return entries, the newest first.

    Parameters
    ----------
    store : Store
        The desk.
    below : int, optional
        Number of the last entry of the page before.
    size : int
        At most so many.
    subject, kind : str
        Of what, and what was done; any where empty.
    person : int, optional
        Who did it.
    since, until : date, optional
        First and last day, in UTC.
    """
    table = tables.audit
    asked = select(table).order_by(table.c.number.desc()).limit(size)
    for column, value in ((table.c.subject, subject), (table.c.kind, kind), (table.c.person, person)):
        if value:
            asked = asked.where(column == value)
    if since is not None:
        asked = asked.where(table.c.at >= datetime.combine(since, time(), UTC))
    if until is not None:
        asked = asked.where(table.c.at < datetime.combine(until + timedelta(days=1), time(), UTC))
    if below is not None:
        asked = asked.where(tables.audit.c.number < below)
    with store.reading() as connection:
        return [dict(row) for row in connection.execute(asked).mappings()]


def size_of(store: Store) -> int:
    """Return how many entries the log has."""
    with store.reading() as connection:
        return int(connection.execute(select(func.coalesce(func.max(tables.audit.c.number), 0))).scalar_one())
