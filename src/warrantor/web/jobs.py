"""Jobs: a verb started from a page, watched, cancelled, its result taken away."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse

from warrantor.desk.jobs import Job, get, latest
from warrantor.web.child import KINDS
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
EVERY, QUIET = 0.5, 30  # seconds between two looks at the jobs; looks after which something is said anyway
TAIL = 20_000  # characters of the log that a page shows


@routes.get("/jobs")
def jobs(request: Request, asker: Reader) -> Response:
    """List the latest jobs."""
    counter = request.app.state.counter
    found = latest(counter.store)
    return shown(request, "jobs.html", asker, jobs=found, kinds=list(KINDS) if counter.settings.fleet else [],
                 busy=any(job.busy for job in found))


@routes.get("/jobs.{form}")
def jobs_file(request: Request, form: FileForm, asker: Reader) -> Response:
    """Return the latest jobs as a file."""
    rows = [{c: getattr(job, c) for c in COLUMNS} for job in latest(request.app.state.counter.store)]
    return offered(Sheet("jobs", "warrantor.web.jobs/1", COLUMNS, rows, {"by": asker.person.name}), form)


@routes.post("/jobs")
def start(request: Request, asker: Starter, kind: Annotated[str, Form()]) -> Response:
    """Start a job; it waits for the one before it."""
    job = begin(request, asker, kind)
    return RedirectResponse(f"/jobs/{job.number}", 303)


@routes.get("/jobs/events")
async def events(request: Request, asker: Reader) -> Response:
    """Say when a job has moved, until none is busy: server-sent events, their data the number of busy jobs."""
    return StreamingResponse(_moves(request, asker), media_type="text/event-stream",
                             headers={"x-accel-buffering": "no"})


async def _moves(request: Request, asker: Asker) -> AsyncIterator[str]:
    """Yield an event whenever a job has moved; ends with the session, with the server, or with the last busy job."""
    counter, seen, quiet = request.app.state.counter, None, 0
    while not counter.leaving.is_set():
        found = await run_in_threadpool(latest, counter.store)
        moved = [(job.number, job.state, job.line) for job in found]
        busy = sum(job.busy for job in found)
        if moved != seen:
            seen, quiet = moved, 0
            yield f"event: jobs\ndata: {busy}\n\n"
        if not busy:
            return
        quiet += 1
        if quiet >= QUIET:
            quiet = 0
            yield ": still here\n\n"
            if await counter.known(asker.token) is None:
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
    found = known(request, job, asker)
    path = request.app.state.counter.jobs.result(found)
    if found.state != "done" or not path.exists():
        raise Problem(404, asker.voice("This job has no result."))
    name = f"{found.kind}-{found.number}{path.suffix}"
    return FileResponse(path, filename=name, content_disposition_type="attachment")


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
