"""The API: the same desk for programs, JSON in and out, problem documents where it is not done."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from warrantor.desk import claims as acts
from warrantor.desk import entitle, queue, units
from warrantor.desk.claim import claim as one_claim
from warrantor.desk.claims import Opening
from warrantor.desk.jobs import Job
from warrantor.desk.passwords import LONGEST, SHORTEST
from warrantor.web import audit, jobs
from warrantor.web.bounded import Number
from warrantor.web.claims import Order, opened_by, scope_of, sought_of
from warrantor.web.coverage import counted, guarded
from warrantor.web.cursor import opened, seal
from warrantor.web.guard import Asker, Open, SignedIn, SigningIn, may
from warrantor.web.offer import plain
from warrantor.web.problem import PROBLEM, Problem

WRONG: dict[int | str, dict[str, Any]] = {
    status: {"description": what, "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Wrong"}}}}
    for status, what in ((400, "Not a request, or no cursor of ours."), (401, "Sign in first."),
                         (403, "Not allowed."), (404, "Not here."),
                         (409, "Something stands against it."), (412, "Changed since it was read."),
                         (413, "Too large."), (422, "Cannot be read."),
                         (428, "Say the version it was read at."), (429, "Too often."),
                         (503, "Busy: try again in a moment."))}
routes = APIRouter(prefix="/api/v1", tags=["desk"], responses={**WRONG})
Coverer = Annotated[Asker, may("coverage.ask")]
ClaimReader = Annotated[Asker, may("claims.read")]
ClaimOpener = Annotated[Asker, may("claims.open")]
Actor = Annotated[Asker, may("claims.act")]
UnitReader = Annotated[Asker, may("units.read")]
JobReader = Annotated[Asker, may("jobs.read")]
JobStarter = Annotated[Asker, may("jobs.start")]
JobCanceller = Annotated[Asker, may("jobs.cancel")]
Auditor = Annotated[Asker, may("audit.read")]
Serial = Annotated[str, Field(min_length=1, max_length=64, description="Serial or IMEI, as printed.")]
Key = Annotated[str | None, Header(min_length=1, max_length=255, description="Sent again, it is done once.")]
Size = Annotated[int, Query(ge=1, le=500, description="Rows of a page.")]
Cursor = Annotated[str, Query(max_length=500, description="From the answer before; empty for the first page.")]


class Said(BaseModel):
    """What a program sends; a name it does not know is refused."""

    model_config = ConfigDict(extra="forbid")


class Wrong(BaseModel):
    """A problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str


class Credentials(Said):
    """A local account."""

    name: Annotated[str, Field(max_length=128)]
    password: Annotated[str, Field(max_length=LONGEST)]


class Passwords(Said):
    """One's own password, and the one it is to become."""

    old: Annotated[str, Field(max_length=LONGEST)]
    password: Annotated[str, Field(min_length=SHORTEST, max_length=LONGEST)]


class Question(Said):
    """Is this unit covered, that day, for that fault?"""

    serial: Serial
    on: date | None = None
    component: Annotated[str, Field(max_length=120)] = ""
    fault: Annotated[str, Field(max_length=120)] = ""


class Questions(Said):
    """Many of them; the answers come in the same order."""

    questions: Annotated[list[Question], Field(min_length=1, max_length=1000)]


class LookUp(Said):
    """What anybody may ask who knows when the unit was bought."""

    serial: Serial
    proof: Annotated[str, Field(max_length=7, pattern=r"^[0-9]{4}-[0-9]{2}$", description="Month bought, YYYY-MM.")]


class NewClaim(Said):
    """A claim as it is opened."""

    serial: Serial
    symptom: Annotated[str, Field(max_length=120)] = ""
    component: Annotated[str, Field(max_length=120)] = ""
    said: Annotated[str, Field(max_length=4000, description="The customer's own words.")] = ""
    contact: Annotated[str, Field(max_length=4000)] = ""
    proof: bool = True
    opened_on: date | None = None
    product: Annotated[str, Field(max_length=120)] = ""
    market: Annotated[str, Field(max_length=120)] = ""
    submit: bool = True
    invoice: Annotated[str, Field(max_length=120, description="The number on the proof of sale.")] = ""
    bought: Annotated[str, Field(max_length=7, description="Month bought, YYYY-MM; a customer must know it.")] = ""


class Act(Said):
    """What an act is told; which inputs it needs stands under the claim's `possible`."""

    inputs: dict[str, str | bool | int | float | None] = {}


class NewJob(Said):
    """A verb to run."""

    kind: Annotated[str, Field(max_length=32)]


