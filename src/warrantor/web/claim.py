"""One claim: its story, its cover, and the acts that may be done to it next."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from warrantor.desk import costs, entitle, papers, proposals, timeline, units
from warrantor.desk.claims import Claim, act, allowed, claim
from warrantor.desk.currencies import CURRENCIES
from warrantor.desk.due import turn
from warrantor.desk.life_cycle import Action, life_cycle
from warrantor.desk.queue import PERSONAL
from warrantor.desk.store import Store
from warrantor.finding import Refused
from warrantor.terms import shipped
from warrantor.web.bounded import Number
from warrantor.web.coverage import layers
from warrantor.web.guard import Asker, may
from warrantor.web.language import Voice, labelled, money_of
from warrantor.web.offer import Form
from warrantor.web.present import shown
from warrantor.web.problem import refusal
from warrantor.web.rights import reach
from warrantor.web.words import FACTS, HOLDS, REMEDIES, ROLES

routes = APIRouter(include_in_schema=False)
Reader = Annotated[Asker, may("claims.read")]
Actor = Annotated[Asker, may("claims.act")]
OURS = ("csrf", "version", "key")  # fields of the form that are not the act's
GIVES = {"start_repair": "repair", "wait_parts": "repair", "exchange": "exchange", "refund": "refund"}
SHOWN = {"text": "text", "name": "text", "serial": "text", "day": "date", "flag": "flag", "amount": "number",
         "currency": "text"}


@routes.get("/claims/{number}")
def one(request: Request, number: Number, asker: Reader) -> Response:
    """Show a claim."""
    return page(request, claim(request.app.state.counter.store, number, asker.person.actor), asker)


@routes.post("/claims/{number}/{action}")
async def do(request: Request, number: Number, action: str, asker: Actor) -> Response:
    """Do one act to the claim as the form showed it."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    return await run_in_threadpool(_done, request, number, action, asker, form)



@routes.get("/claims/{number}/layers.{form}")
def layers_file(request: Request, number: Number, form: Form, asker: Reader) -> Response:
    """Return who owes what, as the last decision saw it, as a file."""
    told = timeline.moments(request.app.state.counter.store, number, asker.person.actor)
    return layers(_decided(told), f"claim-{number}", form, {"claim": number})


def _decided(told: Sequence[timeline.Moment]) -> Sequence[Mapping[str, Any]]:
    return next((d.why for d in reversed(told) if d.why and "guarantee" in d.why[0]), ())


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
    decided = _decided(told)
    possible = allowed(found, actor) if reach("claims.act", asker.role) else ()
    return shown(
        request, "claim.html", asker, status, claim=found, wrong=wrong, timeline=told, layers=decided,
        said=timeline.words(store, found.number, actor), possible=[_offered(a, found, decided) for a in possible],
        insider=asker.role != "customer", papers=papers.of_claim(store, found.number, actor), paper_kinds=papers.KINDS,
        proposed=proposals.of_claim(store, actor, found.number), waits_for=_turn(found, asker, possible),
        said_value=partial(_said, asker.voice), parts=entitle.components(store), faults=_faults(store),
        **_unit(request, found, asker), **_costs(request, found, asker), **proposable(asker, found))


def _faults(store: Store) -> list[str]:
    """Return the faults that the guarantees name; others are written as they are found."""
    return sorted({fault for one in (*store.guarantees.all, *shipped().all) for fault in one.remedies.faults})


def _unit(request: Request, found: Claim, asker: Asker) -> dict[str, Any]:
    """Return the unit of a claim: its serial, and the one given for it, to who reads serials."""
    store, personal = request.app.state.counter.store, asker.role in PERSONAL
    given: int | str | None = found.replacement
    if personal and found.replacement is not None:
        given = units.serial(store, found.replacement)
    return {"serial": units.serial(store, found.unit) if personal else None, "replacement": given,
            "product": units.unit(store, found.unit).product}


def _costs(request: Request, found: Claim, asker: Asker) -> dict[str, Any]:
    """Return the cost lines of a claim, their sum, and what a new line may be."""
    store = request.app.state.counter.store
    lines, market = timeline.lines(store, found.number, asker.person.actor), units.unit(store, found.unit).market
    return {"costs": lines, "together": sum((one.amount * one.quantity for one in lines), Decimal(0)),
            "cost_kinds": costs.KINDS, "payers": costs.PAYERS, "currencies": sorted(CURRENCIES),
            "currency": lines[0].currency if lines else money_of(market), "cost_key": secrets.token_urlsafe(16)}


def _turn(found: Claim, asker: Asker, possible: Sequence[Action]) -> str:
    """Say whose turn it is, where it is not the reader's; empty where they can go on."""
    if any(act.name != "cancel" for act in possible) or not found.is_open:
        return ""
    if found.held:
        return asker.voice("A second person must look first: not who opened the claim.")
    roles = asker.voice(", ").join(labelled(ROLES, role, asker.voice) for role in turn(found))
    return asker.voice("The next step is up to: {roles}.", roles=roles) if roles else ""


def _said(voice: Voice, name: str, value: Any) -> str:
    """Write an input of an act as people read it."""
    if value is True:
        return voice("yes")
    if name == "held":
        return labelled(HOLDS, str(value), voice)
    if name in ("column", "remedy"):
        return labelled({**FACTS, **REMEDIES}, str(value), voice)
    return voice.day(value) if name in ("on", "day", "failed_on", "until") else str(value)


def proposable(asker: Asker, found: Claim) -> dict[str, Any]:
    """Return what this person may propose for a claim: kinds with their inputs, and the days papers may correct."""
    table = life_cycle().proposals
    asks = [(kind, proposals.INPUTS[kind]) for kind, who in table.items()
            if kind != "campaign" and found.is_open and asker.role in who["asks"]]
    return {"asks": asks, "days": proposals.CORRECTED}


def _offered(one: Action, found: Claim, decided: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return an act as its form: every input with how it is typed; `against` where the terms will refuse it."""
    kinds = life_cycle().inputs
    fields = [{"name": name, "type": SHOWN[kinds[name]], "needed": name in one.needs}
              for name in (*one.needs, *one.may)]
    owed = {remedy for layer in decided if layer.get("alive") for remedy in layer["remedies"]}
    against = (one.name == "authorise" and found.answer != "covered") or (
        one.name == "reject" and found.answer == "covered") or (
        bool(decided) and one.name in GIVES and GIVES[one.name] not in owed)
    return {"action": one.name, "fields": fields, "key": secrets.token_urlsafe(16), "against": against}
