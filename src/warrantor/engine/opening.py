"""From a word to an engine."""

from __future__ import annotations

import os
from pathlib import Path

from warrantor.engine.protocol import Engine, EngineError


def open_engine(
    spec: str = "duckdb", *, threads: int | None = None, memory: str | None = None, scratch: str | Path | None = None
) -> Engine:
    """Open an engine by its word.

    Parameters
    ----------
    spec : str
        "duckdb"; "spark" for Spark inside this process; "spark://host:port" for a cluster.
    threads : int, optional
        At most so many; else WARRANTOR_THREADS, else every core.
    memory : str, optional
        At most so much, "4GB"; else WARRANTOR_MEMORY, else the engine's own bound.
    scratch : path, optional
        Folder for what does not fit in memory; else a temporary one, removed on close.

    Returns
    -------
    Engine

    Raises
    ------
    EngineError
        No such engine, or what it needs is not installed: says what to install.

    Examples
    --------
    >>> with open_engine() as engine:
    ...     engine.sql("SELECT 40 + 2 AS answer").to_pydict()
    {'answer': [42]}
    """
    threads = threads if threads is not None else _whole("WARRANTOR_THREADS")
    memory = memory if memory is not None else os.environ.get("WARRANTOR_MEMORY")
    if spec == "duckdb":
        from warrantor.engine.duck import DuckEngine

        return DuckEngine(threads=threads, memory=memory, scratch=scratch)
    if spec == "spark" or spec.startswith("spark://"):
        from warrantor.engine.spark import SparkEngine

        return SparkEngine(spec, threads=threads, memory=memory, scratch=scratch)
    raise EngineError(f"no engine {spec!r}; there are 'duckdb', 'spark' and 'spark://host:port'")


def _whole(variable: str) -> int | None:
    text = os.environ.get(variable)
    if not text:
        return None
    if not text.isdigit() or int(text) < 1:
        raise EngineError(f"{variable}={text!r} is no number of threads; write a whole number from 1")
    return int(text)
