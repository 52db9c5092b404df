"""Jobs: a verb started from a page, watched, cancelled, its result taken away."""

from __future__ import annotations

import asyncio
import shlex
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from warrantor.desk.jobs import Job, busy, get, latest
from warrantor.web.child import KINDS
from warrantor.web.cursor import opened, seal
from warrantor.web.guard import Asker, may
from warrantor.web.offer import Form as FileForm
from warrantor.web.offer import Sheet, offered
from warrantor.web.present import shown
from warrantor.web.problem import Problem
from warrantor.web.rights import reach

routes = APIRouter(include_in_schema=False)
Reader = Annotated[Asker, may("jobs.read")]
Starter = Annotated[Asker, may("jobs.start")]
Canceller = Annotated[Asker, may("jobs.cancel")]
COLUMNS = ("number", "kind", "state", "by", "asked_at", "ended_at", "exit", "line")
PAGES = {"life": "/products", "returns": "/products", "forecast": "/forecast", "reserve": "/forecast",
         "backtest": "/forecast"}  # where a finished job of a kind is read
SIZE, MOST = 50, 100_000
EVERY, QUIET = 0.5, 30  # seconds between two looks at the jobs; looks after which something is said anyway
ASKED = 5.0  # seconds after which a listener is asked again who they are
STREAMS = 12  # of one person at a time: a tab has one
TAIL = 20_000  # characters of the log that a page shows


@routes.get("/jobs")
def jobs(request: Request, asker: Reader, cursor: str = "") -> Response:
    """List the jobs, the latest first."""
    found, more = page(request, cursor)
    return shown(request, "jobs.html", asker, jobs=found, more=more, busy=any(job.busy for job in found),
                 kinds=list(KINDS) if request.app.state.counter.settings.fleet else [])


@routes.get("/jobs.{form}")
def jobs_file(request: Request, form: FileForm, asker: Reader) -> Response:
    """Return the jobs as a file, the latest first."""
    rows = [{c: getattr(job, c) for c in COLUMNS} for job in latest(request.app.state.counter.store, MOST)]
    about = {"by": asker.person.name, "most": MOST}
    return offered(Sheet("jobs", "warrantor.web.jobs/1", COLUMNS, rows, about), form)


@routes.post("/jobs")
def start(request: Request, asker: Starter, kind: Annotated[str, Form()]) -> Response:
    """Start a job; it waits for the one before it."""
    job = begin(request, asker, kind)
    return RedirectResponse(f"/jobs/{job.number}", 303)


@routes.get("/jobs/events")
async def events(request: Request, asker: Reader) -> Response:
    """Say when a job has moved, until none is busy: server-sent events, their data the number of busy jobs."""
    listening, person = request.app.state.counter.jobs.listening, asker.person.number
    if listening[person] >= STREAMS:
        raise Problem(429, asker.voice("You follow the jobs in {n} places already: close one.", n=str(STREAMS)),
                      {"retry-after": "30"})
    listening[person] += 1

    def over() -> None:
        listening[person] -= 1
        if listening[person] <= 0:
            del listening[person]

    return _Told(_moves(request, asker), over)


class _Told(StreamingResponse):
    """Events as they come; `over` is called whatever ends them, also where nobody was there for the first."""

    def __init__(self, moves: AsyncIterator[str], over: Callable[[], None]) -> None:
        super().__init__(moves, media_type="text/event-stream", headers={"x-accel-buffering": "no"})
        self.over = over

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.over()


