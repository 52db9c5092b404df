"""Answers as people read them: a template filled, in their language, with only what they may do on it."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from warrantor import __version__
from warrantor.web.guard import SAFE, Asker
from warrantor.web.headers import masked
from warrantor.web.language import LANGUAGES, Voice, labelled, spoken
from warrantor.web.offer import plain
from warrantor.web.promise import promised
from warrantor.web.retold import retold
from warrantor.web.words import (
    ACTIONS,
    ANSWERS,
    BUCKETS,
    COMPONENTS,
    COSTS,
    COVER,
    FACTS,
    FAULTS,
    HOLDS,
    INPUTS,
    JOBS,
    LAYERS,
    LOGGED,
    MARKS,
    N_,
    PAPERS,
    PAYERS,
    PROPOSALS,
    PROPOSED,
    REMEDIES,
    ROLES,
    STATES,
    TABLES,
    WORDS,
)

PAGES = (  # address, name, right
    ("/coverage", N_("Coverage"), "open"),
    ("/claims", N_("Claims"), "claims.read"),
    ("/proposals", N_("Proposals"), "proposals.read"),
    ("/guarantees", N_("Guarantees"), "guarantees.read"),
    ("/products", N_("Products"), "laboratory.read"),
    ("/forecast", N_("Forecast"), "laboratory.read"),
    ("/trials", N_("Trials"), "laboratory.read"),
    ("/findings", N_("Findings"), "laboratory.read"),
    ("/jobs", N_("Jobs"), "jobs.read"),
    ("/audit", N_("Audit"), "audit.read"),
    ("/people", N_("People"), "people.read"),
)


@cache
def room() -> Environment:
    """Return the templates; every text is escaped, and a name that nobody gave is a failure."""
    made = Environment(loader=PackageLoader("warrantor.web"), autoescape=True, undefined=StrictUndefined,
                       trim_blocks=True, lstrip_blocks=True)
    made.filters["plain"] = plain
    made.globals.update(version=__version__, made=_assets(), languages=LANGUAGES)
    return made


def _assets() -> str:
    """Return a name for the static files as they are, so that a browser keeps them until they change."""
    told = hashlib.blake2b(digest_size=4)
    for one in sorted((files("warrantor.web") / "static").iterdir(), key=lambda f: f.name):
        told.update(one.read_bytes())
    return told.hexdigest()


def shown(request: Request, template: str, asker: Asker | None = None, status: int = 200, **told: Any) -> HTMLResponse:
    """Return a page.

    Parameters
    ----------
    request : Request
        What was asked.
    template : str
        Which page.
    asker : Asker, optional
        Who reads it; a visitor where nobody is known.
    status : int
        HTTP status.
    **told
        What the template shows.
    """
    voice = asker.voice if asker is not None else spoken(request)
    page = room().get_template(template).render(**_always(request, asker, voice), **told)
    return HTMLResponse(page, status, {"vary": "Cookie, Accept-Language, HX-Request", "content-language": voice.tag})


def _always(request: Request, asker: Asker | None, voice: Voice) -> dict[str, Any]:
    theme = request.cookies.get("theme")
    csrf = asker.csrf if asker is not None else ""
    return {
        "voice": voice, "_": voice, "retold": lambda text: retold(text, voice),
        "here": "/" + request.url.path.split("/")[1].split(".")[0],
        "theme": theme if theme in ("light", "dark") else None, "person": asker.person if asker else None,
        "promised": lambda key: promised(request.app.state.counter.store, key, voice,
                                         linked=asker is not None and asker.may("guarantees.read")),
        "address": masked(request.url.path), "now": request.app.state.counter.store.clock(),
        "nav": [(href, voice(name)) for href, name, right in PAGES if _offers(asker, right)],
        "csrf_field": Markup('<input type="hidden" name="csrf" value="{}">').format(csrf), "csrf": csrf,
        "may": asker.may if asker is not None else lambda right: right == "open",
        "in_language": lambda locale: _again(request) + urlencode({**dict(request.query_params), "lang": locale}),
        "with_query": lambda **more: "?" + urlencode({k: v for k, v in {**dict(request.query_params), **more}.items()
                                                      if v is not None}),
        **{name: _labels(words, voice) for name, words in _WORDS.items()},
    }


_WORDS = {"role": ROLES, "state": STATES, "action": ACTIONS, "remedy": REMEDIES, "layer": LAYERS, "fault": FAULTS,
          "answered_word": ANSWERS, "job_state": JOBS, "input_name": INPUTS, "cover_event": COVER, "hold": HOLDS,
          "proposal": PROPOSALS, "fact": FACTS, "cost_kind": COSTS, "mark": MARKS,
          "logged": LOGGED, "bucket_name": BUCKETS, "fact_table": TABLES, "paper_kind": PAPERS, "word_kind": WORDS,
          "payer": PAYERS, "component": COMPONENTS, "proposal_state": PROPOSED}


def page_of(path: str) -> str:
    """Return the page that a form's address belongs to: forms are sent there, pages are not read there.

    Examples
    --------
    >>> page_of("/claims/review"), page_of("/claims/7/check"), page_of("/people/3/close"), page_of("/coverage/public")
    ('/claims/new', '/claims/7', '/people', '/coverage')
    """
    if path in ("/claims", "/claims/review"):
        return "/claims/new"
    first, *rest = path.strip("/").split("/")
    numbered = first in ("claims", "jobs") and rest and rest[0].isdecimal()
    return "/" if first == "sign-out" else f"/{first}/{rest[0]}" if numbered else f"/{first}"


def _again(request: Request) -> str:
    """Return where the page that is shown is read again; what answered a form has no address of its own."""
    return "?" if request.method in SAFE else f"{page_of(request.url.path)}?"


def _labels(words: dict[str, str], voice: Voice) -> Any:
    return lambda key: labelled(words, key, voice)


def _offers(asker: Asker | None, right: str) -> bool:
    return right == "open" if asker is None else asker.may(right)
