"""Jobs: verbs that a person had run, what was asked, how it ended. Their running is the web's affair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from warrantor.desk.tables import jobs as table
from warrantor.desk.tables import people

if TYPE_CHECKING:
    from warrantor.desk.store import Store

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
LOST = "The server stopped while it ran: start it again."
LINE = 400  # characters of a job's last line that are kept


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


def ask(store: Store, kind: str, person: int, words: Callable[[int], Sequence[str]]) -> int:
    """Record a job that waits; return its number, which `words` is called with."""
    with store.turn() as connection:
        number = 1 + int(connection.execute(select(func.coalesce(func.max(table.c.number), 0))).scalar_one())
        connection.execute(table.insert().values(number=number, kind=kind, words=list(words(number)), state=WAITING,
                                                 person=person, asked_at=store.clock()))
    return number


def get(store: Store, number: int) -> Job | None:
    """Return a job; None where there is none."""
    found = _of(store, select(table, people.c.name.label("by")).join(people).where(table.c.number == number))
    return found[0] if found else None


def latest(store: Store, size: int = 50) -> list[Job]:
    """Return the latest jobs, the newest first."""
    return _of(store, select(table, people.c.name.label("by")).join(people).order_by(table.c.number.desc()).limit(size))


def done(store: Store, kind: str, *, size: int = 1, below: int | None = None) -> list[Job]:
    """Return the jobs of a kind that ended well, the newest first; only those numbered less than `below`."""
    asked = select(table, people.c.name.label("by")).join(people).where(table.c.kind == kind, table.c.state == DONE)
    if below is not None:
        asked = asked.where(table.c.number < below)
    return _of(store, asked.order_by(table.c.number.desc()).limit(size))


def take(store: Store) -> Job | None:
    """Return the job whose turn it is; None where none waits."""
    asked = select(table, people.c.name.label("by")).join(people).where(table.c.state == WAITING)
    found = _of(store, asked.order_by(table.c.number).limit(1))
    return found[0] if found else None


def begun(store: Store, number: int, process: int) -> bool:
    """Note that a waiting job runs; False where it was cancelled in the meantime."""
    return _change(store, number, (WAITING,), state=RUNNING, process=process, began_at=store.clock())


def said(store: Store, number: int, line: str) -> None:
    """Note a job's last line."""
    _change(store, number, (RUNNING,), line=line[-LINE:])


def ended(store: Store, number: int, code: int) -> bool:
    """Note how a running job ended."""
    return _change(store, number, (RUNNING,), state=DONE if code == 0 else FAILED, exit=code, ended_at=store.clock())


def cancel(store: Store, number: int) -> bool:
    """Cancel a job; False where it has ended already."""
    return _change(store, number, (WAITING, RUNNING), state=CANCELLED, ended_at=store.clock())


def abandon(store: Store) -> None:
    """Say of jobs that run that they failed: whoever ran them is gone."""
    with store.turn() as connection:
        connection.execute(update(table).where(table.c.state == RUNNING).values(
            state=FAILED, ended_at=store.clock(), line=LOST))


def _change(store: Store, number: int, states: tuple[str, ...], **values: Any) -> bool:
    with store.turn() as connection:
        done = connection.execute(update(table).where(table.c.number == number, table.c.state.in_(states))
                                  .values(**values))
        return done.rowcount == 1


def _of(store: Store, asked: Any) -> list[Job]:
    with store.reading() as connection:
        return [Job(**{**row, "words": tuple(row["words"])}) for row in connection.execute(asked).mappings()]
