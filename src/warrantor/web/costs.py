"""Cost lines of a claim."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from warrantor.desk import costs, timeline
from warrantor.desk.claim import claim
from warrantor.finding import Refused
from warrantor.web import offer
from warrantor.web.bounded import Number
from warrantor.web.claim import page
from warrantor.web.guard import Asker, may
from warrantor.web.problem import refusal

routes = APIRouter(include_in_schema=False)
COLUMNS = ("number", "kind", "what", "quantity", "amount", "currency", "payer")
Reader = Annotated[Asker, may("claims.read")]
Writer = Annotated[Asker, may("costs.write")]


@routes.post("/claims/{number}/costs/lines")
def add(request: Request, number: Number, asker: Writer, *, kind: Annotated[str, Form()],
        amount: Annotated[str, Form()], currency: Annotated[str, Form()],
        what: Annotated[str, Form(max_length=120)] = "", quantity: Annotated[str, Form()] = "1",
        payer: Annotated[str, Form(max_length=32)] = "", key: Annotated[str, Form(max_length=64)] = "") -> Response:
    """Add a line; what was written by mistake is taken back by a line of the opposite quantity, never erased."""
    store, actor = request.app.state.counter.store, asker.person.actor
    before = claim(store, number, actor)
    line = {"kind": kind, "what": what, "quantity": quantity, "amount": amount, "currency": currency, "payer": payer}
    try:
        costs.add(store, number, actor, line, key=key or None)
    except Refused as error:
        wrong = refusal(error, asker.voice)
        return page(request, before, asker, wrong.detail, wrong.status)
    return RedirectResponse(f"/claims/{number}#costs", 303)


@routes.get("/claims/{number}/costs.{form}")
def costs_file(request: Request, number: Number, form: offer.Form, asker: Reader) -> Response:
    """Return the cost lines of a claim as a file; a customer sees none."""
    lines = timeline.lines(request.app.state.counter.store, number, asker.person.actor)
    rows = [{name: getattr(line, name) for name in COLUMNS} for line in lines]
    sheet = offer.Sheet(f"costs-{number}", "warrantor.web.costs/1", COLUMNS, rows, {"claim": number})
    return offer.offered(sheet, form)
