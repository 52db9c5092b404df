"""The reserve and the back-test of the last finished jobs as tables, and as files. Nothing is worked out here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from warrantor.web.guard import Asker, may
from warrantor.web.language import Voice
from warrantor.web.offer import Form, Sheet, offered
from warrantor.web.problem import Problem
from warrantor.web.worker import Made

routes = APIRouter(include_in_schema=False)
Reader = Annotated[Asker, may("laboratory.read")]
MONEY = ("product", "guarantee", "currency", "units", "covered", "best", "incurred", "unexpired", "level",
         "value_at_risk", "tail_value_at_risk", "current", "noncurrent", "claims_incurred", "claims_unexpired",
         "refused")
HELD = ("product", "guarantee", "nominal", "held", "inside", "n", "score")


@routes.get("/forecast/reserve.{form}")
def reserve_file(request: Request, form: Form, asker: Reader) -> Response:
    """Return the last reserve, a row a product and one for them all, as a file."""
    found = last(request, "reserve", asker.voice)
    return offered(Sheet("reserve", "warrantor.web.reserve/1", MONEY, set_aside(found.document), found.about), form)


@routes.get("/forecast/backtest.{form}")
def backtest_file(request: Request, form: Form, asker: Reader) -> Response:
    """Return how the last back-test held, a row a product and one for them all, as a file."""
    found = last(request, "backtest", asker.voice)
    return offered(Sheet("backtest", "warrantor.web.backtest/1", HELD, held(found.document), found.about), form)


def last(request: Request, kind: str, voice: Voice) -> Made:
    """Return what the last finished job of a kind made.

    Raises
    ------
    Problem
        404 where there is none.
    """
    found: Made | None = request.app.state.counter.latest(kind)
    if found is None:
        raise Problem(404, voice("No finished job of this kind: start one on the page Jobs."))
    return found


def set_aside(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a reserve: every stratum, and where there are several, them all, which has no product.

    Examples
    --------
    >>> one = {"by": {"product": "Alder"}, "best": 9.0}
    >>> [(row.get("product"), row["best"]) for row in set_aside({"level": 0.95, "strata": [one], "total": one})]
    [('Alder', 9.0)]
    """
    strata = document["strata"]
    whole = [document["total"]] if len(strata) > 1 and document.get("total") else []
    return [{"level": document["level"], **one, **one["by"]} for one in (*strata, *whole)]


def held(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return how often what came was inside its interval: by stratum, and over them all as the verb says it.

    A stratum's score is the mean of the interval scores of its windows; the verb's is the mean of these.
    """
    level, rows = document["level"], []
    for by in _strata(document["windows"]):
        told = [w for w in document["windows"] if w["by"] == by and w["refused"] is None]
        inside = sum(w["lower"] <= w["came"] <= w["upper"] for w in told)
        rows.append({**by, **_share(level, inside, len(told)), "score": _score(told, level)})
    if len(rows) > 1:
        rows.append({**_share(level, document["inside"], document["cases"]), "score": document["score"]})
    return rows


def _strata(windows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for window in windows:
        if window["by"] not in found:
            found.append(window["by"])
    return found


def _share(level: float, inside: int, n: int) -> dict[str, Any]:
    return {"nominal": level, "held": inside / n if n else None, "inside": inside, "n": n}


def _score(told: Sequence[Mapping[str, Any]], level: float) -> float | None:
    """Return the mean interval score of some windows; None where there are none."""
    import numpy as np

    from warrantor.forecast.score import interval_score

    if not told:
        return None
    lower, upper, came = (np.array([w[key] for w in told], float) for key in ("lower", "upper", "came"))
    return float(interval_score(lower, upper, came, level).mean())
