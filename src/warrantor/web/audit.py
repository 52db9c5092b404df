"""The log of everything done at the desk, for the auditor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from warrantor.desk import audit as log
from warrantor.desk import people
from warrantor.web.coverage import day_of
from warrantor.web.cursor import opened, seal
from warrantor.web.guard import Asker, may
from warrantor.web.language import Voice
from warrantor.web.offer import Form, Sheet, offered
from warrantor.web.present import shown
from warrantor.web.words import LOGGED

routes = APIRouter(include_in_schema=False)
Reader = Annotated[Asker, may("audit.read")]
SIZE, PIECE = 50, 10_000
COLUMNS = ("number", "at", "person", "name", "role", "kind", "subject", "body", "before", "hash")


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks of the log: it is the view, and may be kept as a bookmark.

    Attributes
    ----------
    subject, kind : str
        Of what, and what was done.
    person : str
        Who did it, their account's number.
    since, until : str
        First and last day, in UTC.
    """

    subject: Annotated[str, Query(max_length=64)] = ""
    kind: Annotated[str, Query(max_length=64)] = ""
    person: Annotated[str, Query(max_length=12)] = ""
    since: Annotated[str, Query(max_length=10)] = ""
    until: Annotated[str, Query(max_length=10)] = ""

    def sought(self, voice: Voice) -> dict[str, Any]:
        """Return what the desk is asked for.

        Raises
        ------
        Problem
            422 for a day that is none.
        """
        days = {"since": day_of(self.since, voice), "until": day_of(self.until, voice)}
        person = int(self.person) if self.person.isascii() and self.person.isdecimal() else None
        return {"subject": self.subject.strip(), "kind": self.kind, "person": person, **days}

    @property
    def scope(self) -> str:
        """The list that a cursor belongs to."""
        told = {"subject": self.subject, "kind": self.kind}
        more = {k: v for k, v in asdict(self).items() if v and k not in told}
        return f"audit?subject={self.subject}&kind={self.kind}" + (f"&{urlencode(more)}" if more else "")


@routes.get("/audit")
def audit(request: Request, asker: Reader, asked: Annotated[Asked, Depends()], cursor: str = "") -> Response:
    """Show the log, the latest entries first."""
    rows, more = entries(request, asker, cursor, asked)
    return shown(request, "audit.html", asker, rows=rows, more=more, asked=asked, kinds=sorted(LOGGED),
                 names=people.names(request.app.state.counter.store))


@routes.get("/audit.{form}")
def audit_file(request: Request, form: Form, asker: Reader, asked: Annotated[Asked, Depends()]) -> Response:
    """Return every entry that the page's filters let through as a file, the latest first."""
    about = {k: v for k, v in asdict(asked).items() if v}
    rows = _every(request, asked.sought(asker.voice))
    return offered(Sheet("audit", "warrantor.web.audit/1", COLUMNS, rows, about), form)


def _every(request: Request, sought: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield entries with the name of who made each, piece by piece."""
    store, below = request.app.state.counter.store, None
    names = people.names(store)
    while rows := log.page(store, below=below, size=PIECE, **sought):
        yield from ({**row, "name": names.get(row["person"])} for row in rows)
        below = rows[-1]["number"]


def entries(
    request: Request, asker: Asker, cursor: str, asked: Asked, size: int = SIZE
) -> tuple[list[dict[str, Any]], str]:
    """Return a page of the log and the cursor of the next, empty at its end."""
    counter = request.app.state.counter
    rows = log.page(counter.store, below=opened(counter.key, cursor, asked.scope), size=size,
                    **asked.sought(asker.voice))
    return rows, seal(counter.key, rows[-1]["number"], asked.scope) if len(rows) == size else ""
