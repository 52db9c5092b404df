"""Is this unit covered: what the desk holds of it becomes one question, and `terms` answers it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, bindparam, or_, select

from warrantor.desk import tables
from warrantor.desk.units import CLAIMED, Unit, before, read_otherwise, successor
from warrantor.desk.vault import mark
from warrantor.terms import (
    Answer,
    Complaint,
    Door,
    Event,
    Evidence,
    Guarantees,
    Request,
    beside,
    entitle,
    local_day,
    shipped,
)
from warrantor.terms.guarantee import HOST

if TYPE_CHECKING:
    from datetime import datetime

    from warrantor.desk.store import Store

# What a hold says once a person let it go; those of doubts.py are not asked again there.
HOLDS: dict[str, dict[str, Any]] = {
    "hold:serial_not_shipped": {"shipped": True}, "hold:velocity": {"claims_30d": 0},
    "hold:claim_before_activation": {"claim_before_activation": False}, "hold:given_back": {"given_back": False}}

_LATER = tables.units.alias("later")
# Most units never had a claim, an event or a campaign: one question tells which of the others need be asked.
_GLANCE = select(
    tables.units, select(tables.claims.c.number).where(tables.claims.c.unit == tables.units.c.number).limit(1)
    .scalar_subquery().label("claimed__"), select(tables.events.c.number)
    .where(tables.events.c.unit == tables.units.c.number).limit(1).scalar_subquery().label("told__"),
    select(tables.campaigns.c.number).limit(1).scalar_subquery().label("campaign__"),
    select(_LATER.c.number).where(_LATER.c.replaces == tables.units.c.number).limit(1).scalar_subquery()
    .label("after__"),
).where(tables.units.c.mark == bindparam("mark"))
_CLAIMS = select(tables.claims).where(tables.claims.c.unit.in_(bindparam("numbers", expanding=True)))
_EVENTS = select(tables.events).where(tables.events.c.unit.in_(bindparam("numbers", expanding=True))).order_by(
    tables.events.c.number)


@dataclass(frozen=True, slots=True)
class _Glance:
    """Which of a unit's records there are."""

    claims: bool = True
    events: bool = True
    campaigns: bool = True
    superseded: bool | None = None

    @property
    def alone(self) -> bool:
        """Whether nothing but the unit itself need be read."""
        return not (self.claims or self.events or self.campaigns)


