"""Which physical line a record begins on; looked up only when there is something to say about it."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from warrantor.engine.source import files_of, header_of


def physical_lines(source: Any, rows: Sequence[int]) -> list[int | None]:
    r"""Return the physical line of each row's first character; the header is line 1, rows count from 0.

    Parameters
    ----------
    source : path or frame
        CSV by file, folder or glob; anything else has no lines.
    rows : sequence of int
        Row numbers, in any order; they run on from one file to the next.

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
    return [line for _, line in places(source, rows, "")]


def places(source: Any, rows: Sequence[int], name: str) -> list[tuple[str, int | None]]:
    """Return the file and physical line of each row; the name and None where there are no lines to count.

    Parameters
    ----------
    source : path or frame
        As the user gave it.
    rows : sequence of int
        Row numbers, as for `physical_lines`.
    name : str
        What the source is called where it is one file, or a frame.
    """
    files = _text_files(source) if rows else []
    wanted, found = set(rows), dict[int, tuple[str, int | None]]()
    records = ((name if len(files) == 1 else file, line) for file in files for line, _ in records_in(file))
    for number, place in enumerate(records):
        if number in wanted:
            found[number] = place
            if len(found) == len(wanted):
                break
    return [found.get(row, (name, None)) for row in rows]


def placed(why: str, row: int | None, line: int | None) -> str:
    """Return the reason, with the record's number where it has no line.

    Examples
    --------
    >>> placed("Two columns have this name.", 16, None)
    'Two columns have this name. It is record 17.'
    """
    return why if line is not None or row is None else f"{why} It is record {row + 1:,}."


def records_in(file: str | Path, errors: str = "replace") -> Iterator[tuple[int, list[str]]]:
    """Yield line and cells of every record of a CSV file but its header.

    An empty line is no record, unless a record is one cell. A cell may be of any length.
    """
    mark, names = header_of(file)
    csv.field_size_limit(2**31 - 1)
    opened = gzip.open if str(file).lower().endswith(".gz") else open
    with opened(file, "rt", encoding="utf-8-sig", newline="", errors=errors) as lines:
        reader = csv.reader(lines, delimiter=mark)
        before, header = 0, True
        for record in reader:
            if header:
                header = False
            elif record or len(names) == 1:
                yield before + 1, record or [""]
            before = reader.line_num


def _text_files(source: Any) -> list[str]:
    if not isinstance(source, (str, Path)):
        return []
    files, kind = files_of(source)
    return files if kind == "csv" else []
