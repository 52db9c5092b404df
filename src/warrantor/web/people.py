"""Accounts, for the administrator."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from warrantor.desk import people as accounts
from warrantor.desk.actor import ROLES
from warrantor.finding import Refused
from warrantor.web.guard import Asker, may
from warrantor.web.offer import Form as FileForm
from warrantor.web.offer import Sheet, offered
from warrantor.web.present import shown
from warrantor.web.problem import refusal

routes = APIRouter(include_in_schema=False)
Reader = Annotated[Asker, may("people.read")]
Writer = Annotated[Asker, may("people.write")]
COLUMNS = ("number", "name", "role", "centre", "active")


@routes.get("/people")
def people(request: Request, asker: Reader) -> Response:
    """List the accounts."""
    return _page(request, asker)


@routes.get("/people.{form}")
def people_file(request: Request, form: FileForm, asker: Reader) -> Response:
    """Return the accounts as a file."""
    rows = [one.to_dict() for one in accounts.everybody(request.app.state.counter.store)]
    return offered(Sheet("people", "warrantor.web.people/1", COLUMNS, rows, {"by": asker.person.name}), form)


@routes.post("/people")
def add(request: Request, asker: Writer, *, name: Annotated[str, Form()], role: Annotated[str, Form()],
        password: Annotated[str, Form()] = "", centre: Annotated[str, Form()] = "",
        subject: Annotated[str, Form()] = "") -> Response:
    """Make an account; without a password it is the issuer's to vouch for."""
    counter = request.app.state.counter
    issuer = counter.settings.issuer
    if not password and not (issuer and subject):
        return _page(request, asker, asker.voice("Give a password of twelve characters or more."), 422)
    try:
        accounts.add(counter.store, asker.person.actor, name, role, password=password, centre=centre,
                     issuer=issuer.url if issuer and subject else "", subject=subject)
    except Refused as error:
        return _page(request, asker, refusal(error, asker.voice).detail, 422)
    return RedirectResponse("/people", 303)


@routes.post("/people/{number}/close")
def close(request: Request, number: int, asker: Writer, version: Annotated[int, Form()]) -> Response:
    """Close an account; its sessions end."""
    accounts.change(request.app.state.counter.store, asker.person.actor, number, version=version, active=False)
    return RedirectResponse("/people", 303)


def _page(request: Request, asker: Asker, wrong: str = "", status: int = 200) -> Response:
    counter = request.app.state.counter
    issuer = counter.settings.issuer
    return shown(request, "people.html", asker, status, rows=accounts.everybody(counter.store), roles=ROLES,
                 wrong=wrong, issuer=issuer.name if issuer else "")
