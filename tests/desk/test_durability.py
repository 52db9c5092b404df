"""The server is killed again and again while claims come in: what was acknowledged is there, and there once."""

import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from warrantor import desk
from warrantor.desk import audit, people, registration, tables
from warrantor.desk.actor import THE_MACHINE

KEY = b"the key of the tests, 32 bytes long!"
TAKER = Path(__file__).with_name("taker.py")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def killed_while_taking(where, folder, *, claims, clients, kills):
    """Let clients open claims while the server is killed; return (serial, claim) of every acknowledgement."""
    with desk.open(where, key=KEY) as store:
        person = people.add(store, THE_MACHINE, "ana", "agent", centre="north").number
        units = folder / "units.csv"
        units.write_text("serial,product,sold_on\n" + "".join(f"S{i},phone,2026-01-02\n" for i in range(claims)))
        registration.import_units(store, THE_MACHINE, units)
    port, each = free_port(), claims // clients
    outs = [folder / f"client{i}" for i in range(clients)]
    words = [sys.executable, TAKER, "ask", str(port), str(person)]
    asking = [subprocess.Popen([*words, str(i * each), str(each), outs[i]]) for i in range(clients)]
    chance, done = random.Random(7), 0
    while any(p.poll() is None for p in asking):
        server = subprocess.Popen([sys.executable, TAKER, "take", where, str(port)])
        before = sum(o.read_text().count("\n") for o in outs if o.exists())
        enough = before + max(1, claims // (kills + 1)) * chance.uniform(0.5, 1.0)
        while any(p.poll() is None for p in asking):
            time.sleep(0.005)
            if done < kills and sum(o.read_text().count("\n") for o in outs if o.exists()) >= enough:
                break
        server.send_signal(signal.SIGKILL)
        server.wait()
        done += 1
    assert done >= kills
    assert [p.returncode for p in asking] == [0] * clients
    return [tuple(map(int, line.split())) for o in outs for line in o.read_text().splitlines()]


def nothing_is_lost_or_doubled(where, told, claims):
    with desk.open(where, key=KEY) as store:
        assert audit.verify(store).wrong == ()
        with store.reading() as connection:
            rows = connection.execute(sa.select(tables.claims.c.number, tables.vault.c.serial).join(
                tables.vault, tables.vault.c.unit == tables.claims.c.unit)).all()
            if store.sqlite:
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    assert len(told) == claims
    assert sorted((int(serial[1:]), number) for number, serial in rows) == sorted(told)


def test_a_short_run_of_kills(fresh, tmp_path):
    where = fresh()
    told = killed_while_taking(where, tmp_path, claims=120, clients=4, kills=3)
    nothing_is_lost_or_doubled(where, told, 120)


@pytest.mark.slow
def test_two_thousand_claims_of_eight_clients_and_twenty_kills(fresh, tmp_path):
    where = fresh()
    told = killed_while_taking(where, tmp_path, claims=2000, clients=8, kills=20)
    nothing_is_lost_or_doubled(where, told, 2000)