async def _moves(request: Request, asker: Asker) -> AsyncIterator[str]:
    """Yield an event whenever a job has moved; ends with the right to read, the server, or the last busy job."""
    counter, seen, quiet, asked = request.app.state.counter, None, 0, time.monotonic()
    while not counter.leaving.is_set():
        if time.monotonic() - asked >= ASKED:  # by the clock: a job that talks must not put the question off
            asked = time.monotonic()
            person = await counter.known(asker.token)
            if person is None or reach(asker.right, person.role) is None:
                return
        found = await run_in_threadpool(busy, counter.store)
        moved = [(job.number, job.state, job.line) for job in found]
        quiet = 0 if moved != seen else quiet + 1
        if moved != seen:
            seen = moved
            yield f"event: jobs\ndata: {len(found)}\n\n"
        elif quiet % QUIET == 0:
            yield ": still here\n\n"
        if not found:
            return
        await asyncio.sleep(EVERY)


@routes.get("/jobs/{job}")
def one(request: Request, job: int, asker: Reader) -> Response:
    """Show a job, its last words and its log."""
    found = known(request, job, asker)
    log = request.app.state.counter.jobs.log(found)[-TAIL:]
    reached = reach("jobs.cancel", asker.role)
    return shown(request, "job.html", asker, job=found, log=log, pages=PAGES if asker.may("laboratory.read") else {},
                 command=shlex.join(["warrantor", *found.words]),
                 cancellable=reached == "all" or (reached == "own" and found.person == asker.person.number))


@routes.post("/jobs/{job}/cancel")
def cancel(request: Request, job: int, asker: Canceller) -> Response:
    """Cancel a job: one's own, or any for who may."""
    halt(request, job, asker)
    return RedirectResponse(f"/jobs/{job}", 303)


@routes.get("/jobs/{job}/result")
def result(request: Request, job: int, asker: Reader) -> Response:
    """Return what a job made, to be saved."""
    found, path = made(request, job, asker)
    name = f"{found.kind}-{found.number}{path.suffix}"
    return FileResponse(path, filename=name, content_disposition_type="attachment")


def page(request: Request, cursor: str, size: int = SIZE) -> tuple[list[Job], str]:
    """Return a page of the jobs, the latest first, and the cursor of the next, empty at the end."""
    counter, scope = request.app.state.counter, "jobs"
    found = latest(counter.store, size + 1, opened(counter.key, cursor, scope))
    return found[:size], seal(counter.key, found[size - 1].number, scope) if len(found) > size else ""


def made(request: Request, job: int, asker: Asker) -> tuple[Job, Path]:
    """Return a job and the file with its answer.

    Raises
    ------
    Problem
        404 where there is no such job, or it has no result.
    """
    found = known(request, job, asker)
    path: Path | None = request.app.state.counter.jobs.result(found)
    if path is None:
        raise Problem(404, asker.voice("This job has no result."))
    return found, path


def begin(request: Request, asker: Asker, kind: str) -> Job:
    """Start a job of a kind.

    Raises
    ------
    Problem
        422 for a kind there is not, 409 where no fleet was loaded.
    """
    counter = request.app.state.counter
    if kind not in KINDS:
        raise Problem(422, asker.voice("There is no such job: choose one of {kinds}.", kinds=", ".join(KINDS)))
    if counter.settings.fleet is None:
        raise Problem(409, asker.voice("No fleet has been loaded."))
    asked: Job = counter.jobs.ask(kind, asker.person.number)
    return asked


def known(request: Request, job: int, asker: Asker) -> Job:
    """Return a job.

    Raises
    ------
    Problem
        404 where there is none.
    """
    found = get(request.app.state.counter.store, job)
    if found is None:
        raise Problem(404, asker.voice("There is no such job."))
    return found


def halt(request: Request, job: int, asker: Asker) -> Job:
    """Cancel a job that the asker's right reaches.

    Raises
    ------
    Problem
        404 where there is none, 403 for another's, 409 where it has ended.
    """
    found = known(request, job, asker)
    if asker.scope == "own" and found.person != asker.person.number:
        raise Problem(403, asker.voice("This job is another person's."))
    if not request.app.state.counter.jobs.cancel(found):
        raise Problem(409, asker.voice("This job has ended already."))
    return known(request, job, asker)
