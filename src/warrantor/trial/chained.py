"""A folder of records, one file each, never written over, each carrying the hash of the one before."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from warrantor.finding import Refused


def read(folder: Path) -> list[dict[str, Any]]:
    """Read all records in order; none where there is no folder.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    Refused
        One was changed, lost or put in between: its hash is not the one that the next carries.
    """
    records, before = [], ""
    for number, path in enumerate(sorted(folder.glob("[0-9]*.json")), 1):
        text = path.read_text(encoding="utf-8")
        try:
            record = json.loads(text)
        except ValueError as error:
            raise Refused(f"{path} is no record: {error}. It was changed; restore the folder.") from error
        if record["number"] != number or record["previous"] != before:
            raise Refused(f"{path}: the chain is broken here: record {number} should follow {before[:12] or 'none'}. A "
                          "record before it was changed or removed; restore the folder.")
        before = hashlib.sha256(text.encode()).hexdigest()
        records.append({**record, "path": path})
    return records


def add(folder: Path, schema: str, kind: str, name: str, document: dict[str, Any]) -> dict[str, Any]:
    """Write one more record and return it.

    Parameters
    ----------
    folder : Path
        Made where it is not there.
    schema, kind : str
        Of the record.
    name : str
        Of the file, between its number and its kind.
    document : dict
        Plain values.
    """
    import warrantor

    folder.mkdir(parents=True, exist_ok=True)
    records = read(folder)
    before = "" if not records else hashlib.sha256(records[-1]["path"].read_bytes()).hexdigest()
    number = len(records) + 1
    record = {"schema": schema, "number": number, "kind": kind, "previous": before, "warrantor": warrantor.__version__,
              "document": document}
    path = folder / f"{number:03d}-{name}-{kind}.json"
    _written(path, json.dumps(record, sort_keys=True, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    return {**record, "path": path}


def _written(path: Path, text: str) -> None:
    """Put a whole file in its place, or none: whoever is interrupted, or second, leaves nothing behind."""
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(descriptor)
        os.link(beside, path)
    except FileExistsError as error:
        raise Refused(f"{path} was written by somebody else at the same moment: try again.") from error
    finally:
        Path(beside).unlink()
