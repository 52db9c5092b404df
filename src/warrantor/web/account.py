"""One's own account: the password, and every session at once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from warrantor.desk import people
from warrantor.desk.passwords import LONGEST, SHORTEST
from warrantor.finding import Refused
from warrantor.web.counter import Counter
from warrantor.web.guard import Asker, SignedIn
from warrantor.web.present import shown
from warrantor.web.problem import Problem, refusal
from warrantor.web.signin import dropped, entered

routes = APIRouter(include_in_schema=False)
Secret = Annotated[str, Form(max_length=LONGEST)]


@routes.get("/account")
def account(request: Request, asker: SignedIn, done: bool = False) -> Response:
    """Show who is signed in, and what they may change themselves."""
    return _page(request, asker, done=done)


@routes.post("/account/password")
async def change_password(request: Request, asker: SignedIn, old: Secret, password: Secret) -> Response:
    """Change one's own password; this browser goes on with a new session, all others are signed out."""
    counter: Counter = request.app.state.counter
    try:
        token = await counter.change_password(asker.person, old, password)
    except Refused as error:
        told = refusal(error, asker.voice)
        return await run_in_threadpool(_page, request, asker, told.detail, told.status)
    if isinstance(token, float):
        raise Problem(429, asker.voice("Too many tries: wait and try again."), {"retry-after": str(int(token))})
    return await run_in_threadpool(entered, request, token, "/account?done=1")


@routes.post("/account/sign-out")
def leave(request: Request, asker: SignedIn) -> Response:
    """End every session of one's own, this one too."""
    people.sign_out(request.app.state.counter.store, asker.person.actor, asker.person.number)
    answer = RedirectResponse("/sign-in", 303)
    dropped(request, answer, request.app.state.cookie)
    return answer


def _page(request: Request, asker: Asker, wrong: str = "", status: int = 200, *, done: bool = False) -> Response:
    return shown(request, "account.html", asker, status, wrong=wrong, done=done, least=SHORTEST, most=LONGEST)
