"""Units: found by their serial's mark, told by their number; which one stands in the place of which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, bindparam, select

from warrantor.desk import tables
from warrantor.desk.actor import Actor
from warrantor.desk.refusals import ConflictError, InputsError, UnknownError
from warrantor.desk.vault import mark, normal, serial_of

if TYPE_CHECKING:
    from warrantor.desk.store import Store
    from warrantor.desk.writing import Writing

CLAIMED = "claimed"  # known from a claim alone: the maker never said that it was shipped
SOLD = "sold"
EXCHANGE = "exchange"  # given for another
WORDS = ("product", "brand", "lot", "market", "channel", "guarantee")
DAYS = ("made_on", "shipped_on", "sold_on", "delivered_on", "activated_on", "returned_on", "last_seen_on")


_OF_MARK = select(tables.units).where(tables.units.c.mark == bindparam("mark"))
_AFTER = select(tables.units.c.number).where(tables.units.c.replaces == bindparam("number")).limit(1)


@dataclass(frozen=True, slots=True)
class Unit:
    """One physical thing sold; its serial is in the vault.

    Attributes
    ----------
    number : int
        What the desk calls it.
    origin : str
        sold; exchange: given for another; claimed: known from a claim alone.
    product, brand, lot, market, channel : str
        What it is and how it was sold; empty where not known.
    made_on, shipped_on, sold_on, delivered_on, activated_on, returned_on, last_seen_on : date or None
        Its days.
    guarantee : str
        name@version it was given; empty: by its market alone.
    replaces : int or None
        The unit it was given for.
    version : int
        Of the record.
    """

    number: int
    origin: str
    product: str
    brand: str
    lot: str
    market: str
    channel: str
    made_on: date | None
    shipped_on: date | None
    sold_on: date | None
    delivered_on: date | None
    activated_on: date | None
    returned_on: date | None
    last_seen_on: date | None
    guarantee: str
    replaces: int | None
    version: int

    def to_dict(self) -> dict[str, Any]:
        """Return the unit as JSON has it, without its serial."""
        days = {d: None if getattr(self, d) is None else getattr(self, d).isoformat() for d in DAYS}
        return {"schema": "warrantor.unit/1", "unit": self.number, "origin": self.origin,
                **{w: getattr(self, w) for w in WORDS}, **days, "replaces": self.replaces, "version": self.version}


def read(row: Row[Any]) -> Unit:
    """Return the unit of a row."""
    return Unit(**{k: v for k, v in row._mapping.items() if k != "mark"})  # noqa: SLF001  SQLAlchemy's public name


def of_number(connection: Connection, number: int) -> Unit:
    """Return a unit.

    Raises
    ------
    UnknownError
    """
    row = connection.execute(select(tables.units).where(tables.units.c.number == number)).one_or_none()
    if row is None:
        raise UnknownError("There is no unit {number}.", number=number)
    return read(row)


def of_serial(connection: Connection, key: bytes, serial: str) -> Unit | None:
    """Return the unit with a serial, however it was typed; None where there is none."""
    row = connection.execute(_OF_MARK, {"mark": mark(key, serial)}).one_or_none()
    return None if row is None else read(row)


def mark_of(connection: Connection, number: int) -> bytes | None:
    """Return the mark of a unit's serial; None where it was erased."""
    asked = select(tables.units.c.mark).where(tables.units.c.number == number)
    found: bytes | None = connection.execute(asked).scalar()
    return found


def find(store: Store, serial: str) -> Unit | None:
    """Return the unit with a serial, however it was typed; None where there is none."""
    with store.reading() as connection:
        return of_serial(connection, store.key, serial)


def unit(store: Store, number: int) -> Unit:
    """Return a unit by its number.

    Raises
    ------
    UnknownError
    """
    with store.reading() as connection:
        return of_number(connection, number)


def serial(store: Store, number: int) -> str | None:
    """Return a unit's clear serial; None where it was erased."""
    with store.reading() as connection:
        return serial_of(connection, number)


def successor(connection: Connection, number: int) -> int | None:
    """Return the unit that stands in the place of one; None where none does."""
    return connection.execute(_AFTER, {"number": number}).scalar_one_or_none()


