"""The demo's desk: the simulated units registered, a person of every role, claims in several states, served."""

from __future__ import annotations

import csv
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from warrantor.cli.out import note, progress

if TYPE_CHECKING:
    from datetime import date

    from warrantor.desk.people import Person
    from warrantor.desk.store import Store

CENTRE = "north"
STEPS: tuple[tuple[str, dict[str, str]], ...] = (
    ("check", {}), ("authorise", {}), ("receive", {}), ("diagnose", {"fault": "performance"}), ("start_repair", {}),
    ("repair_done", {}), ("hand_back", {}))
SYMPTOMS = ("no power", "screen is black", "does not charge", "no sound", "keys do not answer")


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
    from warrantor.cli.serve import opened
    from warrantor.web import Settings, create_app
    from warrantor.web.serving import address, bound, serve

    ahead = datetime.combine(as_of, time(9), UTC) - datetime.now(UTC)
    with opened(out / "desk", None, out / "records" / "guarantees.toml") as store:
        store.clock = lambda: datetime.now(UTC) + ahead
        with progress("seeding the desk"):
            password = seeded(store, out / "records" / "units.csv")
        socket = bound("127.0.0.1", port)
        note(f"A simulated desk on {as_of}: customer, agent, engineer, finance, owner, admin, auditor sign in with "
             f"{password}")
        serve(create_app(store, Settings(out / "desk", out / "fleet")), socket,
              lambda: print(address("127.0.0.1", socket), flush=True))


def seeded(store: Store, units: Path) -> str:
    """Register the units, make people and claims where there are none yet; return everybody's new password."""
    from warrantor.desk import people
    from warrantor.desk.actor import ROLES, THE_MACHINE
    from warrantor.desk.registration import import_units

    password = secrets.token_urlsafe(12)
    if not people.count(store):
        import_units(store, THE_MACHINE, units)
        who = {role: people.add(store, THE_MACHINE, role, role, centre=CENTRE if role == "agent" else "")
               for role in ROLES}
        _claims(store, who["agent"], list(_recent(units)))
    for person in people.everybody(store):
        people.change(store, THE_MACHINE, person.number, version=person.version, password=password)
    return password


def _recent(units: Path, count: int = 24) -> Iterator[str]:
    """Yield serials of the units sold last, one a line of the file."""
    with units.open(encoding="utf-8", newline="") as lines:
        last = sorted(csv.DictReader(lines), key=lambda row: (row["sold_on"], row["serial"]))[-count:]
    yield from (row["serial"] for row in last)


def _claims(store: Store, agent: Person, serials: list[str]) -> None:
    """Open a claim of every serial, each moved one step further than the one before, and again from the start."""
    from warrantor.desk.claims import Opening, act, open_claim

    for i, serial in enumerate(serials):
        claim = open_claim(store, agent.actor, Opening(serial, SYMPTOMS[i % len(SYMPTOMS)]))
        for action, inputs in STEPS[:i % (len(STEPS) + 1)]:
            read = {"serial": serial} if action == "receive" else {}
            claim = act(store, claim.number, action, agent.actor, read | inputs, version=claim.version)
