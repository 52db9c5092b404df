"""Papers of a claim: handed in as a file, listed, taken away; for people and for programs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, UploadFile
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from warrantor.desk import papers as desk
from warrantor.desk.claim import claim as one_claim
from warrantor.finding import Refused
from warrantor.web.api import WRONG
from warrantor.web.bounded import Number
from warrantor.web.claim import page
from warrantor.web.guard import Asker, may
from warrantor.web.offer import Form as FileForm
from warrantor.web.offer import Sheet, attached, offered
from warrantor.web.problem import refusal

routes = APIRouter(responses={**WRONG}, tags=["desk"])
Reader = Annotated[Asker, may("claims.read")]
Giver = Annotated[Asker, may("papers.add")]
COLUMNS = ("paper", "kind", "media", "size", "person", "at")
Kind = Annotated[str, Query(max_length=32, description="receipt, photograph or other.")]
BODY = {"requestBody": {"required": True, "content": {m: {"schema": {"type": "string", "format": "binary"}}
                                                      for m in desk.SUFFIXES}}}


@routes.post("/claims/{number}/papers", include_in_schema=False)
async def hand_in(request: Request, number: Number, asker: Giver, *, kind: Annotated[str, Form(max_length=32)],
                  file: UploadFile) -> Response:
    """Put a file to a claim."""
    store, actor = request.app.state.counter.store, asker.person.actor
    content = await file.read(desk.MOST + 1)
    before = await run_in_threadpool(one_claim, store, number, actor)
    try:
        await run_in_threadpool(desk.add, store, number, actor, kind, content)
    except Refused as error:
        wrong = refusal(error, asker.voice)
        return await run_in_threadpool(page, request, before, asker, wrong.detail, wrong.status)
    return RedirectResponse(f"/claims/{number}#papers", 303)


@routes.get("/claims/{number}/papers/{paper}", include_in_schema=False)
def paper(request: Request, number: Number, paper: Number, asker: Reader) -> Response:
    """Return a paper, to be saved: a browser opens none of it in the place of a page."""
    return _content(request, number, paper, asker)


@routes.get("/claims/{number}/papers.{form}", include_in_schema=False)
def papers_file(request: Request, number: Number, form: FileForm, asker: Reader) -> Response:
    """Return which papers there are as a file."""
    rows = [p.to_dict() for p in desk.of_claim(request.app.state.counter.store, number, asker.person.actor)]
    return offered(Sheet(f"papers-{number}", "warrantor.web.papers/1", COLUMNS, rows, {"claim": number}), form)


@routes.get("/api/v1/claims/{number}/papers")
def list_papers(request: Request, number: Number, asker: Reader) -> dict[str, Any]:
    """List the papers of a claim that the asker may see."""
    found = desk.of_claim(request.app.state.counter.store, number, asker.person.actor)
    return {"schema": "warrantor.papers/1", "rows": [p.to_dict() for p in found]}


@routes.post("/api/v1/claims/{number}/papers", status_code=201, openapi_extra=BODY)
async def send_paper(request: Request, number: Number, asker: Giver, *, kind: Kind) -> Response:
    """Put the body to a claim as a paper: a JPEG, PNG, WebP or HEIC picture, or a PDF, of five megabytes at most."""
    content = await request.body()
    made = await run_in_threadpool(desk.add, request.app.state.counter.store, number, asker.person.actor, kind, content)
    return JSONResponse(made.to_dict(), 201, {"location": f"/api/v1/claims/{number}/papers/{made.number}"})


@routes.get("/api/v1/claims/{number}/papers/{paper}", response_class=Response,
            responses={200: {"content": {m: {"schema": {"type": "string", "format": "binary"}}
                                         for m in desk.SUFFIXES}}})
def get_paper(request: Request, number: Number, paper: Number, asker: Reader) -> Response:
    """Return a paper as it was handed in."""
    return _content(request, number, paper, asker)


def _content(request: Request, number: int, paper: int, asker: Asker) -> Response:
    found, content = desk.content(request.app.state.counter.store, number, paper, asker.person.actor)
    return Response(content, media_type=found.media,
                    headers={"content-disposition": attached(found.name)})
