"""A fleet folder given to an engine: its tables, and the calendar of their start days."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from warrantor.engine import Engine, open_engine
from warrantor.exposure.scope import Scope, calendar_table
from warrantor.terms import Guarantees


def open_scope(
    folder: Path, day: date, currency: str | None, guarantees: Guarantees, engine: str | Engine
) -> Scope:
    """Open an engine on a fleet folder.

    Parameters
    ----------
    folder : Path
        Written by `warrantor load`.
    day : date
        Up to which claims are known.
    currency : str or None
        Of the costs.
    guarantees : Guarantees
        Whose calendar is joined.
    engine : str or Engine
        A name to open, closed again where this fails; or an engine that is open already.
    """
    asked = open_engine(engine) if isinstance(engine, str) else engine
    try:
        return _named(asked, folder, day, currency, guarantees)
    except BaseException:
        if isinstance(engine, str):
            asked.close()
        raise


def _named(asked: Engine, folder: Path, day: date, currency: str | None, guarantees: Guarantees) -> Scope:
    columns = {}
    for table in ("units", "claims"):
        asked.add(table, folder / f"{table}.parquet")
        columns[table] = frozenset(asked.sql(f"SELECT * FROM {table} LIMIT 0").column_names)
    scope = Scope(asked, day, currency, columns["units"], columns["claims"])
    first, last = scope.ask("span").to_pylist()[0].values()
    rows = () if first is None else guarantees.calendar(first, last)
    asked.add("calendar", calendar_table(rows))
    return scope
