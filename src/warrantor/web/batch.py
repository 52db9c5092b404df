"""Many serials at once: a list that is pasted, answered line by line, and taken away as a file."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Form
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from warrantor.desk import entitle
from warrantor.terms import Answer
from warrantor.terms.say import sentence
from warrantor.web import offer
from warrantor.web.coverage import Teller, counted, day_of
from warrantor.web.guard import Asker
from warrantor.web.language import Voice
from warrantor.web.present import shown
from warrantor.web.problem import Problem

routes = APIRouter(include_in_schema=False)
MOST, LONGEST = 1_000, 64  # lines; characters of a serial
COLUMNS = ("serial", "answer", "until", "guarantees", "remedies", "sentence")
HEADS = ("serial", "imei")  # a list that was copied with its head


class Pasted(BaseModel):
    """A list of serials, one a line; of a line with more columns the first is the serial."""

    serials: Annotated[str, Field(max_length=100_000)] = ""
    on: Annotated[str, Field(max_length=10)] = ""
    component: Annotated[str, Field(max_length=32)] = ""

    @property
    def each(self) -> list[str]:
        """The serials, in the order of their lines."""
        found = [re.split(r"[,;\t]", line)[0].strip().strip('"') for line in self.serials.splitlines()]
        found = [one for one in found if one]
        return found[1:] if found and found[0].lower() in HEADS else found


@routes.get("/coverage/list")
def ask(request: Request, asker: Teller) -> Response:
    """Show the form."""
    return _page(request, asker, Pasted())


@routes.post("/coverage/list")
def answer(request: Request, asker: Teller, pasted: Annotated[Pasted, Form()]) -> Response:
    """Answer every line."""
    try:
        rows = _answered(request, asker, pasted)
    except Problem as problem:
        if problem.status != 422:
            raise
        return _page(request, asker, pasted, 422, wrong=problem.detail)
    return _page(request, asker, pasted, rows=rows)


@routes.post("/coverage/list.{form}")
def answer_file(request: Request, form: offer.Form, asker: Teller, pasted: Annotated[Pasted, Form()]) -> Response:
    """Return the answers as a file; its name holds no serial."""
    rows = _answered(request, asker, pasted)
    about = {"on": pasted.on or request.app.state.counter.store.clock().date()}
    return offer.offered(offer.Sheet("coverage", "warrantor.web.coverages/1", COLUMNS, rows, about), form)


def _answered(request: Request, asker: Asker, pasted: Pasted) -> list[dict[str, Any]]:
    """Return an answer a line, counted like as many questions.

    Raises
    ------
    Problem
        422: no serial, too many, one that is too long, or a day that is none.
    """
    serials, day = pasted.each, day_of(pasted.on, asker.voice)
    if not serials:
        raise Problem(422, asker.voice("Paste the serials, one a line."))
    if len(serials) > MOST:
        raise Problem(422, asker.voice("These are {count} lines; at most {most} are answered at once.",
                                       count=len(serials), most=MOST))
    long = next((at for at, one in enumerate(serials, 1) if len(one) > LONGEST), None)
    if long is not None:
        raise Problem(422, asker.voice("Serial {line} of the list is longer than {most} characters.", line=long,
                                       most=LONGEST))
    counted(request, asker, len(serials))
    store = request.app.state.counter.store
    return [_row(entitle.coverage(store, one, on=day, component=pasted.component.strip()), asker.voice)
            for one in serials]


def _row(found: Answer, voice: Voice) -> dict[str, Any]:
    named = [f"{one.guarantee}@{one.version}" if one.version else one.guarantee for one in found.alive]
    return {"serial": found.serial, "answer": found.answer, "until": found.end, "remedies": list(found.remedies),
            "guarantees": named if found.covered else [],
            "sentence": voice.days_in(sentence(found, voice.short))}


def _page(request: Request, asker: Asker, pasted: Pasted, status: int = 200, **more: Any) -> Response:
    kept = {"said": pasted, "wrong": "", "rows": None, "most": MOST,
            "parts": entitle.components(request.app.state.counter.store)}
    return shown(request, "coverage_list.html", asker, status, **(kept | more))
