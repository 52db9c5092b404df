"""warrantor sql: a question of one's own, asked of a fleet."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from warrantor.cli.out import Sheet, emit, progress

SCHEMA = "warrantor.sql/1"
TABLES = "tables: units, claims, calendar (guarantee, start_day, end_day); days are integers since 1970-01-01"


def sql(
    fleet: Path, text: str, /, *, engine: str = "duckdb", limit: int = 1000, json: bool = False, csv: bool = False
) -> None:
    """Ask a fleet a question of your own.

    Parameters
    ----------
    fleet
        A fleet folder that `warrantor load` wrote.
    text
        One SELECT over the tables units, claims and calendar; days are integers since 1970-01-01.
    engine
        duckdb, spark or spark://host:port.
    limit
        Print at most so many rows; --json and --csv print all.
    json
        Print one JSON document.
    csv
        Print the rows as CSV.
    """
    import warrantor

    with progress("asking"), warrantor.open(fleet, engine=engine) as opened:
        answer = opened.sql(text)
    shown = answer if json or csv else answer.slice(0, limit)
    rows = [[_plain(value) for value in row.values()] for row in shown.to_pylist()]
    left = len(answer) - len(rows)
    notes = [f"{left:,} more rows; --limit shows more, --csv all"] if left else []
    document = {"schema": SCHEMA, "columns": answer.column_names, "rows": rows}
    emit(document, Sheet(f"{len(answer):,} rows", answer.column_names, rows, [*notes, TABLES]), json=json, csv=csv)


def _plain(value: Any) -> Any:
    """Return a value that JSON can carry; what is no number stays missing."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
