"""The fleet's side of `warrantor life --heard`: failures beyond cover, from who was still heard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from warrantor.cli.out import Sheet, emit, progress

if TYPE_CHECKING:
    from warrantor.life.heartbeat import Heartbeat


def silent(folder: Path, by: tuple[str, ...], laws: list[str], within: int, to: float, *, as_of: str | None,
           engine: str, level: float, json: bool, csv: bool) -> None:
    """Ask who was still heard of a fleet, and print the failures beyond cover that it tells of.

    Parameters
    ----------
    folder : Path
        A fleet folder.
    by : tuple of str
        Columns of the strata; the guarantee version is added, since cover must end alike in a stratum.
    laws : list of str
        The first is fitted to the claims under cover.
    within : int
        Days.
    to : float
        Months.
    as_of, engine, level, json, csv
        As the verb takes them.
    """
    import warrantor
    from warrantor.forecast.watched import shortened

    with progress("reading and fitting"):
        with warrantor.open(folder, as_of=as_of, engine=engine) as fleet:
            heard, tally, cohorts = fleet.heard(by, within=within), fleet.tally(by).over("origin"), fleet.cohorts(by)
        found = warrantor.heartbeat(heard, shortened(tally, cohorts), to=to, law=laws[0], level=level)
    emit(found.to_dict(), _sheet(found), json=json, csv=csv)


def _sheet(found: Heartbeat) -> Sheet:
    rows = []
    for s, key in enumerate(found.strata):
        numbers = [None if v != v else float(v)  # noqa: PLR0124  nan differs from itself
                   for v in (*found.failures[s, -1], *found.scenarios[s], found.carried[s], found.fall[s],
                             found.silent_alive[s])]
        rows.append([*key, *numbers, found.refused[s] or ""])
    falls = [f"pi falls {f:.0%} a month" for f in (0.0, 0.01, 0.02)]
    heads = ["failures", "from", "to", *falls, "by the claims' law", "fall of pi", "silent and alive"]
    return Sheet(f"Failures per 1000 units sold from the end of cover to month {found.months[-1]:g} "
                 f"({found.level:.0%} interval)", [*found.by, *heads, "refused"], rows, list(found.how))
