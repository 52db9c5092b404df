"""Scripts and styles: an address that says its version is kept by browsers and never asked for again."""

from __future__ import annotations

import os

from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

KEPT = "public, max-age=31536000, immutable"


class Assets(StaticFiles):
    """Static files under versioned addresses."""

    def file_response(self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope,
                      status_code: int = 200) -> Response:
        """Return a file; for good where its address says a version, as the pages write it."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        if QueryParams(scope["query_string"]).get("v"):
            answer.headers["cache-control"] = KEPT
        return answer
