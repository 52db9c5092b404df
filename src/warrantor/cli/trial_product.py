"""warrantor trial freeze, observed, compare: one product against the rest, where no unit was drawn by lot."""

from __future__ import annotations

import json as json_module
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from warrantor.cli.app import UsageError
from warrantor.cli.out import Sheet, emit, note, progress

if TYPE_CHECKING:
    import numpy as np

    from warrantor.fleet import Fleet
    from warrantor.forecast.predicted import Predicted
    from warrantor.forecast.running import Running
    from warrantor.forecast.transport import Transport
    from warrantor.tally import Tally
    from warrantor.trial.observed import Frozen

Many = Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")]
LAWS = ("weibull", "lognormal")


def freeze(
    fleet: Path,
    /,
    *,
    product: str,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    from_: Annotated[float, Parameter(name="--from")] = 12.0,
    to: float = 18.0,
    law: Many = None,
    history: Path | None = None,
    age: str = "age",
    failed: str = "failed",
    count: str | None = None,
    age_unit: str = "day",
    level: float = 0.9,
    seed: int = 0,
    draws: int = 1000,
    as_of: str | None = None,
    engine: str = "duckdb",
    json: bool = False,
) -> None:
    """Freeze the forecast of a product's claims in the months a longer promise adds, before any unit reaches them.

    Parameters
    ----------
    fleet
        A fleet folder that `warrantor load` wrote.
    product
        The product whose promise is longer.
    output
        Where to write the forecast; a file that is there already is never written over.
    from_
        Months of the conventional promise.
    to
        Months of the longer one.
    law
        Laws to mix; weibull and lognormal unless said.
    history
        Lifetimes of past products, uncut, with a column product: how wrong forecasts of theirs were is carried over.
    age
        Column of ages of --history.
    failed
        Column of --history that says whether the age is a claim's: 1, 0, true or false.
    count
        Column of --history with the number of units a row stands for.
    age_unit
        Unit of the ages of --history: day or month.
    level
        Level of the interval.
    seed
        Of the refits.
    draws
        How many refits.
    as_of
        The day up to which to read the fleet.
    engine
        duckdb, spark or spark://host:port.
    json
        Print the frozen forecast as JSON.
    """
    import numpy as np

    import warrantor
    from warrantor.forecast.costs import severity
    from warrantor.trial.observed import freeze as ask

    if output.exists():
        raise UsageError(f"{output} is there already: a frozen forecast is never written over. Name another file.")
    with progress("reading, refitting and freezing"):
        past = None if history is None else _lesson(history, {"age": age, "failed": failed, "count": count}, age_unit,
                                                    (from_, to))
        with warrantor.open(fleet, as_of=as_of, engine=engine) as whole:
            evidence, running, oldest = _running(whole, product)
            day = whole.as_of
        found = warrantor.predict(evidence, running, start=from_, end=to, laws=tuple(law or LAWS), draws=draws,
                                  level=level, seed=seed)
        frozen = ask(found, as_of=day, sold_by=day, oldest=oldest, past=past, currency=evidence.currency,
                     paid=severity([evidence], np.zeros(1, np.int64)), seed=seed)[0]
    output.write_text(json_module.dumps(frozen.to_dict(), ensure_ascii=False) + "\n", encoding="utf-8")
    note(f"Frozen: {output}, {frozen.hash}")
    lower, upper = frozen.interval
    emit(frozen.to_dict(), Sheet(
        f"Claims of {product} at ages {from_:g} to {to:g} months, frozen as of {day}",
        ["product", "units", "expected", "from", "to", "past products", "hash"],
        [[product, frozen.units, frozen.expected, lower, upper, frozen.products, frozen.hash[:16]]], frozen.how),
        json=json)


def observed(
    fleet: Path,
    frozen: Path,
    /,
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    level: float = 0.95,
    as_of: str | None = None,
    engine: str = "duckdb",
    json: bool = False,
) -> None:
    """Compare what came with a frozen forecast, once every one of its units has left the window.

    Parameters
    ----------
    fleet
        A fleet folder that `warrantor load` wrote.
    frozen
        The forecast that `warrantor trial freeze` wrote.
    output
        Write a page there, .html.
    level
        Level of the interval of observed over expected.
    as_of
        The day up to which to read the fleet.
    engine
        duckdb, spark or spark://host:port.
    json
        Print one JSON document.
    """
    import warrantor
    from warrantor.trial.observed import Frozen, observe

    if not frozen.is_file():
        raise UsageError(f"There is no file {frozen} with a frozen forecast.")
    told = Frozen.of_dict(json_module.loads(frozen.read_text(encoding="utf-8")))
    with progress("reading"), warrantor.open(fleet, as_of=as_of, engine=engine) as whole:
        came, cost = _came(whole, told)
        found = observe(told, came, as_of=whole.as_of, cost=cost, level=level)
    _page(output, found, title=f"{found.name}: the forecast, and what came")
    emit(found.to_dict(), Sheet(
        f"What came of {found.name} in months {found.start:g} to {found.end:g}",
        ["observed", "expected", "ratio", "from", "to", "forecast from", "to ", "PIT"],
        [[found.observed, found.expected, found.ratio, found.lower, found.upper, *found.forecast, found.pit]],
        [found.sentence(), *found.how]), json=json)


