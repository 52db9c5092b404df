"""The log of everything done at the desk, for the auditor."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from warrantor.desk import audit as log
from warrantor.web.cursor import opened, seal
from warrantor.web.guard import Asker, may
from warrantor.web.offer import Form, Sheet, offered
from warrantor.web.present import shown

routes = APIRouter(include_in_schema=False)
Reader = Annotated[Asker, may("audit.read")]
SIZE, MOST = 50, 100_000
COLUMNS = ("number", "at", "person", "role", "kind", "subject", "body", "before", "hash")


@routes.get("/audit")
def audit(request: Request, asker: Reader, cursor: str = "", subject: str = "", kind: str = "") -> Response:
    """Show the log, the latest entries first."""
    rows, more = entries(request, cursor, subject, kind)
    return shown(request, "audit.html", asker, rows=rows, more=more, subject=subject, kind=kind)


@routes.get("/audit.{form}")
def audit_file(request: Request, form: Form, asker: Reader, subject: str = "", kind: str = "") -> Response:
    """Return the log as a file, the latest entries first."""
    rows = log.page(request.app.state.counter.store, size=MOST, subject=subject, kind=kind)
    about = {"subject": subject, "kind": kind, "by": asker.person.name, "most": MOST}
    return offered(Sheet("audit", "warrantor.web.audit/1", COLUMNS, rows, about), form)


def entries(request: Request, cursor: str, subject: str, kind: str,
            size: int = SIZE) -> tuple[list[dict[str, Any]], str]:
    """Return a page of the log and the cursor of the next, empty at its end."""
    counter, scope = request.app.state.counter, f"audit?subject={subject}&kind={kind}"
    below = opened(counter.key, cursor, scope)
    rows = log.page(counter.store, below=below, size=size, subject=subject, kind=kind)
    return rows, seal(counter.key, rows[-1]["number"], scope) if len(rows) == size else ""
