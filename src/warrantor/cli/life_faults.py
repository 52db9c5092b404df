"""warrantor life --by-fault: shares of units first claimed for each fault, by age."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.cli.months import months_to
from warrantor.cli.out import Sheet, emit, progress

if TYPE_CHECKING:
    from warrantor.fleet import Fleet
    from warrantor.life.fault_laws import FaultLaws
    from warrantor.life.faults import Incidence
    from warrantor.tally import Tally

MOST = 8


def faults_of_fleet(
    path: str, by: tuple[str, ...], laws: list[str], level: float, *, as_of: str | None, engine: str, json: bool,
    csv: bool,
) -> None:
    """Print the shares of units first claimed for each fault, and a law for each.

    Parameters
    ----------
    path : str
        A fleet folder.
    by : tuple of str
        Columns of the strata.
    laws : list of str
        Laws to fit to every fault.
    level : float
        Level of the bands.
    as_of, engine, json, csv
        As the verb has them.
    """
    import warrantor
    from warrantor.cli.life import law_sheet

    with progress("reading"), warrantor.open(path, as_of=as_of, engine=engine) as fleet:
        whole, faults = _tallies(fleet, by)
    found = warrantor.incidence(whole, faults, level)
    with progress("fitting"):
        fitted = {law: warrantor.fit_faults(faults, law, level) for law in laws}
    document: dict[str, Any] = found.to_dict() | {"laws": {law: f.to_dict() for law, f in fitted.items()}}
    emit(document, _sheet(found, fitted), *(law_sheet(f.fit) for f in fitted.values()), json=json, csv=csv)


def _tallies(fleet: Fleet, by: tuple[str, ...]) -> tuple[Tally, Mapping[str, Tally]]:
    """Ask for first claims of any fault, of each of the most frequent ones, and of the others together.

    Windows are shortened by the report lag.
    """
    from warrantor.forecast.watched import shortened

    cohorts = fleet.cohorts(by=list(by))

    def asked(faults: list[str] | None) -> Tally:
        found = shortened(fleet.tally(by=list(by), faults=faults), cohorts)
        return found.over(*(n for n in found.by if n not in by))

    codes = [str(c) for c in fleet.sql("SELECT fault, count(*) AS n FROM claims WHERE fault IS NOT NULL GROUP BY fault "
                                       "ORDER BY n DESC, fault").column("fault").to_pylist()]
    most = len(codes) if len(codes) <= MOST + 1 else MOST
    faults = {code: asked([code]) for code in codes[:most]}
    if codes[most:]:
        faults[f"{len(codes) - most} rarer codes"] = asked(codes[most:])
    return asked(None), faults


def _sheet(found: Incidence, fitted: Mapping[str, FaultLaws]) -> Sheet:
    rows = [row for s in range(len(found.strata)) for row in _rows(found, fitted, s)]
    told = [(", ".join(by) or "all units", why) for by, why in zip(found.strata, found.refused, strict=True) if why]
    notes = [*found.how, *(f"{name}: {why}" for name, why in told)]
    return Sheet(f"Share of units first claimed for each fault (bands at {found.level:.0%})",
                 [*found.by, "month", "fault", "share", "lower", "upper", *fitted], rows, notes)


def _rows(found: Incidence, fitted: Mapping[str, FaultLaws], s: int) -> list[list[Any]]:
    """One row per third month lived and fault; beside the counted share what each law says."""
    lived = found.age[(found.stratum == s) & (found.at_risk > 0)]
    ages = months_to(float(lived[-1]) if len(lived) else float("nan"), every=3)
    said = [f.incidence(np.array([a for _, a in ages]))[:, s] for f in fitted.values()]
    rows: list[list[Any]] = []
    for i, (month, age) in enumerate(ages):
        counted = {n: found.at(age, n)[:, s] for n in ("incidence", "lower", "upper")}
        for k, fault in enumerate(found.faults):
            laws = [float(law[k, i]) if k < len(law) else np.nan for law in said]
            values = [*(float(column[k]) for column in counted.values()), *laws]
            rows.append([*found.strata[s], month, fault, *(v if np.isfinite(v) else None for v in values)])
    return rows
