"""One claim: its story, its cover, and the acts that may be done to it next."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from warrantor.desk import papers, proposals, timeline, units
from warrantor.desk.claims import Claim, act, allowed, claim
from warrantor.desk.costs import KINDS
from warrantor.desk.life_cycle import Action, life_cycle
from warrantor.finding import Refused
from warrantor.web.coverage import layers
from warrantor.web.guard import Asker, may
from warrantor.web.offer import Form
from warrantor.web.present import shown
from warrantor.web.problem import refusal
from warrantor.web.rights import reach

routes = APIRouter(include_in_schema=False)
Reader = Annotated[Asker, may("claims.read")]
Actor = Annotated[Asker, may("claims.act")]
OURS = ("csrf", "version", "key")  # fields of the form that are not the act's
SHOWN = {"text": "text", "name": "text", "serial": "text", "day": "date", "flag": "flag", "amount": "number",
         "currency": "text"}
PERSONAL = ("customer", "agent", "auditor")  # who reads serials


@routes.get("/claims/{number}")
def one(request: Request, number: int, asker: Reader) -> Response:
    """Show a claim."""
    return page(request, claim(request.app.state.counter.store, number, asker.person.actor), asker)


@routes.post("/claims/{number}/{action}")
async def do(request: Request, number: int, action: str, asker: Actor) -> Response:
    """Do one act to the claim as the form showed it."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    return await run_in_threadpool(_done, request, number, action, asker, form)



@routes.get("/claims/{number}/layers.{form}")
def layers_file(request: Request, number: int, form: Form, asker: Reader) -> Response:
    """Return who owes what, as the last decision saw it, as a file."""
    told = timeline.moments(request.app.state.counter.store, number, asker.person.actor)
    return layers(_decided(told), f"claim-{number}", form, {"claim": number})


def _decided(told: Sequence[timeline.Moment]) -> Sequence[Mapping[str, Any]]:
    return next((d.why for d in reversed(told) if d.why), ())


def _done(request: Request, number: int, action: str, asker: Asker, form: dict[str, str]) -> Response:
    store, actor = request.app.state.counter.store, asker.person.actor
    before = claim(store, number, actor)
    version = int(form["version"]) if form.get("version", "").isdecimal() else 0
    inputs = {name: value for name, value in form.items() if name not in OURS}
    try:
        act(store, number, action, actor, inputs, version=version, key=form.get("key") or None)
    except Refused as error:
        wrong = refusal(error, asker.voice)
        return page(request, before, asker, wrong.detail, wrong.status)
    return RedirectResponse(f"/claims/{number}", 303)


def page(request: Request, found: Claim, asker: Asker, wrong: str = "", status: int = 200) -> Response:
    """Return the page of a claim, with what went wrong where something did."""
    store, actor = request.app.state.counter.store, asker.person.actor
    told = timeline.moments(store, found.number, actor)
    personal = asker.role in PERSONAL
    possible = allowed(found, actor) if reach("claims.act", asker.role) else ()
    given: int | str | None = found.replacement
    if personal and found.replacement is not None:
        given = units.serial(store, found.replacement)
    return shown(
        request, "claim.html", asker, status, claim=found, wrong=wrong, timeline=told, layers=_decided(told),
        serial=units.serial(store, found.unit) if personal else None, said=timeline.words(store, found.number, actor),
        product=units.unit(store, found.unit).product, costs=timeline.lines(store, found.number, actor),
        replacement=given, cost_kinds=KINDS, possible=[_offered(a) for a in possible],
        insider=asker.role != "customer", papers=papers.of_claim(store, found.number, actor), paper_kinds=papers.KINDS,
        proposed=proposals.of_claim(store, actor, found.number), **proposable(asker, found))


def proposable(asker: Asker, found: Claim) -> dict[str, Any]:
    """Return what this person may propose for a claim: kinds with their inputs, and the days papers may correct."""
    table = life_cycle().proposals
    asks = [(kind, proposals.INPUTS[kind]) for kind, who in table.items()
            if kind != "campaign" and found.is_open and asker.role in who["asks"]]
    return {"asks": asks, "days": proposals.CORRECTED}


def _offered(one: Action) -> dict[str, Any]:
    """Return an act as its form: every input with how it is typed, and whether it is needed."""
    kinds = life_cycle().inputs
    fields = [{"name": name, "type": SHOWN[kinds[name]], "needed": name in one.needs}
              for name in (*one.needs, *one.may)]
    return {"action": one.name, "fields": fields, "key": secrets.token_urlsafe(16)}