@routes.post("/session", status_code=201)
async def sign_in(request: Request, asker: SigningIn, body: Credentials) -> dict[str, str]:
    """Sign in; send the token as `Authorization: Bearer`."""
    counter = request.app.state.counter
    token = await counter.sign_in(counter.address(request), body.name, body.password)
    if isinstance(token, float):
        raise Problem(429, asker.voice("Too many tries: wait and try again."), {"retry-after": str(int(token))})
    if token is None:
        raise Problem(401, asker.voice("The name or the password is wrong."), {"www-authenticate": "Bearer"})
    return {"schema": "warrantor.session/1", "token": token}


@routes.put("/session/password")
async def change_password(request: Request, asker: SignedIn, body: Passwords) -> dict[str, str]:
    """Change your own password; every session of yours ends, and the token of a new one is given.

    A session that began with a password which an administrator set can do nothing else.
    """
    token = await request.app.state.counter.change_password(asker.person, body.old, body.password)
    if isinstance(token, float):
        raise Problem(429, asker.voice("Too many tries: wait and try again."), {"retry-after": str(int(token))})
    return {"schema": "warrantor.session/1", "token": token}


@routes.delete("/session", status_code=204)
def sign_out(request: Request, asker: SignedIn) -> Response:
    """Sign out; the token is worth nothing from then on."""
    request.app.state.counter.sign_out(asker.token)
    return Response(status_code=204)


@routes.post("/coverage", response_model=dict[str, Any])
async def coverage(request: Request, asker: Coverer, body: Question) -> Response:
    """Say whether a unit is covered, by which layer, until when, and by which rules."""
    counted(request, asker)
    store = request.app.state.counter.store
    asked = partial(entitle.coverage, store, body.serial, on=body.on, component=body.component, fault=body.fault)
    # a glance at a file takes less time than handing it to another thread
    told = entitle.at_a_glance(*asked.args, **asked.keywords) if store.glances else None
    found = await run_in_threadpool(asked) if told is None else told
    return JSONResponse(found.to_dict())  # plain values already: nothing is left to encode


@routes.post("/coverage:batch", response_model=dict[str, Any])
def coverages(request: Request, asker: Coverer, body: Questions) -> Response:
    """Answer up to a thousand questions; so many an hour that a whole type code is not walked."""
    counted(request, asker, len(body.questions))
    return JSONResponse({"schema": "warrantor.coverages/1",
                         "answers": [_answered(request, one) for one in body.questions]})


@routes.post("/coverage:public")
async def look_up(request: Request, asker: Open, body: LookUp) -> dict[str, Any]:
    """Say until which month a unit is covered, to who knows when it was bought; null where that is not confirmed."""
    until = await guarded(request, asker.voice, body.serial, body.proof)
    return {"schema": "warrantor.lookup/1", "covered_until": until}


@routes.get("/claims")
def list_claims(request: Request, asker: ClaimReader, *, bucket: Annotated[str, Query(max_length=32)] = "",
                q: Annotated[str, Query(max_length=64, description="A serial.")] = "",
                product: Annotated[str, Query(max_length=120)] = "", state: Annotated[str, Query(max_length=32)] = "",
                order: Order = "newest", cursor: Cursor = "", size: Size = 50) -> dict[str, Any]:
    """List claims that the asker may see, a page at a time."""
    counter, scope = request.app.state.counter, scope_of(bucket, q, product, state, order)
    found = queue.page(counter.store, asker.person.actor, sought_of(bucket, q, product, state, order),
                       after=opened(counter.key, cursor, scope), size=size)
    more = seal(counter.key, found.after, scope) if found.after is not None else ""
    rows = [{**line.claim.to_dict(), "product": line.product} for line in found.lines]
    return {"schema": "warrantor.claims/1", "rows": rows, "cursor": more,
            "counts": queue.counts(counter.store, asker.person.actor)}


@routes.post("/claims", status_code=201)
def open_claim(request: Request, asker: ClaimOpener, body: NewClaim, idempotency_key: Key = None) -> Response:
    """Open a claim; when this answers it is on disk."""
    made = opened_by(request, asker, Opening(**body.model_dump()), idempotency_key)
    return _told(request, asker, made, 201, {"location": f"/api/v1/claims/{made.number}"})


@routes.get("/claims/{number}")
def get_claim(request: Request, asker: ClaimReader, number: Number) -> Response:
    """Return a claim and what may be done next; its ETag is its version."""
    return _told(request, asker, one_claim(request.app.state.counter.store, number, asker.person.actor))


