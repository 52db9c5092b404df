"""Jobs: verbs that a person had run, what was asked, how it ended. Their running is the web's affair."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, func, select, update

from warrantor.desk.tables import jobs as table
from warrantor.desk.tables import people, settings

if TYPE_CHECKING:
    from warrantor.desk.store import Store

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
LOST = "The server stopped while it ran: start it again."
LINE = 400  # characters of a job's last line that are kept
# Whoever runs a job says so again and again; a job nobody has spoken for so long was left by a server that is gone.
# Longer than a writer waits for its turn (`store.PATIENCE`) twice over, so that a busy database loses no job.
LEASE = timedelta(seconds=90)
STEP = re.compile(r"step ([0-9]{1,6}) of ([0-9]{1,6})\b")


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a verb.

    Attributes
    ----------
    number : int
        Its name.
    kind : str
        Which verb, by the page's word.
    words : tuple of str
        What followed `warrantor`.
    state : str
        waiting, running, done, failed or cancelled.
    person : int
        Who asked.
    by : str
        Their name.
    asked_at, began_at, ended_at : datetime or None
        When.
    process, exit : int or None
        The process, and its exit code; a negative one is the signal that ended it.
    line : str
        The last line it said.
    """

    number: int
    kind: str
    words: tuple[str, ...]
    state: str
    person: int
    by: str
    asked_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    process: int | None
    exit: int | None
    line: str

    @property
    def busy(self) -> bool:
        """Whether it has not ended."""
        return self.state in (WAITING, RUNNING)

    @property
    def progress(self) -> tuple[int, int] | None:
        """How many steps are done, and of how many; None where it does not run or its line does not tell."""
        told = STEP.match(self.line) if self.state == RUNNING else None
        step, of = (int(told[1]), int(told[2])) if told else (0, 0)
        return (step - 1, of) if 1 <= step <= of else None


def ask(store: Store, kind: str, person: int, words: Callable[[int], Sequence[str]]) -> int:
    """Record a job that waits; return its number, which `words` is called with."""
    with store.turn() as connection:
        number = 1 + int(connection.execute(select(func.coalesce(func.max(table.c.number), 0))).scalar_one())
        connection.execute(table.insert().values(number=number, kind=kind, words=list(words(number)), state=WAITING,
                                                 person=person, asked_at=store.clock()))
    return number


def get(store: Store, number: int) -> Job | None:
    """Return a job; None where there is none."""
    found = _of(store, _JOBS.where(table.c.number == number))
    return found[0] if found else None


def latest(store: Store, size: int = 50, below: int | None = None) -> list[Job]:
    """Return the latest jobs, the newest first; only those numbered less than `below`."""
    asked = _JOBS if below is None else _JOBS.where(table.c.number < below)
    return _of(store, asked.order_by(table.c.number.desc()).limit(size))


def busy(store: Store) -> list[Job]:
    """Return the jobs that have not ended, the oldest first."""
    return _of(store, _JOBS.where(table.c.state.in_((WAITING, RUNNING))).order_by(table.c.number))


def done(store: Store, kind: str, *, size: int = 1, below: int | None = None) -> list[Job]:
    """Return the jobs of a kind that ended well, the newest first; only those numbered less than `below`."""
    asked = _JOBS.where(table.c.kind == kind, table.c.state == DONE)
    if below is not None:
        asked = asked.where(table.c.number < below)
    return _of(store, asked.order_by(table.c.number.desc()).limit(size))


def take(store: Store) -> Job | None:
    """Take the job whose turn it is: it runs from now on, and no other server takes it. None where none waits."""
    asked = _JOBS.where(table.c.state == WAITING).order_by(table.c.number).limit(1)
    if not _of(store, asked):
        return None  # nothing was written: an idle server leaves the one writer to others
    with store.turn() as connection:
        found = _rows(connection, asked)
        if not found:
            return None
        number, now = found[0].number, store.clock()
        connection.execute(update(table).where(table.c.number == number).values(state=RUNNING, began_at=now))
        _hold(connection, number, now)
        return _rows(connection, _JOBS.where(table.c.number == number))[0]


