"""The fleet's side of `warrantor extend`: a longer promise, lots told apart, soft faults taken out of the rush."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from warrantor.cli.out import Sheet, emit, progress

if TYPE_CHECKING:
    from warrantor.fleet import Fleet
    from warrantor.forecast.longer import Longer
    from warrantor.tally import Tally


def lengthen(
    folder: Path, by: tuple[str, ...], soft: list[str], window: tuple[float, float], *, as_of: str | None, engine: str,
    level: float, seed: int, json: bool, csv: bool,
) -> None:
    """Ask what promising a fleet's units longer would bring, and print it.

    Parameters
    ----------
    folder : Path
        A fleet folder.
    by : tuple of str
        Columns of the strata; lots are told apart inside each and added over.
    soft : list of str
        Faults that customers live with for a while; all others are hard.
    window : (float, float)
        Months of the promise as it is, and as it might be.
    as_of, engine, level, seed, json, csv
        As the verb takes them.
    """
    with progress("reading and forecasting"):
        longer = asked(folder, by, soft, window, as_of=as_of, engine=engine, level=level, seed=seed)
    emit(longer.to_dict(), _sheet(longer), json=json, csv=csv)


def asked(
    folder: Path, by: tuple[str, ...], soft: list[str], window: tuple[float, float], *, as_of: str | None = None,
    engine: str = "duckdb", level: float = 0.9, seed: int = 0,
) -> Longer:
    """Return the answer for a fleet folder; strata are the columns asked for and the guarantee version."""
    import warrantor
    from warrantor.forecast.kept import said as record

    strata = [*by, "lot"]
    with warrantor.open(folder, as_of=as_of, engine=engine) as fleet:
        cohorts = fleet.cohorts(strata)
        hard, mild = told_apart(fleet, strata, soft)
    start, end = window
    longer: Longer = warrantor.extend(hard, cohorts, start=start, end=end, soft=mild, lots="lot", level=level,
                                      seed=seed)
    return replace(longer, how=(*longer.how, *record(folder)))


def told_apart(fleet: Fleet, strata: list[str], soft: list[str]) -> tuple[Tally, Tally | None]:
    """Return first claims of hard faults, or of none, and of soft ones; all of them together where no fault is soft."""
    if not soft:
        return fleet.tally(strata).over("origin"), None
    from warrantor.exposure.faults import hard_of

    hard = hard_of(fleet.sql, soft)
    return fleet.tally(strata, faults=hard).over("origin"), fleet.tally(strata, faults=soft).over("origin")


def _sheet(longer: Longer) -> Sheet:
    rows = []
    for s, key in enumerate(longer.strata):
        cells = [None if longer.refused[s] else float(v)
                 for part in (longer.at_start, longer.at_end, longer.extra, longer.cost) for v in part[s]]
        rows.append([*key, float(longer.units[s]), *cells, longer.refused[s] or ""])
    heads = [f"{what}{part}" for what in (f"by {longer.start:g}", f"by {longer.end:g}", "extra",
                                          f"cost {longer.currency or ''}".strip())
             for part in ("", " from", " to")]
    return Sheet(f"First claims per 1000 units sold ({longer.level:.0%} intervals)",
                 [*longer.by, "units", *heads, "refused"], rows, list(longer.how))
