"""People: accounts, roles and passwords; a name is a person's, the log keeps their number alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, func, select

from warrantor.desk import tables
from warrantor.desk.actor import ROLES, Actor
from warrantor.desk.life_cycle import a_name
from warrantor.desk.passwords import hashed, proved
from warrantor.desk.refusals import ConflictError, InputsError, NotAllowedError, UnknownError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from warrantor.desk.store import Store
    from warrantor.desk.writing import Writing


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account.

    Attributes
    ----------
    number : int
        Their account.
    name : str
        What they sign in with.
    role : str
        One of `actor.ROLES`.
    centre : str
        The service centre they work in; empty: none.
    active : bool
        Whether they may sign in.
    version : int
        Of the account.
    first : bool
        An admin set their password: they may do nothing but change it.
    local : bool
        They have a password here.
    """

    number: int
    name: str
    role: str
    centre: str
    active: bool
    version: int
    first: bool = False
    local: bool = False

    @property
    def actor(self) -> Actor:
        """The person as the desk's writes name them."""
        return Actor(self.number, self.role, self.centre)

    def to_dict(self) -> dict[str, Any]:
        """Return the account as JSON has it; no password is in it."""
        return {"schema": "warrantor.person/1", "number": self.number, "name": self.name, "role": self.role,
                "centre": self.centre, "active": self.active, "version": self.version, "first": self.first}


def person_of(row: Row[Any]) -> Person:
    """Return the person that a row of the table is."""
    return Person(row.number, row.name, row.role, row.centre, row.active, row.version, bool(row.first),
                  bool(row.password))


def add(
    store: Store, actor: Actor, name: str, role: str, *, password: str = "", centre: str = "", issuer: str = "",
    subject: str = "",
) -> Person:
    """Make an account.

    Parameters
    ----------
    store : Store
        The desk.
    actor : Actor
        An admin, or a verb at the server itself.
    name : str
        What they sign in with; no two share one.
    role : str
        One of `actor.ROLES`.
    password : str
        At least 12 characters; empty: they sign in through an issuer alone. From an admin it is a first one.
    centre : str
        The service centre they work in.
    issuer, subject : str
        Who else vouches for them, and under which name.

    Raises
    ------
    NotAllowedError, InputsError, ConflictError

    Examples
    --------
    >>> from warrantor.desk import open
    >>> from warrantor.desk.actor import THE_MACHINE
    >>> with open(getfixture("tmp_path") / "desk.sqlite", key=b"k" * 32) as store:
    ...     add(store, THE_MACHINE, "ana", "agent", password="correct horse battery", centre="north").role
    'agent'
    """
    _may(actor)
    told = a_name("name", name)
    _role(role, centre)
    held = hashed(password) if password else ""
    with store.writing(actor, "person") as writing:
        _alone(writing.connection, told, issuer, subject)
        number = writing.add(tables.people, name=told, role=role, centre=centre, password=held, issuer=issuer,
                             subject=subject, active=True, made_at=writing.at, version=1, first=_first(actor, password))
        writing.subject = f"person {number}"
        return _of(writing.connection, number)


def change(
    store: Store, actor: Actor, number: int, *, version: int, role: str | None = None, centre: str | None = None,
    active: bool | None = None, password: str | None = None,
) -> Person:
    """Change an account, as an admin; the person is signed out everywhere.

    A password that an admin sets is a first one: its owner must change it before anything else.

    Raises
    ------
    NotAllowedError
        By no admin; one's own password is changed by who knows it (`change_password`).
    ConflictError
        No admin would be left.
    UnknownError, StaleError, InputsError
    """
    _may(actor)
    if password is not None and actor.number == number:
        raise NotAllowedError("Change your own password on the page of your account: it asks for the old one.")
    held = None if password is None else hashed(password)
    with store.writing(actor, "person", f"person {number}") as writing:
        before = _of(writing.connection, number)
        if before.name == _forgotten(number):
            raise ConflictError("This account was forgotten: make a new one.")
        values: dict[str, Any] = {k: v for k, v in (("role", role), ("centre", centre), ("active", active),
                                                    ("password", held)) if v is not None}
        _role(values.get("role", before.role), values.get("centre", before.centre))
        if values.get("role", before.role) != "admin" or not values.get("active", before.active):
            _another_admin(writing.connection, before)
        if held is not None:
            values["first"] = _first(actor, held)
        return _changed(writing, number, values, version)


def change_password(store: Store, actor: Actor, old: str, new: str) -> Person:
    """Change one's own password; every session of theirs ends.

    Raises
    ------
    InputsError
        The old one is not right, or the new one cannot be.
    ConflictError
        There is no password here: an issuer vouches for them.
    UnknownError
    """
    number = actor.number or 0
    with store.reading() as connection:
        held = connection.execute(select(tables.people.c.password).where(tables.people.c.number == number)).scalar()
    if not held:
        raise ConflictError("You have no password here: you sign in through an issuer.")
    if not proved(held, old):
        raise InputsError("old", "this is not your password")
    if old == new:
        raise InputsError("password", "choose another one than you have")
    made = hashed(new)
    with store.writing(actor, "password", f"person {number}") as writing:
        now = select(tables.people.c.password).where(tables.people.c.number == number)
        if writing.connection.execute(now).scalar() != held:
            raise InputsError("old", "this is not your password")  # it was changed a moment ago
        return _changed(writing, number, {"password": made, "first": None}, None)


