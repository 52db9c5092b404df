"""warrantor forecast: a fleet's claims and cost by future calendar month."""

from __future__ import annotations

from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from warrantor.cli.app import UsageError
from warrantor.cli.out import Sheet, emit, note, progress

if TYPE_CHECKING:
    from warrantor.forecast.outlook import Outlook

Many = Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")]
Numbers = Annotated[list[float] | None, Parameter(consume_multiple=True, negative="")]
WRITTEN = (".json", ".csv", ".html", ".svg", ".png")


def forecast(
    fleet: Path,
    /,
    *,
    by: Many = None,
    months: int = 18,
    sales: Path | None = None,
    length: Numbers = None,
    soft: Many = None,
    lots: str | None = None,
    history: Path | None = None,
    age: str = "age",
    failed: str = "failed",
    count: str | None = None,
    age_unit: str = "day",
    as_of: str | None = None,
    engine: str = "duckdb",
    level: float = 0.9,
    seed: int = 0,
    draws: int = 2000,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    json: bool = False,
    csv: bool = False,
) -> None:
    """Forecast a fleet's claims and their cost by the calendar month they will be reported in.

    Parameters
    ----------
    fleet
        A fleet folder that `warrantor load` wrote.
    by
        Columns of the strata; the guarantee version is always one.
    months
        Calendar months to foretell, from the day after as_of.
    sales
        CSV of planned sales: the columns of --by, month (2026-03) and units; guarantee where a stratum has several.
    length
        Months of a promise to suppose for all whose cover has not ended, and all to be sold; may be given again.
    soft
        Faults that customers live with for a while: their claims rush in before cover ends.
    lots
        Column whose cells share a law up to a factor each, such as lot; added over in the answer.
    history
        Lifetimes of past products, uncut, with a column product: how wrong forecasts of theirs were is carried over.
    age
        Column of ages of --history.
    failed
        Column of --history that says whether the age is a claim's: 1, 0, true or false.
    count
        Column of --history with the number of units a row stands for.
    age_unit
        Unit of the ages of --history: day (a month is 30.4375 days) or month.
    as_of
        The day up to which to read the fleet.
    engine
        duckdb, spark or spark://host:port.
    level
        Level of the intervals.
    seed
        Seed of the draws; the same seed gives the same answer.
    draws
        How many.
    output
        Write the answer there: .json, .csv, .html (a page), .svg or .png (the figure).
    json
        Print one JSON document.
    csv
        Print the months as CSV.
    """
    _asked(months, level, age_unit, output)
    said: dict[str, Any] = {
        "months": months, "lengths": length, "level": level, "seed": seed, "draws": draws, "lots": lots,
        "sales": None if sales is None else _sales(sales), "history": None}
    with progress("reading and forecasting"):
        if history is not None:
            from warrantor.records.lifetimes import read_lifetimes

            said["history"] = read_lifetimes(history, age=age, failed=failed, count=count, by=("product",),
                                             unit=age_unit).tally()
        found = asked(fleet, tuple(by or ()), soft or [], as_of=as_of, engine=engine, **said)
    if output is not None:
        _written(found, output)
    if output is None or json or csv:
        emit(found.to_dict(), *sheets(found, whole=not csv), json=json, csv=csv)


def asked(folder: Path, by: tuple[str, ...], soft: list[str], *, as_of: str | None = None, engine: str = "duckdb",
          lots: str | None = None, **said: Any) -> Outlook:
    """Return the answer for a fleet folder; strata are the columns asked for and the guarantee version."""
    import warrantor
    from warrantor.cli.lengthen import told_apart
    from warrantor.forecast.kept import said as record
    from warrantor.forecast.monthly import forecast as ask

    strata = [*by, *((lots,) if lots and lots not in by else ())]
    with warrantor.open(folder, as_of=as_of, engine=engine) as fleet:
        cohorts = fleet.cohorts(strata)
        hard, mild = told_apart(fleet, strata, soft)
    found = ask(hard, cohorts, soft=mild, lots=lots, **said)
    return replace(found, how=(*found.how, *record(folder)))


