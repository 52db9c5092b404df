"""People: accounts, roles and passwords; a name is a person's, the log keeps their number alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, func, select

from warrantor.desk import tables
from warrantor.desk.actor import ROLES, Actor
from warrantor.desk.life_cycle import a_name
from warrantor.desk.refusals import ConflictError, InputsError, NotAllowedError, UnknownError

if TYPE_CHECKING:
    from argon2 import PasswordHasher
    from sqlalchemy import Connection

    from warrantor.desk.store import Store

SHORTEST = 12  # characters of a password
LONGEST = 1024


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
    """

    number: int
    name: str
    role: str
    centre: str
    active: bool
    version: int

    @property
    def actor(self) -> Actor:
        """The person as the desk's writes name them."""
        return Actor(self.number, self.role, self.centre)

    def to_dict(self) -> dict[str, Any]:
        """Return the account as JSON has it; no password is in it."""
        return {"schema": "warrantor.person/1", "number": self.number, "name": self.name, "role": self.role,
                "centre": self.centre, "active": self.active, "version": self.version}


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobody() -> str:
    return _hasher().hash("nobody has this password")


def _person(row: Row[Any]) -> Person:
    return Person(row.number, row.name, row.role, row.centre, row.active, row.version)


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
        At least 12 characters; empty: they sign in through an issuer alone.
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
    hashed = _hashed(password) if password else ""
    with store.writing(actor, "person") as writing:
        taken = select(tables.people.c.number).where(tables.people.c.name == told)
        if writing.connection.execute(taken).first():
            raise ConflictError("There is an account of this name already.")
        number = writing.add(tables.people, name=told, role=role, centre=centre, password=hashed, issuer=issuer,
                             subject=subject, active=True, made_at=writing.at, version=1)
        writing.subject = f"person {number}"
    return Person(number, told, role, centre, active=True, version=1)


def change(
    store: Store, actor: Actor, number: int, *, version: int, role: str | None = None, centre: str | None = None,
    active: bool | None = None, password: str | None = None,
) -> Person:
    """Change an account; one that is no longer active, or whose password or role changed, is signed out everywhere.

    Raises
    ------
    NotAllowedError
        By no admin; a person may change their own password.
    UnknownError, StaleError, InputsError
    """
    own = actor.number == number and role is None and centre is None and active is None
    if not own:
        _may(actor)
    with store.writing(actor, "person", f"person {number}") as writing:
        before = _of(writing.connection, number)
        values: dict[str, Any] = {k: v for k, v in (("role", role), ("centre", centre), ("active", active))
                                  if v is not None}
        _role(values.get("role", before.role), values.get("centre", before.centre))
        if password is not None:
            values["password"] = _hashed(password)
        writing.change(tables.people, number, values, version=version)
        writing.connection.execute(tables.sessions.delete().where(tables.sessions.c.person == number))
        return _of(writing.connection, number)


def forget(store: Store, actor: Actor, number: int) -> Person:
    """Drop a person's name and every way to sign in; what they did stays under their number.

    Raises
    ------
    NotAllowedError, UnknownError
    """
    _may(actor)
    with store.writing(actor, "forget", f"person {number}") as writing:
        writing.change(tables.people, number, {"name": f"person {number}", "password": "", "issuer": "", "subject": "",
                                               "active": False})
        writing.connection.execute(tables.sessions.delete().where(tables.sessions.c.person == number))
        return _of(writing.connection, number)


def sign_in(store: Store, name: str, password: str) -> Person | None:
    """Return the active person with this name and password; None takes as long, whatever was wrong."""
    from argon2.exceptions import InvalidHashError, VerificationError

    with store.reading() as connection:
        row = connection.execute(select(tables.people).where(tables.people.c.name == name)).one_or_none()
    held = row.password if row is not None and row.password else _nobody()
    right = False
    try:
        right = _hasher().verify(held, password[:LONGEST])
    except (VerificationError, InvalidHashError):
        right = False  # whoever asks learns the same in both cases
    return _person(row) if right and row is not None and row.active and row.password else None


def vouched(store: Store, issuer: str, subject: str) -> Person | None:
    """Return the active person an issuer vouches for."""
    table = tables.people
    asked = select(table).where(table.c.issuer == issuer, table.c.subject == subject, table.c.subject != "")
    with store.reading() as connection:
        row = connection.execute(asked).one_or_none()
    return _person(row) if row is not None and row.active else None


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
        return tuple(_person(row) for row in connection.execute(select(tables.people).order_by(tables.people.c.name)))


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
    return _person(row)


def _may(actor: Actor) -> None:
    if actor.role not in ("admin", "machine"):
        raise NotAllowedError("Only an admin makes and changes accounts.")


def _role(role: str, centre: str) -> None:
    if role not in ROLES:
        raise InputsError("role", "there is no role {value!r}; there are {known}", value=role, known=ROLES)
    if role == "agent" and not centre:
        raise InputsError("centre", "an agent works in a service centre; name it")


def _hashed(password: str) -> str:
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputsError("password", "a password has {least} to {most} characters", least=SHORTEST, most=LONGEST)
    return _hasher().hash(password)