def compare(
    fleet: Path,
    /,
    *,
    product: str,
    donors: Annotated[list[str], Parameter(consume_multiple=True, negative="")],
    metric: Many = None,
    begins: int = 0,
    until: int | None = None,
    market: str | None = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    level: float = 0.95,
    engine: str = "duckdb",
    json: bool = False,
) -> None:
    """Compare a product's measured outcomes with those of products that kept the conventional promise.

    Parameters
    ----------
    fleet
        A fleet folder with outcomes.
    product
        The product whose promise is longer.
    donors
        Products to compare it with, chosen before looking.
    metric
        What was measured; everything measured unless said.
    begins
        Months since the product's launch at which its promise became longer; 0: at launch, and then the comparison
        is matched and not causal.
    until
        Last month since launch to compare.
    market
        One market; all of them, weighted by n, unless said.
    output
        Write a page there, .html.
    level
        Level of the placebo interval.
    engine
        duckdb, spark or spark://host:port.
    json
        Print one JSON document.
    """
    import warrantor
    from warrantor.trial.placebo import compare as ask

    with progress("comparing"), warrantor.open(fleet, engine=engine) as whole:
        outcomes = whole.outcomes()
        found = [ask(outcomes, product, donors, m, begins=begins, until=until, market=market, level=level)
                 for m in metric or outcomes.metrics]
    _page(output, *found, title=f"{product} against {len(found[0].donors)} products")
    rows = [[f.metric, f.kind, f.effect, *(f.interval or (None, None)), f.p, f.least_p] for f in found]
    emit({"schema": "warrantor.comparisons/1", "metrics": [f.to_dict() for f in found]}, Sheet(
        f"{product} against {len(found[0].donors)} products", ["metric", "what it is", "effect", "from", "to", "p",
                                                               "least p"], rows,
        list(dict.fromkeys(line for f in found for line in f.how))), json=json)


def _page(output: Path | None, *found: Any, title: str) -> None:
    """Write the answer as a page where one was asked for."""
    import warrantor

    if output is not None:
        note(f"The page: {warrantor.report(*found, title=title).save(output)}")


def _running(fleet: Fleet, product: str) -> tuple[Tally, Running, float]:
    """A product's claims so far, its units without one by age, and the age of the oldest in months."""
    import numpy as np

    from warrantor.finding import Refused
    from warrantor.forecast.running import Running
    from warrantor.forecast.watched import as_of_day, placed, shortened
    from warrantor.tally import DAYS_PER_MONTH

    found, cohorts = fleet.tally(["product"]).over("origin"), fleet.cohorts(["product"])
    keep = np.array([key[found.by.index("product")] == product for key in found.strata], bool)
    if not keep.any():
        raise Refused(f"The fleet has no product {product!r}; it has "
                      f"{', '.join(sorted({k[found.by.index('product')] for k in found.strata}))}.")
    evidence = shortened(found, cohorts).only(keep).over(*(n for n in found.by if n != "product"))
    rows = _of(keep, placed(found, cohorts)) & (cohorts.start_day <= as_of_day(cohorts))
    left = np.maximum(cohorts.units - cohorts.claimed - cohorts.gone, 0.0)[rows]
    age = (as_of_day(cohorts) - cohorts.start_day[rows]).astype(np.float64)
    running = Running(by=("product",), strata=((product,),), stratum=np.zeros(len(age), np.int64), age=age, units=left,
                      until=(cohorts.end_day - cohorts.start_day)[rows].astype(np.float64))
    return evidence, running, float(age.max(initial=0.0)) / DAYS_PER_MONTH


def _of(keep: np.ndarray[Any, np.dtype[np.bool_]], place: Any) -> Any:
    """Which cohorts are of the strata kept."""
    return (place >= 0) & keep[place.clip(0)]


def _lesson(path: Path, columns: dict[str, str | None], unit: str, window: tuple[float, float]) -> Transport:
    """How wrong the first law's forecasts of past products were."""
    import warrantor
    from warrantor.forecast.at_risk import ages, alive, came, cut
    from warrantor.records.lifetimes import read_lifetimes

    tally = read_lifetimes(path, **columns, by=("product",), unit=unit).tally()
    begin, end = (ages(tally.unit, w) for w in window)
    told: Predicted = warrantor.predict(cut(tally, begin), alive(tally, begin), start=window[0], end=window[1],
                                        laws=LAWS[:1], draws=200)
    return told.learned(came(tally, begin, end))


def _came(fleet: Fleet, frozen: Frozen) -> tuple[int, float | None]:
    """First claims of the frozen forecast's units in its window, all of them known, and what all claims there cost."""
    import numpy as np

    from warrantor.finding import Refused
    from warrantor.forecast.watched import lag_of
    from warrantor.tally import DAYS_PER_MONTH

    lag = lag_of(fleet.cohorts(["product"]))
    opens = frozen.sold_by + timedelta(days=round(frozen.end * DAYS_PER_MONTH) + (0 if lag is None else
                                                                                  int(lag.quantile(0.99))))
    if fleet.as_of < opens:
        raise Refused(f"The window opens on {opens}: until then not all units sold by {frozen.sold_by} have passed "
                      f"month {frozen.end:g} with their claims reported. These records reach to {fleet.as_of}.")
    found = fleet.begun(["product"], begun_by=frozen.sold_by)
    mine = np.array([key[found.by.index("product")] == frozen.name for key in found.strata], bool)
    month = found.age / DAYS_PER_MONTH
    inside = (month > frozen.start) & (month <= frozen.end) & mine[found.stratum]
    cost = float(found.cost[inside].sum())
    return int(found.claimed[inside].sum()), None if np.isnan(cost) else cost