def _asked(months: int, level: float, age_unit: str, output: Path | None) -> None:
    """Refuse words that make no question."""
    if months < 1:
        raise UsageError(f"--months {months} is no horizon: give at least 1.")
    if not 0.0 < level < 1.0:
        raise UsageError(f"--level {level:g} is no level: give a number between 0 and 1, such as 0.9.")
    if age_unit not in ("day", "month"):
        raise UsageError(f"--age-unit is day or month, not {age_unit!r}.")
    if output is not None and output.suffix not in WRITTEN:
        raise UsageError(f"-o {output}: the name must end in {', '.join(WRITTEN)}.")


def _sales(path: Path) -> dict[str, list[str]]:
    """Read planned sales as columns of text."""
    from csv import DictReader

    from warrantor.finding import Refused

    if not path.is_file():
        raise Refused(f"There is no file {path} with planned sales.")
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = DictReader(file)
        rows = list(reader)
    ragged = next((i for i, row in enumerate(rows, 2) if None in row or None in row.values()), None)
    if ragged is not None:
        raise Refused(f"{path}:{ragged}: this row has more or fewer cells than the header.")
    return {name: [row[name].strip() for row in rows] for name in reader.fieldnames or ()}


def sheets(found: Outlook, *, whole: bool = True) -> tuple[Sheet, ...]:
    """Return the totals of every promise and the months of their own, or the months of every promise alone."""
    both: list[tuple[float | None, Outlook]] = [(None, found), *found.under]
    months = Sheet(f"First claims by month of report ({found.level:.0%} intervals)",
                   [*found.by, *(("months",) if found.under else ()), "month", "expected", "from", "to", "not reported",
                    "to occur", *_money(found)],
                   [row for length, one in (both[:1] if whole else both) for row in _months(one, length, found)],
                   list(found.how))
    if not whole:
        return (months,)
    totals = [row for length, one in both for row in _totals(one, length, found)]
    heads = [*found.by, *(("months",) if found.under else ()), "units", "covered", "planned", "expected", "from", "to",
             "not reported", *_money(found), "any law from", "to ", "refused"]
    return Sheet(f"First claims of {len(found.months)} months after {found.as_of}", heads, totals), months


def _money(found: Outlook) -> list[str]:
    return [f"cost {found.currency or ''}{part}".strip() for part in ("", " from", " to")]


def _supposed(length: float | None, whole: Outlook) -> list[str]:
    return [] if not whole.under else ["their own" if length is None else f"{length:g}"]


def _totals(one: Outlook, length: float | None, whole: Outlook) -> list[list[Any]]:
    total, cost, envelope = one.total(), one.total_cost(), one.envelope
    rows = []
    for s, key in enumerate(one.strata):
        late = float(one.incurred[s].mean())
        cells = [None if v != v else float(v) for v in (*total[s], late, *cost[s], *envelope[s])]  # noqa: PLR0124
        rows.append([*key, *_supposed(length, whole), float(one.units[s]), float(one.covered[s]),
                     float(one.planned[s]), *cells, one.refused[s] or ""])
    return rows


def _months(one: Outlook, length: float | None, whole: Outlook) -> list[list[Any]]:
    table = one.to_arrow().to_pylist()
    names = ("expected", "lower", "upper", "not_reported", "to_occur", "cost", "cost_lower", "cost_upper")
    return [[*(row[n] for n in one.by), *_supposed(length, whole), f"{row['month']:%Y-%m}", *(row[n] for n in names)]
            for row in table if row["refused"] is None]


def _written(found: Outlook, output: Path) -> None:
    """Write the answer as the file's name says."""
    import warrantor

    if output.suffix == ".html":
        warrantor.report(found, title="Claims to come").save(output)
    elif output.suffix in (".svg", ".png"):
        warrantor.chart(found).save(str(output))
    else:
        with output.open("w", encoding="utf-8") as file, redirect_stdout(file):
            emit(found.to_dict(), *sheets(found, whole=False), json=output.suffix == ".json",
                 csv=output.suffix == ".csv")
    note(f"Written: {output}")
