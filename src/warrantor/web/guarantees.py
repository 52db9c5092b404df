"""Guarantees: what this desk promises, and what law and sellers owe beside it, each with how well it is known."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from warrantor.terms import Guarantee, Guarantees, Rule
from warrantor.web.guard import Asker, may
from warrantor.web.offer import Form, Sheet, offered
from warrantor.web.present import shown
from warrantor.web.problem import Problem
from warrantor.web.promise import facts, known, length, lengths, owed, titled
from warrantor.web.words import MARKS

routes = APIRouter(include_in_schema=False)
Reader = Annotated[Asker, may("guarantees.read")]
COLUMNS = ("guarantee", "title", "layer", "owed_by", "markets", "products", "terms", "start", "counting", "suspension",
           "replacement", "sold_from", "sold_to", "mark", "sources")

RULES = ("name", "mark", "text", "zh", "sources")


def one_of(promises: Guarantees, key: str, asker: Asker) -> Guarantee:
    """Return the guarantee of a key.

    Raises
    ------
    Problem
        404 where there is none.
    """
    found = next((g for g in promises.all if g.key == key), None)
    if found is None:
        raise Problem(404, asker.voice("This desk knows no guarantee of this name and version."))
    return found


def row(one: Guarantee) -> dict[str, Any]:
    """Return a guarantee as a row for programs."""
    return {"guarantee": one.key, "title": one.title, "layer": one.layer, "owed_by": one.party,
            "markets": list(one.markets), "products": list(one.products),
            "terms": {part: str(term) for part, term in one.terms.items()}, "start": list(one.start),
            "counting": one.counting, "suspension": one.suspension, "replacement": one.replacement,
            "sold_from": one.sold_from, "sold_to": one.sold_to, "mark": one.mark, "sources": list(one.sources)}


def rules(promises: Guarantees, one: Guarantee) -> list[Rule]:
    """Return the rules that a guarantee names, in the order of their names."""
    named = {*one.topics.values(), *one.duties}
    return [promises.rules[name] for name in sorted(named) if name in promises.rules]


@routes.get("/guarantees")
def guarantees(request: Request, asker: Reader) -> Response:
    """List the guarantees: the maker's own, then what others owe."""
    store = request.app.state.counter.store
    rows = [{"one": g, "title": titled(g, asker.voice),
             "host": length(term, asker.voice) if (term := g.term()) else "–"} for g in known(store).all]
    return shown(request, "guarantees.html", asker, rows=rows, own={g.key for g in store.guarantees.all},
                 marks=list(MARKS))


@routes.get("/guarantees.{form}")
def guarantees_file(request: Request, form: Form, asker: Reader) -> Response:
    """Return the guarantees as a file."""
    rows = [row(g) for g in known(request.app.state.counter.store).all]
    return offered(Sheet("guarantees", "warrantor.web.guarantees/1", COLUMNS, rows, {"by": asker.person.name}), form)


@routes.get("/guarantees/{guarantee}/rules.{form}")
def rules_file(request: Request, guarantee: str, form: Form, asker: Reader) -> Response:
    """Return the rules that a guarantee names as a file."""
    promises = known(request.app.state.counter.store)
    rows = [{name: getattr(r, name) for name in RULES} for r in rules(promises, one_of(promises, guarantee, asker))]
    return offered(Sheet(f"rules-{guarantee}", "warrantor.web.rules/1", RULES, rows, {"guarantee": guarantee}), form)


@routes.get("/guarantees/{guarantee}")
def one(request: Request, guarantee: str, asker: Reader) -> Response:
    """Show one guarantee: its terms, what is owed, its rules and their sources."""
    promises, voice = known(request.app.state.counter.store), asker.voice
    found = one_of(promises, guarantee, asker)
    named = rules(promises, found)
    cited = sorted({*found.sources, *(s for r in named for s in r.sources)} & promises.sources.keys())
    return shown(request, "guarantee.html", asker, one=found, title=titled(found, voice), facts=facts(found, voice),
                 terms=lengths(found, voice),
                 owed=owed(found.remedies, voice), rules=named, sources=[promises.sources[s] for s in cited],
                 names=cited)
