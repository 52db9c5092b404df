"""The section of a life table and the laws fitted to the same strata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.report.paper import MOST_STRATA, drawn, paper, thinned
from warrantor.report.section import Cell, Section, Table
from warrantor.report.words import Sentence, Value, called, title_of
from warrantor.tally import DAYS_PER_MONTH

if TYPE_CHECKING:
    from warrantor.life.fitted import Fit
    from warrantor.life.table import LifeTable

MOST_AGES, MOST_LAW_ROWS = 24, 60
SHOWN = (("at_risk", "count"), ("claims", "count"), ("left", "count"), ("hazard", "share"), ("survival", "share"),
         ("lower", "share"), ("upper", "share"))


def life_section(life: LifeTable, fits: tuple[Fit, ...], at: str) -> Section:
    """Say what share claimed by the end of the first year (or the last age lived), and with which laws it agrees.

    Parameters
    ----------
    life : LifeTable
    fits : tuple of Fit
        Laws of the same strata.
    at : str
        Path of the section in the document.

    Returns
    -------
    Section
    """
    document = {"kind": "life", "facts": [_fact(life, s) for s in range(len(life.strata))],
                "shown": {"strata": len(drawn(life)), "of": len(life.strata), "level": life.level},
                "life": life.to_dict(), "laws": {f.law: f.to_dict() for f in fits}}
    which = drawn(life)
    said = tuple(_sentence(life, s, at) for s in (which or range(min(len(life.strata), MOST_STRATA))))
    return Section(
        kind="life", heading="How many claim, by age", document=document, answer=said, label=_label(said, fits),
        caption="Dots: share of units with a first claim (Kaplan-Meier). The thin bar through a dot is the band at "
                "that age alone, not a band for the whole curve"
                + (". Lines: fitted laws; a Weibull law is straight on this paper." if fits else "."),
        draw=(lambda width: paper(life, fits, width)) if which else None,
        tables=(*(_ages(life, s, at) for s in which), *(_laws(f, at) for f in fits)),
        notes=_unshown(life, at), how=tuple(dict.fromkeys([*life.how, *(h for f in fits for h in f.how)])),
        code=(f"life = wr.life_table(tally, level={life.level:g})",
              *(f"{f.law.replace('-', '_')} = wr.fit(tally, {f.law!r})" for f in fits)))


def laws_section(fits: tuple[Fit, ...], at: str) -> Section:
    """Show laws that came without a life table: their parameters only.

    Parameters
    ----------
    fits : tuple of Fit
    at : str
        Path of the section in the document.

    Returns
    -------
    Section
    """
    return Section(kind="laws", heading="Fitted laws",
                   document={"kind": "laws", "laws": {f.law: f.to_dict() for f in fits}},
                   answer=tuple(_claimed(f, at) for f in fits[:1]), tables=tuple(_laws(f, at) for f in fits),
                   how=tuple(dict.fromkeys(h for f in fits for h in f.how)),
                   code=tuple(f"{f.law.replace('-', '_')} = wr.fit(tally, {f.law!r})" for f in fits))


def _claimed(fit: Fit, at: str) -> Sentence:
    where = f"{at}/laws/{fit.law}/strata/0"
    return (f"{_name(fit, 0)}: of ", Value(f"{where}/units"), " units, ", Value(f"{where}/claims"), " have claimed.")


def _fact(life: LifeTable, s: int) -> dict[str, Any]:
    """Return the share with a claim by month 12 where it was lived, else by the last age."""
    column = life.of(s)
    year = 12 * (DAYS_PER_MONTH if life.unit == "day" else 1.0)
    lived = column["until"][column["at_risk"] > 0]
    fact: dict[str, Any] = {"by": dict(zip(life.by, life.strata[s], strict=True)), "units": int(life.units[s]),
                            "claims": int(life.claimed[s]), "age": None, "month": None, "at_risk": None, "share": None,
                            "lower": None, "upper": None}
    if not len(lived):
        return fact
    yearly = life.unit in ("day", "month") and lived[-1] >= year
    i = int(np.flatnonzero(column["until"] <= (year if yearly else lived[-1]))[-1])
    share, low, high = (1.0 - float(column[n][i]) for n in ("survival", "upper", "lower"))
    return fact | {"age": float(column["until"][i]), "month": 12 if yearly else None,
                   "at_risk": float(column["at_risk"][i]), "share": share,
                   "lower": low if np.isfinite(low) else None, "upper": high if np.isfinite(high) else None}


def _name(result: LifeTable | Fit, s: int) -> str:
    return title_of(dict(zip(result.by, result.strata[s], strict=True)))


def _sentence(life: LifeTable, s: int, at: str) -> Sentence:
    where, fact = f"{at}/facts/{s}", _fact(life, s)
    head: Sentence = (f"{_name(life, s)}: of ", Value(f"{where}/units"), " units, ", Value(f"{where}/claims"),
                      " have claimed")
    if fact["share"] is None:
        return (*head, ".")
    age: Sentence = (("month ", Value(f"{where}/month", "plain")) if fact["month"]
                     else (f"{life.unit} " if life.unit in ("day", "month") else "age ",
                           Value(f"{where}/age", "plain")))
    body: Sentence = (*head, "; by ", *age, " that is ", Value(f"{where}/share", "share"))
    if fact["lower"] is None or fact["upper"] is None:
        return (*body, ".")
    return (*body, " of them (", Value(f"{at}/shown/level", "level"), " band ", Value(f"{where}/lower", "share"),
            " to ", Value(f"{where}/upper", "share"), "; ", Value(f"{where}/at_risk"), " still under watch).")


def _label(said: tuple[Sentence, ...], fits: tuple[Fit, ...]) -> Sentence:
    laws = f" Drawn with the {' and '.join(called(f.law) for f in fits)} law." if fits else ""
    return ("Share of units with a claim by age, on Weibull paper. ", *(p for s in said for p in (*s, " ")), laws)


def _unshown(life: LifeTable, at: str) -> tuple[Sentence, ...]:
    if len(drawn(life)) == len(life.strata):
        return ()
    return (("Drawn: ", Value(f"{at}/shown/strata"), " of ", Value(f"{at}/shown/of"),
             " strata, the first with claims; the laws of more are in the tables, all are in the document."),)


def _ages(life: LifeTable, s: int, at: str) -> Table:
    column = life.of(s)
    keep = np.flatnonzero(column["claims"] > 0)
    keep = keep[thinned(column["until"][keep], MOST_AGES)]
    where = f"{at}/life/strata/{s}/rows"
    rows: list[list[Cell]] = [
        [Value(f"{where}/until/{i}", "plain"), *(Value(f"{where}/{n}/{i}", kind) for n, kind in SHOWN)] for i in keep]
    level = f"{life.level:.0%}".replace("%", " %")
    span = "up to age" if life.grain == "interval" else "age"
    return Table(f"Life table, {_name(life, s)}: ages with claims" + (", thinned" if len(rows) >= MOST_AGES else ""),
                 (f"{span}, {life.unit}s" if life.unit in ("day", "month") else f"{span}, {life.unit}",
                  "at risk, units", "first claims", "left, units", "claims per unit at risk", "without claim",
                  f"{level} band from", "to"), rows)


def _laws(fit: Fit, at: str) -> Table:
    where = f"{at}/laws/{fit.law}/strata"
    units = {"eta": f", {fit.unit}s", "rate": f", per {fit.unit}", "mu": f", ln {fit.unit}s"}
    rows: list[list[Cell]] = [
        [_name(fit, s), Value(f"{where}/{s}/units"), Value(f"{where}/{s}/claims"),
         *(Value(f"{where}/{s}/{n}", "figure") for n in (*fit.names, "loglik")), fit.refused[s] or ""]
        for s in range(min(len(fit.strata), MOST_LAW_ROWS))]
    return Table(f"{called(fit.law).capitalize()} law, maximum likelihood",
                 ("stratum", "units", "claims", *(f"{n}{units.get(n, '')}" for n in fit.names), "log-likelihood",
                  "refused"), rows)