_EVERYTHING = _Glance()


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a unit.

    Attributes
    ----------
    on : date
        The day asked about.
    component : str
        What failed; empty: the unit itself.
    fault : str
        What was found, by the guarantee's word; empty: it does not work as it should.
    user_damage : bool
        Broken by whoever had it.
    proof : bool
        There is proof of sale.
    wait_days : int
        Days a repair has been waited for, and `wait_cause` what for: parts, repairer.
    claim : int or None
        The claim the question is about: it does not stand against itself.
    cleared : tuple of str
        Holds that a person looked at and let go.
    """

    on: date
    component: str = ""
    fault: str = ""
    user_damage: bool = False
    proof: bool = True
    wait_days: int = 0
    wait_cause: str = ""
    claim: int | None = None
    cleared: tuple[str, ...] = ()


def coverage(
    store: Store, serial: str, *, on: date | None = None, component: str = "", fault: str = ""
) -> Answer:
    """Answer whether the unit with a serial is covered.

    Parameters
    ----------
    store : Store
        The desk.
    serial : str
        As typed.
    on : date, optional
        The day; today where the unit was sold, by default.
    component, fault : str
        What failed, and how.

    Returns
    -------
    Answer
        Of a serial nobody knows: held, since nothing says that it was shipped.

    Examples
    --------
    >>> from warrantor.desk import open
    >>> with open(getfixture("tmp_path") / "desk.sqlite", key=b"k" * 32) as store:
    ...     coverage(store, "U1", on=date(2026, 11, 23)).answer
    'held'
    """
    told = at_a_glance(store, serial, on=on, component=component, fault=fault)
    if told is not None:
        return told
    with store.reading() as connection:
        row = _glanced(connection, store.key, serial)
        if row is None:  # erased since the glance
            return entitle(Request(on or store.clock().date(), serial=serial, door=Door(shipped=False)), shipped())
        found = _seen(row)
        return _answered(connection, store, serial, found, Asked(on or today(store, found[0]), component, fault))


def at_a_glance(
    store: Store, serial: str, *, on: date | None = None, component: str = "", fault: str = ""
) -> Answer | None:
    """Answer the same by one question to the database; None where a unit has records of its own, to be read first."""
    with store.glancing() as connection:
        row = _glanced(connection, store.key, serial)
        if row is None:
            day = on or store.clock().date()
            return entitle(Request(day, serial=serial, door=Door(shipped=False)), shipped())
        found = _seen(row)
        if not found[1].alone:
            return None
        return _answered(connection, store, serial, found, Asked(on or today(store, found[0]), component, fault))


def _glanced(connection: Connection, key: bytes, serial: str) -> Row[Any] | None:
    """Look a serial up as it was typed; only where that is no unit's, as the phone's number it may be."""
    row = connection.execute(_GLANCE, {"mark": mark(key, serial)}).one_or_none()
    if row is None and (other := read_otherwise(connection, key, serial)) is not None:
        row = connection.execute(_GLANCE, {"mark": other}).one_or_none()
    return row


def _seen(row: Row[Any]) -> tuple[Unit, _Glance]:
    """Return a unit, and which of its records there are."""
    told = row._mapping  # noqa: SLF001  SQLAlchemy's public name
    unit = Unit(**{k: v for k, v in told.items() if k != "mark" and not k.endswith("__")})
    stands_in = unit.replaces is not None
    return unit, _Glance(stands_in or row.claimed__ is not None, stands_in or row.told__ is not None,
                         row.campaign__ is not None, row.after__ is not None)


def _answered(connection: Connection, store: Store, serial: str, found: tuple[Unit, _Glance], asked: Asked) -> Answer:
    unit, glance = found
    return replace(entitle(request_of(connection, unit, asked, glance), promises(store, unit)), serial=serial)


def of_unit(store: Store, unit: Unit, asked: Asked) -> Answer:
    """Answer a question about a unit; its serial is not in the answer."""
    with store.reading() as connection:
        return answer(connection, store, unit, asked)


def answer(connection: Connection, store: Store, unit: Unit, asked: Asked) -> Answer:
    """Answer a question about a unit inside a transaction."""
    return entitle(request_of(connection, unit, asked), promises(store, unit))


def promises(store: Store, unit: Unit) -> Guarantees:
    """Return the guarantees that may be the unit's: the maker's it was given, and what law and sellers owe."""
    held = store.promised.get(unit.guarantee)
    if held is None or held[0] is not store.guarantees:
        held = store.guarantees, beside(store.guarantees, (unit.guarantee,) if unit.guarantee else ())
        store.promised[unit.guarantee] = held
    return held[1]


def zone(store: Store, unit: Unit) -> str:
    """Return the time zone that decides a unit's day: its guarantee's, else its market's, else UTC."""
    for one in promises(store, unit).all:
        if one.key == unit.guarantee and one.zone != "UTC":
            return one.zone
    here = (g.zone for g in shipped().all if unit.market and unit.market in g.markets)
    return next(here, "UTC")


def today(store: Store, unit: Unit, at: datetime | None = None) -> date:
    """Return the day it is where the unit was sold."""
    return local_day(at or store.clock(), zone(store, unit))


def request_of(connection: Connection, unit: Unit, asked: Asked, glance: _Glance = _EVERYTHING) -> Request:
    """Return what the desk knows of a unit as the question that `terms` answers.

    A unit given in exchange has the evidence of the one that was sold, and what happened to every unit between.
    """
    chain = before(connection, unit)
    first = chain[-1]
    evidence = Evidence(first.delivered_on, first.sold_on, first.activated_on, first.shipped_on, first.made_on)
    numbers = [u.number for u in chain]
    claims = connection.execute(_CLAIMS, {"numbers": numbers}).all() if glance.claims else []
    rows = connection.execute(_EVENTS, {"numbers": numbers}).all() if glance.events else []
    tried = [c for c in claims if c.number != asked.claim and c.opened_on <= asked.on]
    complaint = Complaint(
        fault=asked.fault or "performance", user_damage=asked.user_damage, proof=asked.proof,
        repairs=_repairs(rows, unit, asked),
        exchanges=sum(c.remedy == "exchange" and c.component == asked.component for c in tried),
        wait_days=asked.wait_days, wait_cause=asked.wait_cause)
    return Request(
        asked.on, granted=(unit.guarantee,) if unit.guarantee else (), market=unit.market, brand=unit.brand,
        product=unit.product, channel=unit.channel, evidence=evidence,
        events=_events(connection, chain, unit, _told(rows, asked), glance), component=asked.component or HOST,
        complaint=complaint, door=door(connection, unit, asked, claims, glance.superseded))


