"""The queue of claims, and a new claim: typed, reviewed, submitted."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from warrantor.desk import entitle, queue
from warrantor.desk.claims import Claim, Opening, open_claim
from warrantor.desk.due import due
from warrantor.desk.life_cycle import life_cycle
from warrantor.desk.queue import Line, Sought
from warrantor.desk.refusals import NotConfirmedError
from warrantor.finding import Refused
from warrantor.web.coverage import counted, told, too_many
from warrantor.web.cursor import opened, seal
from warrantor.web.guard import Asker, may
from warrantor.web.offer import Form as FileForm
from warrantor.web.offer import Sheet, offered
from warrantor.web.present import shown
from warrantor.web.problem import refusal
from warrantor.web.words import BUCKETS

routes = APIRouter(include_in_schema=False)
Reader = Annotated[Asker, may("claims.read")]
Opener = Annotated[Asker, may("claims.open")]
Order = Literal["newest", "oldest"]
SIZE, MOST = 50, 10_000
HELD = "held"
COLUMNS = ("claim", "product", "bucket", "state", "held", "component", "symptom", "fault", "answer", "guarantee",
           "opened_on", "reported_on", "received_on", "handed_back_on", "closed_on", "remedy", "payer", "centre",
           "version")


class Typed(BaseModel):
    """What is typed of a new claim; blanks around it are nobody's word."""

    model_config = ConfigDict(str_strip_whitespace=True)

    serial: Annotated[str, Field(max_length=64)] = ""
    component: Annotated[str, Field(max_length=120)] = ""
    symptom: Annotated[str, Field(max_length=120)] = ""
    said: Annotated[str, Field(max_length=4000)] = ""
    contact: Annotated[str, Field(max_length=4000)] = ""
    invoice: Annotated[str, Field(max_length=120)] = ""
    proof: bool = False
    bought: Annotated[str, Field(max_length=7)] = ""
    opened_on: Annotated[str, Field(max_length=10)] = ""
    product: Annotated[str, Field(max_length=120)] = ""
    market: Annotated[str, Field(max_length=120)] = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks of the queue: it is the view, and may be kept as a bookmark.

    Attributes
    ----------
    bucket, q, product, state : str
        A bucket of the page, a serial, a product, a state; a serial or a state is looked for in every bucket.
    order : "newest" or "oldest"
        Which claims come first.
    """

    bucket: Annotated[str, Query(max_length=32)] = "review"
    q: Annotated[str, Query(max_length=64)] = ""
    product: Annotated[str, Query(max_length=120)] = ""
    state: Annotated[str, Query(max_length=32)] = ""
    order: Order = "newest"

    @property
    def scope(self) -> str:
        """The list that a cursor belongs to."""
        return scope_of(self.bucket, self.q, self.product, self.state, self.order)

    @property
    def sought(self) -> Sought:
        """What the desk is asked for."""
        bucket = "" if self.q or self.state else self.bucket
        return sought_of(bucket, self.q, self.product, self.state, self.order)


def scope_of(bucket: str, q: str, product: str, state: str, order: Order) -> str:
    """Return the list that a cursor belongs to."""
    return f"claims?bucket={bucket}&q={q}&product={product}&state={state}&order={order}"


def sought_of(bucket: str, q: str, product: str, state: str, order: Order) -> Sought:
    """Return which claims a bucket of the page, a serial, a product and a state mean, and in which order."""
    return Sought("" if bucket == HELD else bucket, state, product=product.strip(),
                  held=True if bucket == HELD else None, serial=q, oldest=order == "oldest")


def buckets_of(request: Request, asker: Asker) -> list[tuple[str, str, int]]:
    """Return the buckets this person sees: key, name, how many claims."""
    counts = queue.counts(request.app.state.counter.store, asker.person.actor)
    return [(key, asker.voice(BUCKETS[key]), counts[key]) for key in (HELD, *life_cycle().buckets)]


@routes.get("/claims")
def claims(request: Request, asker: Reader, asked: Annotated[Asked, Depends()], cursor: str = "") -> Response:
    """Show a bucket of the queue; a claim's number in the search box opens the claim."""
    if asked.q.isascii() and asked.q.isdigit() and len(asked.q) < 10:
        return RedirectResponse(f"/claims/{int(asked.q)}", 303)
    counter = request.app.state.counter
    found = queue.page(counter.store, asker.person.actor, asked.sought,
                       after=opened(counter.key, cursor, asked.scope), size=SIZE)
    more = seal(counter.key, found.after, asked.scope) if found.after is not None else ""
    return shown(request, "claims.html", asker, rows=[_row(request, line) for line in found.lines], more=more,
                 asked=asked, states=list(life_cycle().states), buckets=buckets_of(request, asker))


