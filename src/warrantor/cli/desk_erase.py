"""warrantor desk erase: serials forgotten, with what their customers said; the figures stay, nobody's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from warrantor.cli.app import UsageError
from warrantor.cli.out import Sheet, emit, progress

if TYPE_CHECKING:
    from warrantor.desk.store import Store

LEFT = ("Somebody went on reading: the file of writes ahead (desk.sqlite-wal) still holds what was erased, until the "
        "next erasure, or until the last program that has the desk open ends.")


def erase_serials(store: Store, file: Path, *, json: bool) -> int:
    """Forget the serials of a file, one a line; lines whose serial no unit has are named, never repeated."""
    from warrantor.desk import units
    from warrantor.desk.actor import THE_MACHINE
    from warrantor.desk.vault import erase_all

    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read as text, a serial a line: {error}") from error
    asked = {line.strip(): number for number, line in reversed([*enumerate(lines, 1)]) if line.strip()}
    with progress("erasing"):
        found = {number: units.find(store, serial) for serial, number in asked.items()}
        known = list(dict.fromkeys(unit.number for unit in found.values() if unit is not None))
        scrubbed = erase_all(store, known, THE_MACHINE)
    unknown = sorted(number for number, unit in found.items() if unit is None)
    document = {"schema": "warrantor.desk.erase/1", "erased": len(known), "unknown_lines": unknown,
                "scrubbed": scrubbed}
    notes = ["Backups made before still hold them: make a new one, and destroy the old."]
    notes += [] if scrubbed else [LEFT]
    notes += [f"No unit has the serial of line {', '.join(map(str, unknown))} of {file}."] if unknown else []
    emit(document, Sheet("Erased", ["serials", "count"], [["erased", len(known)], ["unknown", len(unknown)]], notes),
         json=json)
    return 3 if unknown else 0
