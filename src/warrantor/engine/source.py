"""Where tables come from: what every engine must see alike before it reads a file."""

from __future__ import annotations

import csv
import gzip
import re
from pathlib import Path
from typing import Literal

import pyarrow as pa

from warrantor.engine.protocol import EngineError

Format = Literal["parquet", "csv"]
DELIMITERS = ",;\t|"
ANSWERS = {"SELECT", "WITH", "VALUES", "FROM", "DESCRIBE", "SHOW", "EXPLAIN"}


def files_of(source: str | Path) -> tuple[list[str], Format]:
    """List the files behind a file, folder or glob, and say what they are.

    Parameters
    ----------
    source : str or Path
        One file, a folder of files of one kind, or a glob.

    Returns
    -------
    files : list of str
        Sorted; at least one.
    format : "parquet" or "csv"

    Raises
    ------
    EngineError
        Nothing there, or not one kind of file.
    """
    path = Path(source).expanduser()
    found = [path] if path.is_file() else _many(path)
    kinds = {_kind(f) for f in found} - {None}
    if not kinds:
        raise EngineError(f"{source}: no Parquet or CSV file there; name a .parquet or .csv file, a folder or a glob")
    if len(kinds) > 1:
        raise EngineError(f"{source}: both Parquet and CSV files there; name one kind, as in '{source}/*.parquet'")
    (kind,) = kinds
    return sorted(str(f) for f in found if _kind(f)), kind  # type: ignore[return-value]


def header_of(file: str | Path) -> tuple[str, list[str]]:
    """Read the first line of a CSV file: its delimiter, the one that occurs most outside quotes, and its columns.

    A column without a name is called by its place: "column 1".

    Raises
    ------
    EngineError
        The file is empty.
    """
    packed = str(file).lower().endswith(".gz")
    with (gzip.open(file, "rb") if packed else Path(file).open("rb")) as raw:
        head = raw.readline().decode("utf-8-sig", errors="replace")
    bare = re.sub(r'"[^"]*"', "", head)
    mark = max(DELIMITERS, key=bare.count)
    names = next(csv.reader([head], delimiter=mark), [])
    if not names:
        raise EngineError(f"{file}: the file is empty; its first line names the columns")
    return mark, [name or f"column {i}" for i, name in enumerate(names, 1)]


def header_of_all(files: list[str]) -> tuple[str, list[str]]:
    """Read the header that all files have.

    Raises
    ------
    EngineError
        A file has other columns, or in another order: the engines read by place.
    """
    first = header_of(files[0])
    for file in files[1:]:
        if header_of(file) != first:
            raise EngineError(f"{file}: its columns are {', '.join(header_of(file)[1])}, those of {files[0]} are "
                              f"{', '.join(first[1])}; give all files the same columns in the same order")
    return first


def quoted(name: str) -> str:
    """Return a name as an SQL identifier that holds on every engine.

    Examples
    --------
    >>> quoted("sold on")
    '"sold on"'
    """
    if not name or '"' in name or "\0" in name or "`" in name:
        raise EngineError(f"{name!r} cannot name a table or column")
    return f'"{name}"'


def literal(text: str) -> str:
    """Return a text as an SQL literal.

    Examples
    --------
    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def one_select(text: str) -> str:
    """Return the text of one question without its closing semicolon.

    Raises
    ------
    EngineError
        It asks for something to be done, not for an answer.

    Examples
    --------
    >>> one_select("SELECT 1;")
    'SELECT 1'
    """
    bare = re.sub(r"--[^\n]*|/\*.*?\*/", " ", text, flags=re.DOTALL).lstrip(" \t\r\n(")
    word = re.match(r"\w*", bare)
    if word is None or word[0].upper() not in ANSWERS:
        raise EngineError(f"only a SELECT has an answer; this text begins with {bare[:20]!r}")
    return text.strip().rstrip(";")


def whole(table: pa.Table) -> pa.Table:
    """Return the table with sums of integers as int64, whatever width the engine summed them in."""
    for i, column in enumerate(table.schema):
        if pa.types.is_decimal(column.type) and column.type.scale == 0:
            table = table.set_column(i, column.name, table.column(i).cast(pa.int64()))
    return table


def _many(path: Path) -> list[Path]:
    found = path.iterdir() if path.is_dir() else Path(path.anchor).glob(str(path.relative_to(path.anchor)))
    return [f for f in found if f.is_file() and not f.name.startswith((".", "_"))]


def _kind(file: Path) -> Format | None:
    name = file.name.lower()
    if name.endswith((".parquet", ".pq")):
        return "parquet"
    return "csv" if name.endswith((".csv", ".csv.gz", ".tsv", ".txt")) else None
