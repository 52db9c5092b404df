"""warrantor desk restore: an empty desk filled from a backup, and its log verified."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from warrantor.cli.desk_backup import sheet
from warrantor.cli.out import emit, progress

if TYPE_CHECKING:
    from warrantor.desk.store import Store


def restore_from(store: Store, file: Path, *, json: bool) -> int:
    """Restore a backup and say what is there now."""
    from warrantor.desk.backup import restore

    with progress("restoring"):
        kept = restore(store, file)
    emit(kept.to_dict(), sheet(f"Restored from {file}", kept, "Every seal and every row holds."), json=json)
    return 0
