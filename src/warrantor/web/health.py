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
    """Say that the store answers and takes writes, and its revision; 503 where it does not."""
    from warrantor.web.problem import Problem

    revision, wrong = request.app.state.counter.ready()
    if wrong:
        raise Problem(503, wrong)
    return {"status": "ready", "revision": revision}
