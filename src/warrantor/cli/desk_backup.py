"""warrantor desk backup: the desk of one moment in a file, read again before it is called a backup."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from warrantor.cli.out import Sheet, emit, progress

if TYPE_CHECKING:
    from warrantor.desk.backup import Kept
    from warrantor.desk.store import Store


def back_up(store: Store, file: Path, *, json: bool) -> int:
    """Write a backup and say what is in it."""
    from warrantor.desk.backup import backup

    with progress("copying"):
        kept = backup(store, file)
    emit(kept.to_dict(), sheet(f"Backup {file}", kept, "The key is not in it: keep a copy of desk.key elsewhere."),
         json=json)
    return 0


def sheet(title: str, kept: Kept, said: str) -> Sheet:
    """Return the rows of a backup as a table."""
    rows = [[name, count] for name, count in sorted(kept.rows.items()) if count]
    return Sheet(title, ["table", "rows"], rows, [said, f"Head of its log: {kept.head}"])