def before(connection: Connection, one: Unit) -> list[Unit]:
    """Return a unit, the one it stands for, and so on back to the one that was sold.

    Raises
    ------
    ConflictError
        The units stand for each other in a circle.
    """
    chain, seen = [one], {one.number}
    while chain[-1].replaces is not None:
        if chain[-1].replaces in seen:
            raise ConflictError("Unit {number} stands for itself, through {others} others.", number=one.number,
                                others=len(seen))
        seen.add(chain[-1].replaces)
        chain.append(of_number(connection, chain[-1].replaces))
    return chain


def chain(store: Store, number: int) -> tuple[Unit, ...]:
    """Return every unit that ever stood in one place, the one that was sold first."""
    with store.reading() as connection:
        found = before(connection, of_number(connection, number))[::-1]
        while (after := successor(connection, found[-1].number)) is not None:
            found.append(of_number(connection, after))
        return tuple(found)


def register(writing: Writing, key: bytes, serial_: str, **values: Any) -> int:
    """Add one unit; return its number.

    Raises
    ------
    InputsError
        The serial is empty.
    """
    told = normal(serial_)
    if not told:
        raise InputsError("serial", "write the unit's serial")
    number = writing.add(tables.units, mark=mark(key, told), **{"origin": SOLD, "version": 1} | values)
    writing.connection.execute(tables.vault.insert().values(unit=number, serial=serial_.strip()))
    return number


def stand_in(
    writing: Writing, key: bytes, old: Unit, serial_: str, on: date, *, unregistered: bool = False
) -> int:
    """Make a unit stand in the place of another, from a day on; return its number.

    A unit that the maker registered and that nobody had yet may be given; another serial where somebody says that it is
    known to be unregistered: it is registered now.

    Raises
    ------
    ConflictError
        The unit was sold, stands for another already, is exchanged itself, or is another product.
    """
    found = of_serial(writing.connection, key, serial_)
    if found is None and not unregistered:
        raise ConflictError("Nobody registered this serial: read it again, or say that the unit is not registered.")
    if found is None:
        return register(writing, key, serial_, origin=EXCHANGE, product=old.product, brand=old.brand,
                        market=old.market, channel=old.channel, delivered_on=on, guarantee=old.guarantee,
                        replaces=old.number)
    if found.number == old.number:
        raise ConflictError("A unit cannot be given for itself: read the serial of the other one.")
    if found.origin != SOLD or found.sold_on or found.delivered_on or found.replaces is not None:
        raise ConflictError("The unit to be given is not new: it was sold, or stands for another already.")
    if successor(writing.connection, found.number) is not None:
        raise ConflictError("The unit to be given was exchanged itself.")
    if found.product and old.product and found.product != old.product:
        raise ConflictError("The unit to be given is a {product!r}, not a {wanted!r}.", product=found.product,
                            wanted=old.product)
    writing.change(tables.units, found.number, {"origin": EXCHANGE, "delivered_on": on, "guarantee": old.guarantee,
                                                "replaces": old.number})
    return found.number


def correct(writing: Writing, number: int, column: str, day: date) -> None:
    """Change one day of a unit: what two persons found its papers to say.

    Raises
    ------
    InputsError
        There is no such day.
    """
    if column not in DAYS:
        raise InputsError("column", "there is no day {value!r} of a unit; there are {known}", value=column, known=DAYS)
    writing.change(tables.units, number, {column: day})


def assign(store: Store, actor: Actor, number: int, guarantee: str) -> None:
    """Give a unit a version of a guarantee, where it has none yet: a sold unit keeps its version.

    Raises
    ------
    ConflictError
        It has one.
    InputsError
        There is no such version.
    """
    if guarantee not in {g.key for g in store.guarantees.all}:
        raise InputsError("guarantee", "there is no guarantee {value!r}; there are {known}", value=guarantee,
                          known=tuple(g.key for g in store.guarantees.all))
    with store.writing(actor, "assign", f"unit {number}") as writing:
        held = of_number(writing.connection, number).guarantee
        if held and held != guarantee:
            raise ConflictError("Unit {number} was sold under {guarantee}; a sold unit keeps its version.",
                                number=number, guarantee=held)
        writing.change(tables.units, number, {"guarantee": guarantee})
