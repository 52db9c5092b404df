"""The section and the figure of claims and cost per unit, repeats included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.finding import Refused
from warrantor.report.palette import finished
from warrantor.report.section import Cell, Section, Table
from warrantor.report.steps import MOST_CURVES, Curve, steps
from warrantor.report.words import Sentence, Value, title_of
from warrantor.tally import DAYS_PER_MONTH

if TYPE_CHECKING:
    import altair as alt

    from warrantor.life.repeat import MeanCumulative

MOST_ROWS = 60
NAMES = ("mean", "lower", "upper", "cost", "cost_lower", "cost_upper")


def repeat_steps(found: MeanCumulative, width: int = 640, title: str | None = None) -> alt.TopLevelMixin:
    """Draw claims per unit by age, and below it their cost per unit where the records hold one.

    Parameters
    ----------
    found : MeanCumulative
        The first six strata with claims.
    width : int
        Pixels.
    title : str, optional

    Returns
    -------
    altair chart

    Raises
    ------
    Refused
        No stratum has a claim.
    """
    import altair as alt

    which = shown_strata(found)
    if not which:
        raise Refused("No claim under cover: there is nothing to draw.")
    panels = [steps(_curves(found, which, NAMES[:3]), "Claims per unit", width, unit=found.unit)]
    if found.currency and np.isfinite(found.cost).any():
        panels.append(steps(_curves(found, which, NAMES[3:]), f"Cost per unit, {found.currency}", width,
                            unit=found.unit))
    return finished(panels[0] if len(panels) == 1 else alt.vconcat(*panels, spacing=24), title)


def shown_strata(found: MeanCumulative) -> list[int]:
    """Return the strata a figure has room for: the first six with claims."""
    return [s for s, why in enumerate(found.refused) if why is None][:MOST_CURVES]


def _curves(found: MeanCumulative, which: list[int], names: tuple[str, ...]) -> list[Curve]:
    def one(s: int) -> Curve:
        column = found.of(s)
        name = _name(found, s) if found.by else ""
        value, lower, upper = (column[n] for n in names)
        return Curve(name, column["age"], value, lower, upper, float(found.until[s]))

    return [one(s) for s in which]


def repeat_section(found: MeanCumulative, at: str) -> Section:
    """Say how many claims a unit brings by the end of the first year (or the last age lived), repeats included.

    Parameters
    ----------
    found : MeanCumulative
    at : str
        Path of the section in the document.

    Returns
    -------
    Section
    """
    which = shown_strata(found)
    facts = [_fact(found, s) for s in range(len(found.strata))]
    said = tuple(_sentence(found, s, facts[s], at) for s in range(min(len(found.strata), MOST_CURVES)))
    left = len(which) < len(found.strata)
    return Section(
        kind="repeat", heading="Claims per unit, repeats included", answer=said,
        document={"kind": "repeat", "facts": facts, "shown": {"strata": len(which), "of": len(found.strata)},
                  "repeat": found.to_dict()},
        label=("Claims per unit under cover by age, repeats included. ", *(p for s in said for p in (*s, " "))),
        caption="Line: mean claims a unit has brought by the age, were it under cover until then. Shade: the band at "
                "that age alone; its variance knows which units claimed again.",
        draw=(lambda width: repeat_steps(found, width)) if which else None, tables=(_table(found, at),),
        notes=(("Drawn: ", Value(f"{at}/shown/strata"), " of ", Value(f"{at}/shown/of"), " strata."),) if left else (),
        how=found.how, code=(f"repeats = wr.mean_cumulative(fleet.repeats(), level={found.level:g})",))


def _fact(found: MeanCumulative, s: int) -> dict[str, Any]:
    """Return the mean by month 12 where that was lived, else by the last age."""
    year = float(np.floor(12 * (DAYS_PER_MONTH if found.unit == "day" else 1.0)))
    until = float(found.until[s])
    yearly = found.unit in ("day", "month") and until >= year
    age = year if yearly else until
    values = {n: float(found.at(age, n)[s]) for n in NAMES}
    return {"by": dict(zip(found.by, found.strata[s], strict=True)), "units": float(found.units[s]),
            "claims": float(found.total[s]), "claimed": float(found.claimed[s]), "month": 12 if yearly else None,
            "age": age if np.isfinite(age) else None, "refused": found.refused[s],
            **{n: v if np.isfinite(v) else None for n, v in values.items()}}


def _name(found: MeanCumulative, s: int) -> str:
    return title_of(dict(zip(found.by, found.strata[s], strict=True)))


def _sentence(found: MeanCumulative, s: int, fact: dict[str, Any], at: str) -> Sentence:
    where = f"{at}/facts/{s}"
    head: Sentence = (f"{_name(found, s)}: ", Value(f"{where}/claims"), " claims of ", Value(f"{where}/claimed"),
                      " units among ", Value(f"{where}/units"))
    if fact["lower"] is None:
        return (*head, f". {fact['refused']}" if fact["refused"] else ".")
    age: Sentence = (("month ", Value(f"{where}/month", "plain")) if fact["month"]
                     else (f"{found.unit} ", Value(f"{where}/age", "plain")))
    body: Sentence = (*head, "; by ", *age, " that is ", Value(f"{where}/mean", "figure"), " a unit (",
                      Value(f"{at}/repeat/level", "level"), " band ", Value(f"{where}/lower", "figure"), " to ",
                      Value(f"{where}/upper", "figure"), ")")
    if fact["cost_lower"] is None:
        return (*body, ".")
    return (*body, f", and {found.currency} ", Value(f"{where}/cost", "figure"), " a unit (",
            Value(f"{where}/cost_lower", "figure"), " to ", Value(f"{where}/cost_upper", "figure"), ").")


def _table(found: MeanCumulative, at: str) -> Table:
    rows: list[list[Cell]] = [
        [_name(found, s), *(Value(f"{at}/facts/{s}/{n}") for n in ("units", "claimed", "claims")),
         Value(f"{at}/facts/{s}/age", "plain"), *(Value(f"{at}/facts/{s}/{n}", "figure") for n in NAMES),
         " ".join(w for w in (found.refused[s], found.cost_refused[s] if found.currency else None) if w)]
        for s in range(min(len(found.strata), MOST_ROWS))]
    return Table("Claims and cost per unit under cover, repeats included",
                 ("stratum", "units", "of them claimed", "claims", f"by age, {found.unit}s", "claims a unit", "from",
                  "to", f"cost a unit, {found.currency or 'none recorded'}", "from", "to", "refused"), rows)
