"""What happened to cover: the few units with events or in exchange, and the day on which each one's cover ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from warrantor.engine import Engine
from warrantor.terms import Event, Guarantee, Guarantees, coverage

EPOCH = date(1970, 1, 1)
FOLDED = ("suspended", "resumed", "exchanged", "extended", "transferred")  # the kinds that move an end

# units with an event that may move their end, units given in exchange, and the units these replace
FEW = f"""
    WITH moved AS (SELECT DISTINCT serial FROM events_parsed WHERE kind IN {FOLDED} AND on_day <= $until),
    given AS (SELECT serial, replaces FROM units_begun WHERE replaces IS NOT NULL AND replaces <> serial)
    SELECT u.row__, u.serial, u.guarantee, u.named, u.start_day, u.sold_day,
           CASE WHEN u.replaces <> u.serial THEN u.replaces END AS replaces
    FROM units_begun AS u WHERE u.row__ = u.first__ AND u.serial IS NOT NULL
      AND u.serial IN (SELECT serial FROM moved UNION SELECT serial FROM given UNION SELECT replaces FROM given)
    ORDER BY u.row__"""
OF_FEW = f"""
    SELECT u.row__, e.kind, e.on_day, e.until_day FROM events_parsed AS e JOIN few AS u ON u.serial = e.serial
    WHERE e.kind IN {FOLDED} AND e.on_day <= $until ORDER BY u.row__, e.on_day"""


@dataclass(frozen=True, slots=True)
class Lived:
    """A unit that more happened to than a sale.

    Attributes
    ----------
    row : int
        Its record.
    serial : str
        Its key.
    guarantee, named : str or None
        The version it has, and the one its record names.
    start, sold : date or None
        When its own cover began, when it was sold.
    replaces : str or None
        Serial of the unit it was given for.
    events : tuple of Event
        What happened.
    """

    row: int
    serial: str
    guarantee: str | None
    named: str | None
    start: date | None
    sold: date | None
    replaces: str | None
    events: tuple[Event, ...]


def shifts(engine: Engine, guarantees: Guarantees, until: int) -> pa.Table:
    """Return, of units whose end the calendar does not tell, the guarantee and how many days later they end.

    Parameters
    ----------
    engine : Engine
        Holds `units_begun` and `events_parsed`.
    guarantees : Guarantees
        The promises.
    until : int
        Last day the records tell of; a suspension still open lasts until then.

    Returns
    -------
    pyarrow.Table
        row__, guarantee__ (null: it was given in exchange after cover had ended, and has none), shift.
    """
    few = {u.serial: u for u in _few(engine, until)}
    known = {g.key: g for g in guarantees.all}
    replaced = {u.replaces for u in few.values()}
    today = EPOCH + timedelta(days=until)
    found = [(u.row, *_end(u, few, known, replaced, today)) for u in few.values()]
    columns = list(zip(*found, strict=True)) or [(), (), ()]
    kinds = {"row__": pa.int64(), "guarantee__": pa.string(), "shift": pa.int32()}
    return pa.table({n: pa.array(list(c), k) for (n, k), c in zip(kinds.items(), columns, strict=True)})


def _few(engine: Engine, until: int) -> Iterator[Lived]:
    units = engine.sql(FEW.replace("$until", str(until)))
    engine.add("few", units)
    told: dict[int, list[Event]] = {}
    rows = engine.sql(OF_FEW.replace("$until", str(until)))
    for row, kind, on, last in zip(*(rows[c].to_pylist() for c in rows.column_names), strict=True):
        told.setdefault(row, []).append(Event(kind, _date(on), None if last is None else _date(last)))
    for row, serial, key, named, start, sold, replaces in zip(
            *(units[c].to_pylist() for c in units.column_names), strict=True):
        yield Lived(row, serial, key, named, None if start is None else _date(start),
                   None if sold is None else _date(sold), replaces, tuple(told.get(row, ())))


def _end(
    unit: Lived, few: Mapping[str, Lived], known: Mapping[str, Guarantee], replaced: set[str | None], today: date
) -> tuple[str | None, int]:
    """Fold the events of a unit and of those it stands for, from the sale on."""
    chain = _chain(unit, few)
    first = chain[-1]
    key = unit.named or first.guarantee
    guarantee = known.get(key or "")
    plain = None if guarantee is None or unit.start is None else guarantee.end_day(unit.start)
    if guarantee is None or first.start is None or unit.start is None or plain is None:
        return key, 0
    window = coverage(guarantee, first.start, events=history(chain, replaced), contract_on=first.sold, today=today)
    end = plain if window is None else window.end
    return (None, 0) if end < unit.start else (key, (end - plain).days)


def _chain(unit: Lived, few: Mapping[str, Lived]) -> list[Lived]:
    """Return the unit, the one it replaces, the one that replaced, back to the one that was sold."""
    chain, seen = [unit], {unit.serial}
    while chain[-1].replaces in few and chain[-1].replaces not in seen:
        chain.append(few[chain[-1].replaces or ""])
        seen.add(chain[-1].serial)
    return chain


def history(chain: Sequence[Lived], replaced: set[str | None]) -> list[Event]:
    """Return what happened to a unit and to those it stands for.

    Parameters
    ----------
    chain : sequence of Lived
        The unit, the one it replaces, and so on back to the one that was sold.
    replaced : set of str
        Serials that another unit stands for: their own note of the exchange would say it twice.

    Returns
    -------
    list of Event
        With an exchange on the day each next unit began.
    """
    told: list[Event] = []
    for unit in chain:
        told += [e for e in unit.events if e.kind != "exchanged" or unit.serial not in replaced]
    return told + [Event("exchanged", unit.start) for unit in chain[:-1] if unit.start is not None]


def _date(number: int) -> date:
    return EPOCH + timedelta(days=number)


def empty_events() -> dict[str, Any]:
    """Return the columns of a table of events without a row."""
    return {"serial": pa.array([], pa.string()), "kind": pa.array([], pa.string()),
            "on_day": pa.array([], pa.int32()), "until_day": pa.array([], pa.int32())}
