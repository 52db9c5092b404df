"""Cost lines of a claim."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from warrantor.desk import costs
from warrantor.web.guard import Asker, may

routes = APIRouter(include_in_schema=False)
Writer = Annotated[Asker, may("costs.write")]


@routes.post("/claims/{number}/costs/lines")
def add(request: Request, number: int, asker: Writer, *, kind: Annotated[str, Form()], amount: Annotated[str, Form()],
        currency: Annotated[str, Form()], what: Annotated[str, Form(max_length=120)] = "",
        quantity: Annotated[str, Form()] = "1") -> Response:
    """Add a line; what was written by mistake is taken back by a line below zero, never erased."""
    costs.add(request.app.state.counter.store, number, asker.person.actor, {
        "kind": kind, "what": what, "quantity": quantity, "amount": amount, "currency": currency})
    return RedirectResponse(f"/claims/{number}", 303)
