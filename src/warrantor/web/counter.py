"""What the resources share: the desk, the jobs, the limits, and who holds which session."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from warrantor.desk import keys, people, sessions
from warrantor.desk.lookup import covered_until
from warrantor.desk.people import Person
from warrantor.desk.refusals import InputsError
from warrantor.desk.store import Store
from warrantor.web.issuer import Told
from warrantor.web.limits import HOUR, Door, Windows
from warrantor.web.settings import Settings
from warrantor.web.taken import Taken
from warrantor.web.talk import Turns
from warrantor.web.worker import Made, Worker

LOG = logging.getLogger("warrantor.web")
QUARTER = timedelta(minutes=15)
BRIEFLY, REMEMBERED = timedelta(seconds=2), 10_000  # sessions are remembered so long, and so many
MOST_ASKED = 5_000  # questions of one person in an hour
MOST_TRIES = {"pair": 10, "from": 50, "name": 100}  # wrong passwords in a quarter of an hour


@dataclass(slots=True)
class Counter:
    """One server over one desk.

    Attributes
    ----------
    store : Store
        The desk.
    settings : Settings
        How the server behaves.
    leaving : threading.Event
        Set when the server is told to stop: who keeps a connection open lets go of it.
    """

    store: Store
    settings: Settings
    windows: Windows = field(init=False)
    door: Door = field(init=False)
    jobs: Worker = field(init=False)
    issuer: Told | None = field(init=False)
    turns: Turns = field(default_factory=Turns, init=False, repr=False)
    taken: Taken = field(init=False, repr=False)
    leaving: threading.Event = field(default_factory=threading.Event, init=False, repr=False)
    remembered: dict[bytes, tuple[Person, datetime, int]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        self.windows = Windows(self.store.clock)
        self.door = Door(self.windows, self._alarm)
        self.jobs = Worker(self.store, self.settings)
        self.issuer = None if self.settings.issuer is None else Told(self.settings.issuer)
        self.taken = Taken(self.store.clock)

    @property
    def key(self) -> bytes:
        """The key that seals what is handed out and must come back."""
        return self.store.key

    def unwell(self) -> str:
        """Return why the desk cannot be used; empty where it can."""
        try:
            people.count(self.store)
        except SQLAlchemyError:
            LOG.exception("the desk does not answer")
            return "The desk's database does not answer."
        return ""

    def address(self, request: Request) -> str:
        """Return where a request comes from; behind a proxy of our own, what that proxy says."""
        if self.settings.trusted_proxy:
            said = request.headers.get("x-forwarded-for", "").rsplit(",", 1)[-1].strip()
            if said:
                return said
        return request.client.host if request.client else "nowhere"

    async def known(self, token: str) -> Person | None:
        """Return who holds a session's token.

        A person is remembered for two seconds, and only until this process writes anything: signing out or closing an
        account here is felt at once, on another server of the same database after two seconds at most.
        """
        digest, now = sha256(token.encode()).digest(), self.store.clock()
        held = self.remembered.get(digest)
        if held is not None and held[1] > now and held[2] == self.store.turns:
            return held[0]
        turns = self.store.turns
        person = await run_in_threadpool(sessions.of, self.store, token, idle=self.settings.idle,
                                         longest=self.settings.longest)
        if len(self.remembered) >= REMEMBERED:
            self.remembered.clear()
        if person is not None:
            self.remembered[digest] = person, now + BRIEFLY, turns
        return person

    def sign_in(self, address: str, name: str, password: str) -> str | float | None:
        """Begin a session.

        Returns
        -------
        str, float or None
            The token; seconds to wait where there were too many wrong passwords; None for one more of these.
        """
        keys = {"pair": f"pair:{address}:{name}", "from": f"from:{address}", "name": f"name:{name}"}
        if any(self.windows.count(key, QUARTER) >= MOST_TRIES[kind] for kind, key in keys.items()):
            return QUARTER.total_seconds()
        person = people.sign_in(self.store, name, password)
        if person is None:
            for kind, key in keys.items():
                self.windows.take(key, MOST_TRIES[kind], QUARTER)
            return None
        self.windows.forget(keys["pair"])
        return self._began(person)

    def change_password(self, person: Person, old: str, new: str) -> str | float:
        """Change a person's own password; every session of theirs ends, and a new one begins.

        Returns
        -------
        str or float
            The new token; seconds to wait where the old one was wrong too often.
        """
        key = f"old:{person.number}"
        if self.windows.count(key, QUARTER) >= MOST_TRIES["pair"]:
            return QUARTER.total_seconds()
        try:
            changed = people.change_password(self.store, person.actor, old, new)
        except InputsError as error:
            if error.name == "old":
                self.windows.take(key, MOST_TRIES["pair"], QUARTER)
            raise
        return self._began(changed)

    def vouched(self, issuer: str, subject: str) -> str | None:
        """Begin a session for whom an issuer vouches for; None where they have no account here."""
        person = people.vouched(self.store, issuer, subject)
        return None if person is None else self._began(person)

    def sign_out(self, token: str) -> None:
        """End a session."""
        sessions.end(self.store, token)

    def batch(self, person: int, count: int) -> float | None:
        """Count questions of a person; return seconds to wait where they are too many for the hour."""
        waits = [self.windows.take(f"batch:{person}", MOST_ASKED, HOUR) for _ in range(count)]
        return next((wait for wait in waits if wait is not None), None)

    def until(self, address: str, serial: str, proof: str) -> str | None:
        """Return the month until which a unit is covered, for who knows when it was bought; count who does not."""
        month = covered_until(self.store, serial, proof)
        if month is None:
            self.door.missed(address, serial)
        return month

    def latest(self, kind: str) -> Made | None:
        """Return what the last finished job of a kind made."""
        return self.jobs.latest(kind)

    def loaded(self) -> dict[str, Any] | None:
        """Return what loading the fleet found; None where none was loaded."""
        from warrantor.records.rules import RULES

        if self.settings.fleet is None:
            return None
        told = json.loads((self.settings.fleet / "manifest.json").read_text(encoding="utf-8"))
        left = sum(n for rules in told["left_out"].values() for n in rules.values())
        rules = [{"rule": rule, "count": n, "why": RULES[rule].why, "what_to_do": RULES[rule].what_to_do}
                 for rule, n in told["findings"].items()]
        return {"data_until": told["data_until"], "left_out": left, "rules": rules}

    def _began(self, person: Person) -> str:
        sessions.sweep(self.store, idle=self.settings.idle, longest=self.settings.longest)
        keys.sweep(self.store)
        return sessions.begin(self.store, person)

    def _alarm(self, block: str, network: str) -> None:
        LOG.warning(json.dumps({"alarm": "serials asked for one after another", "block": block, "network": network}))
