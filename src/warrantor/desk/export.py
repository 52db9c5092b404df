"""The desk's records as files that `warrantor load` reads: the laboratory sees what the counter wrote."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, func, select

from warrantor.desk import tables
from warrantor.desk.units import CLAIMED, DAYS
from warrantor.finding import Refused

if TYPE_CHECKING:
    from warrantor.desk.store import Store

UNITS = ("serial", "product", "lot", "market", "channel", "guarantee", *DAYS, "replaces")
CLAIMS = ("claim", "serial", "component", "symptom", "fault", "opened_on", "reported_on", "failed_on", "closed_on",
          "handed_back_on", "remedy", "replacement", "payer", "cost", "currency")
EVENTS = ("serial", "kind", "on", "until", "fault", "name", "by")
LEFT_OUT = ("draft", "cancelled")  # states in which nothing was asked of the maker
STEP = 10_000


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes
    ----------
    units, claims, events : int
        Rows of each file.
    unregistered : int
        Claims left out because the maker never registered their unit.
    until : date
        The last day they tell of.
    """

    units: int
    claims: int
    events: int
    unregistered: int
    until: date

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {"schema": "warrantor.export/1", "units": self.units, "claims": self.claims, "events": self.events,
                "unregistered": self.unregistered, "until": self.until.isoformat()}


def export(store: Store, folder: Path, *, until: date | None = None) -> Exported:
    """Write units.csv, claims.csv and events.csv, all of one moment; a unit is U and its number, never its serial.

    Parameters
    ----------
    store : Store
        The desk.
    folder : Path
        Where; made where it is not there.
    until : date, optional
        Claims reported after this day, and events after it, are left out.

    Returns
    -------
    Exported
        Claims whose unit the maker never registered are counted and left out: nothing is known of such a unit.

    Raises
    ------
    Refused
        The costs of a claim are in two currencies.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with store.reading() as connection:
        units = _write(folder / "units.csv", UNITS, _units(connection))
        claims = _write(folder / "claims.csv", CLAIMS, _claims(connection, until))
        events = _write(folder / "events.csv", EVENTS, _events(connection, until))
        return Exported(units, claims, events, _unregistered(connection, until),
                        until or _last(connection, store))


def _name(unit: int | None) -> str:
    return "" if unit is None else f"U{unit}"


def _write(path: Path, columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> int:
    """Write a file beside the one it then replaces, so that nobody reads half of it."""
    count = 0
    with _beside(path) as writer:
        writer.writerow(columns)
        for row in rows:
            writer.writerow(["" if cell is None else cell for cell in row])
            count += 1
    return count


@contextmanager
def _beside(path: Path) -> Iterator[Any]:
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            yield csv.writer(file, lineterminator="\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _read(connection: Connection, asked: Any) -> Iterator[Row[Any]]:
    with connection.execution_options(yield_per=STEP).execute(asked) as found:
        yield from found


def _units(connection: Connection) -> Iterator[tuple[Any, ...]]:
    table = tables.units
    for row in _read(connection, select(table).where(table.c.origin != CLAIMED).order_by(table.c.number)):
        yield (_name(row.number), row.product, row.lot, row.market, row.channel, row.guarantee,
               *(getattr(row, day) for day in DAYS), _name(row.replaces))


def _wanted(asked: Any, until: date | None) -> Any:
    table = tables.claims
    asked = asked.join(tables.units, tables.units.c.number == table.c.unit).where(table.c.state.not_in(LEFT_OUT))
    return asked if until is None else asked.where(table.c.reported_on <= until)


def _claims(connection: Connection, until: date | None) -> Iterator[tuple[Any, ...]]:
    table = tables.claims
    asked = _wanted(select(table), until).where(tables.units.c.origin != CLAIMED).order_by(table.c.number)
    costs = _costs(connection)
    for row in _read(connection, asked):
        later = {day: _by(getattr(row, day), until) for day in ("closed_on", "handed_back_on")}
        done = until is None or later["closed_on"] is not None or row.closed_on is None
        cost, currency = costs.get(row.number, ("", ""))
        yield (row.number, _name(row.unit), row.component, row.symptom, row.fault, row.opened_on, row.reported_on,
               row.failed_on, later["closed_on"], later["handed_back_on"], row.remedy if done else "",
               _name(row.replacement), row.payer, cost, currency)


def _by(day: date | None, until: date | None) -> date | None:
    return None if day is None or (until is not None and day > until) else day


def _costs(connection: Connection) -> dict[int, tuple[Decimal, str]]:
    found: dict[int, tuple[Decimal, str]] = {}
    table = tables.costs
    for row in _read(connection, select(table).order_by(table.c.number)):
        before, currency = found.get(row.claim, (Decimal(0), row.currency))
        if currency != row.currency:
            raise Refused(f"The costs of claim {row.claim} are in {currency} and {row.currency}: take one back and "
                          "write it in the other.")
        found[row.claim] = before + row.amount * row.quantity, currency
    return found


def _events(connection: Connection, until: date | None) -> Iterator[tuple[Any, ...]]:
    """Yield what moves an end; a suspension goes with the day of its own claim's resumption."""
    table = tables.events
    asked = select(table).join(tables.units, tables.units.c.number == table.c.unit)
    asked = asked.where(tables.units.c.origin != CLAIMED).order_by(table.c.number)
    if until is not None:
        asked = asked.where(table.c.on <= until)
    back = _returns(connection, until)
    for row in _read(connection, asked):
        if row.kind == "resumed" and row.claim is not None:
            continue
        ended = row.until
        if row.kind == "suspended" and row.claim is not None and back.get(row.claim):
            ended = back[row.claim].pop(0)
        yield _name(row.unit), row.kind, row.on, ended, row.fault, row.name, ";".join(f"person {p}" for p in row.by)


def _returns(connection: Connection, until: date | None) -> dict[int, list[date]]:
    table = tables.events
    found: dict[int, list[date]] = {}
    for row in _read(connection, select(table).where(table.c.kind == "resumed").order_by(table.c.number)):
        if row.claim is not None and _by(row.on, until) is not None:
            found.setdefault(row.claim, []).append(row.on)
    return found


def _last(connection: Connection, store: Store) -> date:
    """The day it is, or a later one that stands in the records: at some places it is tomorrow already."""
    table = tables.claims
    asked = select(*(func.max(table.c[day]) for day in ("reported_on", "handed_back_on", "closed_on")))
    told = [day for day in connection.execute(asked).one() if day is not None]
    found: date = max([store.clock().date(), *told])
    return found


def _unregistered(connection: Connection, until: date | None) -> int:
    asked = _wanted(select(tables.claims.c.number), until).where(tables.units.c.origin == CLAIMED)
    return len(connection.execute(asked).all())
