"""The sections of a forecast and of a sales-returns chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warrantor.report.fan import answered, fan
from warrantor.report.returns import Returns, heat
from warrantor.report.section import Cell, Section, Table
from warrantor.report.words import Sentence, Value, title_of

if TYPE_CHECKING:
    from warrantor.forecast.ahead import Ahead
    from warrantor.life.table import LifeTable

MOST_ROWS = 60


def ahead_section(ahead: Ahead, life: LifeTable | None, at: str) -> Section:
    """Say how many claims the months of the window would bring, and draw the fan.

    Parameters
    ----------
    ahead : Ahead
    life : LifeTable or None
        Of the same strata: the claims seen before the window.
    at : str
        Path of the section in the document.

    Returns
    -------
    Section
    """
    which = answered(ahead)
    result = ahead.to_dict()
    rates = [_rates(s) for s in result["strata"]]
    said = tuple(_sentence(ahead, s, at) for s in range(min(len(ahead.strata), 6)))
    return Section(
        kind="ahead", heading="What the longer promise would bring", answer=said,
        document={"kind": "ahead", "rates": rates, "shown": {"strata": len(which), "of": len(ahead.strata)},
                  "ahead": result},
        label=("First claims since sale, seen and forecast. ", *(p for s in said for p in (*s, " "))),
        caption="Left of the broken line, the end of the promise as it is: first claims seen. Right of it, what units "
                "still at risk may add: median, 50 % band (strong) and 90 % band (faint).",
        draw=(lambda width: fan(ahead, life, width)) if which else None,
        tables=(_answers(ahead, at), *_mixed(ahead, at), *(_months(ahead, s, at) for s in which)),
        notes=() if len(which) == len(ahead.strata) else (
            ("Drawn: ", Value(f"{at}/shown/strata"), " of ", Value(f"{at}/shown/of"), " strata."),),
        how=ahead.how,
        code=(f"ahead = wr.extend(tally, at_risk, start={ahead.start:g}, end={ahead.end:g}, level={ahead.level:g})",))


def _rates(stratum: dict[str, object]) -> dict[str, object]:
    """Return the answer per 1,000 units at risk."""
    n = float(stratum["at_risk"])  # type: ignore[arg-type]
    found = {k: None if stratum[k] is None or n <= 0 else 1000.0 * float(stratum[k]) / n  # type: ignore[arg-type]
             for k in ("expected", "lower", "upper")}
    return {"by": stratum["by"], **found}


def _name(ahead: Ahead, s: int) -> str:
    return title_of(dict(zip(ahead.by, ahead.strata[s], strict=True)))


def _sentence(ahead: Ahead, s: int, at: str) -> Sentence:
    if ahead.refused[s] is not None:
        return (f"{_name(ahead, s)}: refused. {ahead.refused[s]}",)
    whole, one, rate = f"{at}/ahead", f"{at}/ahead/strata/{s}", f"{at}/rates/{s}"
    return (f"{_name(ahead, s)}: of ", Value(f"{one}/at_risk"), " units without a claim at month ",
            Value(f"{whole}/from", "plain"), ", about ", Value(f"{one}/expected"), " would claim by month ",
            Value(f"{whole}/to", "plain"), " (", Value(f"{whole}/level", "level"), " interval ", Value(f"{one}/lower"),
            " to ", Value(f"{one}/upper"), "): ", Value(f"{rate}/expected"),
            " per 1,000 units (", Value(f"{rate}/lower"),
            " to ", Value(f"{rate}/upper"), ").")


def _answers(ahead: Ahead, at: str) -> Table:
    columns = ("units", "claims_seen", "at_risk", "expected", "lower", "upper")
    rows: list[list[Cell]] = [
        [_name(ahead, s), *(Value(f"{at}/ahead/strata/{s}/{c}") for c in columns), Value(f"{at}/rates/{s}/expected"),
         Value(f"{at}/ahead/strata/{s}/history/products"), ahead.refused[s] or ""]
        for s in range(min(len(ahead.strata), MOST_ROWS))]
    return Table(f"Claims to come, months {ahead.start:g} to {ahead.end:g}",
                 ("stratum", "units", "claims seen", "at risk, units", "expected claims", "from", "to",
                  "expected per 1,000 at risk", "past products learnt from", "refused"), rows)


def _mixed(ahead: Ahead, at: str) -> list[Table]:
    """What was mixed, by what weight, and from how many past products its error was learnt."""
    told = [s for s in range(min(len(ahead.strata), MOST_ROWS)) if ahead.refused[s] is None]
    rows: list[list[Cell]] = [
        [_name(ahead, s), *(Value(f"{at}/ahead/strata/{s}/mixed/{n}", "share") for n in ahead.forecasters),
         Value(f"{at}/ahead/strata/{s}/history/products"), "stated prior" if ahead.prior else "learnt"] for s in told]
    heads = ("stratum", *ahead.forecasters, "past products", "error of past forecasts")
    return [Table("Forecasters mixed, by weight, and what their errors rest on", heads, rows)] if rows else []


def _months(ahead: Ahead, s: int, at: str) -> Table:
    where = f"{at}/ahead/strata/{s}/fan"
    keys = list(ahead.to_dict()["strata"][s]["fan"][0])[1:]
    rows: list[list[Cell]] = [[Value(f"{where}/{i}/month", "plain"), *(Value(f"{where}/{i}/{k}") for k in keys)]
                              for i in range(len(ahead.fan_months))]
    return Table(f"{_name(ahead, s)}: claims after month {ahead.start:g}, up to each month",
                 ("up to month", *(f"{100 * float(k):g} % quantile" for k in keys)), rows)


def returns_section(returns: Returns, at: str) -> Section:
    """Show first claims by row and month in service.

    Parameters
    ----------
    returns : Returns
    at : str
        Path of the section in the document.

    Returns
    -------
    Section
    """
    units, claims = float(returns.units.sum()), float(returns.claims[returns.claims == returns.claims].sum())
    where = f"{at}/returns/rows"
    rows: list[list[Cell]] = [
        [title_of(by), Value(f"{where}/{s}/units"),
         *(Value(f"{where}/{s}/claims/{i}") for i in range(len(returns.months)))]
        for s, by in enumerate(returns.rows)]
    label: Sentence = ("First claims by row and month in service: ", Value(f"{at}/sums/claims"), " claims of ",
                       Value(f"{at}/sums/units"), " units.")
    more: tuple[Sentence, ...] = ((Value(f"{at}/returns/unshown"), " rows are left out."),) if returns.unshown else ()
    return Section(
        kind="returns", heading="Sales and returns",
        document={"kind": "returns", "sums": {"units": units, "claims": claims}, "returns": returns.to_dict()},
        label=label,
        caption="Each cell: first claims in that month of service. The stronger the shade, the more claims per "
        "unit under watch when the month began. Empty: not lived yet.",
        draw=lambda width: heat(returns, width),
        tables=(Table("First claims by month in service: units sold, then by month",
                      ("row", "units", *(f"{m:g}" for m in returns.months)), rows),),
        notes=more, how=returns.how, code=("tally = tally",))
