"""The first page: what waits for this person, what the laboratory last knew, and how fresh that is."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from warrantor.desk import audit, people, proposals, queue
from warrantor.desk.jobs import latest
from warrantor.desk.life_cycle import life_cycle
from warrantor.web.claims import buckets_of
from warrantor.web.guard import Asker, Open
from warrantor.web.present import shown
from warrantor.web.retold import retold
from warrantor.web.trials import every, folder

routes = APIRouter(include_in_schema=False)
Fact = tuple[str, str, str]  # a figure, its name, its page where there is one


@routes.get("/")
def home(request: Request, asker: Open) -> Response:
    """Show what waits for this person."""
    theirs = asker.role == "customer"
    mine = queue.page(request.app.state.counter.store, asker.person.actor, size=20).lines if theirs else ()
    buckets = buckets_of(request, asker) if asker.may("claims.read") and not theirs else []
    fresh = _fresh(request, asker) if asker.may("laboratory.read") else ""
    return shown(request, "home.html", asker, theirs=theirs, mine=mine, buckets=buckets, facts=_facts(request, asker),
                 trials=_trials(request, asker), waiting=_waiting(request, asker), house=_house(request, asker),
                 fresh=fresh)


def _waiting(request: Request, asker: Asker) -> list[Fact]:
    """Return how many proposals of each kind this person may answer; their own need somebody else."""
    if not asker.may("proposals.answer"):
        return []
    table = life_cycle().proposals
    mine = [p.kind for p in proposals.waiting(request.app.state.counter.store, asker.person.actor)
            if asker.role in table[p.kind]["answers"] and p.asked_by != asker.person.number]
    return [(asker.voice.number(len(mine)), asker.voice("proposals wait for your answer"), "/proposals")]


def _house(request: Request, asker: Asker) -> list[Fact]:
    """Return what keeps the desk going: accounts, jobs and the log, each to who may read it."""
    store, voice, found = request.app.state.counter.store, asker.voice, []
    if asker.may("people.read"):
        found.append((voice.number(sum(p.active for p in people.everybody(store))), voice("open accounts"), "/people"))
    if asker.may("jobs.read") and not asker.may("laboratory.read"):
        jobs = latest(store)
        found += [(voice.number(sum(job.state == state for job in jobs)), name, "/jobs")
                  for state, name in (("running", voice("jobs running")), ("failed", voice("jobs failed lately")))]
    if asker.may("audit.read"):
        found.append((voice.number(audit.size_of(store)), voice("entries in the log"), "/audit"))
    last = audit.page(store, size=1, kind="import") if asker.may("people.read") else []
    if last:
        found.append((voice.day(last[0]["at"].date()), voice("units last imported"),
                      "/audit?kind=import" if asker.may("audit.read") else ""))
    return found


def _fresh(request: Request, asker: Asker) -> str:
    """Say up to which day the last jobs know."""
    made = request.app.state.counter.latest("forecast") or request.app.state.counter.latest("returns")
    day = made.document.get("as_of") if made is not None else None
    return asker.voice("Known until {day}.", day=asker.voice.day(day)) if day else ""


def _facts(request: Request, asker: Asker) -> list[Fact]:
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
        facts += [(voice.number(s["total"]["mean"]), voice(
            "claims to come: {name} ({low} to {high})", name=s["by"].get("product") or ", ".join(s["by"].values()),
            low=voice.number(s["total"]["lower"]), high=voice.number(s["total"]["upper"])), "/forecast")
                  for s in ahead.document["strata"] if s.get("total")]
    return facts


def _trials(request: Request, asker: Asker) -> list[Fact]:
    """Return what the last look at each trial says."""
    if not asker.may("laboratory.read"):
        return []
    voice = asker.voice
    return [(retold(one["says"], voice) if one["says"] else voice("No look yet"), one["trial"] or one["name"],
             f"/trials/{quote(one['name'])}") for one in every(folder(request))]
