"""Requests of a size that a person or an honest program sends."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST = 1_000_000  # bytes of a body
MOST_SENT = 64_000_000  # bytes of a file of units
FILES = {("POST", "/api/v1/units")}  # what takes a file, and counts it itself


class Bounded:
    """Refuse bodies over `MOST` bytes, whatever their headers say; routes of `FILES` bound their own.

    Parameters
    ----------
    app : ASGI application
        What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or (scope["method"], scope["path"]) in FILES:
            await self.app(scope, receive, send)
            return
        said = next((int(v) for k, v in scope["headers"] if k == b"content-length" and v.isdigit()), None)
        if said is not None:  # the server reads no byte more than was said
            await (self.app(scope, receive, send) if said <= MOST else _refuse(send))
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            return {"type": "http.disconnect"} if taken > MOST else message

        await self.app(scope, counted, send)


async def _refuse(send: Send) -> None:
    body = b'{"type":"about:blank","title":"Content Too Large","status":413,"detail":"Send less than a megabyte."}'
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
