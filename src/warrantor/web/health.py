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
    """Say that the desk's database answers and jobs are run; 503 where not, with the names of the parts that fail."""
    from warrantor.web.problem import Problem

    counter = request.app.state.counter
    wrong = {part: why for part, why in (("database", counter.unwell()), ("jobs", counter.jobs.unwell())) if why}
    if wrong:
        raise Problem(503, " ".join(wrong.values()), parts=list(wrong))
    return {"status": "ready"}
