"""Reading what somebody may have tampered with: a row that cannot be read is said, and the next one is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Executable, text
from sqlalchemy.exc import DBAPIError

MOST = 1000  # sentences that are kept; the others are counted
# What reading, decoding or sealing a value raises that the desk never wrote: no JSON, no day, no text, of another type.
ODD = (ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RecursionError)
UNREAD = (*ODD, DBAPIError)  # the same, where the driver finds it
FIRST = -(1 << 63)

Pair = tuple[int, Any]  # a row's number, and the row; None: it cannot be read


@dataclass(slots=True)
class Wrong:
    """What does not hold.

    Attributes
    ----------
    told : list of str
        A sentence each.
    more : int
        How many more there were than are kept.

    Examples
    --------
    >>> wrong = Wrong()
    >>> for i in range(1002): wrong.say(f"Row {i} is gone.")
    >>> len(wrong.told), wrong.more
    (1000, 2)
    """

    told: list[str] = field(default_factory=list)
    more: int = 0

    def say(self, sentence: str) -> None:
        """Keep a sentence, or count it where there are too many."""
        if len(self.told) < MOST:
            self.told.append(sentence)
        else:
            self.more += 1


def rows(connection: Connection, table: str, asked: Executable, wrong: Wrong, step: int) -> Iterator[Pair]:
    """Yield the rows of a table in the order of their numbers, the first value of each; so many are read at once.

    Parameters
    ----------
    connection : Connection
        A reading transaction.
    table : str
        Its name.
    asked : Executable
        Asks for the rows with numbers above `:after`, in their order, `:limit` of them; a row's number is its first
        value.
    wrong : Wrong
        Where a row that cannot be read is said.
    step : int
        Rows read at once.
    """
    after = FIRST
    while True:
        try:
            found: list[Pair] = [(row[0], row) for row in connection.execute(asked, {"after": after, "limit": step})]
        except UNREAD:
            found = list(_one_by_one(connection, table, asked, wrong, (after, step)))
        yield from found
        if len(found) < step:
            return
        after = found[-1][0]


def _one_by_one(
    connection: Connection, table: str, asked: Executable, wrong: Wrong, place: tuple[int, int]
) -> Iterator[Pair]:
    numbers = text(f"SELECT number FROM {table} WHERE number > :after ORDER BY number LIMIT :limit")
    for number in connection.execute(numbers, dict(zip(("after", "limit"), place, strict=True))).scalars().all():
        try:
            yield number, connection.execute(asked, {"after": number - 1, "limit": 1}).one()
        except UNREAD as error:
            wrong.say(f"Row {number} of {table} holds what the desk never writes: {type(error).__name__}.")
            yield number, None
