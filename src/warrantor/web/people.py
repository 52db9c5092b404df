"""Accounts, for the administrator: made, changed, closed, reopened, forgotten."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from warrantor.desk import people as accounts
from warrantor.desk.actor import ROLES
from warrantor.desk.passwords import LONGEST, SHORTEST
from warrantor.finding import Refused
from warrantor.web.bounded import Number
from warrantor.web.guard import Asker, may
from warrantor.web.offer import Form as FileForm
from warrantor.web.offer import Sheet, offered
from warrantor.web.present import shown
from warrantor.web.problem import refusal

routes = APIRouter(include_in_schema=False)
Reader = Annotated[Asker, may("people.read")]
Writer = Annotated[Asker, may("people.write")]
Version = Annotated[int, Form()]
Word = Annotated[str, Form(max_length=256)]
Secret = Annotated[str, Form(max_length=LONGEST)]
COLUMNS = ("number", "name", "role", "centre", "active", "first")


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
def add(request: Request, asker: Writer, *, name: Word, role: Word, password: Secret = "", centre: Word = "",
        subject: Word = "") -> Response:
    """Make an account with a first password; without one it is the issuer's to vouch for."""
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


@routes.get("/people/{number}")
def person(request: Request, number: Number, asker: Reader) -> Response:
    """Show an account, and what an admin may change."""
    return _one(request, asker, number)


@routes.post("/people/{number}/change")
def change(request: Request, number: Number, asker: Writer, version: Version, *, role: Word,
           centre: Word = "") -> Response:
    """Change role and centre; the person is signed out, so that the next page knows."""
    return _done(request, asker, number, version, role=role, centre=centre)


@routes.post("/people/{number}/password")
def set_password(request: Request, number: Number, asker: Writer, version: Version, password: Secret) -> Response:
    """Set a first password: its owner must change it before anything else."""
    return _done(request, asker, number, version, password=password)


@routes.post("/people/{number}/close")
def close(request: Request, number: Number, asker: Writer, version: Version) -> Response:
    """Close an account; its sessions end."""
    return _done(request, asker, number, version, active=False)


@routes.post("/people/{number}/reopen")
def reopen(request: Request, number: Number, asker: Writer, version: Version) -> Response:
    """Reopen an account that was closed."""
    return _done(request, asker, number, version, active=True)


@routes.post("/people/{number}/sign-out")
def sign_out(request: Request, number: Number, asker: Writer) -> Response:
    """End every session of a person."""
    accounts.sign_out(request.app.state.counter.store, asker.person.actor, number)
    return RedirectResponse(f"/people/{number}", 303)


@routes.get("/people/{number}/forget")
def ask_to_forget(request: Request, number: Number, asker: Writer) -> Response:
    """Ask whether a person is to be forgotten: it cannot be undone."""
    return shown(request, "forget.html", asker, one=accounts.person(request.app.state.counter.store, number))


@routes.post("/people/{number}/forget")
def forget(request: Request, number: Number, asker: Writer, version: Version) -> Response:
    """Forget a person's name and every way to sign in."""
    try:
        accounts.forget(request.app.state.counter.store, asker.person.actor, number, version=version)
    except Refused as error:
        return _refused(request, asker, number, error)
    return RedirectResponse("/people", 303)


def _done(request: Request, asker: Asker, number: int, version: int, **changes: Any) -> Response:
    try:
        accounts.change(request.app.state.counter.store, asker.person.actor, number, version=version, **changes)
    except Refused as error:
        return _refused(request, asker, number, error)
    return RedirectResponse(f"/people/{number}", 303)


def _refused(request: Request, asker: Asker, number: int, error: Refused) -> Response:
    told = refusal(error, asker.voice)
    return _one(request, asker, number, told.detail, told.status)


def _one(request: Request, asker: Asker, number: int, wrong: str = "", status: int = 200) -> Response:
    one = accounts.person(request.app.state.counter.store, number)
    return shown(request, "person.html", asker, status, one=one, roles=ROLES, wrong=wrong, least=SHORTEST, most=LONGEST)


def _page(request: Request, asker: Asker, wrong: str = "", status: int = 200) -> Response:
    counter = request.app.state.counter
    issuer = counter.settings.issuer
    return shown(request, "people.html", asker, status, rows=accounts.everybody(counter.store), roles=ROLES,
                 wrong=wrong, issuer=issuer.name if issuer else "", least=SHORTEST, most=LONGEST)
