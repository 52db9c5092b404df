"""What every answer carries: a policy that runs nothing foreign, a request id, and a log line without serials."""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from collections.abc import Iterable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
          "form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
ALWAYS = {
    "content-security-policy": POLICY, "x-content-type-options": "nosniff", "referrer-policy": "same-origin",
    "x-frame-options": "DENY", "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin", "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
LOG = logging.getLogger("warrantor.web")
_MASKED = re.compile(r"(?<=/units/).+?(?=(?:/layers\.(?:csv|json|xlsx))?$)", re.DOTALL)


class Carried:
    """Put the headers on every answer, give every request an id, and log it.

    Parameters
    ----------
    app : ASGI application
        What answers.
    secure : bool
        Whether TLS is promised for the future as well.
    """

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self.app = app
        always = {**ALWAYS, **({"strict-transport-security": "max-age=31536000"} if secure else {})}
        self.always = [(name.encode(), value.encode()) for name, value in always.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, said = time.perf_counter(), secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = said
        status = 500

        async def carry(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._with(message.get("headers", ()), scope["path"], said)
            await send(message)

        try:
            await self.app(scope, receive, carry)
        finally:
            _log(scope, status, said, 1000 * (time.perf_counter() - began))


    def _with(self, headers: Iterable[tuple[bytes, bytes]], path: str, said: str) -> list[tuple[bytes, bytes]]:
        """Return an answer's headers with those that it has not said itself."""
        found = list(headers)
        own = {name.lower() for name, _ in found}
        found += [pair for pair in self.always if pair[0] not in own]
        found.append((b"x-request-id", said.encode()))
        if b"cache-control" not in own and not path.startswith("/static/"):
            found.append((b"cache-control", b"no-store"))
        return found


def _log(scope: Scope, status: int, said: str, took: float) -> None:
    if not LOG.isEnabledFor(logging.INFO):
        return
    LOG.info(json.dumps({"id": said, "method": scope["method"], "path": masked(scope["path"]), "status": status,
                         "ms": round(took, 1)}))


def masked(path: str) -> str:
    """Return a path as it may be logged: without the serial in it; queries are never logged.

    Examples
    --------
    >>> masked("/units/26098/F0VD00131"), masked("/units/356938035643809/layers.csv")
    ('/units/-', '/units/-/layers.csv')
    """
    return _MASKED.sub("-", path)


class Lines(logging.Formatter):
    """Log records as JSON lines."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one record as one line; a message that is JSON already is opened."""
        text = record.getMessage()
        told: dict[str, Any] = json.loads(text) if text.startswith("{") else {"message": text}
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        at = self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z")
        return json.dumps({"at": at, "level": record.levelname.lower(), **told}, ensure_ascii=False)
