"""The application: every resource joined, every route guarded, every failure told."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, OperationalError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from warrantor import __version__
from warrantor.desk.store import Store
from warrantor.finding import Refused
from warrantor.web import (
    account,
    api,
    api_laboratory,
    audit,
    batch,
    claim,
    claims,
    costs,
    coverage,
    guarantees,
    health,
    home,
    jobs,
    laboratory,
    manual,
    papers,
    people,
    proposals,
    reserve,
    signin,
    trials,
    units,
    uploads,
)
from warrantor.web.around import Caught, Headed, Named
from warrantor.web.assets import Assets
from warrantor.web.bounded import Bounded
from warrantor.web.counter import Counter
from warrantor.web.guard import every_route_asks
from warrantor.web.headers import Carried
from warrantor.web.language import KeepsLanguage, spoken
from warrantor.web.present import page_of, shown
from warrantor.web.problem import Problem, as_document, for_program, refusal
from warrantor.web.settings import Settings
from warrantor.web.words import N_

LOG = logging.getLogger("warrantor.web")
TITLES = {404: N_("Not here"), 403: N_("Not allowed"), 409: N_("It has changed"), 429: N_("Too often")}
NOT_DONE = N_("Not done")
REVIEW = "/claims/review"  # a form is sent there; read, it looks like the page of a claim
KNOWN = {404: N_("There is nothing at this address."), 405: N_("This address does not take that method.")}
# Routes are tried one after another: what programs ask all day comes first.
RESOURCES = (api, api_laboratory, coverage, batch, claims, home, costs, papers, claim, proposals, units, guarantees,
             laboratory, reserve, trials, jobs, audit, people, account, signin, manual, health, uploads)

def create_app(store: Store, settings: Settings) -> FastAPI:
    """Return the application over a desk.

    Parameters
    ----------
    store : Store
        An open desk, migrated.
    settings : Settings
        How it behaves.

    Returns
    -------
    FastAPI

    Raises
    ------
    ValueError
        A route names no right.
    """
    counter = Counter(store, settings)

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        counter.jobs.start()
        yield
        await run_in_threadpool(counter.jobs.stop)

    app = FastAPI(title="warrantor", version=__version__, lifespan=running, docs_url=None, redoc_url=None,
                  openapi_url=None, description="The desk's API. Days are civil, instants are UTC.")
    app.state.counter = counter
    app.state.cookie = "__Host-session" if settings.secure else "session"
    app.state.known, app.state.url = counter.known, settings.url
    for resource in RESOURCES:
        app.router.routes.extend(resource.routes.routes)
    app.mount("/static", Assets(directory=str(files("warrantor.web") / "static")), name="static")
    every_route_asks(app)
    _told(app)
    _unwritten(app)
    _wrapped(app, settings)
    return app

def _wrapped(app: FastAPI, settings: Settings) -> None:
    """Put what every request passes around the routes; the last added is the outermost."""
    app.add_middleware(KeepsLanguage)
    app.add_middleware(Bounded)
    app.add_middleware(Named, names=settings.hosts)
    app.add_middleware(Caught, told=told)
    app.add_middleware(Headed)
    app.add_middleware(Carried, secure=settings.secure)

def _told(app: FastAPI) -> None:
    """Say every failure as the asker reads it."""

    @app.exception_handler(Problem)
    async def problem(request: Request, error: Problem) -> Response:
        return told(request, error)

    @app.exception_handler(Refused)
    async def not_done(request: Request, error: Refused) -> Response:
        return told(request, refusal(error, spoken(request), program=for_program(request)))

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        detail = spoken(request)(KNOWN[error.status_code]) if error.status_code in KNOWN else str(error.detail)
        return told(request, Problem(error.status_code, detail, dict(error.headers or {})))

    @app.exception_handler(RequestValidationError)
    async def unread(request: Request, error: RequestValidationError) -> Response:
        return unreadable(request, error)

def _unwritten(app: FastAPI) -> None:
    """Say what the database would not do."""

    @app.exception_handler(OperationalError)
    async def busy(request: Request, error: OperationalError) -> Response:
        LOG.error("busy %s", request.state.request_id, exc_info=error)
        voice = spoken(request)
        return told(request, Problem(503, voice("The database is busy or away: nothing was done. Try again soon."),
                                     {"retry-after": "5"}))

    @app.exception_handler(DataError)
    async def unkept(request: Request, error: DataError) -> Response:
        LOG.warning("unkept %s", request.state.request_id, exc_info=error)
        return told(request, Problem(422, spoken(request)("What was sent holds characters that no text has.")))

def unreadable(request: Request, error: RequestValidationError) -> Response:
    """Return what is wrong with a request; an address that no page has is not there, whatever its words should be."""
    voice, of_address = spoken(request), all(e["loc"][0] == "path" for e in error.errors())
    if of_address and request.method == "GET" and not for_program(request):
        if request.url.path == REVIEW:
            return RedirectResponse(page_of(REVIEW), 303)
        return told(request, Problem(404, voice(KNOWN[404])))
    wrong = [{"where": ".".join(map(str, e["loc"])), "why": e["msg"]} for e in error.errors()]
    why = "; ".join(f"{w['where']}: {w['why']}" for w in wrong)
    what = voice("What was sent cannot be read:")
    return told(request, Problem(422, f"{what} {why}", errors=wrong))


def told(request: Request, problem: Problem) -> Response:
    """Return a problem as a document to a program, as a page to a person; a visitor is sent to sign in.

    Whose password is a first one is sent where they change it.
    """
    if for_program(request):
        return as_document(request, problem)
    if problem.status == 405 and request.method == "GET":
        return RedirectResponse(page_of(request.url.path), 303)
    if problem.status == 401 and request.method == "GET":
        return RedirectResponse(f"/sign-in?to={quote(_asked(request))}", 303)
    if problem.more.get("first") and request.method == "GET":
        return RedirectResponse("/account", 303)
    title = TITLES.get(problem.status, NOT_DONE)
    page = shown(request, "wrong.html", getattr(request.state, "asker", None), problem.status,
                 title=spoken(request)(title), detail=problem.detail, request_id=request.state.request_id)
    page.headers.update(problem.headers)
    return page

def _asked(request: Request) -> str:
    """Return the address a visitor asked for, with its query: a view of a list is its query."""
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path
