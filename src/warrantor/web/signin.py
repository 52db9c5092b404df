"""Signing in and out: a local account, or an issuer that vouches; the session is held here, the browser has its key."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from warrantor.web.counter import Counter
from warrantor.web.cursor import opened, seal
from warrantor.web.guard import Open, SignedIn, presented
from warrantor.web.issuer import Asked, vouched, way_there
from warrantor.web.present import shown
from warrantor.web.problem import Problem
from warrantor.web.settings import Issuer

routes = APIRouter(include_in_schema=False)
GOING = "openid"


@routes.get("/sign-in")
def ask(request: Request, asker: Open, to: str = "/") -> Response:
    """Show the form."""
    return _form(request, asker, to, "")


@routes.post("/sign-in")
async def enter(request: Request, asker: Open, name: Annotated[str, Form(max_length=128)],
                password: Annotated[str, Form(max_length=256)], to: Annotated[str, Form()] = "/") -> Response:
    """Begin a session for who knows the password; an old session of this browser ends."""
    counter: Counter = request.app.state.counter
    token = await counter.sign_in(counter.address(request), name, password)
    if isinstance(token, float):
        raise Problem(429, asker.voice("Too many tries: wait and try again."), {"retry-after": str(int(token))})
    if token is None:
        return _form(request, asker, to, asker.voice("The name or the password is wrong."), 401)
    return await run_in_threadpool(_entered, request, token, to)


@routes.post("/sign-out")
def leave(request: Request, asker: SignedIn) -> Response:
    """End the session."""
    request.app.state.counter.sign_out(asker.token)
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(request.app.state.cookie, path="/")
    return answer


@routes.get("/sign-in/openid")
def go(request: Request, asker: Open) -> Response:
    """Send the browser to the issuer."""
    issuer, asked = _issuer(request), Asked.anew()
    answer = RedirectResponse(way_there(issuer, asked, _back(request)), 303)
    key = request.app.state.counter.key
    answer.set_cookie(GOING, seal(key, [asked.state, asked.nonce, asked.verifier], GOING), max_age=600, httponly=True,
                      secure=request.app.state.counter.settings.secure, samesite="lax", path="/sign-in")
    del asker
    return answer


@routes.get("/sign-in/openid/back")
async def come_back(request: Request, asker: Open, state: str = "", code: str = "") -> Response:
    """Begin a session for whom the issuer vouches for, where they have an account here."""
    counter: Counter = request.app.state.counter
    held = opened(counter.key, request.cookies.get(GOING), GOING)
    if not held or held[0] != state or not code:
        raise Problem(403, asker.voice("This sign-in was not begun here: start again."))
    issuer = _issuer(request)
    name = await run_in_threadpool(vouched, issuer, Asked(*held), code, _back(request))
    token = await run_in_threadpool(counter.vouched, issuer.url, name)
    if token is None:
        raise Problem(403, asker.voice("{name} has no account here: ask an administrator.", name=name))
    answer = await run_in_threadpool(_entered, request, token, "/")
    answer.delete_cookie(GOING, path="/sign-in")
    return answer


def _form(request: Request, asker: Open, to: str, wrong: str, status: int = 200) -> Response:
    issuer = request.app.state.counter.settings.issuer
    return shown(request, "signin.html", asker, status, to=inside(to), wrong=wrong, issuer=issuer and issuer.name)


def _entered(request: Request, token: str, to: str) -> Response:
    counter: Counter = request.app.state.counter
    old, _ = presented(request)
    if old:
        counter.sign_out(old)
    answer = RedirectResponse(inside(to), 303)
    answer.set_cookie(request.app.state.cookie, token, httponly=True, secure=counter.settings.secure, samesite="lax",
                      path="/", max_age=int(counter.settings.longest.total_seconds()))
    return answer


def inside(to: str) -> str:
    """Return an address of this site, the first page for any other.

    Examples
    --------
    >>> inside("/claims?q=1"), inside("//elsewhere/x"), inside("/" + chr(92) + "elsewhere")
    ('/claims?q=1', '/', '/')
    """
    parts = urlsplit(to)
    ours = to.startswith("/") and not to.startswith(("//", "/\\")) and not parts.netloc and to.isprintable()
    return to if ours else "/"


def _issuer(request: Request) -> Issuer:
    issuer: Issuer | None = request.app.state.counter.settings.issuer
    if issuer is None:
        raise Problem(404, "No issuer is set up here.")
    return issuer


def _back(request: Request) -> str:
    return str(request.url_for("come_back"))

