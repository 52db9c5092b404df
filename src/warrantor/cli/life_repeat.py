"""warrantor life --repeat: claims and cost per unit by age, repeats included."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.cli.app import UsageError
from warrantor.cli.months import months_to
from warrantor.cli.out import Sheet, emit, progress

if TYPE_CHECKING:
    from warrantor.life.repeat import MeanCumulative
    from warrantor.repeats import Repeats

SHOWN = ("mean", "lower", "upper")
PRICED = ("cost", "cost_lower", "cost_upper")


def recurring(
    fleet: Path | None, by: tuple[str, ...], laws: list[str] | None, beside: dict[str, Any], *, both: bool,
    as_of: str | None, engine: str, level: float, json: bool, csv: bool,
) -> None:
    """Answer --repeat, and --by-fault where laws are given.

    Parameters
    ----------
    fleet : Path
        The fleet folder; None is refused.
    by : tuple of str
        Columns of the strata.
    laws : list of str, optional
        Laws to fit to every fault.
    beside : dict
        What was said beside it and says nothing there: a value that is neither None nor False is refused.
    both : bool
        Both were asked for, which is refused.
    as_of, engine, level, json, csv
        As the verb has them.
    """
    from warrantor.cli.life_faults import faults_of_fleet

    word = "--repeat" if laws is None else "--by-fault"
    if fleet is None:
        raise UsageError(f"{word} asks a fleet folder: a file of single ages does not say enough.")
    if both:
        raise UsageError("--repeat counts all claims, --by-fault first ones: ask for one at a time.")
    wrong = [name for name, value in beside.items() if value is not None and value is not False]
    if wrong:
        raise UsageError(f"{wrong[0]} says nothing beside {word}: leave it out.")
    if laws is None:
        _repeat_of_fleet(str(fleet), by, level, as_of=as_of, engine=engine, json=json, csv=csv)
    else:
        faults_of_fleet(str(fleet), by, laws, level, as_of=as_of, engine=engine, json=json, csv=csv)


def _repeat_of_fleet(
    path: str, by: tuple[str, ...], level: float, *, as_of: str | None, engine: str, json: bool, csv: bool
) -> None:
    import warrantor

    with progress("reading"), warrantor.open(path, as_of=as_of, engine=engine) as fleet:
        asked = fleet.repeats(by=list(by))
    repeats = asked.over(*(n for n in asked.by if n not in by))
    found = warrantor.mean_cumulative(repeats, level)
    emit(found.to_dict(), _sheet(found, repeats), json=json, csv=csv)


def _sheet(found: MeanCumulative, repeats: Repeats) -> Sheet:
    names = (*SHOWN, *PRICED) if found.currency else SHOWN
    heads = [f"{n}, {found.currency}" if n in PRICED else n for n in names]
    heads[0] = "claims a unit"
    rows = [row for s in range(len(found.strata)) for row in _rows(found, repeats, s, names)]
    told = [f"{_name(found, s)}: {why}" for s in range(len(found.strata))
            for why in (found.refused[s], found.cost_refused[s] if found.currency else None) if why]
    return Sheet(f"Claims per unit under cover, repeats included (bands at {found.level:.0%})",
                 [*found.by, "month", "under cover", *heads], rows, [*found.how, *told])


def _rows(found: MeanCumulative, repeats: Repeats, s: int, names: tuple[str, ...]) -> list[list[str | float | None]]:
    """One row per whole month lived, and one at the last age with somebody under cover."""
    rows: list[list[str | float | None]] = []
    for month, age in months_to(float(found.until[s])):
        values = [float(found.at(age, n)[s]) for n in names]
        under = float(repeats.at_risk(np.array([s]), np.array([age]))[0])
        rows.append([*found.strata[s], month, under, *(v if np.isfinite(v) else None for v in values)])
    return rows


def _name(found: MeanCumulative, s: int) -> str:
    return ", ".join(found.strata[s]) or "all units"
