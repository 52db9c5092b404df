"""Units that came in by the million: their rows' digests, added up by blocks of numbers, whatever the order.

The log names a row that the desk wrote by itself. A registration of millions is one entry, and holds one sum for each
ten thousand numbers: who changes, adds or takes away a unit past the desk cannot make the sum come out again without
the key. A unit that the desk changes later leaves its block's sum (the entry says what it counted) and is named.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, text

from warrantor.desk.units import DAYS, SOLD, WORDS

BLOCK = 10_000  # numbers of a block: a registration of ten million is a thousand sums
WHOLE = 1 << 256  # sums are kept modulo this: a sum of hundreds of bits is not hit by chance or search
UNLOGGED = 0  # version of a unit that no entry of the log names by itself
NAMES = ("number", "mark", "origin", "version", "replaces", *WORDS, *DAYS)
_SIZE = 32  # bytes of a row's digest
_STEP = 10_000  # rows read at once


@dataclass(slots=True)
class Sums:
    """Sums of digests by block.

    Attributes
    ----------
    key : bytes
        The desk's.
    blocks : dict
        Block -> sum; block 3 has the numbers from 30,000 on.

    Examples
    --------
    >>> one, other = Sums(b"k"), Sums(b"k")
    >>> one.add(7, 5); one.add(10_007, 6); other.add(10_007, 6); other.add(7, 8); other.add(7, -3)
    >>> one.told() == other.told(), sorted(one.told())
    (True, ['0', '1'])
    """

    key: bytes = field(repr=False)
    blocks: dict[int, int] = field(default_factory=dict)
    _own: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._own = hmac.digest(self.key, b"units", "sha256")

    def digest(self, row: Sequence[Any]) -> int:
        """Return the digest of a row whose values are those of `NAMES`, days as text.

        No text of the desk holds the character between the values, so that two rows are two texts.
        """
        number, mark, origin, version, replaces, *rest = row
        told = (str(number), "" if mark is None else mark.hex(), origin, str(version),
                "" if replaces is None else str(replaces), *[value or "" for value in rest])
        return int.from_bytes(blake2b("\0".join(told).encode(), key=self._own, digest_size=_SIZE).digest(), "big")

    def add(self, number: int, digest: int) -> None:
        """Add a digest to the sum of its number's block; a negative one is taken away."""
        block = number // BLOCK
        self.blocks[block] = (self.blocks.get(block, 0) + digest) % WHOLE

    def register(self, first: int, rows: Iterable[Sequence[Any]]) -> None:
        """Add units just copied in, one number after another: mark, serial, WORDS, DAYS and line of each."""
        key, blocks = self._own, self.blocks
        for number, row in enumerate(rows, start=first):
            told = f"{number}\0{row[0].hex()}\0{SOLD}\0{UNLOGGED}\0\0" + "\0".join([v or "" for v in row[2:-1]])
            found = int.from_bytes(blake2b(told.encode(), key=key, digest_size=_SIZE).digest(), "big")
            block = number // BLOCK
            blocks[block] = blocks.get(block, 0) + found

    def scan(self, connection: Connection, where: str, sign: int = 1, **values: Any) -> None:
        """Add the rows of units for which a condition holds; with -1, take them away."""
        asked = text(f"SELECT {columns(connection)} FROM units AS u WHERE {where}")
        with connection.execute(asked, values, execution_options={"yield_per": _STEP}) as found:
            for row in found:
                self.add(row[0], sign * self.digest(row))

    def plus(self, told: Mapping[str, str]) -> None:
        """Add what `told` returned."""
        for block, found in told.items():
            self.add(int(block) * BLOCK, int(found, 16))

    def told(self) -> dict[str, str]:
        """Return the sums as the log keeps them."""
        return {str(block): f"{found % WHOLE:x}" for block, found in sorted(self.blocks.items())}


def columns(connection: Connection) -> str:
    """Return the columns of `NAMES` of units AS u, days as text; text that is no day but empty is told apart from none.

    Examples
    --------
    >>> from sqlalchemy import create_engine
    >>> with create_engine("sqlite://").connect() as connection:
    ...     columns(connection)[:70]
    'u.number, u.mark, u.origin, u.version, u.replaces, u.product, u.brand,'
    """
    day = "CASE u.{0} WHEN '' THEN '?' ELSE u.{0} END"
    if connection.dialect.name != "sqlite":
        day = "to_char(u.{0}, 'YYYY-MM-DD')"
    return ", ".join([*(f"u.{name}" for name in NAMES[:-len(DAYS)]), *(day.format(name) for name in DAYS)])


def of_row(key: bytes, row: Mapping[str, Any]) -> str:
    """Return what a unit counted in its block, as the log keeps it: it is named by itself from now on."""
    return f"{Sums(key).digest(tuple(_plain(row))):x}"


def _plain(row: Mapping[str, Any]) -> Iterator[Any]:
    for name in NAMES:
        value = row[name]
        yield value.isoformat() if name in DAYS and value is not None else value