@routes.get("/claims.{form}")
def claims_file(request: Request, form: FileForm, asker: Reader, asked: Annotated[Asked, Depends()]) -> Response:
    """Return a bucket of the queue as a file."""
    store, actor = request.app.state.counter.store, asker.person.actor
    found = queue.page(store, actor, asked.sought, size=MOST)
    about = {"bucket": asked.bucket, "product": asked.product, "state": asked.state, "order": asked.order,
             "search": "a serial" if asked.q else ""}
    rows = _every(found, lambda last: queue.page(store, actor, asked.sought, after=last, size=MOST))
    return offered(Sheet(f"claims-{asked.bucket}", "warrantor.web.claims/1", COLUMNS, rows, about), form)


def _every(found: queue.Page, onward: Callable[[int], queue.Page]) -> Iterator[dict[str, Any]]:
    """Yield every claim as a row, page after page."""
    while True:
        yield from ({**line.claim.to_dict(), "product": line.product} for line in found.lines)
        if found.after is None:
            return
        found = onward(found.after)


@routes.get("/claims/new")
def new(request: Request, asker: Opener, serial: str = "", component: str = "", symptom: str = "") -> Response:
    """Show the form."""
    return _form(request, asker, Typed(serial=serial, component=component, symptom=symptom, proof=True))


@routes.post("/claims/review")
def review(request: Request, asker: Opener, typed: Annotated[Typed, Form()], *, change: Annotated[str, Form()] = "",
           ) -> Response:
    """Show what is about to be submitted; nothing is written yet. Cover is shown to who works here."""
    if change:
        return _form(request, asker, typed)
    answer = None
    if asker.may("coverage.ask"):
        counted(request, asker)
        found = entitle.coverage(request.app.state.counter.store, typed.serial, component=typed.component)
        answer = told(found, asker.voice)
    return _form(request, asker, typed, review=True, answer=answer, key=secrets.token_urlsafe(16))


@routes.post("/claims")
def submit(request: Request, asker: Opener, typed: Annotated[Typed, Form()], *,
           key: Annotated[str, Form(max_length=64)] = "") -> Response:
    """Open the claim; the same form sent twice opens it once."""
    try:
        made = opened_by(request, asker, Opening(**typed.model_dump()), key or None)
    except Refused as error:
        return _form(request, asker, typed, wrong=refusal(error, asker.voice).detail, status=422)
    return RedirectResponse(f"/claims/{made.number}", 303)


def opened_by(request: Request, asker: Asker, opening: Opening, key: str | None) -> Claim:
    """Open a claim; a customer's tries of the month a unit was bought in are counted as everybody's are.

    Raises
    ------
    Problem
        429: too many of them, from here or for this serial.
    """
    counter = request.app.state.counter
    if asker.role != "customer":
        return open_claim(counter.store, asker.person.actor, opening, key=key)
    wait = counter.door.asks(counter.address(request), opening.serial)
    if wait is not None:
        raise too_many(asker.voice, wait)
    try:
        made = open_claim(counter.store, asker.person.actor, opening, key=key)
    except NotConfirmedError:
        raise
    except Exception:
        counter.door.hit(opening.serial)  # no month was tried in vain
        raise
    counter.door.hit(opening.serial)
    return made


def _form(request: Request, asker: Asker, said: Typed, status: int = 200, **more: Any) -> Response:
    kept = {"review": False, "answer": None, "key": "", "wrong": "", "works_here": asker.role != "customer",
            "parts": entitle.components(request.app.state.counter.store)}
    return shown(request, "claim_new.html", asker, status, said=said, **(kept | more))


def _row(request: Request, line: Line) -> dict[str, Any]:
    """Return a claim as a row of the queue, with the days it has waited, and how long where it stands."""
    one, store = line.claim, request.app.state.counter.store
    now = store.clock()
    days = max(0, ((one.closed_on or now.date()) - one.reported_on).days)
    return {**one.to_dict(), "product": line.product, "days": days, "due": due(store, one, now)}
