"""The store: one database, one writer at a time, and every write in the log before it is done."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from warrantor.desk.actor import Actor
from warrantor.desk.glances import Glances
from warrantor.desk.writing import Writing
from warrantor.finding import Refused
from warrantor.terms import Guarantee, Guarantees, default_guarantees, shipped

WRITER = 7_261_001  # the advisory lock that whoever writes holds until the commit
PATIENCE = 30.0  # seconds that a writer waits for its turn


# A server may be set up not to wait for its disk; that one waits for its copies too is left as it is.
_FIRM = text("SELECT set_config('lock_timeout', :patience, TRUE), set_config('synchronous_commit', CASE "
             "current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, TRUE)")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Store:
    """An open desk.

    Attributes
    ----------
    engine : sqlalchemy.Engine
        The database.
    key : bytes
        Marks serials and seals the log; never in the database.
    guarantees : Guarantees
        The maker's promises; what law and sellers owe is asked beside them.
    clock : callable
        The instant it is.
    turns : int
        Writing transactions of this process so far: what was read before the last of them may be old.
    promised : dict
        By the version a unit was given: the guarantees that were asked, and those that may be the unit's.
    """

    engine: Engine
    key: bytes = field(repr=False)
    guarantees: Guarantees = field(repr=False)
    clock: Callable[[], datetime] = field(default=_now, repr=False)
    busy: set[tuple[int, str]] = field(default_factory=set, repr=False)
    turns: int = field(default=0, repr=False)
    promised: dict[str, tuple[Guarantees, Guarantees]] = field(default_factory=dict, repr=False)
    door: threading.Lock = field(default_factory=threading.Lock, repr=False)
    eyes: Glances = field(default_factory=Glances, repr=False)

    @property
    def sqlite(self) -> bool:
        """Whether the database is one file on this machine."""
        return self.engine.dialect.name == "sqlite"

    def guarantee(self, key: str) -> Guarantee | None:
        """Return a version of the maker's own, or of what law and sellers owe; None where there is none of this key."""
        return next((g for g in (*self.guarantees.all, *shipped().all) if g.key == key), None)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the desk from its first question on."""
        options: dict[str, Any] = {} if self.sqlite else {"isolation_level": "REPEATABLE READ"}
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    @contextmanager
    def glancing(self) -> Iterator[Connection]:
        """Give a connection for one question: it sees one state by itself, and no transaction is begun for it.

        On a file it is one of some that are kept beside those that writers wait with: a glance never waits.
        """
        if not self.glances:
            with self.engine.connect().execution_options(warrantor_begin="") as connection:
                yield connection
            return
        with self.eyes.one(self._eye) as connection:
            yield connection

    def _eye(self) -> Connection:
        made = create_engine(self.engine.url, poolclass=NullPool, connect_args={"check_same_thread": False},
                             hide_parameters=True)
        event.listen(made, "connect", _prepared)
        return made.connect().execution_options(isolation_level="AUTOCOMMIT")

    @property
    def glances(self) -> bool:
        """Whether a glance waits for nothing but a file on this machine."""
        return self.sqlite and self.engine.url.database not in (None, "", ":memory:")

    @contextmanager
    def keeping(self) -> Iterator[Connection]:
        """Give a connection for several transactions; it is closed for good, with every temporary table in it."""
        with self.engine.connect() as connection:
            if not self.sqlite:
                connection.execution_options(**self._first)
            connection.detach()
            yield connection

    @contextmanager
    def writing(
        self, actor: Actor, kind: str, subject: str = "", *, kept: Connection | None = None
    ) -> Iterator[Writing]:
        """Give the one writing transaction there is; it is logged and durable when the block ends.

        Parameters
        ----------
        actor : Actor
            Who writes.
        kind, subject : str
            What is done, to what, as the log names it.
        kept : sqlalchemy.Connection, optional
            One that `keeping` gave; by default a connection of its own.
        """
        with self.turn(kept) as connection:
            writing = Writing(connection, self.key, self.clock(), actor, kind, subject)
            yield writing
            writing.log()

    @contextmanager
    def turn(self, kept: Connection | None = None) -> Iterator[Connection]:
        """Give a connection, or one that was kept, when no other writes, and commit when the block ends.

        On PostgreSQL nothing hangs on how the server is set up: what is asked after the lock is held is answered from
        what the writer before left, and a commit is on disk when it returns.
        """
        with (self.engine.connect() if kept is None else nullcontext(kept)) as connection:
            if kept is None or self.sqlite:  # one of PostgreSQL that is kept was told before it left the pool
                connection.execution_options(**self._first)
            try:
                with connection.begin():
                    self._alone(connection)
                    yield connection
            finally:
                connection.execution_options(warrantor_begin="BEGIN")
        self.turns += 1

    def _alone(self, connection: Connection) -> None:
        if not self.sqlite:
            connection.execute(_FIRM, {"patience": f"{PATIENCE:.0f}s"})
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITER})

    @property
    def _first(self) -> dict[str, Any]:
        """How a writing transaction begins."""
        return {"warrantor_begin": "BEGIN IMMEDIATE"} if self.sqlite else {"isolation_level": "READ COMMITTED"}

    @contextmanager
    def turn_if_free(self) -> Iterator[Connection | None]:
        """Give a connection as `turn` does, None at once where another writes: for what may as well be done later."""
        with self._hasty().connect().execution_options(**self._first) as connection:
            try:
                connection.begin()
                free = self.sqlite or connection.execute(
                    text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": WRITER}).scalar_one()
            except OperationalError as error:
                if getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY:
                    raise
                free = False
            yield connection if free else None
            if free:
                connection.commit()

    def _hasty(self) -> Engine:
        """Return an engine whose writers do not wait for each other."""
        if not self.glances:
            return self.engine
        made = create_engine(self.engine.url, poolclass=NullPool, connect_args={"timeout": 0}, hide_parameters=True)
        event.listen(made, "connect", _prepared)
        event.listen(made, "begin", _begun)
        return made

    def close(self) -> None:
        """Let go of every connection."""
        self.eyes.close()
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open(  # noqa: A001  the word the rest of the house uses
    where: str | Path, *, key: bytes, guarantees: Guarantees | None = None, clock: Callable[[], datetime] = _now,
) -> Store:
    """Open a desk; a database without one, or with an older one, is brought up to date first.

    Parameters
    ----------
    where : str or Path
        A file, or the address of a PostgreSQL database (postgresql://...).
    key : bytes
        The desk's key, at least 32 bytes: `warrantor.desk.vault.read_key`.
    guarantees : Guarantees, optional
        The maker's promises; the trade's 12 months by default.
    clock : callable
        The instant it is.

    Raises
    ------
    Refused
        The key is not the one this desk was made with, or the database is newer than this program.

    Examples
    --------
    >>> with open(getfixture("tmp_path") / "desk.sqlite", key=b"k" * 32) as store:
    ...     store.sqlite
    True
    """
    from warrantor.desk.migrations import upgrade
    from warrantor.desk.vault import fingerprint

    if len(key) < 32:
        raise Refused("The desk's key is shorter than 32 bytes; let `warrantor serve` make one.")
    engine = engine_of(where)
    store = Store(engine, key, guarantees or default_guarantees(), clock)
    try:
        upgrade(store)
        fingerprint(store)
    except BaseException:
        store.close()
        raise
    return store


def address(where: str | Path) -> URL:
    """Return a database's address with its driver.

    Examples
    --------
    >>> str(address("desk.sqlite")), address("postgresql://h/d").drivername
    ('sqlite:///desk.sqlite', 'postgresql+psycopg')
    """
    said = str(where)
    if "://" not in said:
        return URL.create("sqlite", database=said)
    url = make_url(said)
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgres", "postgresql") else url


def engine_of(where: str | Path) -> Engine:
    """Return the engine of a database: SQLite writes ahead and waits for the disk, and tells who may begin.

    What was to be written is in no error: serials and people's words are nothing for a log.
    """
    url = address(where)
    if url.get_backend_name() != "sqlite":
        made = create_engine(url, pool_size=8, max_overflow=24, pool_pre_ping=True, hide_parameters=True)
        event.listen(made, "handle_error", _discreet)
        return made
    if url.database and url.database != ":memory:":
        path = Path(url.database).absolute()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # the vault is in it
    engine = create_engine(url, connect_args={"timeout": PATIENCE}, pool_size=8, max_overflow=24, hide_parameters=True)
    event.listen(engine, "connect", _prepared)
    event.listen(engine, "begin", _begun)
    return engine


def _prepared(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    _written_ahead(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", "temp_store=FILE"):
        connection.execute(f"PRAGMA {pragma}")


def _written_ahead(connection: sqlite3.Connection) -> None:
    """Have a file written ahead. Of two that change a new file at once SQLite turns one away without waiting."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _discreet(context: ExceptionContext) -> None:
    """Leave what PostgreSQL quotes of the row out of an error: only the sentence that begins it is kept."""
    wrong: Any = context.original_exception
    told = getattr(getattr(wrong, "diag", None), "message_primary", None)
    if told is not None:
        wrong.args = (told,)
        if context.sqlalchemy_exception is not None:
            context.sqlalchemy_exception.args = (f"({type(wrong).__name__}) {told}",)


def _begun(connection: Connection) -> None:
    if first := connection.get_execution_options().get("warrantor_begin", "BEGIN"):
        connection.exec_driver_sql(first)
