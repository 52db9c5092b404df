"""The whole log is read, then every row it speaks of, in the order of numbers and in bounded memory."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, select

from warrantor.desk import tables
from warrantor.desk.audit import ENTRY, GENESIS, Verified, seal
from warrantor.desk.guarded import ODD, Pair, Wrong, rows
from warrantor.desk.intact import counts_hold, guards_stand, units_hold
from warrantor.desk.plain import row_digest
from warrantor.desk.sealing import KIND
from warrantor.desk.seals import Row, Seals, both, compare
from warrantor.desk.sums import Sums

if TYPE_CHECKING:
    from warrantor.desk.store import Store

# No row of these is unlogged; units, which may be, are read by themselves.
WHOLE = ("claims", "events", "decisions", "costs", "proposals", "campaigns", "people", "vault_papers", "vault_words")
STEP = {"vault_papers": 1, "audit": 100}  # rows read at once, where thousands of them would not fit into memory
USUAL = 5_000


def read_all(store: Store, head: str | None) -> Verified:
    """Read the log and what it speaks of; see `audit.verify`."""
    wrong = Wrong()
    with store.reading() as connection:
        log = _Log(store.key, wrong, Seals(connection), Sums(store.key), head)
        log.seals.begin()
        for number, entry in _rows(connection, "audit", wrong):
            log.take(number, entry)
        if not log.seen:
            wrong.say(f"The entry {head} that was noted earlier is no longer in the log.")
        for name in WHOLE:
            for number, row, told in both(_rows(connection, name, wrong), log.seals.last(name)):
                compare(Row(name, number, row), told, partial(_digest, store.key, name), wrong)
        units_hold(connection, log.sums, log.seals.last("units"), wrong)
        counts_hold(connection, wrong)
        guards_stand(connection, wrong)
        log.seals.end()
    return Verified(log.count, f"{log.number}:{log.before}", tuple(wrong.told), wrong.more)


@dataclass(slots=True)
class _Log:
    """How far the log was read."""

    key: bytes
    wrong: Wrong
    seals: Seals
    sums: Sums
    head: str | None
    seen: bool = field(init=False)
    count: int = 0
    number: int = 0
    before: str = GENESIS
    sealing: bool = False  # the last entry sealed what an older program had left unsealed
    sealed: bool = False  # there is an entry of a program that leaves nothing unsealed

    def __post_init__(self) -> None:
        self.seen = self.head in (None, f"0:{GENESIS}")  # nothing comes before the first entry

    def take(self, number: int, entry: Any) -> None:
        """Take the next entry; None: it cannot be read, which was said."""
        self._lacking(self.number + 1, number - 1)
        self.count += 1
        before, self.number, self.before = self.before, number, ""
        if entry is None:
            return
        self.before = entry.hash
        if entry.before != before:
            self.wrong.say(f"Entry {number} does not follow the one before it.")
        if not self._holds(entry._mapping):  # noqa: SLF001  SQLAlchemy's public name
            self.wrong.say(f"Entry {number} is not what was sealed.")
            return
        self.seen = self.seen or f"{number}:{entry.hash}" == self.head
        try:
            self._tells(number, entry.kind, entry.body)
        except ODD as error:
            self.wrong.say(f"Entry {number} speaks of rows as this program does not read: {type(error).__name__}.")

    def _lacking(self, first: int, last: int) -> None:
        if first < last:
            self.wrong.say(f"Entries {first} to {last} are lacking.")
        elif first == last:
            self.wrong.say(f"Entry {first} is lacking.")
        elif first > last + 1:
            self.wrong.say(f"Entry {last + 1} stands before the first one.")

    def _holds(self, entry: Mapping[Any, Any]) -> bool:
        """Whether an entry is as it was sealed; what cannot even be sealed is not."""
        try:
            told = seal(self.key, entry["before"], {name: entry[name] for name in ENTRY})
            return hmac.compare_digest(entry["hash"].encode(), told.encode())
        except ODD:
            return False

    def _tells(self, number: int, kind: str, body: Mapping[str, Any]) -> None:
        """Keep what an entry says of rows; its seal holds, so that it is the desk's own word."""
        if kind == KIND and self.sealed and not self.sealing:
            self.wrong.say(f"Entry {number} seals anew what was sealed already: what was changed before it is hidden.")
        self.sealing = kind == KIND
        self.sealed = self.sealed or self.sealing or "blocks" in body
        self.sums.plus(body.get("blocks", {}))
        for table, row, found, _, *counted in body.get("rows", ()):
            if table not in WHOLE and table != "units":
                self.wrong.say(f"Entry {number} speaks of a table {table} that this program does not know.")
                continue
            self.seals.keep(table, row, found, number)
            for once in counted:
                self.sums.add(row, -int(once, 16))


def _rows(connection: Connection, name: str, wrong: Wrong) -> Iterator[Pair]:
    table = tables.METADATA.tables[name]
    asked = select(table).where(table.c.number > bindparam("after")).order_by(table.c.number).limit(bindparam("limit"))
    return rows(connection, name, asked, wrong, STEP.get(name, USUAL))


def _digest(key: bytes, name: str, row: Any) -> str:
    return row_digest(key, name, dict(row._mapping))  # noqa: SLF001  SQLAlchemy's public name
