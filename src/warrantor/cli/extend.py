"""warrantor extend: what months beyond the guarantee would bring, with the error past forecasts made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from warrantor.cli.app import UsageError
from warrantor.cli.out import Sheet, emit, progress

if TYPE_CHECKING:
    from warrantor.forecast.ahead import Ahead
    from warrantor.forecast.at_risk import AtRisk
    from warrantor.records.lifetimes import Lifetimes
    from warrantor.tally import Tally

Many = Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")]


def extend(
    fleet: Path | None = None,
    /,
    *,
    lifetimes: Path | None = None,
    age: str | None = None,
    failed: str | None = None,
    count: str | None = None,
    by: Many = None,
    until: str | None = None,
    age_unit: str = "day",
    from_: Annotated[float, Parameter(name="--from")] = 12.0,
    to: float = 18.0,
    history: Path | None = None,
    soft: Many = None,
    as_of: str | None = None,
    engine: str = "duckdb",
    level: float = 0.9,
    seed: int = 0,
    json: bool = False,
    csv: bool = False,
) -> None:
    """Forecast the first claims of months FROM to TO from what was seen up to FROM.

    Parameters
    ----------
    fleet
        A fleet folder that `warrantor load` wrote: what promising its units TO months instead of FROM would bring.
    lifetimes
        A file with a row per age and outcome, seen up to FROM months.
    age
        Column of ages at the claim, or at which watching ended.
    failed
        Column that says whether the age is a claim's: 1, 0, true or false.
    count
        Column of the number of units a row stands for.
    by
        Columns of the strata, such as product; they name products in both files.
    until
        Column of the age at which a unit's watch is known to end; empty: TO.
    age_unit
        Unit of the ages: day (a month is 30.4375 days) or month.
    from_
        Months seen.
    to
        Months to foretell.
    history
        Lifetimes of past products, uncut; each is cut at FROM and opened to TO.
    soft
        Faults that customers live with for a while, of a fleet: their claims rush in before cover ends.
    as_of
        The day up to which to read a fleet.
    engine
        duckdb, spark or spark://host:port, for a fleet.
    level
        Level of the interval.
    seed
        Seed of the draws; the same seed gives the same answer.
    json
        Print one JSON document.
    csv
        Print the table as CSV.
    """
    _asked(age_unit, from_, to, level)
    names = tuple(by or ())
    if fleet is not None:
        from warrantor.cli.lengthen import lengthen

        if lifetimes is not None or history is not None:
            raise UsageError("Name one source: a fleet folder, or --lifetimes with its --history.")
        lengthen(fleet, names, soft or [], (from_, to), as_of=as_of, engine=engine, level=level, seed=seed, json=json,
                 csv=csv)
        return
    if lifetimes is None or age is None or failed is None:
        raise UsageError("Name a fleet folder, or --lifetimes FILE with --age COL and --failed COL.")
    columns = {"age": age, "failed": failed, "count": count}
    with progress("reading"):
        from warrantor.records.lifetimes import read_lifetimes

        read = read_lifetimes(lifetimes, **columns, until=until, by=names, unit=age_unit)
        past = None if history is None else read_lifetimes(history, **columns, by=names, unit=age_unit)
    if past is not None:
        _apart(read, past, names)
    tally, risk = _seen(read, from_, (lifetimes, age))
    with progress("forecasting"):
        from warrantor.forecast.extend import extend as ask

        ahead = ask(tally, risk, start=from_, end=to, history=None if past is None else past.tally(), level=level,
                    seed=seed)
    emit(ahead.to_dict(), _sheet(ahead), json=json, csv=csv)


def _asked(age_unit: str, start: float, end: float, level: float) -> None:
    """Refuse words that make no question."""
    if age_unit not in ("day", "month"):
        raise UsageError(f"--age-unit is day or month, not {age_unit!r}.")
    if not 0.0 < start < end < float("inf"):
        raise UsageError(f"--from {start:g} --to {end:g} is no window: give 0 < from < to, in months.")
    if not 0.0 < level < 1.0:
        raise UsageError(f"--level {level:g} is no level: give a number between 0 and 1, such as 0.9.")


def _apart(read: Lifetimes, past: Lifetimes, names: tuple[str, ...]) -> None:
    """Refuse a product that stands in both files: it would be its own past."""
    both = [key for key in read.strata if key in set(past.strata)] if names else []
    if both:
        named = ", ".join(" ".join(key) for key in both[:5])
        more = f" and {len(both) - 5} more" if len(both) > 5 else ""
        raise UsageError(f"In both files: {named}{more}. Take a product out of --history before asking about it.")


def _seen(read: Lifetimes, start: float, source: tuple[Path, str]) -> tuple[Tally, AtRisk]:
    """Split the file into what was seen up to `start`, and who is at risk then.

    At risk: not failed and age >= floor(from_age). A claim beyond from_age is a finding: the file is not cut there.
    """
    import numpy as np

    from warrantor.forecast.at_risk import AtRisk, ages

    at = ages(read.unit, start)
    _cut_there(read, at, source)
    stays = ~read.failed & (read.age >= np.floor(at))
    until = np.where(np.isnan(read.until), np.inf, np.where(read.until <= read.age, at, read.until))
    risk = AtRisk(by=read.by, strata=read.strata, stratum=read.stratum[stays], until=until[stays],
                  units=read.count[stays])
    return read.tally(), risk


def _cut_there(read: Lifetimes, at: float, source: tuple[Path, str]) -> None:
    """Find claims beyond the age up to which the file is said to tell."""
    import numpy as np

    from warrantor.finding import Finding, Findings
    from warrantor.records.lines import physical_lines

    late = np.flatnonzero(read.failed & (read.age > at * (1 + 1e-12)))
    if len(late):
        path, column = source
        rows = np.sort(read.line[late])
        value = {int(read.line[i]): f"{read.age[i]:g}" for i in late}
        raise Findings([
            Finding(str(path), line, column, value[int(row)], "claim-after-from",
                    f"This claim came after age {at:g}, up to which the file is said to be cut.",
                    "Cut the file at --from, or put the product into --history.")
            for line, row in zip(physical_lines(path, [int(r) for r in rows]), rows, strict=True)
        ])


def _sheet(ahead: Ahead) -> Sheet:
    """The answer for people."""
    rows = []
    for s, key in enumerate(ahead.strata):
        told = ahead.refused[s]
        counts = [int(v) if float(v).is_integer() else float(v)
                  for v in (ahead.units[s], ahead.claims_seen[s], ahead.at_risk[s])]
        answer = [None] * 3 if told else [float(ahead.expected[s]), int(ahead.lower[s]), int(ahead.upper[s])]
        rows.append([*key, *counts, *answer, told or ""])
    title = f"First claims of months {ahead.start:g} to {ahead.end:g} ({ahead.level:.0%} interval)"
    return Sheet(title, [*ahead.by, "units", "claims seen", "at risk", "expected", "lower", "upper", "refused"], rows,
                 list(ahead.how))