def door(connection: Connection, unit: Unit, asked: Asked, claims: Iterable[Row[Any]] | None = None,
         superseded: bool | None = None) -> Door:
    """Return what is known of a unit at the counter; holds that a person cleared are not told again."""
    found = connection.execute(_CLAIMS, {"numbers": [unit.number]}).all() if claims is None else claims
    after = successor(connection, unit.number) is not None if superseded is None else superseded
    own = [c for c in found if c.unit == unit.number]
    others = [c for c in own if c.number != asked.claim]
    recent = sum(abs((asked.on - c.opened_on).days) < 30 and c.state != "cancelled" for c in others)
    refunded = any(c.remedy == "refund" and c.state in ("refunded", "closed") for c in others)
    told = Door(
        shipped=unit.origin != CLAIMED, superseded=after,
        open_claim=asked.claim is not None and any(c.is_open for c in others),
        refunded=refunded, given_back=bool(unit.returned_on and unit.returned_on <= asked.on and not refunded),
        claims_30d=recent + 1, claim_before_activation=bool(unit.activated_on and asked.on < unit.activated_on))
    for hold in asked.cleared:
        told = replace(told, **HOLDS.get(hold, {}))
    return told


def _repairs(rows: Iterable[Row[Any]], unit: Unit, asked: Asked) -> int:
    """Count repairs of a unit until the day asked about; those of the claim itself count whenever they were.

    A claim that comes back for the same fault is one claim with several repairs: events are counted, not claims.
    """
    return sum(r.kind == "extended" and r.unit == unit.number and (r.claim == asked.claim or r.on <= asked.on)
               for r in rows)


def _told(rows: Iterable[Row[Any]], asked: Asked) -> list[Row[Any]]:
    """Leave out what was promised for another claim alone."""
    return [r for r in rows if r.kind != "goodwill" or asked.claim is None or r.claim == asked.claim]


def _events(connection: Connection, chain: list[Unit], unit: Unit, rows: list[Row[Any]],
            glance: _Glance) -> tuple[Event, ...]:
    given = {r.unit for r in rows if r.kind == "exchanged"}
    told = _paired(rows)
    for later in chain[:-1]:
        if later.replaces not in given and later.delivered_on is not None:
            told.append(Event("exchanged", later.delivered_on))
    return (*told, *(_campaigns(connection, unit) if glance.campaigns else ()))


def _paired(rows: Iterable[Row[Any]]) -> list[Event]:
    """Return the events; the end of a suspension is the resumption of the same claim, not of another that day."""
    rows = list(rows)
    back: dict[int | None, deque[date]] = {}
    for row in rows:
        if row.kind == "resumed":
            back.setdefault(row.claim, deque()).append(row.on)
    told = []
    for row in rows:
        until = row.until
        if row.kind == "suspended" and until is None and row.claim is not None and back.get(row.claim):
            until = back[row.claim].popleft()
        if row.kind != "resumed" or row.claim is None:
            told.append(Event(row.kind, row.on, until, row.fault, row.name, tuple(map(str, row.by)), row.remedy or ""))
    return told


def _campaigns(connection: Connection, unit: Unit) -> Iterable[Event]:
    table = tables.campaigns
    asked = select(table)
    for column, value in ((table.c.product, unit.product), (table.c.lot, unit.lot), (table.c.market, unit.market)):
        asked = asked.where(or_(column == "", column == value))
    for row in connection.execute(asked.order_by(table.c.number)):
        yield Event("campaign", row.on, row.until, row.fault, row.name)


def components(store: Store) -> tuple[str, ...]:
    """Return the parts that the desk's guarantees, or those of law and sellers, tell apart from the unit itself.

    Examples
    --------
    >>> from warrantor.desk import open
    >>> with open(getfixture("tmp_path") / "desk.sqlite", key=b"k" * 32) as store:
    ...     "battery" in components(store), "host" in components(store)
    (True, False)
    """
    named = {part for one in (*store.guarantees.all, *shipped().all) for part in one.terms}
    return tuple(sorted(named - {HOST}))
