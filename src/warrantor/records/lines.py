"""Which physical line a record begins on; looked up only when there is something to say about it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from warrantor.engine.source import header_of

if TYPE_CHECKING:
    from _csv import Reader as CsvReader


def physical_lines(source: Any, rows: Sequence[int]) -> list[int | None]:
    r"""Return the physical line of each row's first character; the header is line 1, rows count from 0.

    Parameters
    ----------
    source : path or frame
        A CSV file; anything else has no lines.
    rows : sequence of int
        Row numbers, in any order.

    Returns
    -------
    list of int or None

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.csv"
    >>> _ = path.write_text('x,y\n1,"two\nlines"\n2,b\n')
    >>> physical_lines(path, [1, 0])
    [4, 2]
    """
    if not isinstance(source, (str, Path)) or not str(source).endswith((".csv", ".txt", ".tsv")) or not rows:
        return [None] * len(rows)
    wanted = set(rows)
    found: dict[int, int] = {}
    mark, names = header_of(source)
    with Path(source).open(encoding="utf-8-sig", newline="", errors="replace") as lines:
        reader = records_of(lines, mark)
        before, number = 0, -2
        for record in reader:
            whole = bool(record) or len(names) == 1  # an empty line is no record, unless a record is one cell
            number += whole  # the header is number -1
            if whole and number in wanted:
                found[number] = before + 1
                if len(found) == len(wanted):
                    break
            before = reader.line_num
    return [found.get(row) for row in rows]


def records_of(lines: TextIO, mark: str) -> CsvReader:
    """Return the records of an open CSV file; a cell may be of any length."""
    csv.field_size_limit(2**31 - 1)
    return csv.reader(lines, delimiter=mark)
