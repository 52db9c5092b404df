"""Units sent as a file: streamed to disk, bounded, registered all or none; every finding names its line."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from warrantor.desk.registration import Imported, import_units
from warrantor.finding import Finding, Findings
from warrantor.web.api import WRONG
from warrantor.web.bounded import MOST_SENT
from warrantor.web.guard import Asker, may
from warrantor.web.problem import Problem

NAME = "units.csv"
SHOWN = 50  # findings that an answer tells
routes = APIRouter(prefix="/api/v1", tags=["desk"], responses={**WRONG})
Importer = Annotated[Asker, may("units.import")]
BODY = {"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}}
Good = Annotated[bool, Query(description="Leave rows with a finding out, and register the others.")]


@routes.post("/units", status_code=201, openapi_extra=BODY)
async def register(request: Request, asker: Importer, *, accept_good: Good = False) -> dict[str, Any]:
    """Register the units of a CSV file sent as the body; all of them, or none where a row has a finding."""
    counter = request.app.state.counter
    home = counter.settings.home / "uploads"
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home) as folder:
        path = Path(folder) / NAME
        await _kept(request, path, asker)
        try:
            done: Imported = await run_in_threadpool(import_units, counter.store, asker.person.actor, path,
                                                     accept_good=accept_good)
        except Findings as error:
            found = _named(error.found)
            raise Problem(422, str(Findings(found)), findings=[f.to_dict() for f in found[:SHOWN]]) from error
    return replace(done, findings=_named(done.findings), notes=_named(done.notes)).to_dict()


async def _kept(request: Request, path: Path, asker: Asker) -> None:
    """Write a body to disk as it comes."""
    taken = 0
    with path.open("wb") as file:
        async for part in request.stream():
            taken += len(part)
            if taken > MOST_SENT:
                raise Problem(413, asker.voice("Send the file in parts: it may have {most} MB at most.",
                                               most=MOST_SENT // 1_000_000))
            file.write(part)


def _named(found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return findings under the name that the sender knows, not the folder of this server."""
    return tuple(replace(one, file=NAME) for one in found)