def sign_out(store: Store, actor: Actor, number: int) -> None:
    """End every session of a person.

    Raises
    ------
    NotAllowedError
        By neither themselves nor an admin.
    UnknownError
    """
    if actor.number != number:
        _may(actor)
    with store.writing(actor, "sign out", f"person {number}") as writing:
        _of(writing.connection, number)
        _no_session(writing.connection, number)


def forget(store: Store, actor: Actor, number: int, *, version: int | None = None) -> Person:
    """Drop a person's name and every way to sign in; what they did stays under their number.

    Raises
    ------
    NotAllowedError, UnknownError, StaleError
    ConflictError
        No admin would be left.
    """
    _may(actor)
    with store.writing(actor, "forget", f"person {number}") as writing:
        _another_admin(writing.connection, _of(writing.connection, number))
        return _changed(writing, number, {"name": _forgotten(number), "password": "", "issuer": "", "subject": "",
                                          "active": False, "first": None}, version)


def sign_in(store: Store, name: str, password: str) -> Person | None:
    """Return the active person with this name and password; None takes as long, whatever was wrong."""
    with store.reading() as connection:
        row = connection.execute(select(tables.people).where(tables.people.c.name == name)).one_or_none()
    right = proved("" if row is None else row.password, password)
    return person_of(row) if right and row is not None and row.active else None


def vouched(store: Store, issuer: str, subject: str) -> Person | None:
    """Return the active person an issuer vouches for."""
    table = tables.people
    asked = select(table).where(table.c.issuer == issuer, table.c.subject == subject, table.c.subject != "")
    with store.reading() as connection:
        row = connection.execute(asked).one_or_none()
    return person_of(row) if row is not None and row.active else None


def person(store: Store, number: int) -> Person:
    """Return an account.

    Raises
    ------
    UnknownError
    """
    with store.reading() as connection:
        return _of(connection, number)


def everybody(store: Store) -> tuple[Person, ...]:
    """Return every account, by name."""
    with store.reading() as connection:
        return tuple(person_of(row) for row in connection.execute(select(tables.people).order_by(tables.people.c.name)))


def names(store: Store) -> dict[int, str]:
    """Return every account's name by its number."""
    asked = select(tables.people.c.number, tables.people.c.name)
    with store.reading() as connection:
        return {row.number: row.name for row in connection.execute(asked)}


def count(store: Store) -> int:
    """Return how many accounts there are."""
    with store.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(tables.people)).scalar_one())


def _of(connection: Connection, number: int) -> Person:
    row = connection.execute(select(tables.people).where(tables.people.c.number == number)).one_or_none()
    if row is None:
        raise UnknownError("There is no person {number}.", number=number)
    return person_of(row)


def _may(actor: Actor) -> None:
    if actor.role not in ("admin", "machine"):
        raise NotAllowedError("Only an admin makes and changes accounts.")


def _role(role: str, centre: str) -> None:
    if role not in ROLES:
        raise InputsError("role", "there is no role {value!r}; there are {known}", value=role, known=ROLES)
    if role == "agent" and not centre:
        raise InputsError("centre", "an agent works in a service centre; name it")


def _forgotten(number: int) -> str:
    return f"person {number}"


def _first(actor: Actor, password: str) -> bool | None:
    """Whether a password is a first one; nothing, not no, so that rows sealed before there were any still hold."""
    return True if password and actor.role == "admin" else None


def _alone(connection: Connection, name: str, issuer: str, subject: str) -> None:
    table = tables.people
    if connection.execute(select(table.c.number).where(table.c.name == name)).first():
        raise ConflictError("There is an account of this name already.")
    theirs = select(table.c.number).where(table.c.issuer == issuer, table.c.subject == subject)
    if subject and connection.execute(theirs).first():
        raise ConflictError("Another account has this name at the issuer already.")


def _another_admin(connection: Connection, before: Person) -> None:
    """Refuse to lose the last admin who can sign in: nobody could make another one."""
    table = tables.people
    others = select(table.c.number).where(table.c.role == "admin", table.c.active, table.c.number != before.number,
                                          (table.c.password != "") | (table.c.subject != ""))
    if before.role == "admin" and before.active and not connection.execute(others).first():
        raise ConflictError("This is the last administrator who can sign in: make another one first.")


def _changed(writing: Writing, number: int, values: dict[str, Any], version: int | None) -> Person:
    writing.change(tables.people, number, values, version=version)
    _no_session(writing.connection, number)
    return _of(writing.connection, number)


def _no_session(connection: Connection, number: int) -> None:
    connection.execute(tables.sessions.delete().where(tables.sessions.c.person == number))
