"""warrantor desk export: units, claims and events for `warrantor load`, under pseudonyms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from warrantor.cli.app import UsageError
from warrantor.cli.out import Sheet, emit, note, progress

if TYPE_CHECKING:
    from warrantor.desk.store import Store

FINDINGS = 3
SHOWN = 50

def export_records(store: Store, folder: Path, *, until: str | None, json: bool) -> int:
    """Write the three files, and say how to load them."""
    from warrantor.desk.export import export
    from warrantor.desk.life_cycle import a_day
    from warrantor.desk.refusals import InputsError

    try:
        last = None if until is None else a_day("--until", until)
    except InputsError as error:
        raise UsageError(str(error)) from error
    with progress("writing"):
        done = export(store, folder, until=last)
    rows = [["units", done.units], ["claims", done.claims], ["events", done.events],
            ["claims of units nobody registered, left out", done.unregistered],
            ["claims with costs in two currencies, left out", len(done.findings)]]
    again = (f"warrantor load --units {folder}/units.csv --claims {folder}/claims.csv --events {folder}/events.csv "
             f"--data-until {done.until} --out FLEET")
    for finding in done.findings[:SHOWN]:
        note(str(finding))
    emit(done.to_dict(), Sheet(f"Records in {folder}", ["file", "rows"], rows, [f"Read them with: {again}"]), json=json)
    return FINDINGS if done.findings else 0
