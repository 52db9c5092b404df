"""warrantor desk import: units registered from a file, all of them or none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from warrantor.cli.out import Sheet, emit, note, progress

if TYPE_CHECKING:
    from warrantor.desk.store import Store

FINDINGS = 3
SHOWN = 50


def import_units(store: Store, file: Path, *, accept_good: bool, json: bool) -> int:
    """Register units and say how many; findings of rows that were left out go to stderr."""
    from warrantor.desk.actor import THE_MACHINE
    from warrantor.desk.registration import import_units as ask

    with progress("registering"):
        done = ask(store, THE_MACHINE, file, accept_good=accept_good)
    for finding in (*done.notes, *done.findings)[:SHOWN]:
        note(str(finding))
    rows = [["registered", done.new], ["better known now", done.filled],
            ["stand for another now", done.chained], ["left out", done.left_out],
            ["erased here before, left out", done.erased]]
    emit(done.to_dict(), Sheet(f"Units of {file.name}", ["units", "count"], rows), json=json)
    return FINDINGS if done.left_out else 0
