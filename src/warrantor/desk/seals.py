"""The last seal of every row that the log names: kept in a temporary table, since a million would fill the memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, text

from warrantor.desk.copying import copy_in
from warrantor.desk.guarded import ODD, Pair, Wrong

COLUMNS = ("tab", "number", "place", "entry", "digest")
GONE: Final = object()  # stands for a row that there is none of
_FULL, _STEP = 5_000, 10_000


class Seal(NamedTuple):
    """What the log says last of a row: by which entry, and its digest; an empty one: it is gone."""

    entry: int
    digest: str


@dataclass(slots=True)
class Seals:
    """Seals by table and number, for one reading of the log.

    Attributes
    ----------
    connection : Connection
        A reading transaction; both databases let one have a temporary table.
    names : dict
        Table -> its index.
    """

    connection: Connection
    names: dict[str, int] = field(default_factory=dict)
    _waiting: list[tuple[int, int, int, int, bytes]] = field(default_factory=list)
    _place: int = 0

    def begin(self) -> None:
        """Make the table."""
        blob, end = ("BLOB", "") if self.connection.dialect.name == "sqlite" else ("BYTEA", " ON COMMIT DROP")
        self.connection.execute(text("CREATE TEMPORARY TABLE seals (tab INTEGER, number BIGINT, place BIGINT, "
                                     f"entry BIGINT, digest {blob}){end}"))

    def keep(self, table: str, number: int, digest: str, entry: int) -> None:
        """Keep what an entry says of a row."""
        self._place += 1
        index = self.names.setdefault(table, len(self.names))
        self._waiting.append((index, number, self._place, entry, bytes.fromhex(digest)))
        if len(self._waiting) >= _FULL:
            self._write()

    def last(self, table: str) -> Iterator[tuple[int, Seal]]:
        """Yield the last seal of each row of a table, by number."""
        self._write()
        asked = text("SELECT number, entry, digest FROM seals WHERE tab = :tab ORDER BY number, place")
        with self.connection.execute(asked, {"tab": self.names.get(table, -1)},
                                     execution_options={"yield_per": _STEP}) as found:
            for number, same in groupby(found, key=_number):
                *_, row = same
                yield number, Seal(row[1], bytes(row[2]).hex())

    def end(self) -> None:
        """Drop the table."""
        self.connection.execute(text("DROP TABLE seals"))

    def _write(self) -> None:
        if self._waiting:
            copy_in(self.connection, "seals", COLUMNS, self._waiting)
            self._waiting.clear()


def both(rows: Iterator[Pair], seals: Iterator[tuple[int, Seal]]) -> Iterator[tuple[int, Any, Seal | None]]:
    """Yield number, row and seal of each, the two in one order: `GONE` for a row, None for a seal that there is not.

    Examples
    --------
    >>> [n for n, row, seal in both(iter([(1, "a"), (3, "c")]), iter([(2, Seal(9, "")), (3, Seal(9, ""))]))]
    [1, 2, 3]
    """
    row, told = next(rows, None), next(seals, None)
    while row is not None or told is not None:
        number = min(pair[0] for pair in (row, told) if pair is not None)
        found: Any = GONE
        seal: Seal | None = None
        if row is not None and row[0] == number:
            found, row = row[1], next(rows, None)
        if told is not None and told[0] == number:
            seal, told = told[1], next(seals, None)
        yield number, found, seal


class Row(NamedTuple):
    """A row of a table: its values, `GONE`, or None where they cannot be read."""

    table: str
    number: int
    values: Any


def compare(row: Row, told: Seal | None, digest: Callable[[Any], str], wrong: Wrong) -> None:
    """Say where a row is not as the log has it; of one that cannot be read that was said."""
    name = f"Row {row.number} of {row.table}"
    if row.values is GONE:
        if told is not None and told.digest:
            wrong.say(f"{name}, written by entry {told.entry}, is gone.")
    elif row.values is not None and told is None:
        wrong.say(f"{name} is in no entry of the log.")
    elif row.values is not None and told is not None:
        try:
            same = digest(row.values) == told.digest
        except ODD:
            same = False
        if not same:
            wrong.say(f"{name} is not as entry {told.entry} left it.")


def _number(row: Any) -> int:
    return int(row[0])
