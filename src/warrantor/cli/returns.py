"""warrantor returns: a fleet's sales-returns chart, month of sale by month of age."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from warrantor.cli.out import Sheet, emit, progress

if TYPE_CHECKING:
    from warrantor.tally import Cohorts

SCHEMA = "warrantor.returns/1"
Many = Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")]


def returns(
    fleet: Path, /, *, by: Many = None, as_of: str | None = None, engine: str = "duckdb", json: bool = False,
    csv: bool = False,
) -> None:
    """Count a fleet's claims under cover by month of sale and month of age: the chart the trade keeps.

    Parameters
    ----------
    fleet
        A fleet folder that `warrantor load` wrote.
    by
        Columns of the strata.
    as_of
        The day up to which to read the fleet.
    engine
        duckdb, spark or spark://host:port.
    json
        Print one JSON document.
    csv
        Print a row per month of sale and age with claims.
    """
    import warrantor

    with progress("asking"), warrantor.open(fleet, as_of=as_of, engine=engine) as opened:
        cohorts = opened.cohorts(by=list(by or ()))
    document = counted(cohorts)
    columns = [*cohorts.by, "sale_month", "units", "age_month", "claims"]
    emit(document, Sheet("Claims by month of sale and month of age", columns, list(_rows(document))), json=json,
         csv=csv)


def counted(cohorts: Cohorts) -> dict[str, Any]:
    """Return the chart of every stratum, its guarantee versions added.

    Parameters
    ----------
    cohorts : Cohorts
        Of a fleet.

    Returns
    -------
    dict
        Schema warrantor.returns/1: for each stratum `months` of sale (S), `units` sold in each (S), and `claims`
        (S, A) by whole month of age 0..A-1. None where nobody could be seen: not lived yet, or cover had ended.
    """
    import numpy as np

    from warrantor.tally import DAYS_PER_MONTH

    month = cohorts.start_day.astype("datetime64[D]").astype("datetime64[M]")
    until = np.minimum(cohorts.end_day, np.datetime64(str(cohorts.as_of), "D").astype(int))
    lived = np.floor((until - cohorts.start_day) / DAYS_PER_MONTH)
    strata = []
    for s, names in enumerate(cohorts.strata):
        here = cohorts.stratum == s
        months, place = np.unique(month, return_inverse=True)
        units = np.bincount(place, cohorts.units * here, len(months))
        cells = here[cohorts.claim_cohort]
        ages = int(cohorts.claim_age.max(initial=0)) + 1
        claims = np.zeros((len(months), ages))
        np.add.at(claims, (place[cohorts.claim_cohort[cells]], cohorts.claim_age[cells]), cohorts.claim_count[cells])
        reached = np.full(len(months), -1.0)
        np.maximum.at(reached, place[here], lived[here])
        strata.append({
            "by": dict(zip(cohorts.by, names, strict=True)), "months": [str(m) for m in months],
            "units": units.tolist(),
            "claims": [[int(n) if n or a <= r else None for a, n in enumerate(row)]
                       for row, r in zip(claims, reached, strict=True)]})
    return {"schema": SCHEMA, "as_of": str(cohorts.as_of), "strata": strata}


def _rows(document: dict[str, Any]) -> Any:
    for one in document["strata"]:
        for month, units, claims in zip(one["months"], one["units"], one["claims"], strict=True):
            for age, count in enumerate(claims):
                if count:
                    yield [*one["by"].values(), month, int(units), age, count]
