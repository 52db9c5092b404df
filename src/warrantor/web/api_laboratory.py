"""The API of the laboratory: guarantees, and what finished jobs and kept looks say of products and trials."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.requests import Request

from warrantor.desk.jobs import DONE, Job, done
from warrantor.terms import Guarantees, to_toml
from warrantor.web.api import WRONG, Cursor, Size
from warrantor.web.bounded import Number
from warrantor.web.cursor import opened, seal
from warrantor.web.guarantees import one_of, row, rules
from warrantor.web.guard import Asker, may
from warrantor.web.jobs import known as job_of
from warrantor.web.lived import stratum
from warrantor.web.offer import plain
from warrantor.web.problem import Problem
from warrantor.web.promise import known
from warrantor.web.trials import every, folder, looked

routes = APIRouter(prefix="/api/v1", tags=["laboratory"], responses={**WRONG})
Promises = Annotated[Asker, may("guarantees.read")]
Reader = Annotated[Asker, may("laboratory.read")]
Name = Annotated[str, Path(min_length=1, max_length=120)]


@routes.get("/guarantees")
def list_guarantees(request: Request, _: Promises) -> dict[str, Any]:
    """List the guarantees: the maker's own, and what law and sellers owe beside them."""
    store = request.app.state.counter.store
    own = {g.key for g in store.guarantees.all}
    rows = [{**plain(row(g)), "own": g.key in own} for g in known(store).all]
    return {"schema": "warrantor.guarantees/1", "rows": rows}


@routes.get("/guarantees/{guarantee}")
def get_guarantee(request: Request, asker: Promises, guarantee: Name) -> dict[str, Any]:
    """Return one version of a guarantee, the rules it names, and its text as a pack."""
    promises = known(request.app.state.counter.store)
    found = one_of(promises, guarantee, asker)
    said = {r.name: {"text": r.text, "zh": r.zh, "mark": r.mark, "sources": list(r.sources)}
            for r in rules(promises, found)}
    return {"schema": "warrantor.guarantee/1", **plain(row(found)), "rules": said,
            "toml": to_toml(Guarantees((found,)))}


@routes.get("/products")
def list_products(request: Request, _: Reader) -> dict[str, Any]:
    """List the products of the last finished life tables; none where no job has finished."""
    life = request.app.state.counter.latest("life")
    strata = life.document["strata"] if life else []
    rows = [{"product": s["by"].get("product"), **{k: s[k] for k in ("units", "claims", "dead_on_arrival")}}
            for s in strata]
    return {"schema": "warrantor.products/1", "rows": rows, "about": plain(life.about) if life else None}


@routes.get("/products/{product:path}")
def get_product(request: Request, asker: Reader, product: Name) -> dict[str, Any]:
    """Return a product's life table and its sales x returns chart, each with the job that made it."""
    told: dict[str, Any] = {"schema": "warrantor.product/1", "product": product}
    for kind in ("life", "returns"):
        made = request.app.state.counter.latest(kind)
        found = stratum(made and made.document, product)
        told[kind] = {**found, "about": plain(made.about)} if found else None
    if told["life"] is None and told["returns"] is None:
        raise Problem(404, asker.voice("The last jobs know no product of this name."))
    return told


@routes.get("/forecasts")
def list_forecasts(request: Request, _: Reader, cursor: Cursor = "", size: Size = 50) -> dict[str, Any]:
    """List the finished forecasts, the newest first; each stays as it was made."""
    counter, scope = request.app.state.counter, "forecasts"
    found = done(counter.store, "forecast", size=size + 1, below=opened(counter.key, cursor, scope))
    more = seal(counter.key, found[size - 1].number, scope) if len(found) > size else ""
    return {"schema": "warrantor.forecasts/1", "rows": [_forecast(one) for one in found[:size]], "cursor": more}


@routes.get("/forecasts/{number}")
def get_forecast(request: Request, asker: Reader, number: Number) -> dict[str, Any]:
    """Return a finished forecast: claims and cost by month, with their intervals and how they were obtained."""
    job = job_of(request, number, asker)
    if job.kind != "forecast" or job.state != DONE:
        raise Problem(404, asker.voice("This job is no finished forecast."))
    made = request.app.state.counter.jobs.made(job)
    if made is None:
        raise Problem(404, asker.voice("This job has no result."))
    return {"schema": "warrantor.forecast_kept/1", **_forecast(job), "document": made.document}


@routes.get("/trials")
def list_trials(request: Request, _: Reader) -> dict[str, Any]:
    """List the trials, each with its last look."""
    return {"schema": "warrantor.trials/1", "rows": every(folder(request))}


@routes.get("/trials/{trial}")
def get_trial(request: Request, asker: Reader, trial: Name) -> dict[str, Any]:
    """Return a trial's last look as it was kept, the last planned one, and what people decided against a look."""
    found = looked(request, trial, asker.voice)
    return {"schema": "warrantor.trial_kept/1", "name": trial, "last": found.last, "planned": found.effect,
            "overrides": found.overrides}


@routes.get("/trials/{trial}/looks")
def list_looks(request: Request, asker: Reader, trial: Name) -> dict[str, Any]:
    """List every look that was taken, the oldest first; one that the plan did not name shows no effect."""
    found = looked(request, trial, asker.voice)
    return {"schema": "warrantor.looks/1", "rows": found.looks}


def _forecast(job: Job) -> dict[str, Any]:
    return {"forecast": job.number, "by": job.by, "asked_at": plain(job.asked_at), "ended_at": plain(job.ended_at)}
