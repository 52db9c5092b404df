"""Which physical line a record begins on; looked up only when there is something to say about it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from warrantor.engine.source import header_of


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
    mark, _ = header_of(source)
    with Path(source).open(encoding="utf-8-sig", newline="", errors="replace") as lines:
        reader = csv.reader(lines, delimiter=mark)
        before, number = 0, -2
        for record in reader:
            number += bool(record)  # an empty line is no record; the header is number -1
            if record and number in wanted:
                found[number] = before + 1
                if len(found) == len(wanted):
                    break
            before = reader.line_num
    return [found.get(row) for row in rows]
