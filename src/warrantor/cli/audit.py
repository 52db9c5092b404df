"""warrantor audit verify: the desk's log read from its first entry, and the rows compared with what it says of them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from warrantor.cli.out import Sheet, emit, progress

FAILED = 1


def audit(
    what: Literal["verify"],  # noqa: ARG001  one of one; a second would be another answer
    folder: Path,
    /,
    *,
    database: str | None = None,
    head: str | None = None,
    json: bool = False,
) -> int:
    """Verify the desk's log: nothing changed, taken out, added or cut off past the desk.

    Parameters
    ----------
    what
        verify.
    folder
        The desk's folder, with its key.
    database
        Address of a PostgreSQL database; the folder's own SQLite file unless said.
    head
        NUMBER:SEAL that an earlier run printed: the log must still hold that entry.
    json
        Print one JSON document.
    """
    from warrantor.cli.desk import there
    from warrantor.cli.serve import opened
    from warrantor.desk.audit import verify

    there(folder, database)
    with opened(folder, database) as store, progress("reading the log"):
        found = verify(store, head)
    rows = [[sentence] for sentence in found.wrong] or [["every seal and every row holds"]]
    if found.more:
        rows.append([f"and {found.more:,} more"])
    notes = [f"Entries read: {found.entries:,}. Write this head down elsewhere: {found.head}"]
    emit(found.to_dict(), Sheet(f"The log of {folder}", ["what was found"], rows, notes), json=json)
    return 0 if found.intact else FAILED
