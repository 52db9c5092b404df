"""A desk with people, units and claims, served on loopback."""

import atexit
import datetime as dt
import shutil
import tempfile
import threading
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import uvicorn

from warrantor.desk import people, sessions, units
from warrantor.desk.actor import ROLES, THE_MACHINE
from warrantor.desk.claims import Opening, open_claim
from warrantor.desk.store import open as open_desk
from warrantor.web import Settings, create_app
from warrantor.web.serving import bound, configured

PASSWORD = "correct horse battery"  # noqa: S105
SERIALS = [f"35693803564{n:04d}" for n in range(40)]
BOUGHT = dt.date(2026, 3, 10)


@cache
def mould():
    """A folder with a desk that is copied for every test: passwords are slow to make, on purpose."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    store, who = made(folder)
    store.close()
    return folder, who


def desk(folder):
    """A new desk: a person of every role, a second agent and customer, forty units bought in one month."""
    source, who = mould()
    shutil.copy(source / "desk.sqlite", folder / "desk.sqlite")
    return open_desk(folder / "desk.sqlite", key=b"k" * 32), who


def made(folder):
    store = open_desk(folder / "desk.sqlite", key=b"k" * 32)
    who = {name: people.add(store, THE_MACHINE, name, name.partition("-")[0], password=PASSWORD,
                            centre={"agent": "north", "agent-south": "south"}.get(name, ""))
           for name in (*ROLES, "agent-south", "customer-other")}
    with store.writing(THE_MACHINE, "import") as writing:
        for serial in SERIALS:
            units.register(writing, store.key, serial, product="Alder", market="CN", sold_on=BOUGHT,
                           delivered_on=BOUGHT)
    return store, who


def looked_at(folder):
    """A trial with every look kept, one of them not planned, and a person's decision against the last."""
    from dataclasses import replace

    from tests.unit.test_trial_verdict import MATURE, PLAN, ledger

    from warrantor.trial.kept import keep, overridden

    folder.mkdir(parents=True)
    (folder / "trial.toml").write_text('name = "t"\n')
    plan = replace(PLAN, looks=tuple(day for day in MATURE if day != MATURE[2]))
    looks = [plan.look(ledger(n)) for n in range(1, 7)]
    for found in looks:
        keep(folder / "looks", found)
    overridden(folder / "looks", looks[-1], says="CONTINUE", by="owner", reason="a lot is being recalled")
    return looks


class Served:
    """An application on loopback; a client a person."""

    def __init__(self, store, who, **settings):
        self.store, self.who = store, who
        self.app = create_app(store, Settings(**settings))
        self.socket = bound("127.0.0.1", 0)
        self.socket.listen(128)  # who asks before the server is up waits for it
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.server = uvicorn.Server(configured(self.app))
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True)
        self.thread.start()
        self.clients = {}

    def as_(self, name=None):
        """A program of a person; of a visitor where nobody is named."""
        if name not in self.clients:
            self.clients[name] = httpx.Client(base_url=self.url, timeout=30)
            if name is not None:
                self.clients[name].headers["authorization"] = f"Bearer {self.token(name)}"
        return self.clients[name]

    def token(self, name):
        """A fresh session of a person."""
        return sessions.begin(self.store, self.who[name])

    def entered(self, name):
        """A browser of a person, as the form signs it in; cookies kept, nothing followed."""
        client = httpx.Client(base_url=self.url, timeout=30)
        self.clients[name, len(self.clients)] = client
        answer = client.post("/sign-in", data={"name": name, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return client

    def close(self):
        for client in self.clients.values():
            client.close()
        self.server.should_exit = True
        self.thread.join(20)
        self.socket.close()
        self.store.close()


@pytest.fixture
def served(tmp_path):
    """A desk of its own for one test."""
    found = Served(*desk(tmp_path), home=tmp_path, floor=0.0)
    yield found
    found.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A desk that the tests of a module share: a claim of each agent and each customer, one of them held."""
    folder = tmp_path_factory.mktemp("desk")
    store, who = desk(folder)
    claims = {name: open_claim(store, who[name].actor, Opening(SERIALS[i], "no power", said="It is dead.",
                                                               bought="2026-03"))
              for i, name in enumerate(("agent", "agent-south", "customer", "customer-other"))}
    held = open_claim(store, who["agent"].actor, Opening("NOBODY-KNOWS", "no power"))
    looked_at(folder / "trials" / "longer")
    found = Served(store, who, home=folder, floor=0.0)
    found.claims = SimpleNamespace(**{name.replace("-", "_"): one.number for name, one in claims.items()})
    found.held = held.number
    yield found
    found.close()
