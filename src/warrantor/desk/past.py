"""What the desk knew at the end of a day: what was changed since is taken back, what came since is not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Date, Row, select

from warrantor.desk import tables

NEVER_NEW = ("erase", "assign", "approve")  # these may change a unit, and never add one


@dataclass(frozen=True, slots=True)
class Past:
    """The desk at an instant.

    Attributes
    ----------
    until : date or None
        The last day that is seen; None: all that is known.
    at : datetime or None
        What was written at this instant or later is not seen: the end of that day, in UTC.
    units : int or None
        The first unit that was registered later.
    before : mapping
        Table and number -> columns that were changed since, as they were.
    """

    until: date | None = None
    at: datetime | None = None
    units: int | None = None
    before: Mapping[tuple[str, int], Mapping[str, Any]] = field(default_factory=dict)

    def of(self, table: str, row: Row[Any]) -> Mapping[str, Any]:
        """Return a row of claims or units as it was."""
        told: dict[str, Any] = row._asdict()  # SQLAlchemy's public name
        changed = self.before.get((table, told["number"]))
        return told | dict(changed) if changed else told

    def seen(self, asked: Any, column: Any) -> Any:
        """Leave out of a question what was written later, by the column of its instant."""
        return asked if self.at is None else asked.where(column < self.at)

    def day(self, day: date | None) -> date | None:
        """Return a day; None where it had not come."""
        return None if day is None or (self.until is not None and day > self.until) else day


def known(connection: Connection, until: date | None) -> Past:
    """Return what was known at the end of a day; of everything where none is named.

    Only what the log names row by row is taken back: days that a file filled into units it registered are not.
    """
    if until is None or until == date.max:
        return Past(until)
    at = datetime.combine(until + timedelta(days=1), time.min, UTC)
    asked = select(tables.audit.c.kind, tables.audit.c.body).where(tables.audit.c.at >= at)
    before: dict[tuple[str, int], dict[str, Any]] = {}
    new: set[int] = set()
    with connection.execution_options(yield_per=1000).execute(
            asked.order_by(tables.audit.c.number.desc())) as entries:
        for entry in entries:
            new |= _new(entry.kind, entry.body)
            for table, number, _, told in reversed(entry.body.get("rows", ())):
                if told and table in ("claims", "units"):
                    before.setdefault((table, number), {}).update(
                        {column: _value(table, column, was) for column, (was, _) in told.items()})
    return Past(until, at, min(new, default=None), before)


def _new(kind: str, body: Mapping[str, Any]) -> set[int]:
    """Return units that an entry may have registered; every later one has a larger number."""
    found = {number for table, number, _, told in body.get("rows", ()) if table == "units" and not told}
    found = set() if kind in NEVER_NEW else found
    return found | ({body["first"]} if body.get("new") and "first" in body else set())


def _value(table: str, column: str, was: Any) -> Any:
    if was is not None and isinstance(tables.METADATA.tables[table].c[column].type, Date):
        return date.fromisoformat(was)
    return was
