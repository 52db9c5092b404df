"""What an engine can do; both of them, and nothing else about them, is known outside this room."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

if TYPE_CHECKING:
    import pyarrow as pa


class EngineError(ValueError):
    """An engine that cannot be opened, a source it cannot read, or a text it cannot answer; says which and why."""


@runtime_checkable
class Engine(Protocol):
    """Tables by name, questions as text, answers as Arrow.

    Every engine knows one function beside those of SQL: sha256_hex(text), 64 lower-case digits of the UTF-8 bytes.

    Attributes
    ----------
    name : str
        "duckdb" or "spark".
    """

    name: str

    def add(self, name: str, source: str | Path | pa.Table) -> None:
        """Give a table a name: an Arrow table, or Parquet or CSV by file, folder or glob.

        Parameters
        ----------
        name : str
            Word by which SQL will call it; an older table of that name is replaced.
        source : str, Path or pyarrow.Table
            CSV columns are all text, an empty field null; nothing is sniffed into numbers.

        Raises
        ------
        EngineError
            The source is not there, or is neither Parquet nor CSV.
        """
        ...

    def sql(self, text: str) -> pa.Table:
        """Answer one SELECT; whole sums come back as int64 on every engine.

        Raises
        ------
        EngineError
            The engine's own words on what is wrong with the text.
        """
        ...

    def write(self, text: str, path: str | Path) -> None:
        """Write the answer to one SELECT as one Parquet file.

        Raises
        ------
        EngineError
            The text cannot be answered or the file not written.
        """
        ...

    def close(self) -> None:
        """Let go of memory, threads and scratch files; closing twice is no fault."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
