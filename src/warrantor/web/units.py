"""A unit: what it is, its cover, what happened to it, and the units that stood in its place."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from warrantor.desk import entitle, queue, units
from warrantor.desk.entitle import Asked
from warrantor.web.coverage import counted, layers, told
from warrantor.web.guard import Asker, may
from warrantor.web.offer import Form
from warrantor.web.present import shown
from warrantor.web.problem import Problem
from warrantor.web.promise import promised
from warrantor.web.words import FACTS

routes = APIRouter(include_in_schema=False)
Reader = Annotated[Asker, may("units.read")]


@routes.get("/units/{serial:path}/layers.{form}")
def layers_file(request: Request, serial: str, form: Form, asker: Reader) -> Response:
    """Return who owes what for a unit as a file; its name holds no serial, for files lie about."""
    counted(request, asker)
    store = request.app.state.counter.store
    found = units.find(store, serial)
    if found is None:
        raise Problem(404, asker.voice("No unit of this serial is registered."))
    answer = entitle.coverage(store, serial).to_dict()
    return layers(answer["layers"], f"unit-{found.number}", form, {"unit": found.number, "on": answer["on"]})


@routes.get("/units/{serial:path}")
def unit(request: Request, serial: str, asker: Reader) -> Response:
    """Show a unit."""
    counted(request, asker)
    store, voice = request.app.state.counter.store, asker.voice
    found = units.find(store, serial)
    if found is None:
        raise Problem(404, voice("No unit of this serial is registered."))
    with store.reading() as connection:
        events = entitle.request_of(connection, found, Asked(entitle.today(store, found))).events
    said = {"guarantee": lambda key: promised(store, key, voice, linked=True)}
    facts = [(voice(name), voice.day(value) if key.endswith("_on") else said.get(key, str)(value))
             for key, name in FACTS.items() if (value := getattr(found, key))]
    chain = [{"serial": units.serial(store, u.number), "on": u.delivered_on, "here": u.number == found.number}
             for u in units.chain(store, found.number)]
    return shown(request, "unit.html", asker, serial=serial, facts=facts, chain=chain,
                 events=sorted(events, key=lambda e: e.on), answer=told(entitle.coverage(store, serial), voice),
                 claims=queue.of_unit(store, asker.person.actor, found.number))