@routes.post("/claims/{number}/acts/{action}")
def act(request: Request, asker: Actor, number: Number, action: Annotated[str, Path(max_length=32)], *, body: Act,
        if_match: Annotated[str | None, Header(description="The claim's ETag as it was read.")] = None,
        idempotency_key: Key = None) -> Response:
    """Do one act to a claim as it was read."""
    store = request.app.state.counter.store
    one_claim(store, number, asker.person.actor)
    done = acts.act(store, number, action, asker.person.actor, body.inputs, version=version_of(if_match, asker),
                    key=idempotency_key)
    return _told(request, asker, done)


@routes.get("/units/{serial:path}")
def unit(request: Request, asker: UnitReader,
         serial: Annotated[str, Path(min_length=1, max_length=64)]) -> dict[str, Any]:
    """Return what is known of a unit, and the units that stood in its place."""
    counted(request, asker)
    store = request.app.state.counter.store
    found = units.find(store, serial)
    if found is None:
        raise Problem(404, asker.voice("No unit of this serial is registered."))
    return {**found.to_dict(), "chain": [u.number for u in units.chain(store, found.number)]}


@routes.get("/jobs")
def list_jobs(request: Request, _: JobReader, cursor: Cursor = "", size: Size = 50) -> dict[str, Any]:
    """List the jobs, the latest first."""
    found, more = jobs.page(request, cursor, size)
    return {"schema": "warrantor.jobs/1", "rows": [_job(one) for one in found], "cursor": more}


@routes.post("/jobs", status_code=201)
def start_job(request: Request, asker: JobStarter, body: NewJob) -> dict[str, Any]:
    """Start a verb over the fleet; it waits for its turn."""
    return _job(jobs.begin(request, asker, body.kind))


@routes.get("/jobs/{number}")
def get_job(request: Request, asker: JobReader, number: Number) -> dict[str, Any]:
    """Return a job, its last line, and how many of its steps are done where it tells."""
    return _job(jobs.known(request, number, asker))


@routes.get("/jobs/{number}/result", response_class=Response, responses={200: {
    "description": "The document that the verb printed; the report as a page to be saved.",
    "content": {"application/json": {}, "text/html": {}}}})
def job_result(request: Request, asker: JobReader, number: Number) -> Response:
    """Return what a finished job made: its document, or the report as an attachment."""
    found, path = jobs.made(request, number, asker)
    if path.suffix == ".json":
        return FileResponse(path, media_type="application/json")
    return FileResponse(path, filename=f"{found.kind}-{number}{path.suffix}", content_disposition_type="attachment")


@routes.delete("/jobs/{number}")
def cancel_job(request: Request, asker: JobCanceller, number: Number) -> dict[str, Any]:
    """Cancel a job that has not ended."""
    return _job(jobs.halt(request, number, asker))


@routes.get("/audit")
def list_audit(request: Request, asker: Auditor, asked: Annotated[audit.Asked, Depends()], *, cursor: Cursor = "",
               size: Size = 50) -> dict[str, Any]:
    """List the log, the latest entries first."""
    rows, more = audit.entries(request, asker, cursor, asked, size)
    return {"schema": "warrantor.log/1", "rows": plain(rows), "cursor": more}


def version_of(if_match: str | None, asker: Asker) -> int:
    """Return the version an If-Match names.

    Raises
    ------
    Problem
        428 where there is none, 422 where it is no version.
    """
    if if_match is None:
        raise Problem(428, asker.voice("Send the claim's ETag as If-Match."))
    told = if_match.strip().removeprefix("W/").strip('"')
    if not (told.isascii() and told.isdigit() and len(told) < 10):
        raise Problem(422, asker.voice("If-Match is no version of a claim: send its ETag as it was read."))
    return int(told)


def _answered(request: Request, one: Question) -> dict[str, Any]:
    return entitle.coverage(request.app.state.counter.store, one.serial, on=one.on, component=one.component,
                            fault=one.fault).to_dict()


def _told(request: Request, asker: Asker, one: Any, status: int = 200, more: dict[str, str] | None = None) -> Response:
    possible = [{"act": a.name, "needs": list(a.needs), "may": list(a.may)}
                for a in acts.allowed(one, asker.person.actor)] if asker.may("claims.act") else []
    del request
    return JSONResponse({**one.to_dict(), "possible": possible}, status, {"etag": f'"{one.version}"', **(more or {})})


def _job(one: Job) -> dict[str, Any]:
    progress = None if one.progress is None else dict(zip(("done", "of"), one.progress, strict=True))
    return {"schema": "warrantor.job/1", "job": one.number, "kind": one.kind, "state": one.state, "by": one.by,
            "asked_at": plain(one.asked_at), "ended_at": plain(one.ended_at), "exit": one.exit, "line": one.line,
            "progress": progress}
