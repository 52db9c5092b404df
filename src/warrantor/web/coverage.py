"""The coverage page: the full answer for who works here, and a guarded one for anybody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from warrantor.desk import entitle
from warrantor.terms import Answer
from warrantor.terms.answer import Layer
from warrantor.terms.ask import a_day
from warrantor.terms.say import sentence, trace
from warrantor.web import offer
from warrantor.web.guard import Asker, Open, may
from warrantor.web.language import Voice
from warrantor.web.present import shown
from warrantor.web.problem import Problem

routes = APIRouter(include_in_schema=False)
Teller = Annotated[Asker, may("coverage.ask")]
LAYERS = ("guarantee", "version", "layer", "component", "from", "to", "alive", "owes", "remedies", "rules")
NOTHING: dict[str, Any] = {"serial": "", "on": "", "component": ""}


@routes.get("/coverage")
def ask(request: Request, asker: Open) -> Response:
    """Show the form: the full one for who may ask for everything."""
    return _page(request, asker)


@routes.post("/coverage")
def answer(request: Request, asker: Teller, serial: Annotated[str, Form(max_length=64)],
           on: Annotated[str, Form(max_length=10)] = "",
           component: Annotated[str, Form(max_length=32)] = "") -> Response:
    """Answer in full: every layer, every rule."""
    said = {"serial": serial.strip(), "on": on, "component": component.strip()}
    try:
        day = day_of(on, asker.voice)
    except Problem as problem:
        return _page(request, asker, 422, asked=said, wrong=problem.detail)
    counted(request, asker)
    store = request.app.state.counter.store
    found = told(entitle.coverage(store, said["serial"], on=day, component=said["component"]), asker.voice)
    return _page(request, asker, asked=said, answer=found)


@routes.post("/coverage/public")
async def look_up(request: Request, asker: Open, serial: Annotated[str, Form(max_length=64)],
                  proof: Annotated[str, Form(max_length=64)]) -> Response:
    """Answer anybody who knows the unit and when it was bought: until which month."""
    until = await guarded(request, asker.voice, serial, proof)
    return _page(request, asker, public=True, asked_publicly=True, until=until)


async def guarded(request: Request, voice: Voice, serial: str, proof: str) -> str | None:
    """Return the month until which a unit is covered, None where the details do not confirm it.

    An unknown serial, a wrong proof and a unit without cover have the same answer after the same time.

    Raises
    ------
    Problem
        429: asked too often, from here, for this serial, or for serials one after another.
    """
    began, counter = time.perf_counter(), request.app.state.counter
    wait, month = await run_in_threadpool(counter.look_up, counter.address(request), serial, proof.strip())
    left = counter.settings.floor - (time.perf_counter() - began)
    await asyncio.sleep(max(0.0, left))
    if wait is not None:
        raise too_many(voice, wait)
    return str(month) if month else None


def day_of(text: str, voice: Voice) -> date | None:
    """Return the day a text says; None of the empty text.

    Raises
    ------
    Problem
        422: it is none.
    """
    try:
        return a_day(text) if text else None
    except ValueError:
        raise Problem(422, voice("Write the day as in 2026-11-23.")) from None


def counted(request: Request, asker: Asker, many: int = 1) -> None:
    """Count units that a person asks about, in a batch or one by one.

    Raises
    ------
    Problem
        429: too many for the hour; none of them is counted.
    """
    wait = request.app.state.counter.asks(asker.person.number, many)
    if wait is not None:
        raise too_many(asker.voice, wait)


def told(found: Answer, voice: Voice) -> dict[str, Any]:
    """Return an answer as a page shows it."""
    layers = [{**one.to_dict(), "why": "" if one.alive else _against(one, voice)} for one in found.layers]
    return {**found.to_dict(), "layers": layers, "sentence": voice.days_in(sentence(found, voice.short)),
            "trace": trace(found, voice.short), "on": found.on}



def _against(layer: Layer, voice: Voice) -> str:
    """Return the rule that speaks against a layer: the last that was applied."""
    if not layer.reasons:
        return ""
    rule = layer.reasons[-1].rule
    return rule.zh if voice.short == "zh" else rule.text


def layers(found: Sequence[Mapping[str, Any]], name: str, form: offer.Form, about: Mapping[str, Any]) -> Response:
    """Return layers of cover as a file, each with the names of the rules that were applied."""
    rows = [{**one, "rules": [r["rule"] for r in one["reasons"]]} for one in found]
    return offer.offered(offer.Sheet(f"cover-{name}", "warrantor.web.layers/1", LAYERS, rows, about), form)


def too_many(voice: Voice, wait: float) -> Problem:
    """Return the answer to whoever asked too often."""
    return Problem(429, voice("Too many look-ups: wait, or ask at a service centre."), {"retry-after": str(int(wait))})


def _page(request: Request, asker: Asker, status: int = 200, **more: Any) -> Response:
    kept = {"asked": NOTHING, "wrong": "", "answer": None, "until": None, "asked_publicly": False, "public": False,
            "parts": entitle.components(request.app.state.counter.store)}
    return shown(request, "coverage.html", asker, status, **(kept | more))
