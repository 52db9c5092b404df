"""The API's own description, as a page made here and as the document it is made from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse

from warrantor.web.guard import Open
from warrantor.web.present import shown

routes = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Call:
    """One thing a program may ask.

    Attributes
    ----------
    method, path : str
        How it is asked.
    summary, detail : str
        What it does.
    takes : tuple
        Name, place, needed and description of every parameter.
    body : str
        The name of the document it takes, empty for none.
    answers : tuple
        Status and description.
    """

    method: str
    path: str
    summary: str
    detail: str
    takes: tuple[tuple[str, str, bool, str], ...]
    body: str
    answers: tuple[tuple[str, str], ...]


@routes.get("/openapi.json")
def described(request: Request, _: Open) -> JSONResponse:
    """Return the OpenAPI document."""
    return JSONResponse(request.app.openapi())


@routes.get("/docs")
def manual(request: Request, asker: Open) -> HTMLResponse:
    """Show every call, its parameters and answers; the page loads nothing from elsewhere."""
    document = request.app.openapi()
    return shown(request, "manual.html", asker, calls=list(calls(document)),
                 documents=document.get("components", {}).get("schemas", {}))


def calls(document: dict[str, Any]) -> Iterator[Call]:
    """Yield the calls of an OpenAPI document, in its order."""
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            takes = tuple((p["name"], p["in"], bool(p.get("required")), p.get("description", ""))
                          for p in said.get("parameters", ()))
            body = said.get("requestBody", {}).get("content", {})
            named = next((c["schema"].get("$ref", "").rsplit("/", 1)[-1] for c in body.values()), "")
            answers = tuple((status, a.get("description", "")) for status, a in said["responses"].items())
            summary, detail = said.get("summary", ""), said.get("description", "")
            yield Call(method.upper(), path, summary, detail, takes, named, answers)
