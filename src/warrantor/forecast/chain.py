"""A file beside a fleet that is added to and never changed: each entry carries the SHA-256 of the one before it."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from warrantor.finding import Refused

Entry = dict[str, Any]


def entries(path: Path, schema: str, what: str) -> list[Entry]:
    """Read the entries; none where there is no file.

    Parameters
    ----------
    path : Path
    schema : str
        What the file must say it is.
    what : str
        Its name in a message, such as "record of forecasts".

    Raises
    ------
    Refused
        The file is another one, or an entry was changed after the next one was written.
    """
    if not path.exists():
        return []
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise Refused(f"{path} is no {what}: {error}. Put it back as it was, or move it away to begin a "
                      "new one.") from error
    if not isinstance(document, dict) or document.get("schema") != schema:
        raise Refused(f"{path} is no {what} ({schema}). Move it away to begin a new one.")
    found: list[Entry] = document["entries"]
    for i, entry in enumerate(found):
        if entry["before"] != (digest(found[i - 1]) if i else None):
            raise Refused(f"{path}: entry {i} of {len(found)} is not as it was when the next one was written. A "
                          f"{what} is added to and never changed: put the file back, or move it away to begin a new "
                          "one")
    return found


def add(path: Path, schema: str, held: list[Entry], fresh: Iterable[Entry]) -> None:
    """Write the entries held and the fresh ones, each bound to the one before it, in the file's place at once."""
    whole = list(held)
    for entry in fresh:
        whole.append({**entry, "before": digest(whole[-1]) if whole else None})
    lines = ",\n".join(json.dumps(e, allow_nan=False, ensure_ascii=False) for e in whole)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as beside:
        beside.write(f'{{"schema": "{schema}", "entries": [\n{lines}\n]}}\n')
    Path(beside.name).replace(path)


def digest(entry: Entry) -> str:
    """Return the SHA-256 of an entry, keys in order.

    Examples
    --------
    >>> digest({"a": 1})[:12]
    'f9d86028c6e0'
    """
    return hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()
