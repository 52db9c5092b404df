"""warrantor life: life tables and laws, from a fleet, a lifetimes file or a sales-returns chart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from warrantor.cli.app import UsageError
from warrantor.cli.out import Sheet, emit, number, progress

if TYPE_CHECKING:
    from warrantor.life.fitted import Fit
    from warrantor.life.piecewise import Piecewise
    from warrantor.tally import Brackets, Tally

SCHEMA = "warrantor.life/1"
RUSH = ("Every claim is taken for a failure at its age, also those that rush in before cover ends: forecast and extend "
        "tell them apart with --soft.")
Many = Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")]


def life(
    fleet: Path | None = None,
    /,
    *,
    lifetimes: Path | None = None,
    sales_returns: Path | None = None,
    age: str | None = None,
    failed: str | None = None,
    lower: str | None = None,
    upper: str | None = None,
    count: str | None = None,
    entry: str | None = None,
    by: Many = None,
    law: Many = None,
    level: float = 0.9,
    intervals: bool = False,
    table: bool = False,
    exact_end: bool = False,
    repeat: bool = False,
    by_fault: bool = False,
    borrow: bool = False,
    unit: str = "day",
    heard: int | None = None,
    to: float = 18.0,
    as_of: str | None = None,
    engine: str = "duckdb",
    json: bool = False,
    csv: bool = False,
) -> None:
    """Life tables and laws of a fleet, a lifetimes file or a sales-returns chart.

    Parameters
    ----------
    fleet
        A fleet folder that `warrantor load` wrote.
    lifetimes
        A file with a row per age and outcome.
    sales_returns
        A sales-returns chart by month.
    age
        Column of ages at the claim, or at which watching ended.
    failed
        Column that says whether the age is a claim's: 1, 0, true or false.
    lower
        Column of the age the unit was last known without a claim; empty or 0: unknown.
    upper
        Column of the age by which it had claimed; empty: not yet.
    count
        Column of the number of units a row stands for.
    entry
        Column of the age at which watching began.
    by
        Columns of the strata.
    law
        Laws to fit, weibull unless said, piecewise for a rate a piece: see the list that a wrong name prints.
    level
        Level of bands and intervals.
    intervals
        Add profile-likelihood intervals of the parameters.
    table
        Add the life table itself to the JSON.
    exact_end
        Place a return k months after its sale month at age k, not between k - 1 and k.
    repeat
        All claims of a fleet and their cost per unit, repeats included, in place of first claims.
    by_fault
        Shares of a fleet's units first claimed for each fault, and a law for each.
    borrow
        Strata borrow from each other, so that those with few or no claims are answered too.
    unit
        Unit of the ages: day, month or the file's own.
    heard
        Of a fleet with heartbeats: failures beyond cover, from the units heard in the last so many days.
    to
        With --heard: the age in months up to which failures are asked for.
    as_of
        The day up to which to read a fleet.
    engine
        duckdb, spark or spark://host:port, for a fleet.
    json
        Print one JSON document.
    csv
        Print tables as CSV.
    """
    columns = {"age": age, "failed": failed, "lower": lower, "upper": upper, "count": count, "entry": entry}
    _asked(fleet, lifetimes, sales_returns, columns)
    _charted(sales_returns, by, exact_end)
    laws = _laws(law or ["weibull"])
    _alone(laws, borrow=borrow, other=repeat or by_fault or heard is not None)
    if repeat or by_fault:
        from warrantor.cli.life_repeat import recurring

        beside = {"--law": law if repeat else None, "--intervals": intervals, "--table": table, "--heard": heard}
        recurring(fleet, tuple(by or ()), None if repeat else laws, beside, both=repeat and by_fault, as_of=as_of,
                  engine=engine, level=level, json=json, csv=csv)
        return
    if heard is not None:
        from warrantor.cli.silent import silent

        if fleet is None:
            raise UsageError("--heard asks a fleet folder: heartbeats are loaded with its units.")
        silent(fleet, tuple(by or ()), laws, heard, to, as_of=as_of, engine=engine, level=level, json=json, csv=csv)
        return
    with progress("reading", 1, 2 + borrow):
        if lifetimes is not None:
            evidence = _of_lifetimes(lifetimes, columns, tuple(by or ()), unit)
        elif sales_returns is not None:
            evidence = _of_chart(sales_returns, exact_end)
        else:
            evidence = _of_fleet(str(fleet), tuple(by or ()), as_of, engine)
    with progress("fitting", 2, 2 + borrow):
        fits = [_fit(evidence, name, level) for name in laws]
    document = {
        "schema": SCHEMA,
        "unit": evidence.unit,
        "how": list(evidence.how),
        "strata": [_stratum(fits, s, intervals) for s in range(len(evidence.strata))],
    }
    lent = _lent(fits, document) if borrow else []
    if table:
        _add_table(document, evidence, level)
    emit(document, *_sheets(evidence, fits, level, whole=csv), *lent, json=json, csv=csv)


def _alone(laws: list[str], *, borrow: bool, other: bool) -> None:
    """Refuse a rate a piece, or borrowing, where they say nothing."""
    if other and (borrow or "piecewise" in laws):
        raise UsageError("--borrow and --law piecewise go with plain first claims: leave out the other question.")
    if borrow and "piecewise" in laws:
        raise UsageError("--borrow needs a law whose parameters strata can share: leave out --law piecewise.")


def _lent(fits: list[Fit | Piecewise], document: dict[str, Any]) -> list[Sheet]:
    from warrantor.cli.life_borrow import lent

    with progress("borrowing", 3, 3):
        return lent(fits, document)


def _asked(fleet: Path | None, lifetimes: Path | None, chart: Path | None, columns: dict[str, str | None]) -> None:
    """Refuse words that make no question."""
    if sum(x is not None for x in (fleet, lifetimes, chart)) != 1:
        raise UsageError("Name one source: a fleet folder, --lifetimes FILE or --sales-returns FILE.")
    exact, bracketed = ([columns[n] is not None for n in names] for names in (("age", "failed"), ("lower", "upper")))
    if lifetimes is None and any(v is not None for v in columns.values()):
        raise UsageError("--age, --failed, --lower, --upper, --count and --entry name columns of a --lifetimes file.")
    if lifetimes is not None and not ((all(exact) and not any(bracketed)) or (all(bracketed) and not any(exact))):
        raise UsageError("A lifetimes file needs either --age COL and --failed COL, or --lower COL and --upper COL.")


def _charted(chart: Path | None, by: list[str] | None, exact_end: bool) -> None:
    if chart is not None and by:
        raise UsageError("A sales-returns chart has no strata: leave out --by.")
    if chart is None and exact_end:
        raise UsageError("--exact-end says how to read a --sales-returns chart.")


def _laws(names: list[str]) -> list[str]:
    from warrantor.life.laws import LAWS

    known = (*LAWS, "piecewise")
    unknown = [n for n in names if n not in known]
    if unknown:
        raise UsageError(f"There is no law {unknown[0]!r}. Choose from {', '.join(known)}.")
    return list(dict.fromkeys(names))


def _of_lifetimes(path: Path, columns: dict[str, str | None], by: tuple[str, ...], unit: str) -> Tally | Brackets:
    from warrantor.records.lifetimes import read_lifetimes

    read = read_lifetimes(path, **columns, by=by, unit=unit)
    return read.tally() if columns["age"] is not None else read.brackets()


def _of_chart(path: Path, exact_end: bool) -> Tally:
    from warrantor.records.sales_returns import read_sales_returns

    return read_sales_returns(path, exact_end=exact_end)


def _of_fleet(path: str, by: tuple[str, ...], as_of: str | None, engine: str) -> Tally:
    import warrantor
    from warrantor.forecast.watched import shortened

    with warrantor.open(path, as_of=as_of, engine=engine) as fleet:
        found: Tally = shortened(fleet.tally(by=list(by)), fleet.cohorts(by=list(by)))
    found = replace(found, how=(*found.how, RUSH))
    return found.over(*(n for n in found.by if n not in by))


def _fit(evidence: Tally | Brackets, law: str, level: float) -> Fit | Piecewise:
    from warrantor.life.fit import fit
    from warrantor.life.piecewise import fit_piecewise

    if law == "piecewise":
        return fit_piecewise(evidence, level=level)
    return fit(evidence, law, level)


def _stratum(fits: list[Fit | Piecewise], s: int, intervals: bool) -> dict[str, Any]:
    """One entry of the document; counts are whole numbers where they are whole."""
    one = fits[0]
    counts = {"units": one.units[s], "claims": one.claims[s], "dead_on_arrival": one.dead_on_arrival[s]}
    return {
        "by": dict(zip(one.by, one.strata[s], strict=True)),
        **{name: _whole(n) for name, n in counts.items()},
        "laws": {f.law: _law(f, s, intervals) for f in fits},
        "refused": _nothing(fits, s),
    }


def _law(fit: Fit | Piecewise, s: int, intervals: bool) -> dict[str, Any]:
    if fit.refused[s] is not None:
        return {"refused": fit.refused[s]}
    found: dict[str, Any] = dict(fit.row(s))
    if intervals:
        found["level"] = fit.level
        found["intervals"] = {n: [_finite(v) for v in fit.interval(n)[s].tolist()] for n in fit.names}
    return found


def _nothing(fits: list[Fit | Piecewise], s: int) -> str | None:
    """Say why a stratum allows no law at all: nobody, no time lived, no claims."""
    alive = fits[0].claims[s] > fits[0].dead_on_arrival[s]
    return None if alive else fits[0].refused[s]


def _finite(value: float) -> float | None:
    return value if abs(value) < float("inf") else None


def _whole(value: float) -> int | float:
    return int(value) if float(value).is_integer() else float(value)


def _add_table(document: dict[str, Any], evidence: Tally | Brackets, level: float) -> None:
    from warrantor.life.table import life_table

    rows = life_table(evidence, level).to_dict()  # type: ignore[arg-type]  # brackets are refused with a reason
    for stratum, found in zip(document["strata"], rows["strata"], strict=True):
        stratum["table"] = found["rows"]
    document["grain"] = rows["grain"]


def _sheets(evidence: Tally | Brackets, fits: list[Fit | Piecewise], level: float, *, whole: bool) -> list[Sheet]:
    """Tables for people: the laws, and the life table where ages line up."""
    from warrantor.cli.life_table import sheet
    from warrantor.life.table import life_table
    from warrantor.tally import Brackets

    sheets = [law_sheet(f) for f in fits]
    if isinstance(evidence, Brackets):
        return sheets
    return [*sheets, sheet(life_table(evidence, level), whole=whole)]


def _blank(value: float) -> float | None:
    return None if value != value else float(value)  # noqa: PLR0124  nan differs from itself


def law_sheet(fit: Fit | Piecewise) -> Sheet:
    """Return a table of a law's parameters with their profile intervals, a row per stratum."""
    ends = {n: fit.interval(n) for n in fit.names}
    rows = []
    for s in range(len(fit.strata)):
        counts = [_whole(n) for n in (fit.units[s], fit.claims[s], fit.dead_on_arrival[s])]
        told = fit.refused[s]
        shown = [None if told else float(fit[n][s]) for n in fit.names]
        spans = ["" if told else f"{number(float(ends[n][s, 0]))} to {number(float(ends[n][s, 1]))}" for n in fit.names]
        pairs = [cell for pair in zip(shown, spans, strict=True) for cell in pair]
        rows.append([*fit.strata[s], *counts, *pairs, _blank(fit.loglik[s]), told or ""])
    names = [cell for n in fit.names for cell in (n, f"{n} {fit.level:.0%}")]
    return Sheet(
        f"{fit.law} law (ages in {fit.unit})",
        [*fit.by, "units", "claims", "dead on arrival", *names, "loglik", "refused"],
        rows,
        list(fit.how),
    )
