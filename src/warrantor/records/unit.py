"""One unit of a fleet folder, as the promise is asked about it: its evidence, its events, its claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from warrantor.engine import Engine
from warrantor.engine.source import literal
from warrantor.records.events import Lived, history
from warrantor.terms import Complaint, Door, Event, Evidence, Request

EPOCH = date(1970, 1, 1)
DAYS = ("delivered_day", "sold_day", "activated_day", "shipped_day", "made_day")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a customer asks.

    Attributes
    ----------
    on : date
        The day asked about.
    component : str
        What failed.
    fault : str
        What was found, by the guarantee's word.
    """

    on: date
    component: str = "host"
    fault: str = "performance"


def request_of(engine: Engine, folder: Path, serial: str, asked: Asked, columns: Mapping[str, Any]) -> Request:
    """Return the question about a unit of the fleet.

    Parameters
    ----------
    engine : Engine
        Holds `units` and `claims`.
    folder : Path
        The fleet folder; its events are read where it has some.
    serial : str
        The unit. One that is not in the fleet was never shipped as far as the records tell.
    asked : Asked
        Day, component, fault.
    columns : mapping
        Columns the maker gave, by table; what was not given is not concluded from.
    """
    row = _row(engine, f"serial = {literal(serial)}")
    if row is None:
        return Request(asked.on, serial=serial, door=Door(shipped=False))
    if (folder / "events.parquet").exists():
        engine.add("unit_events", folder / "events.parquet")
    chain = _chain(engine, row, (folder / "events.parquet").exists())
    first = chain[-1][0]
    replaced: set[str | None] = {lived.serial for _, lived in chain[1:]}
    if _row(engine, f"replaces = {int(row['unit'])}") is not None:
        replaced.add(serial)
    told = history([lived for _, lived in chain], replaced)
    claims = _claims(engine, int(row["unit"]))
    return Request(
        asked.on, serial=serial, granted=(row["guarantee"],) if row["guarantee"] else (),
        market=row["market"] or "", product=row["product"] or "", channel=row["channel"] or "",
        evidence=_evidence(first),
        events=tuple(told), component=asked.component,
        complaint=Complaint(fault=asked.fault, repairs=sum(_repaired(c, asked.on, columns) for c in claims)),
        door=_door(engine, row, claims, asked.on, columns))


def _row(engine: Engine, where: str) -> dict[str, Any] | None:
    rows = engine.sql(f"SELECT * FROM units WHERE {where} LIMIT 1").to_pylist()
    return dict(rows[0]) if rows else None


def _evidence(row: dict[str, Any]) -> Evidence:
    delivered, sold, used, shipped, made = (_date(row[d]) for d in DAYS)
    return Evidence(delivered, sold, used, shipped, made)


def _chain(engine: Engine, row: dict[str, Any], with_events: bool) -> list[tuple[dict[str, Any], Lived]]:
    chain, seen = [(row, _lived(engine, row, with_events))], {row["unit"]}
    while chain[-1][0]["replaces"] is not None and chain[-1][0]["replaces"] not in seen:
        before = _row(engine, f"unit = {int(chain[-1][0]['replaces'])}")
        if before is None:
            break
        seen.add(before["unit"])
        chain.append((before, _lived(engine, before, with_events)))
    return chain


def _lived(engine: Engine, row: dict[str, Any], with_events: bool) -> Lived:
    told = []
    if with_events:
        text = f"SELECT * FROM unit_events WHERE serial = {literal(row['serial'])} ORDER BY on_day"
        told = [_event(e) for e in engine.sql(text).to_pylist()]
    return Lived(int(row["unit"]), row["serial"], row["guarantee"], None, _date(row["start_day"]),
                 _date(row["sold_day"]), None, tuple(told))


def _event(row: dict[str, Any]) -> Event:
    by = tuple(p.strip() for p in (row.get("by") or "").split(";") if p.strip())
    on = _date(row["on_day"]) or EPOCH
    return Event(row["kind"], on, _date(row["until_day"]), row.get("fault") or "", row.get("name") or "", by)


def _claims(engine: Engine, unit: int) -> list[dict[str, Any]]:
    """Return the unit's claims, each as it was last corrected."""
    rows = [dict(c) for c in engine.sql(f"SELECT * FROM claims WHERE unit = {unit}").to_pylist()]
    return [c for c in rows if c.get("replaced_day") is None]


def _repaired(claim: dict[str, Any], on: date, columns: Mapping[str, Any]) -> bool:
    """Whether a claim was a repair before that day; a visit without a fault found is none."""
    opened = _date(claim["opened_day"])
    found = claim["fault"] is not None or "fault" not in columns.get("claims", ())
    return opened is not None and opened < on and claim["remedy"] == "repair" and found


def _door(
    engine: Engine, row: dict[str, Any], claims: list[dict[str, Any]], on: date, columns: Mapping[str, Any]
) -> Door:
    day = (on - EPOCH).days
    replaced = _row(engine, f"replaces = {int(row['unit'])} AND start_day <= {day}") is not None
    told = "closed_on" in columns.get("claims", ())
    still_open = told and any(c["opened_day"] < day and (c["closed_day"] is None or c["closed_day"] > day)
                              for c in claims)
    used = row["activated_day"]
    return Door(superseded=replaced, open_claim=still_open,
                claims_30d=sum(day - 30 < c["opened_day"] <= day for c in claims),
                claim_before_activation=used is not None and day < used)


def _date(number: int | None) -> date | None:
    return None if number is None else EPOCH + timedelta(days=number)
