"""A place in a list, handed to the caller sealed, so that nobody writes one of their own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from warrantor.web.problem import Problem


def seal(key: bytes, place: Any, scope: str) -> str:
    """Return a cursor for a place of one list.

    Examples
    --------
    >>> opened(b"k", seal(b"k", [3, "c7"], "claims?bucket=open"), "claims?bucket=open")
    [3, 'c7']
    """
    text = json.dumps(place, separators=(",", ":"))
    return base64.urlsafe_b64encode(_mark(key, text, scope) + text.encode()).decode().rstrip("=")


def opened(key: bytes, cursor: str | None, scope: str) -> Any:
    """Return the place a cursor names, None where there is no cursor.

    Raises
    ------
    Problem
        400: it was not made here, or for another list.
    """
    if not cursor:
        return None
    try:
        held = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        text = held[16:].decode()
    except ValueError:
        text, held = "", b""
    if not text or not hmac.compare_digest(held[:16], _mark(key, text, scope)):
        raise Problem(400, "This cursor is not of this list: take the one that the last answer gave, filters and all.")
    return json.loads(text)


def _mark(key: bytes, text: str, scope: str) -> bytes:
    return hmac.new(key, f"{scope}\0{text}".encode(), hashlib.sha256).digest()[:16]
