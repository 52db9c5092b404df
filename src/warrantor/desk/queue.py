"""The queue: claims a page at a time in the order they were opened, from a place on, and nothing before is counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, literal, or_, select, union_all

from warrantor.desk import tables
from warrantor.desk.actor import Actor
from warrantor.desk.claim import WIDE, Claim, read
from warrantor.desk.counts import counted
from warrantor.desk.life_cycle import life_cycle
from warrantor.desk.refusals import InputsError, NotAllowedError
from warrantor.desk.vault import marks

if TYPE_CHECKING:
    from warrantor.desk.store import Store

MOST = 10_000
PERSONAL = ("customer", "agent", "auditor", "machine")  # roles that read serials


@dataclass(frozen=True, slots=True)
class Sought:
    """Which claims are wanted; what is empty is not asked.

    Attributes
    ----------
    bucket, state : str
        Where they stand.
    centre : str
        Whose they are.
    product : str
        What they are about.
    held : bool or None
        Whether a person must look first.
    serial : str
        Of the unit, as typed.
    open : bool or None
        Whether they keep others of the unit out.
    oldest : bool
        Those first that were opened first; by default the newest are.
    """

    bucket: str = ""
    state: str = ""
    centre: str = ""
    product: str = ""
    held: bool | None = None
    serial: str = ""
    open: bool | None = None
    oldest: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One claim of the queue, and the product it is about."""

    claim: Claim
    product: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some claims, and where the next page begins.

    Attributes
    ----------
    lines : tuple of Line
        In the order that was asked for.
    after : int or None
        Ask for the next page with it; None: this was the last.
    """

    lines: tuple[Line, ...]
    after: int | None


def page(store: Store, actor: Actor, sought: Sought | None = None, *, after: int | None = None,
         size: int = 50) -> Page:
    """Return a page of the claims that this person may see.

    Parameters
    ----------
    store : Store
        The desk.
    actor : Actor
        A customer sees their own, an agent their centre's and those nobody took yet, an admin none.
    sought : Sought, optional
        Which; all by default.
    after : int, optional
        Where the page begins: `Page.after` of the page before.
    size : int
        At most so many, up to 10,000.

    Raises
    ------
    InputsError
        There is no such bucket or state.
    NotAllowedError
        A serial is asked for by a role that sees none.
    """
    told = sought or Sought()
    _known(told)
    if told.serial and actor.role not in PERSONAL:
        raise NotAllowedError("The role {role!r} may not look a serial up; {roles} may.", role=actor.role,
                              roles=PERSONAL[:-1])
    size = min(max(size, 1), MOST)
    asked = _asked(store, actor, told, after, size + 1)
    with store.reading() as connection:
        rows = connection.execute(asked).mappings().all()
    lines = tuple(Line(read(row).seen_by(actor), row["product"]) for row in rows[:size])
    return Page(lines, lines[-1].claim.number if len(rows) > size else None)


def counts(store: Store, actor: Actor) -> dict[str, int]:
    """Return how many claims each bucket holds for this person, and under `held` those a person must look at.

    They are kept as claims move. A customer's own are few, and are counted.
    """
    with store.reading() as connection:
        if actor.role in WIDE or actor.role == "agent":
            return dict.fromkeys(life_cycle().buckets, 0) | counted(connection, actor)
        found = dict.fromkeys((*life_cycle().buckets, "held"), 0)
        for row in connection.execute(_seen(actor)):
            found[row.bucket] += 1
            found["held"] += bool(row.held)
        return found


def of_unit(store: Store, actor: Actor, unit: int) -> tuple[Claim, ...]:
    """Return the claims of a unit that this person may see, the newest first."""
    asked = _seen(actor).where(tables.claims.c.unit == unit).order_by(tables.claims.c.number.desc())
    with store.reading() as connection:
        return tuple(read(row) for row in connection.execute(asked).mappings())


def _seen(actor: Actor) -> Select[Any]:
    table = tables.claims
    asked = select(table, tables.units.c.product).join(tables.units, tables.units.c.number == table.c.unit)
    if actor.role == "customer":
        return asked.where(table.c.customer == actor.number)
    if actor.role == "agent":
        return asked.where(or_(table.c.centre == actor.centre, table.c.centre == ""))
    return asked if actor.role in WIDE else asked.where(table.c.number < 0)


def _asked(store: Store, actor: Actor, sought: Sought, after: int | None, most: int) -> Select[Any]:
    """Ask for the first claims of an order.

    An agent sees those of two centres. Databases sort what either has, however many that are; so each is asked for as
    many as are wanted, which an index has in their order, and the first of these are taken. A claim has no product: it
    is its unit's, and may become known later. So claims are read in their order until enough are of the product.
    """
    table = tables.claims

    def ordered(asked: Select[Any]) -> Select[Any]:
        number = table.c.number
        if after is not None:
            asked = asked.where(number > after if sought.oldest else number < after)
        return asked.order_by(number if sought.oldest else number.desc()).limit(most)

    def first(asked: Select[Any]) -> Select[Any]:
        return ordered(_wanted(store, asked, sought))

    if actor.role != "agent" or sought.serial or sought.held:
        return first(_seen(actor))
    numbers = select(table.c.number)
    if sought.product:
        numbers = numbers.join(tables.units, tables.units.c.number == table.c.unit)
    parts = [first(numbers.where(table.c.centre == centre, *place)).subquery()
             for centre in dict.fromkeys((actor.centre, "")) for place in _places(sought)]
    found = union_all(*(select(part.c.number) for part in parts)) if parts else select(literal(0))
    whole = select(table, tables.units.c.product).join(tables.units, tables.units.c.number == table.c.unit)
    return ordered(whole.where(table.c.number.in_(found)))


def _places(sought: Sought) -> list[tuple[ColumnElement[bool], ...]]:
    """Return the buckets in which what is sought can be, a state is in one; where none is sought, no condition."""
    if not sought.state and sought.open is None:
        return [()]
    states = [state for name, state in life_cycle().states.items() if sought.state in ("", name)]
    held = dict.fromkeys(state.bucket for state in states if sought.open in (None, state.open))
    return [(tables.claims.c.bucket == bucket,) for bucket in held if sought.bucket in ("", bucket)]


def _wanted(store: Store, asked: Select[Any], sought: Sought) -> Select[Any]:
    table = tables.claims
    for column, value in ((table.c.bucket, sought.bucket), (table.c.state, sought.state),
                          (table.c.centre, sought.centre), (tables.units.c.product, sought.product)):
        if value:
            asked = asked.where(column == value)
    if sought.held is not None:
        asked = asked.where(table.c.held != "" if sought.held else table.c.held == "")
    if sought.open is not None:
        asked = asked.where(table.c.is_open == sought.open)
    if sought.serial:
        asked = asked.where(tables.units.c.mark.in_(marks(store.key, sought.serial)))
    return asked


def _known(sought: Sought) -> None:
    cycle = life_cycle()
    for name, value, known in (("bucket", sought.bucket, cycle.buckets), ("state", sought.state, tuple(cycle.states))):
        if value and value not in known:
            raise InputsError(name, "there is no {input} {value!r}; there are {known}", input=name, value=value,
                              known=known)
