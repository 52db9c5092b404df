"""Alive, and ready: for whatever watches the server."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request

from warrantor import __version__
from warrantor.web.guard import Open

routes = APIRouter(prefix="/health", tags=["health"])


@routes.get("/live")
def live(_: Open) -> dict[str, Any]:
    """Say that the process answers."""
    return {"status": "alive", "version": __version__}


@routes.get("/ready")
def ready(request: Request, _: Open) -> dict[str, Any]:
    """Say that the desk takes writes, its revision, and that jobs are run; 503 where not, with the parts that fail."""
    from warrantor.web.problem import Problem

    counter = request.app.state.counter
    revision, unwell = counter.ready()
    wrong = {part: why for part, why in (("database", unwell), ("jobs", counter.jobs.unwell())) if why}
    if wrong:
        raise Problem(503, " ".join(wrong.values()), parts=list(wrong))
    return {"status": "ready", "revision": revision}
