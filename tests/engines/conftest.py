"""Real engines: DuckDB, and a Spark cluster of one master and one worker on loopback, started and stopped here."""

import os
import shutil
import socket
import subprocess
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from warrantor.engine import open_engine
from warrantor.exposure import Scope, calendar_table


def missing(what):
    """Skip where a real part is absent, fail where continuous integration promised it."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


def free_port():
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return tried.getsockname()[1]


def started(home, folder, *words):
    """Run one part of the cluster; its log says when it is ready."""
    environment = os.environ | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1",
                                "SPARK_WORKER_DIR": str(folder / "work"), "SPARK_LOG_DIR": str(folder),
                                "SPARK_NO_DAEMONIZE": "1"}
    path = folder / f"{words[0].rsplit('.', 1)[1]}.log"
    command = [str(home / "bin" / "spark-class"), *words]
    with path.open("w") as log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True), path


def wait_for(log, sentence, seconds=60):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if sentence in log.read_text():
            return
        time.sleep(0.2)
    pytest.fail(f"no {sentence!r} within {seconds} s: {log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """The address of a real cluster."""
    try:
        import pyspark
    except ImportError:
        missing("pyspark is not installed: install warrantor[spark]")
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        missing("Spark needs Java 17 or later, and there is none")
    home, folder, port = Path(pyspark.__file__).parent, tmp_path_factory.mktemp("spark"), free_port()
    url = f"spark://127.0.0.1:{port}"
    parts = []
    try:
        parts.append(started(home, folder, "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1",
                             "--port", str(port), "--webui-port", "0"))
        wait_for(parts[0][1], "I have been elected leader")
        parts.append(started(home, folder, "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1",
                             "--webui-port", "0", "-c", "1", "-m", "1g", url))
        wait_for(parts[1][1], "Successfully registered with master")
        yield url
    finally:
        for process, _ in reversed(parts):
            process.terminate()
            process.wait(timeout=30)


@pytest.fixture(scope="session")
def spark(cluster):
    with open_engine(cluster) as engine:
        yield engine


@pytest.fixture(scope="session")
def duck():
    with open_engine("duckdb", threads=1) as engine:
        yield engine


def texts(values):
    return pa.array(values.tolist(), pa.string())


def days(values, known=None):
    return pa.array(values.astype(np.int32), mask=None if known is None else ~known)


def simulated(units=3000, seed=7):
    """Units and claims with every awkward case in them: unknown starts, returns, own ends, exchanges, late reports."""
    rng = np.random.default_rng(seed)
    start = rng.integers(18000, 18600, units)
    back, shift = start + rng.integers(0, 500, units), np.where(rng.random(units) < 0.02, 14, 0)
    facts = {"unit": np.arange(units), "product": rng.choice(["A", "B", "é"], units),
             "lot": rng.choice(["L1", "L2"], units),
             "guarantee": rng.choice(["basic@1", "long@1"], units),
             "origin": np.where(start % 50 == 0, "exchange", "sold"), "made_day": start - start % 7}
    known, returned = rng.random(units) > 0.03, rng.random(units) < 0.04
    named = {n: texts(facts[n]) for n in ("product", "lot", "guarantee", "origin")}
    shared = {"unit": pa.array(facts["unit"]), **named, "made_day": days(facts["made_day"]),
              "start_day": days(start, known),
              "returned_day": days(back, returned), "end_shift": days(shift)}
    market = pa.array([["CN", "IN", None][i] for i in rng.integers(0, 3, units)], pa.string())
    whose = rng.integers(0, units, units // 5)
    opened = start[whose] + rng.integers(-5, 600, len(whose))
    claims = pa.table(shared).take(whose)
    new = {"claim": pa.array([f"C{i}" for i in range(len(whose))]),
           "fault": texts(rng.choice(["E01", "E02"], len(whose))),
           "opened_day": days(opened), "reported_day": days(opened + rng.integers(0, 60, len(whose))),
           "closed_day": days(opened + 9, rng.random(len(whose)) < 0.5),
           "handed_back_day": days(opened + 11, rng.random(len(whose)) < 0.5),
           "remedy": texts(rng.choice(["repair", "exchange"], len(whose), p=[0.8, 0.2])),
           "replacement": pa.nulls(len(whose), pa.string()),
           "cost": pa.array(rng.integers(1, 90, len(whose)) / 4, mask=rng.random(len(whose)) < 0.05)}
    for name, column in new.items():
        claims = claims.append_column(name, column)
    heard = days(18700 - rng.integers(0, 200, units), rng.random(units) > 0.1)
    serial = texts(np.array([f"SN-{i:06d}é" for i in range(units)]))
    before = pa.array(np.arange(units) - 1, mask=start % 50 != 0)
    sold = days(start, rng.random(units) > 0.01)
    claims = claims.append_column("payer", pa.array(rng.choice(["maker", "goodwill", "customer"], len(whose))))
    return pa.table({**shared, "serial": serial, "market": market, "seen_day": heard, "sold_day": sold,
                     "replaces": before}), claims


def answers(claims, seed=8):
    """Answers to surveys about some of the claims."""
    rng = np.random.default_rng(seed)
    few = np.flatnonzero(rng.random(len(claims)) < 0.4)
    asked = claims.take(few)
    return pa.table({"claim": asked.column("claim"), "sent_day": asked.column("reported_day"),
                     "score": rng.integers(1, 11, len(few)).astype(float)})


@pytest.fixture(scope="session")
def scope_on(tmp_path_factory):
    """A scope on any engine over one and the same Parquet files."""
    folder = tmp_path_factory.mktemp("fleet")
    tables = dict(zip(("units", "claims"), simulated(), strict=True))
    tables["surveys"] = answers(tables["claims"])
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    ends = (("basic@1", 365), ("long@1", 547))
    calendar = calendar_table((g, s, s + n) for g, n in ends for s in range(18000, 18600))

    def scope(engine, day=18700):
        for name in tables:
            engine.add(name, folder / f"{name}.parquet")
        engine.add("calendar", calendar)
        columns = [frozenset(tables[name].column_names) for name in ("units", "claims")]
        return Scope(engine, date(1970, 1, 1) + timedelta(days=day), "CNY", *columns)

    return scope
