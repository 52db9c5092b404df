"""The server as a process: it says its address when it listens there, and refuses what cannot be."""

import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request

import pytest

from warrantor.cli.app import run
from warrantor.web.serving import address, bound

MAIN = [sys.executable, "-c", "from warrantor.cli import main; main()", "serve"]


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as made:
            made.bind(("::1", 0))
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("::1", marks=needs_ipv6)])
def test_who_reads_the_address_is_answered_there(tmp_path, host):
    """No second try: what is printed is true when it is printed."""
    server = subprocess.Popen([*MAIN, str(tmp_path), "--port", "0", "--host", host], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
    silent = threading.Timer(60, server.kill)  # a server that never says it fails the test instead of holding it up
    silent.start()
    try:
        told = server.stdout.readline().strip()
        name = f"[{host}]" if ":" in host else host
        assert re.fullmatch(rf"http://{re.escape(name)}:\d+/", told)
        with urllib.request.urlopen(f"{told}health/ready", timeout=30) as answer:  # noqa: S310  our own loopback
            assert answer.status == 200
    finally:
        silent.cancel()
        server.send_signal(signal.SIGTERM)
        rest, _ = server.communicate(timeout=60)
    assert (rest, server.returncode) in (("", 0), ("", -signal.SIGTERM))


@needs_ipv6
def test_every_address_is_that_of_both_protocols():
    with bound("::", 0) as where:
        where.listen()
        port = where.getsockname()[1]
        for here in ("127.0.0.1", "::1"):
            socket.create_connection((here, port), timeout=10).close()
        assert address("::", where) == f"http://[::]:{port}/"


@pytest.mark.parametrize(("words", "told"), [
    (["--issuer", "https://who.example", "--host", "0.0.0.0"], "--url https://desk.example"),  # noqa: S104
    (["--issuer", "https://who.example", "--host", "desk.example"], "--url https://desk.example"),
    (["--issuer", "https://who.example"], "WARRANTOR_ISSUER_SECRET"),
    (["--issuer", "https://who.example", "--host", "::1"], "WARRANTOR_ISSUER_SECRET"),
    (["--issuer", "https://who.example", "--host", "0.0.0.0", "--url", "https://d.example"],  # noqa: S104
     "WARRANTOR_ISSUER_SECRET"),
    (["--url", "desk.example"], "write it as in https://desk.example"), (["--url", ""], "no address"),
    (["--url", "https://desk.example/under"], "only its scheme and its name")])
def test_an_address_that_cannot_be_is_said_before_anything_is_made(tmp_path, capsys, monkeypatch, words, told):
    monkeypatch.delenv("WARRANTOR_ISSUER_SECRET", raising=False)
    assert run(["serve", str(tmp_path / "d"), *words]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "d").exists()
