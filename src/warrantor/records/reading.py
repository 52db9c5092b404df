"""Files and frames as tables of text whose records keep their numbers."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from warrantor.engine import Engine, EngineError
from warrantor.engine.source import header_of, quoted
from warrantor.finding import Finding, Findings
from warrantor.records.lines import records_of
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
    file : Path or None
        The one file behind it, where its lines can be counted.
    columns : tuple of str
        The user's own.
    records : int
        Records in it, read or not.
    bad : tuple
        Records that could not be read: number, column, value, rule.
    """

    name: str
    file: Path | None = None
    columns: tuple[str, ...] = ()
    records: int = 0
    bad: tuple[Bad, ...] = ()


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
        The file is empty, or two of its columns have one name.
    """
    if not isinstance(source, (str, Path)):
        from warrantor.records.frames import as_arrow

        engine.add(f"{name}_raw", as_arrow(source))
        return _staged(engine, name, Source(f"the {name} frame"), scratch)
    path = Path(source).expanduser()
    text = path.is_file() and not path.name.lower().endswith((".parquet", ".pq"))
    if text:
        _header(source, path)
    try:
        engine.add(f"{name}_raw", path)
        return _staged(engine, name, Source(str(source), path if text else None), scratch)
    except EngineError:
        if not text or path.name.lower().endswith(".gz"):
            raise
        return _mended(engine, name, source, scratch)


def whole_file(name: str, rule: str, column: str | None = None) -> Finding:
    """Return a finding that concerns a file, or one of its columns, as a whole."""
    told = RULES[rule]
    return Finding(name, 1 if column is not None else None, column, None, rule, told.why, told.what_to_do)


def _header(source: Any, path: Path) -> None:
    if not path.stat().st_size:
        raise Findings([whole_file(str(source), "empty-file")])
    _, names = header_of(path)
    low = [n.lower() for n in names]  # the engine does not tell Serial from serial
    twice = [n for i, n in enumerate(names) if low.index(n.lower()) < i]
    if twice:
        raise Findings([whole_file(str(source), "column-twice", n) for n in twice])


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


def _mended(engine: Engine, name: str, source: Any, scratch: Path) -> Source:
    """Go through a CSV file that the engine refused; set aside the records that no reader can take."""
    mark, header = header_of(source)
    bad: list[Bad] = []
    kept: list[int] = []
    clean = scratch / f"{name}_clean.csv"
    with (Path(source).expanduser().open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines,
          clean.open("w", encoding="utf-8", newline="") as out):
        writer = csv.writer(out, delimiter=mark)
        number = -2
        for record in records_of(lines, mark):
            number += bool(record)
            fault = _fault(record, header)
            if record and fault and number >= 0:
                bad.append((number, *fault))
            elif record:
                writer.writerow(record)
                kept.append(number)
    engine.add(f"{name}_raw", clean)
    read = Source(str(source), Path(source).expanduser(), bad=tuple(bad))
    return _staged(engine, name, read, scratch, np.array(kept[1:], np.int64))


def _fault(record: list[str], header: list[str]) -> tuple[str | None, str, str] | None:
    for column, cell in zip(header, record, strict=False):
        if any("\udc80" <= sign <= "\udcff" for sign in cell):
            return column, cell.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"), "not-utf8"
    if len(record) != len(header):
        return None, f"{len(record)} fields, {len(header)} columns", "ragged-row"
    return None
