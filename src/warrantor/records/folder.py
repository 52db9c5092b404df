"""What a fleet folder says of itself, and up to which day it can be asked."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from warrantor.finding import Refused

PARTS = ("manifest.json", "guarantees.toml", "units.parquet", "claims.parquet")


def manifest_of(folder: Path) -> dict[str, Any]:
    """Read the manifest of a fleet folder.

    Raises
    ------
    Refused
        A part of it is missing.
    """
    missing = [n for n in PARTS if not (folder / n).exists()]
    if missing:
        raise Refused(f"{folder} is no fleet folder: {', '.join(missing)} missing. `warrantor load` writes one")
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return manifest


def known_day(as_of: str | date | None, until: date) -> date:
    """Return the day asked for, or the last that the records reach to.

    Raises
    ------
    Refused
        No day, or one after `until`.

    Examples
    --------
    >>> known_day("2019-06-30", date(2019, 12, 31))
    datetime.date(2019, 6, 30)
    """
    try:
        day = until if as_of is None else date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    except ValueError as error:
        raise Refused(f"as_of={as_of!r} is no day; write it as in '2020-06-30'") from error
    if day > until:
        raise Refused(f"as_of {day} is after {until}, the day the records reach to: what came later is not known. "
                      f"Ask as of {until} or earlier, or load newer records")
    return day
