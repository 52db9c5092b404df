"""Files and frames as tables of text whose records keep their numbers."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from warrantor.engine import Engine, EngineError
from warrantor.engine.source import files_of, header_of, quoted
from warrantor.finding import Finding, Findings
from warrantor.records.lines import records_in
from warrantor.records.rules import RULES
from warrantor.tally import Ints

Bad = tuple[int | None, str | None, str | None, str]


@dataclass(frozen=True, slots=True)
class Source:
    """A source that the engine holds as text, one row a record.

    Attributes
    ----------
    name : str
        As the user named it.
    path : Path or None
        Where its files are; None for a frame.
    columns : tuple of str
        The user's own.
    records : int
        Records in it, read or not.
    bad : tuple
        Records that could not be read: number, column, value, rule.
    lacking : tuple
        File and column, where one of many files has not the columns of the others.
    """

    name: str
    path: Path | None = None
    columns: tuple[str, ...] = ()
    records: int = 0
    bad: tuple[Bad, ...] = ()
    lacking: tuple[tuple[str, str], ...] = ()


def hold(engine: Engine, name: str, source: Any, scratch: Path) -> Source:
    """Give the engine a source as the table `name`: a column `row__`, the number of the record, and the user's own.

    Parameters
    ----------
    engine : Engine
        Holds the table afterwards.
    name : str
        Of the table.
    source : path or frame
        CSV or Parquet by file, folder or glob; or a frame.
    scratch : Path
        Folder for what is staged.

    Raises
    ------
    Findings
        A file is empty, its header cannot be read, or two of its columns have one name.
    """
    if not isinstance(source, (str, Path)):
        from warrantor.records.frames import as_arrow

        engine.add(f"{name}_raw", as_arrow(source))
        return _staged(engine, name, Source(f"the {name} frame"), scratch)
    path = Path(source).expanduser()
    files, kind = files_of(path)
    if kind == "parquet":
        engine.add(f"{name}_raw", path)
        return _staged(engine, name, Source(str(source), path), scratch)
    check_headers(source)
    one = len(files) == 1
    parts = [_file(engine, name if one else f"{name}_{i}", str(source) if one else file, file, scratch)
             for i, file in enumerate(files)]
    return parts[0] if one else _joined(engine, name, Source(str(source), path), parts, scratch)


def whole_file(name: str, rule: str, column: str | None = None) -> Finding:
    """Return a finding that concerns a file, or one of its columns, as a whole."""
    told = RULES[rule]
    return Finding(name, 1 if column is not None else None, column, None, rule, told.why, told.what_to_do)


def check_headers(source: str | Path) -> None:
    """Find CSV files that are empty, or whose first line names no columns, or one twice.

    Raises
    ------
    Findings
    """
    files, kind = files_of(source)
    found = [f for file in files if kind == "csv" for f in _header(str(source) if len(files) == 1 else file, file)]
    if found:
        raise Findings(found)


def unread(source: Any) -> list[Finding]:
    """Return the records of CSV files that no reader can take: not as many fields as the header, or no UTF-8."""
    if not isinstance(source, (str, Path)):
        return []
    files, kind = files_of(source)
    found = []
    for file in files if kind == "csv" else []:
        shown, header = str(source) if len(files) == 1 else file, header_of(file)[1]
        for line, record in records_in(file, "surrogateescape"):
            fault = _fault(record, header)
            if fault is not None:
                column, cell, rule = fault
                found.append(Finding(shown, line, column, cell, rule, RULES[rule].why, RULES[rule].what_to_do))
    return found


def readable(engine: Engine, name: str, source: Any) -> str:
    """Give the engine a source as it stands, under a name; return what the source is called.

    Raises
    ------
    Findings
        A header cannot be read.
    """
    if isinstance(source, (str, Path)):
        check_headers(source)
        engine.add(name, source)
        return str(source)
    from warrantor.records.frames import as_arrow

    engine.add(name, as_arrow(source))
    return "the frame"


@contextmanager
def telling(source: Any) -> Iterator[None]:
    """Where the engine refuses the source, find the records that nobody can read.

    Raises
    ------
    Findings
        There are some.
    """
    try:
        yield
    except EngineError:
        found = unread(source)
        if found:
            raise Findings(found) from None
        raise


def _header(shown: str, file: str) -> list[Finding]:
    with (gzip.open(file, "rb") if file.lower().endswith(".gz") else Path(file).open("rb")) as raw:
        head = raw.readline()
    if head in (b"", b"\xef\xbb\xbf"):
        return [whole_file(shown, "empty-file")]
    try:
        text = head.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        text = ""
    if not text.strip() or "\r" in text or "\0" in text or text.count('"') % 2:
        return [whole_file(shown, "header-unread")]
    _, names = header_of(file)
    low = [n.lower() for n in names]  # the engine does not tell Serial from serial
    return ([whole_file(shown, "column-twice", n) for i, n in enumerate(names) if low.index(n.lower()) < i]
            + [whole_file(shown, "header-unread", n) for n in names if '"' in n or "`" in n])


def _file(engine: Engine, name: str, shown: str, file: str, scratch: Path) -> Source:
    """Hold one CSV file; where the engine refuses it, hold the records that can be read."""
    read = Source(shown, Path(file))
    try:
        engine.add(f"{name}_raw", file)
        return _staged(engine, name, read, scratch)
    except EngineError:
        return _mended(engine, name, read, scratch)


def _joined(engine: Engine, name: str, read: Source, parts: list[Source], scratch: Path) -> Source:
    """Hold many files as one table, columns by name, records numbered from one file to the next."""
    columns = tuple(dict.fromkeys(c for part in parts for c in part.columns))
    selects, bad, first = [], list[Bad](), 0
    for i, part in enumerate(parts):
        texts = ", ".join(quoted(c) if c in part.columns else f"CAST(NULL AS VARCHAR) AS {quoted(c)}" for c in columns)
        selects.append(f"SELECT row__ + {first} AS row__, {texts} FROM {name}_{i}")
        bad += [((number or 0) + first, *what) for number, *what in part.bad]  # type: ignore[misc]
        first += part.records
    engine.write(" UNION ALL ".join(selects), scratch / f"{name}_raw.parquet")
    engine.add(name, scratch / f"{name}_raw.parquet")
    lacking = tuple((p.name, c) for p in parts for c in columns if c not in p.columns)
    return replace(read, columns=columns, records=first, bad=tuple(bad), lacking=lacking)


def _staged(engine: Engine, name: str, read: Source, scratch: Path, kept: Ints | None = None) -> Source:
    """Write the table once as Parquet, records numbered in the order of the file; complete what is known of it."""
    columns = engine.sql(f"SELECT * FROM {name}_raw LIMIT 0").column_names
    texts = ", ".join(f"CAST({quoted(c)} AS VARCHAR) AS {quoted(c)}" for c in columns)
    numbered = f"SELECT CAST(row_number() OVER () - 1 AS BIGINT) AS row__, {texts} FROM {name}_raw"
    if kept is not None:
        import pyarrow as pa

        engine.add("kept__", pa.table({"at__": np.arange(len(kept)), "number__": kept}))
        numbered = (f"SELECT k.number__ AS row__, t.* EXCLUDE (row__) FROM ({numbered}) AS t "
                    "JOIN kept__ AS k ON k.at__ = t.row__")
    engine.write(numbered, scratch / f"{name}_raw.parquet")
    engine.add(name, scratch / f"{name}_raw.parquet")
    records = engine.sql(f"SELECT count(*) AS n FROM {name}")["n"][0].as_py() + len(read.bad)
    return replace(read, columns=tuple(columns), records=records)


def _mended(engine: Engine, name: str, read: Source, scratch: Path) -> Source:
    """Go through a CSV file that the engine refused; set aside the records that no reader can take."""
    mark, header = header_of(read.path or "")
    bad: list[Bad] = []
    kept: list[int] = []
    clean = scratch / f"{name}_clean.csv"
    with clean.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter=mark)
        writer.writerow(header)
        for number, (_, record) in enumerate(records_in(read.path or "", "surrogateescape")):
            fault = _fault(record, header)
            if fault is None:
                writer.writerow(record)
                kept.append(number)
            else:
                bad.append((number, *fault))
    engine.add(f"{name}_raw", clean)
    return _staged(engine, name, replace(read, bad=tuple(bad)), scratch, np.array(kept, np.int64))


def _fault(record: list[str], header: list[str]) -> tuple[str | None, str, str] | None:
    for column, cell in zip(header, record, strict=False):
        if any("\udc80" <= sign <= "\udcff" for sign in cell):
            return column, cell.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"), "not-utf8"
    if len(record) != len(header):
        return None, f"{len(record)} fields, {len(header)} columns", "ragged-row"
    return None
