"""What went wrong, as programs and as people read it: RFC 9457 problem documents, or a page."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from warrantor.desk.refusals import (
    InFlightError,
    InputsError,
    NotAllowedError,
    OtherBodyError,
    StaleError,
    UnknownError,
)
from warrantor.finding import Refused
from warrantor.web.language import Voice
from warrantor.web.refusals import in_words

PROBLEM = "application/problem+json"
STATUSES: tuple[tuple[type[Refused], int], ...] = (
    (UnknownError, 404), (NotAllowedError, 403), (StaleError, 412), (InFlightError, 409), (OtherBodyError, 422),
    (InputsError, 422), (Refused, 409))


class Problem(Exception):  # noqa: N818  it is the body of an answer, not a malfunction
    """An answer that is not the one asked for.

    Parameters
    ----------
    status : int
        The HTTP status.
    detail : str
        What is wrong and what to do about it, a sentence for the person.
    headers : dict, optional
        More headers of the answer.
    **more : Any
        More members of the document: what a program needs to go on.

    Examples
    --------
    >>> Problem(404, "There is no such claim.").to_dict("/claims/7")["title"]
    'Not Found'
    """

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None, **more: Any) -> None:
        self.status, self.detail, self.headers, self.more = status, detail, headers or {}, more
        super().__init__(detail)

    def to_dict(self, path: str) -> dict[str, Any]:
        """Return the problem document of a request to `path`."""
        title = HTTPStatus(self.status).phrase
        return {"type": "about:blank", "title": title, "status": self.status, "detail": self.detail,
                "instance": path, **self.more}


def for_program(request: Request) -> bool:
    """Whether a request wants a document rather than a page."""
    path, accept = request.url.path, request.headers.get("accept", "")
    return path.startswith(("/api/", "/health/")) or path.endswith((".json", ".csv", ".xlsx")) or (
        "json" in accept and "text/html" not in accept)


def as_document(request: Request, problem: Problem) -> Response:
    """Return the answer to a program."""
    return JSONResponse(problem.to_dict(request.url.path), problem.status, problem.headers, PROBLEM)


def refusal(error: Refused, voice: Voice, *, program: bool = False) -> Problem:
    """Return the problem that a refusal of the desk is, its detail in a language, for a person or for a program."""
    status = next(number for kind, number in STATUSES if isinstance(error, kind))
    more: dict[str, Any] = {"input": error.name} if isinstance(error, InputsError) else {}
    return Problem(status, in_words(error, voice, program=program), **more)
