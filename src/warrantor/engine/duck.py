"""DuckDB, called directly: the engine of one machine."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa

from warrantor.engine.protocol import EngineError
from warrantor.engine.source import files_of, header_of_all, literal, one_select, quoted, whole


class DuckEngine:
    """DuckDB in memory, spilling to a scratch folder, asking no host for anything.

    Parameters
    ----------
    threads : int, optional
        At most so many; every core by default.
    memory : str, optional
        At most so much, "4GB"; DuckDB's own bound by default.
    scratch : path, optional
        Folder for what does not fit; a temporary one by default.
    """

    __slots__ = ("_db", "_scratch", "name")

    def __init__(
        self, *, threads: int | None = None, memory: str | None = None, scratch: str | Path | None = None
    ) -> None:
        self.name = "duckdb"
        self._scratch = None if scratch else tempfile.TemporaryDirectory(prefix="warrantor-")
        settings: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
            "temp_directory": str(scratch or (self._scratch.name if self._scratch else "")),
        }
        settings |= {"threads": threads} if threads else {}
        settings |= {"memory_limit": memory} if memory else {}
        try:
            self._db: duckdb.DuckDBPyConnection | None = duckdb.connect(":memory:", config=settings)
        except duckdb.Error as error:
            raise EngineError(f"DuckDB does not start with threads={threads}, memory={memory!r}: {error}") from error
        self._run("CREATE TEMP MACRO sha256_hex(x) AS sha256(x)")

    def add(self, name: str, source: str | Path | pa.Table) -> None:
        """Give a table a name; see `Engine.add`."""
        if isinstance(source, pa.Table):
            self._run(f"DROP VIEW IF EXISTS {quoted(name)}")
            self._open().register(name, source)
            return
        files, kind = files_of(source)
        listed = "[" + ", ".join(literal(f) for f in files) + "]"
        if kind == "parquet":
            reader = f"read_parquet({listed})"
        else:
            mark, names = header_of_all(files)
            columns = ", ".join(f"{literal(n)}: 'VARCHAR'" for n in names)
            reader = (f"read_csv({listed}, header = true, auto_detect = false, delim = {literal(mark)}, "
                      f"quote = '\"', escape = '\"', columns = {{{columns}}})")
        self._run(f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS SELECT * FROM {reader}")

    def sql(self, text: str) -> pa.Table:
        """Answer one SELECT; see `Engine.sql`."""
        try:
            return whole(self._open().sql(one_select(text)).to_arrow_table())
        except duckdb.Error as error:
            raise EngineError(f"DuckDB: {error}") from error

    def write(self, text: str, path: str | Path) -> None:
        """Write the answer to one SELECT as one Parquet file; see `Engine.write`."""
        self._run(f"COPY ({one_select(text)}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)")

    def close(self) -> None:
        """Let go of memory, threads and scratch files; closing twice is no fault."""
        if self._db is not None:
            self._db.close()
            self._db = None
        if self._scratch is not None:
            self._scratch.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<DuckDB {duckdb.__version__}{'' if self._db else ', closed'}>"

    def _open(self) -> duckdb.DuckDBPyConnection:
        if self._db is None:
            raise EngineError("this engine is closed; open another with open_engine()")
        return self._db

    def _run(self, text: str) -> None:
        try:
            self._open().execute(text)
        except duckdb.Error as error:
            raise EngineError(f"DuckDB: {error}") from error

