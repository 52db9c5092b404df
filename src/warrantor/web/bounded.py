"""Requests of a size that a person or an honest program sends."""

from __future__ import annotations

import json
import re
from typing import Annotated

from fastapi import Path
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Number = Annotated[int, Path(ge=1, le=2**62)]  # of a row, in an address: more than a database can count is none
MOST = 1_000_000  # bytes of a body
MOST_SENT = 64_000_000  # bytes of a file of units
PAPER = re.compile(r"(/api/v1)?/claims/[0-9]+/papers")  # what takes a paper
MOST_TRIED = 25_000_000  # bytes of what is handed in as one; the desk says kindly how large it may be


class Bounded:
    """Refuse bodies that are larger than their address takes, whatever their headers say.

    Parameters
    ----------
    app : ASGI application
        What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = taken_by(scope["method"], scope["path"])
        said = next((int(v) for k, v in scope["headers"] if k == b"content-length" and v.isdigit()), None)
        if said is not None:  # the server reads no byte more than was said
            await (self.app(scope, receive, send) if said <= most else _refuse(send, most))
            return
        await self._counted(scope, receive, send, most)

    async def _counted(self, scope: Scope, receive: Receive, send: Send, most: int) -> None:
        """Answer a request that did not say how long it is; whatever is made of one cut off, it was too large."""
        taken, told = 0, False

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            return {"type": "http.disconnect"} if taken > most else message

        async def answered(message: Message) -> None:
            nonlocal told
            if taken <= most:
                await send(message)
            elif not told:
                told = True
                await _refuse(send, most)

        try:
            await self.app(scope, counted, answered)
        except ClientDisconnect:
            if taken <= most or told:
                raise
            await _refuse(send, most)


def taken_by(method: str, path: str) -> int:
    """Return how many bytes of a body an address takes.

    Examples
    --------
    >>> taken_by("POST", "/claims/7/papers") > taken_by("POST", "/claims/7/check") == MOST
    True
    """
    if method == "POST" and path == "/api/v1/units":
        return MOST_SENT
    return MOST_TRIED if method == "POST" and PAPER.fullmatch(path) else MOST


async def _refuse(send: Send, most: int) -> None:
    detail = f"Send {most / 1e6:.0f} MB at most."
    body = json.dumps({"type": "about:blank", "title": "Content Too Large", "status": 413, "detail": detail}).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
