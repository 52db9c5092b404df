"""The first page: what waits, and what the laboratory last knew."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from warrantor.web.claims import buckets_of
from warrantor.web.guard import Asker, Open
from warrantor.web.present import shown

routes = APIRouter(include_in_schema=False)


@routes.get("/")
def home(request: Request, asker: Open) -> Response:
    """Show what waits for this person."""
    buckets = buckets_of(request, asker) if asker.may("claims.read") else []
    return shown(request, "home.html", asker, buckets=buckets, facts=_facts(request, asker))


def _facts(request: Request, asker: Asker) -> list[tuple[str, str, str]]:
    """Return figures of the last life tables and forecast, each with its page."""
    if not asker.may("laboratory.read"):
        return []
    counter, voice, facts = request.app.state.counter, asker.voice, []
    life, ahead = counter.latest("life"), counter.latest("forecast")
    if life is not None:
        strata = life.document["strata"]
        facts += [(voice.number(sum(s[key] for s in strata)), name, "/products")
                  for key, name in (("units", voice("units under watch")), ("claims", voice("first claims")))]
    if ahead is not None:
        facts += [("{} ({}–{})".format(*(voice.number(s["total"][key]) for key in ("mean", "lower", "upper"))),
                   voice("claims to come: {name}", name=", ".join(s["by"].values())), "/forecast")
                  for s in ahead.document["strata"] if s.get("total")]
    return facts
