"""The section and the figure of first claims by fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.finding import Refused
from warrantor.report.palette import finished
from warrantor.report.section import Cell, Section, Table
from warrantor.report.steps import MOST_CURVES, Curve, steps
from warrantor.report.words import Sentence, Value, listed, title_of

if TYPE_CHECKING:
    import altair as alt

    from warrantor.life.faults import Incidence

MOST_STRATA = 6


def fault_steps(found: Incidence, width: int = 640, title: str | None = None) -> alt.TopLevelMixin:
    """Draw the shares of units first claimed for each fault, a panel for each stratum.

    Parameters
    ----------
    found : Incidence
        The first six strata with claims, and the six most frequent faults.
    width : int
        Pixels.
    title : str, optional

    Returns
    -------
    altair chart

    Raises
    ------
    Refused
        No stratum has a first claim after age 0.
    """
    import altair as alt

    which = shown_strata(found)
    if not which:
        raise Refused("No first claim after age 0: there is nothing to draw.")
    across = 1 if width <= 480 or len(which) == 1 else 2
    panels = [steps(_curves(found, s), "Units first claimed for it", width // across, unit=found.unit, percent=True,
                    title=_name(found, s) if len(which) > 1 else None) for s in which]
    return finished(panels[0] if len(panels) == 1 else alt.concat(*panels, columns=across, spacing=24), title)


def shown_strata(found: Incidence) -> list[int]:
    """Return the strata a figure has room for: the first six with a first claim after age 0."""
    late = (found.claimed - found.dead_on_arrival).sum(axis=0)
    return [s for s in range(len(found.strata)) if late[s] > 0][:MOST_STRATA]


def _curves(found: Incidence, s: int) -> list[Curve]:
    """Draw the six most frequent faults of all strata together, so that a colour means one fault in every panel."""
    rows = np.flatnonzero((found.stratum == s) & (found.at_risk > 0))
    return [Curve(found.faults[k], found.age[rows], found.incidence[k, rows], found.lower[k, rows],
                  found.upper[k, rows], float(found.age[rows[-1]])) for k in _most(found)[:MOST_CURVES]]


def _most(found: Incidence) -> list[int]:
    """Return the numbers of the faults with a claim after age 0, the most frequent first."""
    late = (found.claimed - found.dead_on_arrival).sum(axis=1)
    return [int(k) for k in np.argsort(-late, kind="stable") if late[k] > 0]


def faults_section(found: Incidence, at: str) -> Section:
    """Say which fault units are first claimed for most, and with what share by the last age lived.

    Parameters
    ----------
    found : Incidence
    at : str
        Path of the section in the document.

    Returns
    -------
    Section
    """
    facts = [_fact(found, s) for s in range(len(found.strata))]
    which = shown_strata(found)
    said = tuple(_sentence(found, s, facts[s], at) for s in (which or range(min(len(facts), MOST_STRATA))))
    left = [found.faults[k] for k in _most(found)[MOST_CURVES:]]
    return Section(
        kind="faults", heading="First claims by fault", answer=said,
        document={"kind": "faults", "facts": facts, "shown": {"strata": len(which), "of": len(found.strata)},
                  "faults": found.to_dict()},
        label=("Share of units by the fault of their first claim, by age. ", *(p for s in said for p in (*s, " "))),
        caption="Line: share of units first claimed for the fault by the age; the shares and that of units without a "
                "claim add to 1. Shade: the band at that age alone."
                + (f" Not drawn: {listed(left)}." if left else ""),
        draw=(lambda width: fault_steps(found, width)) if which else None,
        tables=tuple(_table(found, s, at) for s in which),
        notes=() if len(which) == len(found.strata) else (
            ("Drawn: ", Value(f"{at}/shown/strata"), " of ", Value(f"{at}/shown/of"), " strata."),),
        how=found.how, code=(f"shares = wr.incidence(tally, by_fault, level={found.level:g})",))


def _fact(found: Incidence, s: int) -> dict[str, Any]:
    """Return the shares at the last age with somebody under watch, the largest first."""
    rows = np.flatnonzero((found.stratum == s) & (found.at_risk > 0))
    fact: dict[str, Any] = {"by": dict(zip(found.by, found.strata[s], strict=True)), "units": float(found.units[s]),
                            "claimed": float(found.claimed[:, s].sum()), "age": None, "survival": None, "faults": []}
    if not len(rows):
        return fact
    last = rows[-1]
    order = np.argsort(-found.incidence[:, last], kind="stable")
    shares = [{"fault": found.faults[k], "claimed": float(found.claimed[k, s]),
               **{n: float(v) if np.isfinite(v) else None for n, v in (
                   ("share", found.incidence[k, last]), ("lower", found.lower[k, last]),
                   ("upper", found.upper[k, last]))}} for k in order]
    return fact | {"age": float(found.age[last]), "survival": float(found.survival[last]), "faults": shares}


def _name(found: Incidence, s: int) -> str:
    return title_of(dict(zip(found.by, found.strata[s], strict=True)))


def _sentence(found: Incidence, s: int, fact: dict[str, Any], at: str) -> Sentence:
    where = f"{at}/facts/{s}"
    head: Sentence = (f"{_name(found, s)}: of ", Value(f"{where}/units"), " units, ", Value(f"{where}/claimed"),
                      " have claimed")
    if not fact["faults"] or not fact["faults"][0]["share"]:
        return (*head, ".")
    most = f"{where}/faults/0"
    body: Sentence = (*head, f"; {fact['faults'][0]['fault']} comes first most often, for ",
                      Value(f"{most}/share", "share"), f" of units by {found.unit} ", Value(f"{where}/age", "plain"))
    if fact["faults"][0]["lower"] is None:
        return (*body, ".")
    return (*body, " (", Value(f"{at}/faults/level", "level"), " band ", Value(f"{most}/lower", "share"), " to ",
            Value(f"{most}/upper", "share"), ").")


def _table(found: Incidence, s: int, at: str) -> Table:
    where = f"{at}/facts/{s}/faults"
    columns = ("share", "lower", "upper")
    names = [f["fault"] for f in _fact(found, s)["faults"]]
    rows: list[list[Cell]] = [
        [name, Value(f"{where}/{i}/claimed"), *(Value(f"{where}/{i}/{n}", "share") for n in columns)]
        for i, name in enumerate(names)]
    return Table(f"{_name(found, s)}: first claims by fault, up to the last age lived",
                 ("fault", "first claims", "share of units", f"{found.level:.0%} band from", "to"), rows)
