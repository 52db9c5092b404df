"""What takes two persons: proposed by one, approved or refused by another."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from warrantor.desk import people
from warrantor.desk import proposals as desk
from warrantor.desk.life_cycle import life_cycle
from warrantor.finding import Refused
from warrantor.web.bounded import Number
from warrantor.web.guard import Asker, may
from warrantor.web.offer import Form as FileForm
from warrantor.web.offer import Sheet, offered
from warrantor.web.present import shown
from warrantor.web.problem import refusal

routes = APIRouter(include_in_schema=False)
Reader = Annotated[Asker, may("proposals.read")]
Asking = Annotated[Asker, may("proposals.ask")]
Answering = Annotated[Asker, may("proposals.answer")]
COLUMNS = ("proposal", "kind", "state", "claim", "unit", "inputs", "reason", "asked_by", "asked_by_name", "asked_at",
           "answered_by", "answered_by_name", "answered_at", "answer", "version")
State = Annotated[Literal["waiting", "approved", "refused", "all"], Query()]
OURS = ("csrf", "kind", "claim", "reason")  # fields of the form that are not the proposal's own inputs


@routes.get("/proposals")
def proposals(request: Request, asker: Reader, state: State = "waiting") -> Response:
    """Show what waits for a second person or was answered, and the forms of what this person may propose."""
    return _page(request, asker, state=state)


@routes.get("/proposals.{form}")
def proposals_file(request: Request, form: FileForm, asker: Reader, state: State = "waiting") -> Response:
    """Return what the page shows as a file."""
    store = request.app.state.counter.store
    named = people.names(store)
    rows = [{**p.to_dict(), "asked_by_name": named.get(p.asked_by), "answered_by_name": named.get(p.answered_by or 0)}
            for p in desk.every(store, asker.person.actor, "" if state == "all" else state)]
    return offered(Sheet(f"proposals-{state}", "warrantor.web.proposals/1", COLUMNS, rows, {"state": state}), form)


@routes.post("/proposals")
async def propose(request: Request, asker: Asking) -> Response:
    """Propose goodwill, evidence or a campaign."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    return await run_in_threadpool(_propose, request, asker, form)


@routes.post("/proposals/{number}/{answer}")
def settle(request: Request, number: Number, answer: Literal["approve", "refuse"], asker: Answering, *,
           version: Annotated[int, Form()], said: Annotated[str, Form(max_length=4000)] = "") -> Response:
    """Approve or refuse; never by the person who asked."""
    try:
        desk.settle(request.app.state.counter.store, asker.person.actor, number, approve=answer == "approve",
                    answer=said, version=version)
    except Refused as error:
        wrong = refusal(error, asker.voice)
        return _page(request, asker, wrong.detail, wrong.status)
    return RedirectResponse("/proposals", 303)


def _propose(request: Request, asker: Asker, form: dict[str, str]) -> Response:
    claim = int(form["claim"]) if form.get("claim", "").isdecimal() and len(form["claim"]) < 19 else None
    inputs = {name: value for name, value in form.items() if name not in OURS}
    try:
        desk.propose(request.app.state.counter.store, asker.person.actor, form.get("kind", ""),
                     form.get("reason", ""), inputs, claim=claim)
    except Refused as error:
        wrong = refusal(error, asker.voice)
        return _page(request, asker, wrong.detail, wrong.status)
    return RedirectResponse("/proposals" if claim is None else f"/claims/{claim}#proposals", 303)


def _page(request: Request, asker: Asker, wrong: str = "", status: int = 200, state: str = "waiting") -> Response:
    table: Any = life_cycle().proposals
    store = request.app.state.counter.store
    return shown(
        request, "proposals.html", asker, status, wrong=wrong, asked=state, names=people.names(store),
        rows=desk.every(store, asker.person.actor, "" if state == "all" else state), states=(*desk.STATES, "all"),
        asks=[(kind, desk.INPUTS[kind]) for kind in ("campaign",) if asker.role in table[kind]["asks"]],
        answers=[kind for kind, who in table.items() if asker.role in who["answers"]], number=asker.person.number)
