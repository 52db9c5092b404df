"""The demo's desk: simulated units, a person of every role, ten weeks of claims lived day by day, a trial; served."""

from __future__ import annotations

import csv
import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from heapq import heapify, heappop, heappush
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warrantor.cli.out import note, progress

if TYPE_CHECKING:
    from warrantor.desk.claim import Claim
    from warrantor.desk.people import Person
    from warrantor.desk.store import Store

Script = Iterator[float]  # does one thing to a claim, then says how many days pass until the next
CENTRE, CLAIMS, BACK = "north", 40, timedelta(days=70)
NINE = time(9)
SYMPTOMS = ("no power", "screen is black", "does not charge", "no sound", "keys do not answer")
BENCH = ("check", "authorise", "receive", "diagnose")
WAYS = ((*BENCH, "start_repair", "repair_done", "hand_back"), (*BENCH, "wait_parts", "parts_in", "repair_done"),
        ("check", "ask"), (*BENCH, "no_fault", "hand_back"))
TOLD: dict[str, dict[str, Any]] = {"diagnose": {"fault": "performance"}, "ask": {"words": "Send the receipt, please."}}
JOBS = ("life", "returns", "forecast", "reserve", "backtest")


def served(out: Path, as_of: date, port: int) -> None:
    """Seed a desk beside the demo's fleet, once, and serve it; its clock stands at the fleet's last day.

    Parameters
    ----------
    out : Path
        Folder of the demo: records/ and fleet/ are there.
    as_of : date
        The day the desk believes it is.
    port : int
        On this machine alone.
    """
    from warrantor.cli.demo_trial import looked_at
    from warrantor.cli.serve import opened
    from warrantor.desk import people
    from warrantor.desk.ahead import set_ahead
    from warrantor.web import Settings, create_app
    from warrantor.web.serving import address, bound, serve

    with opened(out / "desk", None, out / "records" / "guarantees.toml") as store:
        set_ahead(store, datetime.combine(as_of, NINE, UTC) - datetime.now(UTC))
        first = not people.count(store)
        with progress("seeding the desk"):
            password = seeded(store, out / "records" / "units.csv")
        with progress("a simulated trial"):
            looked_at(out / "desk" / "trials" / "dogwood", as_of)
        socket = bound("127.0.0.1", port)
        app = create_app(store, Settings(out / "desk", out / "fleet"))
        if first:
            engineer = next(one for one in people.everybody(store) if one.name == "engineer")
            for kind in JOBS:
                app.state.counter.jobs.ask(kind, engineer.number)
        note(f"A simulated desk on {as_of}: customer, agent, engineer, finance, owner, admin, auditor sign in with "
             f"{password}")
        serve(app, socket, lambda: print(address("127.0.0.1", socket), flush=True))


def seeded(store: Store, units: Path) -> str:
    """Register the units, make people and claims where there are none yet; return everybody's new password."""
    from warrantor.desk import people
    from warrantor.desk.actor import ROLES, THE_MACHINE
    from warrantor.desk.registration import import_units

    password, clock = secrets.token_urlsafe(12), store.clock
    if not people.count(store):
        now = clock()
        try:
            store.clock = lambda: now - BACK
            import_units(store, THE_MACHINE, units)
            who = {role: people.add(store, THE_MACHINE, role, role, centre=CENTRE if role == "agent" else "")
                   for role in ROLES}
            _lived(store, now, _scripts(store, who, units, now))
        finally:
            store.clock = clock
    for person in people.everybody(store):
        people.change(store, THE_MACHINE, person.number, version=person.version, password=password)
    return password


def _lived(store: Store, now: datetime, scripts: list[tuple[float, Script]]) -> None:
    """Have every script go on, the desk's clock at each thing's instant, until the day has come."""
    waiting = [(now - timedelta(days=age), i, script) for i, (age, script) in enumerate(scripts)]
    heapify(waiting)
    while waiting:
        at, i, script = heappop(waiting)
        store.clock = lambda at=at: at  # type: ignore[misc]
        wait = next(script, None)
        if wait is not None and at + timedelta(days=wait) < now:
            heappush(waiting, (at + timedelta(days=wait), i, script))


def _scripts(store: Store, who: dict[str, Person], units: Path, now: datetime) -> list[tuple[float, Script]]:
    """Return how long before the day each claim begins, and how it goes."""
    day, agent = now.date(), who["agent"]
    young = _sold(units, day - timedelta(days=330), day - BACK)
    old = _sold(units, day - timedelta(days=700), day - timedelta(days=600))
    spread = [(age, _claim(store, agent, next(young)["serial"], i))
              for i, age in enumerate(BACK.days * (CLAIMS - 0.5 - i) / CLAIMS for i in range(CLAIMS))]
    theirs = next(young)
    return [*spread, (33.2, _goodwill(store, who, next(old)["serial"], settled=True)),
            (2.2, _goodwill(store, who, next(old)["serial"], settled=False)),
            (1.4, _opened(store, agent, "SIMULATED-UNKNOWN")),
            (0.7, _opened(store, who["customer"], theirs["serial"], said="simulated", bought=theirs["sold_on"][:7]))]


def _sold(units: Path, first: date, last: date) -> Iterator[dict[str, str]]:
    """Yield lines of the file sold between two days, some apart."""
    with units.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if str(first) <= row["sold_on"] <= str(last)]
    yield from rows[::max(1, len(rows) // (CLAIMS + 1))]


def _claim(store: Store, agent: Person, serial: str, i: int) -> Script:
    """One that takes its way, a few days a step."""
    from warrantor.desk.claims import Opening, open_claim

    claim = open_claim(store, agent.actor, Opening(serial, SYMPTOMS[i % len(SYMPTOMS)]))
    for action in WAYS[i % len(WAYS)]:
        yield 0.4 + (7 * i + len(action)) % 10 / 2
        claim = _done(store, claim, agent, action, serial)


def _goodwill(store: Store, who: dict[str, Person], serial: str, *, settled: bool) -> Script:
    """One whose cover is over: an agent asks for goodwill, and where the owner grants it the unit is exchanged."""
    from warrantor.desk import proposals
    from warrantor.desk.claim import claim as read
    from warrantor.desk.claims import Opening, open_claim

    agent = who["agent"]
    claim = _done(store, open_claim(store, agent.actor, Opening(serial, SYMPTOMS[0])), agent, "check", serial)
    asked = proposals.propose(store, agent.actor, "goodwill", "simulated: cover just over", {"remedy": "exchange"},
                              claim=claim.number)
    yield 1.0
    if not settled:
        return
    proposals.settle(store, who["owner"].actor, asked.number, approve=True, version=1)
    claim = read(store, claim.number, agent.actor)
    for action in (*BENCH[1:], "exchange", "exchange_done", "hand_back"):
        yield 1.5
        claim = _done(store, claim, agent, action, serial)


def _opened(store: Store, person: Person, serial: str, said: str = "", bought: str = "") -> Script:
    """One that waits where it was opened."""
    from warrantor.desk.claims import Opening, open_claim

    open_claim(store, person.actor, Opening(serial, SYMPTOMS[1], said=said, bought=bought))
    yield from ()


def _done(store: Store, claim: Claim, agent: Person, action: str, serial: str) -> Claim:
    from warrantor.desk.claims import act

    told = TOLD.get(action, {})
    if action == "receive":
        told = {"serial": serial}
    if action == "exchange_done":
        told = {"replacement": f"{serial}-B", "unregistered": True}
    return act(store, claim.number, action, agent.actor, told, version=claim.version)
