"""What the resources share: the desk, the jobs, the limits, and who holds which session."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from anyio import CapacityLimiter, to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from warrantor.desk import alarms, familiar, keys, people, sessions
from warrantor.desk.lookup import covered_until
from warrantor.desk.people import Person
from warrantor.desk.readiness import ready
from warrantor.desk.store import Store
from warrantor.finding import Refused
from warrantor.web.issuer import Told
from warrantor.web.limits import HOUR, Door, address_of, place_of
from warrantor.web.once import Once
from warrantor.web.settings import Settings
from warrantor.web.talk import Turns
from warrantor.web.tries import QUARTER, Tries
from warrantor.web.walks import Walk
from warrantor.web.windows import Limit, Windows
from warrantor.web.worker import Made, Worker

LOG = logging.getLogger("warrantor.web")
BRIEFLY, REMEMBERED = timedelta(seconds=2), 10_000  # sessions are remembered so long, and so many
HASHES = 3  # passwords proved at once: each takes 64 MiB and a core


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
    asked: Windows = field(init=False)
    tries: Tries = field(init=False)
    hashing: CapacityLimiter = field(init=False, repr=False)
    door: Door = field(init=False)
    jobs: Worker = field(init=False)
    issuer: Told | None = field(init=False)
    turns: Turns = field(default_factory=Turns, init=False, repr=False)
    once: Once = field(init=False, repr=False)
    leaving: threading.Event = field(default_factory=threading.Event, init=False, repr=False)
    remembered: dict[bytes, tuple[Person, datetime, int]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        self.asked = Windows(self.store.clock)
        self.tries = Tries(Windows(self.store.clock))
        self.hashing = CapacityLimiter(HASHES)
        self.door = Door(self.store.clock, self.store.key, self._alarm)
        self.jobs = Worker(self.store, self.settings, self.leaving)
        self.issuer = None if self.settings.issuer is None else Told(self.settings.issuer)
        self.once = Once(self.store.clock)

    @property
    def key(self) -> bytes:
        """The key that seals what is handed out and must come back."""
        return self.store.key

    def ready(self) -> tuple[str, str]:
        """Return the revision of the desk's database, and why the desk cannot be used; that is empty where it can."""
        try:
            return ready(self.store), ""
        except Refused as refused:
            return "", str(refused)
        except SQLAlchemyError:
            LOG.exception("the desk does not answer")
            return "", "The desk's database does not answer, or takes no writes."

    def address(self, request: Request) -> str:
        """Return where a request comes from; behind a proxy of our own, what that proxy says.

        The proxy's word is the last one of the last line: whoever asks may have sent lines of their own before it.
        """
        peer = request.client.host if request.client else "nowhere"
        if self.settings.trusted_proxy:
            lines = request.headers.getlist("x-forwarded-for") or [""]
            peer = address_of(lines[-1].rsplit(",", 1)[-1]) or peer
        return address_of(peer) or peer

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

    async def sign_in(self, address: str, name: str, password: str) -> str | float | None:
        """Begin a session.

        A few passwords are proved at once; the others wait for their turn, and hold no thread while they do.

        Returns
        -------
        str, float or None
            The token; seconds to wait where there were too many wrong passwords; None for one more of these.
        """
        found = await to_thread.run_sync(self._proved, address, name, password, limiter=self.hashing)
        if not isinstance(found, Person):
            return found
        return await run_in_threadpool(self._entered, found, address, name)

    async def change_password(self, person: Person, old: str, new: str) -> str | float:
        """Change a person's own password; every session of theirs ends, and a new one begins.

        Returns
        -------
        str or float
            The new token; seconds to wait where the old one was wrong too often.
        """
        return await to_thread.run_sync(self._changed, person, old, new, limiter=self.hashing)

    def vouched(self, issuer: str, subject: str) -> str | None:
        """Begin a session for whom an issuer vouches for; None where they have no account here."""
        person = people.vouched(self.store, issuer, subject)
        return None if person is None else self._began(person)

    def sign_out(self, token: str) -> None:
        """End a session."""
        sessions.end(self.store, token)

    def asks(self, person: int, count: int = 1) -> float | None:
        """Count questions of a person; return seconds to wait where they are too many for the hour: none is counted."""
        return self.asked.take(Limit(str(person), self.settings.most_asked, HOUR), many=count)

    def look_up(self, address: str, serial: str, proof: str) -> tuple[float | None, str | None]:
        """Answer somebody who did not sign in.

        Returns
        -------
        (float or None, str or None)
            Seconds to wait where they asked too often; the month until which the unit is covered, where they know when
            it was bought.
        """
        wait = self.door.asks(address, serial)
        if wait is not None:
            return wait, None
        try:
            month = covered_until(self.store, serial, proof)
        except SQLAlchemyError:
            self.door.hit(serial)  # the desk did not answer: no month was tried in vain
            raise
        if month is not None:
            self.door.hit(serial)
        return None, month

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
        return {"data_until": told["data_until"], "left_out": left, "rules": rules, "read": told["read"],
                "counts": told["counts"]}

    def _proved(self, address: str, name: str, password: str) -> Person | float | None:
        """Return who it is; the try is counted before the password is proved, and given back where it was right."""
        limits = self.tries.limits(address, name, known=familiar.known(self.store, name, place_of(address)))
        wait = self.tries.windows.take(*limits)
        if wait is not None:
            return wait
        taken = [limit.key for limit in limits]
        try:
            person = people.sign_in(self.store, name, password)
        except SQLAlchemyError:
            self.tries.windows.back(*taken)  # the desk did not answer: no password was wrong
            raise
        if person is not None:
            self.tries.windows.back(*taken)
        return person

    def _changed(self, person: Person, old: str, new: str) -> str | float:
        """Change a password; as when signing in, only a wrong one is counted."""
        limit = Limit(f"old:{person.number}", self.tries.pair, QUARTER)
        wait = self.tries.windows.take(limit)
        if wait is not None:
            return wait
        try:
            changed = people.change_password(self.store, person.actor, old, new)
        except (SQLAlchemyError, Refused) as error:
            if getattr(error, "name", "") != "old":
                self.tries.windows.back(limit.key)
            raise
        self.tries.windows.back(limit.key)
        return self._began(changed)

    def _entered(self, person: Person, address: str, name: str) -> str:
        familiar.note(self.store, name, place_of(address))
        self.tries.forgive(address, name)
        return self._began(person)

    def _began(self, person: Person) -> str:
        sessions.sweep(self.store, idle=self.settings.idle, longest=self.settings.longest)
        keys.sweep(self.store)
        return sessions.begin(self.store, person)

    def _alarm(self, walk: Walk) -> bool:
        """Tell that a block is walked: to who reads the server's lines, and to who reads the audit."""
        told = {"block": walk.block, **walk.told()}
        LOG.warning(json.dumps({"alarm": "serials asked for one after another", **told, "busiest": walk.busiest}))
        try:
            alarms.raised(self.store, walk.block, walk.told())
        except SQLAlchemyError:
            LOG.exception("the alarm is in no audit")
            return False
        return True
