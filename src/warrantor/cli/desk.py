"""warrantor desk: a desk's files in and out; each act in a file of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from warrantor.cli.app import UsageError


def desk(
    what: Literal["import", "export", "backup", "restore", "erase"],
    folder: Path,
    file: Path,
    /,
    *,
    database: str | None = None,
    guarantees: Path | None = None,
    until: str | None = None,
    accept_good: bool = False,
    json: bool = False,
) -> int:
    """Register units from a file, write records for the laboratory, back the desk up, restore it, forget serials.

    Parameters
    ----------
    what
        import, export, backup, restore or erase.
    folder
        The desk's folder, with its key.
    file
        import: units as CSV. export: a folder to write. backup: a file to write. restore: the file to read.
        erase: the serials to forget, one a line.
    database
        Address of a PostgreSQL database; the folder's own SQLite file unless said.
    guarantees
        TOML with the promises, for import; 12 months to everyone by default.
    until
        Last day of the records to export, YYYY-MM-DD; everything by default.
    accept_good
        Leave units with findings out, and register the others.
    json
        Print one JSON document.
    """
    from warrantor.cli.serve import opened

    if what in ("export", "backup", "erase"):
        there(folder, database)
    if until is not None and what != "export":
        raise UsageError("--until goes with export.")
    if (accept_good or guarantees is not None) and what != "import":
        raise UsageError("--guarantees and --accept-good go with import.")
    with opened(folder, database, guarantees) as store:
        if what == "import":
            from warrantor.cli.desk_import import import_units

            return import_units(store, file, accept_good=accept_good, json=json)
        if what == "export":
            from warrantor.cli.desk_export import export_records

            return export_records(store, file, until=until, json=json)
        if what == "backup":
            from warrantor.cli.desk_backup import back_up

            return back_up(store, file, json=json)
        if what == "erase":
            from warrantor.cli.desk_erase import erase_serials

            return erase_serials(store, file, json=json)
        from warrantor.cli.desk_restore import restore_from

        return restore_from(store, file, json=json)


def there(folder: Path, database: str | None) -> None:
    """Refuse a folder without a desk: a new and empty one is not what was meant.

    Raises
    ------
    UsageError
    """
    if not (folder / "desk.key").exists() or (database is None and not (folder / "desk.sqlite").exists()):
        raise UsageError(f"There is no desk in {folder}; `warrantor serve` or `warrantor desk import` makes one.")
