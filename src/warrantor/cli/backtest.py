"""warrantor backtest: forecasts made again from what was known on earlier days, and what came."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from warrantor.cli.app import UsageError
from warrantor.cli.out import Sheet, emit, note, progress

if TYPE_CHECKING:
    from warrantor.forecast.backtest import Backtest

Many = Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")]


def backtest(
    fleet: Path | None = None,
    /,
    *,
    lifetimes: Path | None = None,
    age: str | None = None,
    failed: str | None = None,
    count: str | None = None,
    by: Many = None,
    age_unit: str = "day",
    window: Many = None,
    freeze: Many = None,
    every: int = 3,
    months: int = 6,
    soft: Many = None,
    lots: str | None = None,
    as_of: str | None = None,
    engine: str = "duckdb",
    level: float = 0.9,
    seed: int = 0,
    keep: Annotated[bool, Parameter(negative="--no-keep")] = True,
    json: bool = False,
    csv: bool = False,
) -> None:
    """Forecast again from what was known on earlier days, compare with what came, and keep the record.

    Parameters
    ----------
    fleet
        A fleet folder that `warrantor load` wrote; the record is kept in its backtest.json.
    lifetimes
        A file of past products, a row per age and outcome, instead; each is cut, foretold and opened.
    age
        Column of ages at the claim, or at which watching ended.
    failed
        Column that says whether the age is a claim's: 1, 0, true or false.
    count
        Column of the number of units a row stands for.
    by
        Columns of the strata, such as product; of a lifetimes file they name its products.
    age_unit
        Unit of the ages in a lifetimes file: day (a month is 30.4375 days) or month.
    window
        Months of age to foretell of a lifetimes file, such as 12-18; 6-9, 12-18, 18-27 and 24-36 unless said.
    freeze
        Days to forecast from, such as 2019-06-30; month ends unless said.
    every
        Months from one month end to the next.
    months
        Calendar months to foretell from each day.
    soft
        Faults that customers live with for a while, of a fleet: their claims rush in before cover ends.
    lots
        Column of a fleet whose cells share a law up to a factor each, such as lot; added over in the answer.
    as_of
        The day up to which to read a fleet.
    engine
        duckdb, spark or spark://host:port, for a fleet.
    level
        Level of the intervals.
    seed
        Seed of the draws; the same seed gives the same answer.
    keep
        Add the fleet's forecasts to its record; later forecasts show it.
    json
        Print one JSON document.
    csv
        Print the table as CSV.
    """
    if not 0.0 < level < 1.0:
        raise UsageError(f"--level {level:g} is no level: give a number between 0 and 1, such as 0.9.")
    if (fleet is None) == (lifetimes is None):
        raise UsageError("Name one source: a fleet folder, or --lifetimes FILE with --age COL and --failed COL.")
    if fleet is not None:
        if window:
            raise UsageError("--window is for --lifetimes; a fleet is forecast by calendar month: --months.")
        found = _of_fleet(fleet, (tuple(by or ()), tuple(freeze or ()), tuple(soft or ())), (every, months),
                          as_of=as_of, engine=engine, lots=lots, level=level, seed=seed)
        if keep:
            _keep(fleet, found)
    else:
        columns = {"age": age, "failed": failed, "count": count}
        found = _of_lifetimes(lifetimes, columns, (tuple(by or ()), age_unit), _windows(window), level=level, seed=seed)
    emit(found.to_dict(), _sheet(found), json=json, csv=csv)


def _of_fleet(folder: Path, named: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]], ahead: tuple[int, int], *,
              as_of: str | None, engine: str, lots: str | None, level: float, seed: int) -> Backtest:
    import warrantor

    by, freeze, soft = named
    every, months = ahead
    with progress("freezing, forecasting and opening"), warrantor.open(folder, as_of=as_of, engine=engine) as fleet:
        found: Backtest = fleet.backtest(by, freezes=freeze, every=every, months=months, soft=soft, lots=lots,
                                         level=level, seed=seed)
    return found


def _keep(folder: Path, found: Backtest) -> None:
    from warrantor.forecast.kept import NAME, keep

    added = keep(folder, found)
    note(f"The record: {folder / NAME}, {added} {'forecast day' if added == 1 else 'forecast days'} added.")


def _of_lifetimes(path: Path | None, columns: dict[str, str | None], named: tuple[tuple[str, ...], str],
                  windows: list[tuple[float, float]], *, level: float, seed: int) -> Backtest:
    from warrantor.forecast.opened import backtest as ask
    from warrantor.records.lifetimes import read_lifetimes

    by, age_unit = named
    if path is None or columns["age"] is None or columns["failed"] is None or not by:
        raise UsageError("A lifetimes file needs --age COL and --failed COL, and --by COL to tell its products apart.")
    if age_unit not in ("day", "month"):
        raise UsageError(f"--age-unit is day or month, not {age_unit!r}.")
    with progress("cutting, forecasting and opening"):
        return ask(read_lifetimes(path, **columns, by=by, unit=age_unit).tally(), windows, level=level, seed=seed)


def _windows(words: list[str] | None) -> list[tuple[float, float]]:
    """Read windows such as 12-18."""
    found = []
    for word in words or []:
        start, _, end = word.partition("-")
        try:
            found.append((float(start), float(end)))
        except ValueError as error:
            raise UsageError(f"--window {word} is no window: write months as in 12-18.") from error
    return found


def _sheet(found: Backtest) -> Sheet:
    """The record for people."""
    rows = []
    for w, key in enumerate(found.strata):
        row = found.row(w)
        inside = "" if row["refused"] else "yes" if row["lower"] <= row["came"] <= row["upper"] else "no"
        rows.append([*key, str(row["start"]), str(row["end"]), row["expected"], row["lower"], row["upper"], row["came"],
                     inside, row["refused"] or ""])
    heads = ["known on", "opened on"] if found.unit == "day" else ["from month", "to month"]
    return Sheet(f"First claims foretold ({found.level:.0%} interval), and what came",
                 [*found.by, *heads, "expected", "lower", "upper", "came", "inside", "refused"], rows,
                 [*found.sentences(), *found.how])
