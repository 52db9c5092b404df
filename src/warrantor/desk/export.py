"""The desk's records as files that `warrantor load` reads: the laboratory sees what the counter wrote."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, func, select

from warrantor.desk import tables
from warrantor.desk.past import Past, known
from warrantor.desk.units import CLAIMED, DAYS
from warrantor.finding import Finding, Refused

if TYPE_CHECKING:
    from warrantor.desk.store import Store

UNITS = ("serial", "product", "lot", "market", "channel", "guarantee", *DAYS, "replaces")
CLAIMS = ("claim", "serial", "component", "symptom", "fault", "opened_on", "reported_on", "failed_on", "closed_on",
          "handed_back_on", "remedy", "replacement", "payer", "cost", "currency")
EVENTS = ("serial", "kind", "on", "until", "fault", "name", "by")
FILES = {"units.csv", "claims.csv", "events.csv"}
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
    findings : tuple of Finding
        Claims that were left out, and why.
    """

    units: int
    claims: int
    events: int
    unregistered: int
    until: date
    findings: tuple[Finding, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {"schema": "warrantor.export/1", "units": self.units, "claims": self.claims, "events": self.events,
                "unregistered": self.unregistered, "until": self.until.isoformat(),
                "findings": [one.to_dict() for one in self.findings]}


@dataclass(slots=True)
class _Out:
    """What is read for an export, and what is left out of it."""

    connection: Connection
    past: Past
    file: Path
    nobodys: set[int]
    unregistered: int = 0
    found: list[Finding] = field(default_factory=list)

    def read(self, asked: Any) -> Iterator[Row[Any]]:
        """Yield the rows of a question, some at a time."""
        with self.connection.execution_options(yield_per=STEP).execute(asked) as rows:
            yield from rows


def export(store: Store, folder: Path, *, until: date | None = None) -> Exported:
    """Write units.csv, claims.csv and events.csv, all of one moment; a unit is U and its number, never its serial.

    The three are one folder that takes the place of the one before. No role is asked for: who runs the server's own
    verbs holds the database anyway.

    Parameters
    ----------
    store : Store
        The desk.
    folder : Path
        Where; made where it is not there.
    until : date, optional
        What the desk knew at the end of this day, in UTC: claims reported, and whatever was written later, are left
        out.

    Returns
    -------
    Exported
        Claims whose unit the maker never registered are counted and left out, where nothing covered them and no other
        unit was given: nothing is known of such a unit. Claims with costs in two currencies are left out and named.

    Raises
    ------
    Refused
        The folder holds other files, or cannot be replaced.
    """
    with _beside(folder.resolve()) as part, store.reading() as connection:
        past = known(connection, until)
        out = _Out(connection, past, folder / "claims.csv", _nobodys(connection, past))
        units = _write(part / "units.csv", UNITS, _units(out))
        claims = _write(part / "claims.csv", CLAIMS, _claims(out))
        events = _write(part / "events.csv", EVENTS, _events(out))
        return Exported(units, claims, events, out.unregistered, until or _last(connection, store), tuple(out.found))


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """Give a folder beside the one it then takes the place of, so that nobody reads half of it."""
    other = sorted(p.name for p in folder.iterdir() if p.name not in FILES) if folder.exists() else []
    if other:
        raise Refused(f"{folder} holds other files ({other[0]}): name a folder that is the records' own.")
    part, old = (folder.with_name(f".{folder.name}.{end}") for end in ("part", "old"))
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        yield part
        shutil.rmtree(old, ignore_errors=True)
        try:
            with suppress(FileNotFoundError):
                folder.rename(old)
            part.rename(folder)
        except OSError as error:
            if old.exists():
                old.rename(folder)
            raise Refused(f"{folder} cannot be replaced ({error.strerror}): name a folder in it.") from error
    finally:
        for left in (part, old):
            shutil.rmtree(left, ignore_errors=True)


def _name(unit: int | None) -> str:
    return "" if unit is None else f"U{unit}"


def _write(path: Path, columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow(["" if cell is None else cell for cell in row])
            count += 1
    return count


def _nobodys(connection: Connection, past: Past) -> set[int]:
    """Return units that are known from a claim alone, stand in no chain, and were never covered."""
    table, later = tables.units, past.before.items()
    found = set(connection.execute(select(table.c.number).where(table.c.origin == CLAIMED)).scalars())
    found |= {number for (name, number), was in later if name == "units" and was.get("origin") == CLAIMED}
    if not found:
        return found
    chained: dict[int, int | None] = {row.number: row.replaces for row in connection.execute(
        select(table.c.number, table.c.replaces).where(table.c.replaces.is_not(None)))}
    chained |= {number: was["replaces"] for (name, number), was in later if name == "units" and "replaces" in was}
    for number, over in chained.items():
        if over is not None:
            found -= {number, over}
    claims = tables.claims
    asked = select(claims.c.number, claims.c.unit, claims.c.answer)
    with connection.execution_options(yield_per=STEP).execute(past.seen(asked, claims.c.opened_at)) as rows:
        return found - {row.unit for row in rows if past.of("claims", row)["answer"] == "covered"}


def _units(out: _Out) -> Iterator[tuple[Any, ...]]:
    table, past = tables.units, out.past
    asked = select(table).order_by(table.c.number)
    for row in out.read(asked if past.units is None else asked.where(table.c.number < past.units)):
        if row.number not in out.nobodys:
            was = past.of("units", row)
            yield (_name(row.number), was["product"], was["lot"], was["market"], was["channel"], was["guarantee"],
                   *(past.day(was[day]) for day in DAYS), _name(was["replaces"]))


def _claims(out: _Out) -> Iterator[tuple[Any, ...]]:
    table, past = tables.claims, out.past
    costs = _costs(out)
    for row in out.read(past.seen(select(table), table.c.opened_at).order_by(table.c.number)):
        was = past.of("claims", row)
        if was["state"] in LEFT_OUT or past.day(was["reported_on"]) is None:
            continue
        if row.unit in out.nobodys:
            out.unregistered += 1
            continue
        told = costs.get(row.number, {})
        spent = {currency: amount for currency, amount in told.items() if amount}
        if len(spent) > 1:
            out.found.append(_mixed(out.file, row.number, spent))
            continue
        currency = next(iter(spent or told), "")
        yield (row.number, _name(row.unit), was["component"], was["symptom"], was["fault"], was["opened_on"],
               was["reported_on"], was["failed_on"], past.day(was["closed_on"]), past.day(was["handed_back_on"]),
               was["remedy"], _name(was["replacement"]), was["payer"], told.get(currency, ""), currency)


def _mixed(file: Path, claim: int, spent: dict[str, Decimal]) -> Finding:
    return Finding(str(file), None, "claim", str(claim), "mixed-currencies",
                   f"Claim {claim} has costs in {' and '.join(sorted(spent))}, and is left out.",
                   "Take the lines of one currency back, and write them in the other.")


def _costs(out: _Out) -> dict[int, dict[str, Decimal]]:
    """Return what each claim cost, by currency."""
    table = tables.costs
    found: dict[int, dict[str, Decimal]] = {}
    for row in out.read(out.past.seen(select(table), table.c.at).order_by(table.c.number)):
        sums = found.setdefault(row.claim, {})
        sums[row.currency] = sums.get(row.currency, Decimal(0)) + row.amount * row.quantity
    return found


def _events(out: _Out) -> Iterator[tuple[Any, ...]]:
    """Yield what moves an end; a suspension goes with the day of its own claim's resumption."""
    table, past = tables.events, out.past
    back = _returns(out)
    for row in out.read(past.seen(select(table), table.c.at).order_by(table.c.number)):
        if (row.kind == "resumed" and row.claim is not None) or row.unit in out.nobodys or past.day(row.on) is None:
            continue
        ended = row.until
        if row.kind == "suspended" and row.claim is not None and back.get(row.claim):
            ended = back[row.claim].pop(0)
        yield _name(row.unit), row.kind, row.on, ended, row.fault, row.name, ";".join(f"person {p}" for p in row.by)


def _returns(out: _Out) -> dict[int, list[date]]:
    table = tables.events
    found: dict[int, list[date]] = {}
    asked = select(table).where(table.c.kind == "resumed").order_by(table.c.number)
    for row in out.read(out.past.seen(asked, table.c.at)):
        if row.claim is not None and out.past.day(row.on) is not None:
            found.setdefault(row.claim, []).append(row.on)
    return found


def _last(connection: Connection, store: Store) -> date:
    """The day it is, or a later one that stands in the records: at some places it is tomorrow already."""
    table = tables.claims
    asked = select(*(func.max(table.c[day]) for day in ("reported_on", "handed_back_on", "closed_on")))
    told = [day for day in connection.execute(asked).one() if day is not None]
    found: date = max([store.clock().date(), *told])
    return found