def begun(store: Store, number: int, process: int) -> bool:
    """Note the process of a job that was taken; False where it was cancelled in the meantime."""
    return _change(store, number, (RUNNING,), process=process) != ""


def alive(store: Store, number: int) -> bool:
    """Say that somebody still runs a job; False where it is no longer to run: cancelled, or given up by others."""
    with store.turn() as connection:
        runs = connection.execute(select(table.c.number).where(table.c.number == number, table.c.state == RUNNING))
        if runs.one_or_none() is None:
            return False
        _hold(connection, number, store.clock())
        return True


def said(store: Store, number: int, line: str) -> None:
    """Note a job's last line."""
    _change(store, number, (RUNNING,), line=line[-LINE:])


def ended(store: Store, number: int, code: int | None, line: str | None = None) -> bool:
    """Note how a running job ended, and its last line; without an exit code it never came to run, and failed."""
    told = {} if line is None else {"line": line[-LINE:]}
    return _change(store, number, (RUNNING,), state=DONE if code == 0 else FAILED, exit=code, ended_at=store.clock(),
                   **told) != ""


def cancel(store: Store, number: int) -> str:
    """Cancel a job; return the state it was found in, empty where it had ended already."""
    return _change(store, number, (WAITING, RUNNING), state=CANCELLED, ended_at=store.clock())


def abandon(store: Store) -> list[int]:
    """Say of running jobs that nobody has spoken for within `LEASE` that they failed; return their numbers.

    The clocks of servers that share a database must agree to well within that time.
    """
    with store.reading() as connection:
        if not _lost(connection, store.clock()):
            return []
    with store.turn() as connection:
        lost = _lost(connection, store.clock())
        connection.execute(update(table).where(table.c.number.in_(lost)).values(
            state=FAILED, ended_at=store.clock(), line=LOST))
        connection.execute(delete(settings).where(settings.c.name.in_([_lease(number) for number in lost])))
        return lost


_JOBS = select(table, people.c.name.label("by")).join(people)


def _lease(number: int) -> str:
    return f"job {number}"


def _hold(connection: Connection, number: int, now: datetime) -> None:
    told = update(settings).where(settings.c.name == _lease(number)).values(value=now.isoformat())
    if connection.execute(told).rowcount == 0:
        connection.execute(settings.insert().values(name=_lease(number), value=now.isoformat()))


def _lost(connection: Connection, now: datetime) -> list[int]:
    """Return the running jobs that nobody runs; one without a lease was taken by a program older than leases."""
    running = connection.execute(select(table.c.number).where(table.c.state == RUNNING)).scalars().all()
    asked = select(settings.c.name, settings.c.value).where(settings.c.name.in_([_lease(n) for n in running]))
    held = {name: datetime.fromisoformat(value) for name, value in connection.execute(asked)}
    return [n for n in running if _lease(n) not in held or held[_lease(n)] < now - LEASE]


def _change(store: Store, number: int, states: tuple[str, ...], **values: Any) -> str:
    """Change a job that is in one of some states; return the state it was found in, empty where it is in none."""
    with store.turn() as connection:
        asked = select(table.c.state).where(table.c.number == number, table.c.state.in_(states))
        found = connection.execute(asked).scalar_one_or_none()
        if found is None:
            return ""
        connection.execute(update(table).where(table.c.number == number).values(**values))
        if "ended_at" in values:
            connection.execute(delete(settings).where(settings.c.name == _lease(number)))
        return str(found)


def _of(store: Store, asked: Any) -> list[Job]:
    with store.reading() as connection:
        return _rows(connection, asked)


def _rows(connection: Connection, asked: Any) -> list[Job]:
    return [Job(**{**row, "words": tuple(row["words"])}) for row in connection.execute(asked).mappings()]
