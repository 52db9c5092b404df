"""What every request passes before the routes: HEAD is asked as GET, names not ours are refused, failures are told."""

from __future__ import annotations

import logging
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from warrantor.web.language import spoken
from warrantor.web.problem import Problem

LOG = logging.getLogger("warrantor.web")
WATCHED = "/health/"  # asked by address, by whatever watches the server; the answers are the same under every name


class Headed:
    """Answer HEAD as GET is answered, without the body.

    Parameters
    ----------
    app : ASGI application
        What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        ended = False

        async def bare(message: Message) -> None:
            nonlocal ended
            if message["type"] == "http.response.start":
                await send(message)
            elif not ended:  # the first piece of a body ends the answer, also of one that would stream for hours
                ended = True
                await send({"type": "http.response.body", "body": b""})

        async def gone() -> Message:
            return {"type": "http.disconnect"} if ended else await receive()

        await self.app({**scope, "method": "GET"}, gone, bare)


class Caught:
    """Tell a failure of whatever is beneath as every other failure is told, and write it into the log once.

    Starlette's own net hangs outside of everything: what it answers carries no headers, and the server logs it again.

    Parameters
    ----------
    app : ASGI application
        What answers.
    told : callable
        Makes an answer of a problem, for who asks.
    """

    def __init__(self, app: ASGIApp, *, told: Callable[[Request, Problem], Response]) -> None:
        self.app, self.told = app, told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = False

        async def noted(message: Message) -> None:
            nonlocal began
            began = began or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Problem as problem:  # of a layer beneath, where no route was found yet
            await self.told(Request(scope), problem)(scope, receive, send)
        except Exception:
            request = Request(scope)
            voice = spoken(request)
            LOG.exception("failed %s", request.state.request_id)
            if not began:  # one that has begun is left without its end: the server closes the connection
                detail = voice("The server failed; the request id finds it in the log.")
                await self.told(request, Problem(500, detail))(scope, receive, send)


class Named:
    """Answer only to names of our own: an address that another site made up leads nowhere.

    Parameters
    ----------
    app : ASGI application
        What answers.
    names : tuple of str
        The names, without ports; none: any.
    """

    def __init__(self, app: ASGIApp, *, names: tuple[str, ...]) -> None:
        self.app, self.names = app, frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and self.names and not scope["path"].startswith(WATCHED):
            request = Request(scope)
            if name_of(request.headers.get("host", "")) not in self.names:
                voice = spoken(request)
                raise Problem(400, voice("This server does not go by that name."))
        await self.app(scope, receive, send)


def name_of(host: str) -> str:
    """Return the name in a Host header, in small letters and without its port.

    Examples
    --------
    >>> name_of("Desk.example:8443"), name_of("[::1]:8000"), name_of("::1")
    ('desk.example', '[::1]', '')
    """
    name, _, port = host.lower().partition("]") if host.startswith("[") else host.lower().partition(":")
    name, port = (f"{name}]", port.removeprefix(":")) if host.startswith("[") else (name, port)
    return name if port.isdecimal() or not port else ""
