"""The record kept beside a fleet: what its earlier forecasts were worth. Entries are added, none is ever changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from warrantor.forecast.ahead import FAN
from warrantor.forecast.backtest import Backtest
from warrantor.forecast.chain import add, entries
from warrantor.tally import Floats

SCHEMA = "warrantor.record/1"
NAME = "backtest.json"


def keep(folder: Path, found: Backtest) -> int:
    """Add forecasts and what came to the record, a forecast day an entry; those it holds already are not added again.

    Each entry carries the SHA-256 of the one before it.

    Parameters
    ----------
    folder : Path
        The fleet's.
    found : Backtest
        By calendar month.

    Returns
    -------
    int
        Entries added.

    Raises
    ------
    Refused
        Earlier entries are not as they were written.
    """
    old = entries_of(folder)
    held = {json.dumps(_plain(e), sort_keys=True) for e in old}
    fresh = [e for e in _entries(found) if json.dumps(e, sort_keys=True) not in held]
    if fresh:
        add(folder / NAME, SCHEMA, old, fresh)
    return len(fresh)


def entries_of(folder: Path) -> list[dict[str, Any]]:
    """Read the record's entries; none where there is no record.

    Raises
    ------
    Refused
        The file is no record, or an entry was changed after the next one was written.
    """
    return entries(folder / NAME, SCHEMA, "record of forecasts")


def record_of(folder: Path) -> tuple[Backtest, ...]:
    """Return the record by what was asked: the newest opening of each forecast."""
    groups: dict[tuple[Any, ...], Backtest] = {}
    for entry in entries_of(folder):
        one = _backtest(entry)
        asked = (*one.by, entry["asked"]["months"], one.level)
        if asked in groups:
            old = groups[asked]
            new = set(zip(one.strata, one.start.tolist(), strict=True))
            one = old.only(np.array([k not in new for k in zip(old.strata, old.start.tolist(), strict=True)])) + one
        groups[asked] = one
    return tuple(groups.values())


def said(folder: Path) -> tuple[str, ...]:
    """Say what earlier forecasts of the fleet were worth; nothing where there is no record."""
    return tuple(f"Record, by {', '.join(one.by)}, {one.made['months']} months ahead: {' '.join(one.sentences())}"
                 for one in record_of(folder))


def _entries(found: Backtest) -> list[dict[str, Any]]:
    entries = []
    for start in np.unique(found.start).tolist():
        parts = [part.only(part.start == start) if i == 0 else _made_on(part, start, found)
                 for i, part in enumerate((found, found.months)) if part is not None]
        rows = [[part.row(w) for w in range(len(part.strata))] for part in parts]
        entries.append({"as_of": found.named(start), "asked": found.made, "by": list(found.by), "level": found.level,
                        "windows": rows[0], "months": rows[1] if len(rows) > 1 else []})
    return entries


def _made_on(months: Backtest, start: float, found: Backtest) -> Backtest:
    """Months foretold on a day: each forecast has as many strata x months in the order it was made."""
    size = len(months.strata) // len(found.strata)
    return months.only(np.repeat(found.start == start, size))


def _backtest(entry: dict[str, Any]) -> Backtest:
    by, rows = tuple(entry["by"]), entry["windows"]
    days: dict[str, Any] = {n: np.array([r[n] for r in rows], "datetime64[D]").astype(np.float64)
                            for n in ("start", "end")}
    numbers: dict[str, Any] = {n: _column(rows, n) for n in ("expected", "lower", "upper", "came", "pit")}
    fan = np.stack([_column(rows, str(q)) for q in FAN], axis=1)
    return Backtest(by=by, strata=tuple(tuple(r["by"][n] for n in by) for r in rows), unit="day", level=entry["level"],
                    fan=fan, refused=tuple(r["refused"] for r in rows), made=entry["asked"], **days,
                    **numbers)


def _column(rows: list[dict[str, Any]], name: str) -> Floats:
    return np.array([np.nan if r[name] is None else r[name] for r in rows], np.float64)


def _plain(entry: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in entry.items() if k != "before"}
