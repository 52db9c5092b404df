"""Signing in and out: a local account, or an issuer that vouches; the session is held here, the browser has its key."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from warrantor.desk.passwords import LONGEST
from warrantor.web.counter import Counter
from warrantor.web.cursor import opened, seal
from warrantor.web.guard import Asker, SignedIn, SigningIn, presented
from warrantor.web.issuer import USED, Asked, Told, vouched, way_there
from warrantor.web.present import shown
from warrantor.web.problem import Problem
from warrantor.web.talk import BusyError

routes = APIRouter(include_in_schema=False)
GOING = "openid"
BEGUN = 600  # seconds that a sign-in which was begun may take
FURTHEST = 1000  # bytes of an address to go on to: it must fit into a cookie
Word = Annotated[str, Query(max_length=4000)]


@routes.get("/sign-in")
def ask(request: Request, asker: SigningIn, to: str = "/") -> Response:
    """Show the form."""
    return _form(request, asker, to, "")


@routes.post("/sign-in")
async def enter(request: Request, asker: SigningIn, name: Annotated[str, Form(max_length=128)],
                password: Annotated[str, Form(max_length=LONGEST)], to: Annotated[str, Form()] = "/") -> Response:
    """Begin a session for who knows the password; an old session of this browser ends."""
    counter = _counter(request)
    token = await counter.sign_in(counter.address(request), name, password)
    if isinstance(token, float):
        raise Problem(429, asker.voice("Too many tries: wait and try again."), {"retry-after": str(int(token))})
    if token is None:
        return _form(request, asker, to, asker.voice("The name or the password is wrong."), 401)
    return await run_in_threadpool(entered, request, token, to)


@routes.post("/sign-out")
def leave(request: Request, asker: SignedIn) -> Response:
    """End the session."""
    request.app.state.counter.sign_out(asker.token)
    answer = RedirectResponse("/", 303)
    dropped(request, answer, request.app.state.cookie)
    return answer


@routes.get("/sign-in/openid")
async def go(request: Request, asker: SigningIn, to: str = "/") -> Response:
    """Send the browser to the issuer; where it wanted to go waits here with what must come back."""
    counter, told, asked = _counter(request), _told(request, asker), Asked.anew()
    back = _back(request)
    there = way_there(told, asked, back) if told.known else await _talk(request, asker, way_there, told, asked, back)
    answer = RedirectResponse(there, 303)
    sealed = seal(counter.key, [asked.state, asked.nonce, asked.verifier, inside(to), _now(counter) + BEGUN], GOING)
    answer.set_cookie(_going(request), sealed, max_age=BEGUN, httponly=True, secure=counter.settings.secure,
                      samesite="lax", path="/")
    return answer


@routes.get("/sign-in/openid/back")
async def come_back(request: Request, asker: SigningIn, state: Word = "", code: Word = "") -> Response:
    """Begin a session for whom the issuer vouches for, where they have an account here."""
    counter, told = _counter(request), _told(request, asker)
    asked, to = _begun(request, asker, state, code)
    name = await _talk(request, asker, vouched, told, asked, code, _back(request))
    token = await run_in_threadpool(counter.vouched, told.issuer.url, name)
    if token is None:
        raise Problem(403, asker.voice("{name} has no account here: ask an administrator.", name=name))
    answer = await run_in_threadpool(entered, request, token, to)
    dropped(request, answer, _going(request))
    return answer


def _begun(request: Request, asker: Asker, state: str, code: str) -> tuple[Asked, str]:
    """Return what was sent along when a sign-in was begun here, and where it is to lead; it is taken once."""
    counter = _counter(request)
    try:
        held = opened(counter.key, request.cookies.get(_going(request)), GOING)
    except Problem:  # nobody's seal: as good as none
        held = None
    if not held or not hmac.compare_digest(str(held[0]).encode(), state.encode()):
        used = counter.once.holds(state)  # who comes back a second time has no cookie left
        raise Problem(403, asker.voice(USED) if used else asker.voice("This sign-in was not begun here: start again."))
    if not code:
        raise Problem(403, asker.voice("The issuer did not sign you in: start again."))
    *words, to, until = held
    if until <= _now(counter):
        raise Problem(403, asker.voice("This sign-in took too long: start again."))
    if not counter.once.take(state, until):
        raise Problem(403, asker.voice(USED))
    return Asked(*words), to


async def _talk(request: Request, asker: Asker, talk: Callable[..., str], *words: Any) -> str:
    """Ask the issuer when it is our turn; what goes wrong is said in the asker's language."""
    try:
        return await _counter(request).turns.take(talk, *words)
    except BusyError as error:
        raise Problem(503, asker.voice("Too many sign in at once: try again in a moment."),
                      {"retry-after": "5"}) from error
    except Problem as error:
        raise Problem(error.status, asker.voice(error.detail), error.headers) from error


def _form(request: Request, asker: SigningIn, to: str, wrong: str, status: int = 200) -> Response:
    issuer = request.app.state.counter.settings.issuer
    return shown(request, "signin.html", asker, status, to=inside(to), wrong=wrong, issuer=issuer and issuer.name)


def entered(request: Request, token: str, to: str) -> Response:
    """Return the answer that gives the browser a session's key; the session it had before ends."""
    counter = _counter(request)
    old, _ = presented(request)
    if old:
        counter.sign_out(old)
    answer = RedirectResponse(inside(to), 303)
    answer.set_cookie(request.app.state.cookie, token, httponly=True, secure=counter.settings.secure, samesite="lax",
                      path="/", max_age=int(counter.settings.longest.total_seconds()))
    return answer


def dropped(request: Request, answer: Response, cookie: str) -> None:
    """Take a cookie back; one for TLS alone is only dropped by an answer that says so too."""
    answer.delete_cookie(cookie, path="/", secure=_counter(request).settings.secure, httponly=True, samesite="lax")


def inside(to: str) -> str:
    """Return an address of this site, the first page for any other.

    Examples
    --------
    >>> inside("/claims?q=1"), inside("//elsewhere/x"), inside("/" + chr(92) + "elsewhere")
    ('/claims?q=1', '/', '/')
    """
    ours = to.isprintable() and to.startswith("/") and not to.startswith(("//", "/\\")) and not urlsplit(to).netloc
    return to if ours and len(to.encode()) <= FURTHEST else "/"


def _told(request: Request, asker: Asker) -> Told:
    told = _counter(request).issuer
    if told is None:
        raise Problem(404, asker.voice("No issuer is set up here."))
    return told


def _back(request: Request) -> str:
    """Return where the issuer sends people back: never a name that somebody made up (`Settings.hosts`)."""
    url = _counter(request).settings.url
    return f"{url}{request.url_for('come_back').path}" if url else str(request.url_for("come_back"))


def _going(request: Request) -> str:
    """Return the name of the cookie of a sign-in that was begun; over TLS no other site of ours can set it."""
    return f"__Host-{GOING}" if _counter(request).settings.secure else GOING


def _now(counter: Counter) -> float:
    return counter.store.clock().timestamp()


def _counter(request: Request) -> Counter:
    counter: Counter = request.app.state.counter
    return counter
