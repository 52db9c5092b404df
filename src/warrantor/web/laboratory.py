"""Pages of the laboratory: what the last finished jobs found, product by product. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from warrantor.report.live import live
from warrantor.report.sketch import NARROW, WIDE, Figure, Line, sketch
from warrantor.web.guard import Asker, may
from warrantor.web.language import Voice
from warrantor.web.lived import LIFE, by_month, chart_of, rows_of, sold, stratum, survival, told
from warrantor.web.lived import PYTHON as LIVED
from warrantor.web.offer import Form, Sheet, bound, offered
from warrantor.web.present import shown
from warrantor.web.problem import Problem
from warrantor.web.reserve import held, last, set_aside
from warrantor.web.worker import Made

EPOCH = date(1970, 1, 1)
FORECAST = """import warrantor as wr
with wr.open("{fleet}") as fleet:
    tally, cohorts = fleet.tally(["product"]).over("origin"), fleet.cohorts(["product"])
print(wr.forecast(tally, cohorts, months=18))"""
routes = APIRouter(include_in_schema=False)
Reader = Annotated[Asker, may("laboratory.read")]
PRODUCTS = ("product", "units", "claims", "dead_on_arrival", "until", "share", "lower", "upper")
MONTHS = ("product", "guarantee", "month", "expected", "lower", "upper", "not_reported", "to_occur", "cost",
          "cost_lower", "cost_upper", "currency")
TOTALS = ("product", "guarantee", "units", "covered", "claims", "lower", "upper", "cost", "cost_lower", "cost_upper",
          "currency", "refused")


def drawn(figure: Figure | None) -> Markup | None:
    """Return a figure for a wide and a narrow screen, safe to insert: our own drawing, its texts escaped."""
    if figure is None:
        return None
    both = (f'<div class="{kind}">{sketch(figure, width)}</div>'
            for kind, width in (("wide", WIDE), ("narrow", NARROW)))
    return Markup("".join(both))  # noqa: S704


def moving(figure: Figure | None, voice: Voice) -> Response:
    """Return the specification of a figure, for the script that draws it to be moved in.

    Raises
    ------
    Problem
        404 where there is no such figure.
    """
    if figure is None:
        raise Problem(404, voice("There is no such figure."))
    return JSONResponse(live(figure))


@routes.get("/products")
def products(request: Request, asker: Reader) -> Response:
    """List the products of the last life tables."""
    life = request.app.state.counter.latest("life")
    return shown(request, "products.html", asker, life=life, rows=sold(life.document["strata"]) if life else [],
                 python=_python(life))


@routes.get("/products.{form}")
def products_file(request: Request, form: Form, asker: Reader) -> Response:
    """Return the list of products as a file."""
    life = last(request, "life", asker.voice)
    return offered(Sheet("products", "warrantor.web.products/1", PRODUCTS, sold(life.document["strata"]), life.about),
                   form)


@routes.get("/products/{product:path}/figure")
def product_figure(request: Request, product: str, asker: Reader) -> Response:
    """Return the figure of a product's life table, to be moved in."""
    life = request.app.state.counter.latest("life")
    return moving(survival(stratum(life and life.document, product), asker.voice), asker.voice)


@routes.get("/products/{product:path}/life.{form}")
def life_file(request: Request, product: str, form: Form, asker: Reader) -> Response:
    """Return a product's life table as a file."""
    life = last(request, "life", asker.voice)
    table = stratum(life.document, product)
    if table is None or not table.get("table"):
        raise Problem(404, asker.voice("The last jobs know no product of this name."))
    return offered(Sheet(f"life-{product}", "warrantor.web.life/1", LIFE, rows_of(table),
                         {**life.about, "product": product}), form)


@routes.get("/products/{product:path}/returns.{form}")
def returns_file(request: Request, product: str, form: Form, asker: Reader) -> Response:
    """Return a product's sales x returns chart as a file."""
    returns = last(request, "returns", asker.voice)
    chart = stratum(returns.document, product)
    if chart is None:
        raise Problem(404, asker.voice("The last jobs know no product of this name."))
    ages = tuple(str(a) for a in range(len(chart["claims"][0]) if chart["claims"] else 0))
    rows = [{"sale_month": month, "units": units, **dict(zip(ages, claims, strict=True))}
            for month, units, claims in zip(chart["months"], chart["units"], chart["claims"], strict=True)]
    return offered(Sheet(f"returns-{product}", "warrantor.web.returns/1", ("sale_month", "units", *ages), rows,
                         {**returns.about, "product": product}), form)


@routes.get("/products/{product:path}")
def product(request: Request, product: str, asker: Reader) -> Response:
    """Show one product: sales x returns, life table, its figure."""
    counter = request.app.state.counter
    life, returns = counter.latest("life"), counter.latest("returns")
    table, chart = stratum(life and life.document, product), stratum(returns and returns.document, product)
    if table is None and chart is None:
        raise Problem(404, asker.voice("The last jobs know no product of this name."))
    return shown(request, "product.html", asker, product=product, table=table, life=life, returns=returns,
                 chart=chart_of(chart, returns.document["as_of"]) if returns else None, said=told(table),
                 figure=drawn(survival(table, asker.voice)), rows=by_month(table), python=_python(life),
                 refused=table.get("refused") if table else None)


