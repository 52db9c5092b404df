"""Apache Spark: the engine beyond one machine, with the SQL text that DuckDB answers."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from warrantor.engine.protocol import EngineError
from warrantor.engine.source import files_of, header_of_all, one_select, whole

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class SparkEngine:
    """A Spark session: inside this process, or on a cluster that reads the same paths.

    Parameters
    ----------
    spec : str
        "spark" for all cores of this process, "spark://host:port" for a cluster.
    threads : int, optional
        At most so many cores: of this machine, or of the cluster.
    memory : str, optional
        Of the driver, "4GB".
    scratch : path, optional
        Folder for what does not fit in memory.
    """

    __slots__ = ("_ours", "_session", "name")

    def __init__(
        self, spec: str = "spark", *, threads: int | None = None, memory: str | None = None,
        scratch: str | Path | None = None,
    ) -> None:
        self.name = "spark"
        builder = _pyspark().SparkSession
        master = spec if spec.startswith("spark://") else f"local[{threads or '*'}]"
        running = builder.getActiveSession()
        if running is not None and running.sparkContext.master != master:
            raise EngineError(f"this process already speaks to Spark at {running.sparkContext.master}; "
                              f"close that engine before opening {spec!r}")
        self._ours = running is None
        settings = _settings(master, threads, memory, scratch)
        self._session: Any = (running or _started(builder.builder, master, settings)).newSession()
        self._session.sql("CREATE TEMPORARY FUNCTION sha256_hex(x STRING) RETURNS STRING RETURN sha2(x, 256)")

    def add(self, name: str, source: str | Path | pa.Table) -> None:
        """Give a table a name; see `Engine.add`."""
        if isinstance(source, pa.Table):
            frame = self._do(lambda spark: spark.createDataFrame(source))
        else:
            files, kind = files_of(source)
            frame = self._do(lambda spark: spark.read.parquet(*files) if kind == "parquet" else _csv(spark, files))
        frame.createOrReplaceTempView(name)

    def sql(self, text: str) -> pa.Table:
        """Answer one SELECT; see `Engine.sql`."""
        answer: pa.Table = self._do(lambda spark: spark.sql(one_select(text)).toArrow())
        return whole(answer)

    def write(self, text: str, path: str | Path) -> None:
        """Write the answer to one SELECT as one Parquet file; see `Engine.write`."""
        path = Path(path)
        with tempfile.TemporaryDirectory(prefix=".warrantor-", dir=path.parent) as folder:
            parts = Path(folder) / "parts"
            self._do(lambda spark: spark.sql(one_select(text)).coalesce(1).write.parquet(f"file://{parts}"))
            (part,) = parts.glob("part-*.parquet")
            shutil.move(part, path)

    def close(self) -> None:
        """Let go of the session; the engine that started Spark stops it. Closing twice is no fault."""
        if self._session is not None and self._ours:
            self._session.stop()
        self._session = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        where = "closed" if self._session is None else self._session.sparkContext.master
        return f"<Spark {_pyspark_version()}, {where}>"

    def _do(self, ask: Any) -> Any:
        if self._session is None:
            raise EngineError("this engine is closed; open another with open_engine()")
        from py4j.protocol import Py4JError  # type: ignore[import-untyped]
        from pyspark.errors import PySparkException

        try:
            return ask(self._session)
        except (PySparkException, Py4JError) as error:
            raise EngineError(f"Spark: {str(error).split('JVM stacktrace')[0].strip()}") from error


def _pyspark() -> Any:
    try:
        import pyspark.sql
    except ImportError as error:
        raise EngineError("the engine 'spark' needs pyspark: install warrantor[spark]; "
                          "without it, engine='duckdb' answers the same questions on one machine") from error
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise EngineError("the engine 'spark' (warrantor[spark]) needs Java 17 or later and there is no `java` here: "
                          "install a Java runtime or set JAVA_HOME; engine='duckdb' needs none")
    return pyspark.sql


def _pyspark_version() -> str:
    import pyspark

    return str(pyspark.__version__)


def _settings(
    master: str, threads: int | None, memory: str | None, scratch: str | Path | None
) -> dict[str, str]:
    """What makes Spark quiet, local where it can be, and of one mind with DuckDB on integers and names."""
    settings = {
        "spark.app.name": "warrantor",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={Path(__file__).parent / 'log4j2.properties'}",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.ansi.doubleQuotedIdentifiers": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.shuffle.partitions": "8",
    }
    if master.startswith("local") or master.removeprefix("spark://").rsplit(":", 1)[0] in LOOPBACK:
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    if memory:
        settings["spark.driver.memory"] = memory.lower().removesuffix("b")
    if threads:
        settings["spark.cores.max"] = str(threads)
    if scratch:
        settings["spark.local.dir"] = str(scratch)
    return settings


def _started(builder: Any, master: str, settings: dict[str, str]) -> Any:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)  # the error we raise says it once
    builder = builder.master(master)
    for key, value in settings.items():
        builder = builder.config(key, value)
    try:
        return builder.getOrCreate()
    except Exception as error:  # the gateway raises whatever the JVM died of
        raise EngineError(f"Spark at {master} does not start: {error}. Is Java 17 or later installed "
                          "(`java -version`), and the master running?") from error


def _csv(spark: Any, files: list[str]) -> Any:
    mark, names = header_of_all(files)
    schema = ", ".join(f"`{name}` STRING" for name in names)
    return spark.read.csv(files, schema=schema, header=True, sep=mark, quote='"', escape='"', multiLine=True,
                          mode="FAILFAST", enforceSchema=True)
