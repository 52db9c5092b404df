"""Asking another server for a document: so long and so much at most, and never led to a third one."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from http.client import HTTPException, HTTPMessage
from typing import IO, Any, TypeVar
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from starlette.concurrency import run_in_threadpool

Found = TypeVar("Found")
PATIENCE = 10.0  # seconds for each word, and for the whole document
MOST = 1_000_000  # bytes of a document
PIECE = 65_536
AT_ONCE, WAITING = 4, 32  # talks; who waits for one holds no thread


class SilentError(Exception):
    """The other server does not answer, or not with a document."""


class RefusedError(Exception):
    """The other server says no.

    Attributes
    ----------
    why : str
        Its word for it, as OAuth has it (RFC 6749, section 5.2); empty where it said none.
    """

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class BusyError(Exception):
    """Too many wait for the other server already."""


class Turns:
    """Talks with another server, a few at once: however many ask, the threads that answer other requests stay free."""

    def __init__(self) -> None:
        self.waiting, self.turn = 0, asyncio.Semaphore(AT_ONCE)

    async def take(self, talk: Callable[..., Found], *words: Any) -> Found:
        """Return what a talk gives, once it is its turn.

        Raises
        ------
        BusyError
            So many wait that it would be long.
        """
        if self.waiting >= WAITING:
            raise BusyError
        self.waiting += 1
        try:
            async with self.turn:
                return await run_in_threadpool(talk, *words)
        finally:
            self.waiting -= 1


class _SameServer(HTTPRedirectHandler):
    """Follow a redirection to the same server only: what we send is meant for nobody else."""

    def redirect_request(  # noqa: PLR0917  as the library calls it
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str,
    ) -> Request | None:
        if urlsplit(newurl)[:2] != urlsplit(req.full_url)[:2]:
            fp.close()
            raise SilentError("it leads to another server")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


_ASK = build_opener(_SameServer)


def fetched(address: str, body: bytes | None = None) -> dict[str, Any]:
    """Return the JSON object at an address; with a body it is posted there.

    Raises
    ------
    RefusedError
        The answer is an error whose reason is said.
    SilentError
        There is no answer, none in time, none of a size that can be, or one that is no JSON object.
    """
    if urlsplit(address).scheme not in ("http", "https"):
        raise SilentError("it names an address that is not of the web")
    asked = Request(address, body, {"accept": "application/json"})  # noqa: S310  the scheme is checked above
    until = time.monotonic() + PATIENCE
    try:
        with _ASK.open(asked, timeout=PATIENCE) as answer:
            return _document(_read(answer, until))
    except HTTPError as error:
        raise _no(error, until) from error
    except (OSError, HTTPException, ValueError) as error:
        raise SilentError(str(error)) from error


def _no(error: HTTPError, until: float) -> Exception:
    """Return what an error answer means: a reason, or no more than that it failed."""
    try:
        with error:
            why = _document(_read(error, until)).get("error")
    except (OSError, HTTPException, ValueError, SilentError):
        why = None
    return RefusedError(why) if isinstance(why, str) and error.code < 500 else SilentError(f"status {error.code}")


def _read(answer: Any, until: float) -> bytes:
    held = b""
    while piece := answer.read1(PIECE):
        held += piece
        if len(held) > MOST or time.monotonic() > until:
            raise SilentError("it sends too much, or too slowly")
    left = getattr(answer, "length", None)
    if left:
        raise SilentError("it stops before the end")
    return held


def _document(text: bytes) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise SilentError("it sends something that is no document")
    return found
