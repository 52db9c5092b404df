"""Who asks, and whether they may: every route names its right, and a route without one is not served."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Protocol
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from warrantor.web.language import Voice, spoken
from warrantor.web.problem import Problem
from warrantor.web.rights import FIRST, RIGHTS, VISITOR, Scope, reach

SAFE = ("GET", "HEAD", "OPTIONS")


class Person(Protocol):
    """Somebody with an account, as the guard needs to know them."""

    @property
    def name(self) -> str:
        """What they sign in with."""

    @property
    def role(self) -> str:
        """One of `rights.ROLES`."""

    @property
    def centre(self) -> str | None:
        """The service centre they work in."""

    @property
    def first(self) -> bool:
        """Whether an admin set their password."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, in which language, with how much right.

    Attributes
    ----------
    person : Person or None
        None: a visitor.
    voice : Voice
        Their language.
    token : str
        Of their session; empty for a visitor.
    right : str
        What the route asks for.
    scope : "all", "centre" or "own"
        How far the right reaches.
    """

    person: Any
    voice: Voice
    token: str
    right: str
    scope: Scope

    @property
    def role(self) -> str:
        """The role, `visitor` for nobody."""
        return VISITOR if self.person is None else str(self.person.role)

    @property
    def csrf(self) -> str:
        """What a form of this session must carry."""
        return csrf_of(self.token)

    def may(self, right: str) -> bool:
        """Whether this person has another right."""
        return reach(right, self.role) is not None and not _waits(self.person, right)


def _waits(person: Person | None, right: str) -> bool:
    """Whether somebody must choose a password of their own first."""
    return person is not None and person.first and right not in FIRST


def csrf_of(token: str) -> str:
    """Return the form token of a session: known to whoever holds the session's cookie, and to no other site."""
    return hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest() if token else ""


def may(right: str) -> Any:
    """Return the dependency of a route that needs a right.

    Raises
    ------
    Problem
        When it runs: 401 for a visitor, 403 for a person whose role has not the right or whose password is a first
        one, or for a forged form.
    """
    if right not in RIGHTS:
        raise ValueError(f"{right!r} is no right; rights.py lists {', '.join(RIGHTS)}")

    async def asked(request: Request) -> Asker:
        voice = spoken(request)
        token, by_cookie = presented(request)
        person = await request.app.state.known(token) if token else None
        role = VISITOR if person is None else person.role
        scope = reach(right, role)
        if scope is None and person is None:
            raise Problem(401, voice("Sign in first."), {"www-authenticate": "Bearer"})
        if scope is None:
            raise Problem(403, voice("Your role does not include this."))
        if _waits(person, right):
            raise Problem(403, voice("Your password was set by an administrator: choose one of your own first."),
                          first=True)
        if request.method not in SAFE:
            await _not_forged(request, token if person is not None and by_cookie else "", voice)
        asker = Asker(person, voice, token if person is not None else "", right, scope)
        request.state.asker = asker
        return asker

    asked.right = right  # type: ignore[attr-defined]
    return Depends(asked)


def presented(request: Request) -> tuple[str, bool]:
    """Return the session's token, and whether a browser sent it by itself."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip(), False
    return request.cookies.get(request.app.state.cookie, ""), True


async def _not_forged(request: Request, token: str, voice: Voice) -> None:
    """Refuse a form that another site sent, or that does not carry the session's own word."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    foreign = site in ("cross-site", "same-site") or (origin is not None and not _ours(origin, request))
    carried = request.headers.get("x-csrf-token", "")
    if token and not carried and "json" not in request.headers.get("content-type", ""):
        carried = str((await request.form()).get("csrf", ""))
    if foreign or (token and not hmac.compare_digest(carried.encode(), csrf_of(token).encode())):
        raise Problem(403, voice("This form has grown old or was sent by another page: load the page again."))


def _ours(origin: str, request: Request) -> bool:
    """Whether a page of this site sent a form: of the address we are told is ours, else of the one that was asked."""
    own: str = request.app.state.url
    return origin == own if own else urlsplit(origin).netloc == request.headers.get("host")


def rights_of(app: FastAPI) -> Iterator[tuple[APIRoute, str | None]]:
    """Yield every route with the right it asks for, None where it asks for none; static files ask for none.

    Raises
    ------
    TypeError
        There is something among the routes whose right cannot be read.
    """
    for route in app.routes:
        if isinstance(route, APIRoute):
            yield route, next(_named(route.dependant), None)
        elif not (isinstance(route, Mount) and isinstance(route.app, StaticFiles)):
            raise TypeError(f"{route} is no route whose right can be read; add routes one by one")


def _named(dependant: Dependant) -> Iterator[str]:
    right = getattr(dependant.call, "right", None)
    if right is not None:
        yield right
    for one in dependant.dependencies:
        yield from _named(one)


def every_route_asks(app: FastAPI) -> None:
    """Refuse to serve a route that names no right.

    Raises
    ------
    ValueError
        The route's path.
    """
    bare = [route.path for route, right in rights_of(app) if right is None]
    if bare:
        raise ValueError(f"no right is asked for by {', '.join(bare)}; give each a may(...)")


Open = Annotated[Asker, may("open")]
SigningIn = Annotated[Asker, may("sign_in")]
SignedIn = Annotated[Asker, may("signed_in")]