@routes.get("/forecast")
def forecast(request: Request, asker: Reader) -> Response:
    """Show the last forecast, the reserve it asks for, and how earlier forecasts held."""
    counter = request.app.state.counter
    found, reserve, backtest = (counter.latest(kind) for kind in ("forecast", "reserve", "backtest"))
    figures = [{"stratum": s, "svg": drawn(_fan(s, asker.voice)), "quiet": _quiet(s)} for s in _ahead(found)]
    return shown(request, "forecast.html", asker, found=found, figures=figures,
                 totals=_totals(found) if found else [], python=_python(found, FORECAST),
                 reserve=reserve, money=set_aside(reserve.document) if reserve else [],
                 backtest=backtest, coverage=held(backtest.document) if backtest else [])


@routes.get("/forecast/figures/{place}")
def forecast_figure(request: Request, place: int, asker: Reader) -> Response:
    """Return the figure of one stratum of the last forecast, counted from 1, to be moved in."""
    strata = _ahead(request.app.state.counter.latest("forecast"))
    found = _fan(strata[place - 1], asker.voice) if 1 <= place <= len(strata) else None
    return moving(found, asker.voice)


@routes.get("/forecast.{form}")
def forecast_file(request: Request, form: Form, asker: Reader) -> Response:
    """Return the last forecast, a row a product and month, as a file."""
    return offered(_months(last(request, "forecast", asker.voice)), form)


@routes.get("/forecast/workbook.xlsx")
def forecast_workbook(request: Request, asker: Reader) -> Response:
    """Return the last forecast as one workbook: by month, and product by product."""
    found = last(request, "forecast", asker.voice)
    return bound(_months(found), _products(found))


@routes.get("/forecast/products.{form}")
def forecast_products(request: Request, form: Form, asker: Reader) -> Response:
    """Return the last forecast product by product, and the fleet's total, as a file."""
    return offered(_products(last(request, "forecast", asker.voice)), form)


@routes.get("/findings")
def findings(request: Request, asker: Reader) -> Response:
    """Show what loading the fleet found that cannot be."""
    return shown(request, "findings.html", asker, loaded=request.app.state.counter.loaded())


@routes.get("/findings.{form}")
def findings_file(request: Request, form: Form, asker: Reader) -> Response:
    """Return the counts of findings as a file."""
    loaded = request.app.state.counter.loaded()
    if loaded is None:
        raise Problem(404, asker.voice("No fleet has been loaded."))
    return offered(Sheet("findings", "warrantor.web.findings/1", ("rule", "count", "why", "what_to_do"),
                         loaded["rules"], {"data_until": loaded["data_until"]}), form)


def _months(found: Made) -> Sheet:
    currency = found.document.get("currency")
    rows = [{**s["by"], **m, **_cost(m.get("cost")), "currency": currency}
            for s in found.document["strata"] for m in s.get("months") or ()]
    return Sheet("forecast", "warrantor.web.forecast/1", MONTHS, rows, found.about)


def _products(found: Made) -> Sheet:
    return Sheet("forecast-products", "warrantor.web.forecast_total/1", TOTALS, _totals(found), found.about)


def _totals(found: Made) -> list[dict[str, Any]]:
    """Return claims to come and their cost, a row a stratum, and last the fleet's where there are several."""
    strata, whole = found.document["strata"], found.document.get("total")
    return [{"product": None, "guarantee": None, **s["by"], **_total(s), "currency": found.document.get("currency"),
             **{k: s.get(k) for k in ("units", "covered", "refused")}} for s in (*strata, *([whole] if whole else []))]


def _quiet(one: Mapping[str, Any]) -> str | None:
    """Return the last month in which claims are expected, where the forecast goes on for months after it."""
    busy = [m["month"] for m in one["months"] if m["expected"] >= 0.5]
    after = sum(m["month"] > busy[-1] for m in one["months"]) if busy else 0
    return busy[-1] if after > 1 else None


def _python(found: Made | None, text: str = LIVED) -> str:
    """Return the Python that asks a job's question again."""
    return text.format(fleet=found.job.words[1]) if found else ""


def _total(one: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stratum's claims to come and their cost; nothing where it was refused."""
    total = one.get("total") or {}
    return {"claims": total.get("mean"), "lower": total.get("lower"), "upper": total.get("upper"),
            **_cost(one.get("total_cost"))}


def _ahead(found: Any) -> list[dict[str, Any]]:
    """Return the strata of a forecast that were forecast."""
    return [s for s in found.document["strata"] if s.get("months")] if found else []


def _cost(told: Mapping[str, Any] | None) -> dict[str, Any]:
    cost = told or {}
    return {"cost": cost.get("mean"), "cost_lower": cost.get("lower"), "cost_upper": cost.get("upper")}


def _fan(one: Mapping[str, Any], voice: Voice) -> Figure:
    months = one["months"]
    days = [(date.fromisoformat(m["month"]) - EPOCH).days for m in months]
    line = Line(" ".join(map(str, one["by"].values())), days, [m["expected"] for m in months],
                [m["lower"] for m in months], [m["upper"] for m in months])
    label = voice("Claims a month: {first} in the first, {last} in the last of {n} months.",
                  first=voice.number(line.y[0]), last=voice.number(line.y[-1]), n=str(len(months)))
    return Figure([line], label, voice("month of report"), voice("claims reported a month"), days=True)
