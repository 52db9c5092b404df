"""warrantor report: one self-contained page from a fleet, lifetimes or a sales-returns chart."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from warrantor.cli.app import UsageError
from warrantor.cli.out import emit, note, progress

if TYPE_CHECKING:
    from warrantor.finding import Finding
    from warrantor.report.page import Page
    from warrantor.tally import Tally

Many = Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")]
LAWS = ("weibull", "lognormal")


def report(
    source: Path | None = None,
    /,
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    lifetimes: Path | None = None,
    age: str | None = None,
    failed: str | None = None,
    count: str | None = None,
    entry: str | None = None,
    by: Many = None,
    law: Many = None,
    from_: Annotated[float | None, Parameter(name="--from")] = None,
    to: float | None = None,
    soft: Many = None,
    level: float = 0.9,
    exact_end: bool = False,
    unit: str = "day",
    as_of: str | None = None,
    engine: str = "duckdb",
    title: str | None = None,
    json: bool = False,
) -> None:
    """Make one self-contained page: the answer first, figures, the numbers under them, findings, how to repeat it.

    A sales-returns chart needs no option at all: `warrantor report returns.csv` makes returns.html.

    Parameters
    ----------
    source
        A sales-returns chart by month, or a fleet folder that `warrantor load` wrote.
    output
        Where to write the page; by default the input's name with .html, in this folder.
    lifetimes
        A file with a row per age and outcome, instead.
    age
        Column of ages at the claim, or at which watching ended.
    failed
        Column that says whether the age is a claim's: 1, 0, true or false.
    count
        Column of the number of units a row stands for.
    entry
        Column of the age at which watching began.
    by
        Columns of the strata.
    law
        Laws to fit; weibull and lognormal unless said.
    from_
        Months of the promise as it is; 12 unless said, or the oldest age lived where that is less.
    to
        Months of the longer promise; half as many again unless said.
    level
        Level of bands and intervals.
    soft
        Faults of a fleet that customers live with for a while: their claims rush in before cover ends.
    exact_end
        Place a return k months after its sale month at age k, not between k - 1 and k.
    unit
        Unit of the ages in a lifetimes file: day, month or the file's own.
    as_of
        The day up to which to read a fleet.
    engine
        duckdb, spark or spark://host:port, for a fleet.
    title
        Heading of the page.
    json
        Print the page's document as JSON, every number of the page in it; the page is written where -o says so.
    """
    columns = {"age": age, "failed": failed, "count": count, "entry": entry}
    _asked(source, lifetimes, columns, level)
    file = Path(lifetimes or source or "")
    with progress("reading", 1, 2):
        if lifetimes is not None:
            read = _of_lifetimes(lifetimes, columns, tuple(by or ()), unit)
        elif file.is_dir():
            read = _answered(_of_fleet(file, tuple(by or ()), as_of, engine), file, tuple(by or ()), list(soft or ()),
                             (from_ or 12.0, to or 18.0), as_of=as_of, engine=engine, level=level)
        else:
            _no_records(file)
            read = _of_chart(file, exact_end)
    with progress("fitting, forecasting and drawing", 2, 2):
        made = _page(read, tuple(law or LAWS), (from_, to), level, title or f"{file.stem or file.name}: claims")
    if json:
        emit(made.to_dict(), json=True)
    if output is not None or not json:
        note(f"The page: {made.save(output or Path(f'{file.resolve().stem}.html'))}")


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read: the tally of the questions, the one of the sales-returns chart, Python that reads it, answers."""

    tally: Tally
    chart: Tally | None
    python: str
    answers: tuple[Any, ...] = ()
    how: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    left_out: int = 0


def _asked(source: Path | None, lifetimes: Path | None, columns: dict[str, str | None], level: float) -> None:
    """Refuse words that make no question."""
    if (source is None) == (lifetimes is None):
        raise UsageError("Name one source: a sales-returns chart, a fleet folder, or --lifetimes FILE.")
    if lifetimes is None and any(v is not None for v in columns.values()):
        raise UsageError("--age, --failed, --count and --entry name columns of a --lifetimes file.")
    if lifetimes is not None and (columns["age"] is None or columns["failed"] is None):
        raise UsageError("A lifetimes file needs --age COL and --failed COL.")
    if not 0.0 < level < 1.0:
        raise UsageError(f"--level {level:g} is no level: give a number between 0 and 1, such as 0.9.")


def _answered(read: _Read, *words: Any, **more: Any) -> _Read:
    """Ask what is asked of a fleet alone."""
    from warrantor.cli.report_fleet import answers, said

    found, how = answers(*words, **more)
    return replace(read, answers=found, how=how, python=f"{said(*words, **more)}\n{read.python}")


def _of_lifetimes(path: Path, columns: dict[str, str | None], by: tuple[str, ...], unit: str) -> _Read:
    from warrantor.records.lifetimes import read_lifetimes

    said = "".join(f", {k}={v!r}" for k, v in columns.items() if v is not None)
    return _Read(read_lifetimes(path, **columns, by=by, unit=unit).tally(), None,
                 f"from warrantor.records.lifetimes import read_lifetimes\n"
                 f"tally = read_lifetimes({str(path)!r}{said}, by={by!r}, unit={unit!r}).tally()")


def _of_fleet(path: Path, by: tuple[str, ...], as_of: str | None, engine: str) -> _Read:
    import warrantor
    from warrantor.forecast.watched import shortened

    with warrantor.open(path, as_of=as_of, engine=engine) as fleet:
        found, cohorts = fleet.tally(by=list(by)), fleet.cohorts(by=list(by))
        day, manifest = str(fleet.as_of), fleet.manifest
    rest = [n for n in found.by if n not in by and n != "guarantee"]
    over = f".over({', '.join(map(repr, rest))})"
    python = ("from warrantor.forecast.watched import shortened\n"
              f"fleet = wr.open({str(path)!r}, as_of={day!r})\n"
              f"found = fleet.tally(by={list(by)!r})\n"
              f"chart, tally = found{over}, shortened(found, fleet.cohorts(by={list(by)!r})){over}")
    left_out = sum(n for rules in manifest.get("left_out", {}).values() for n in rules.values())
    return _Read(shortened(found, cohorts).over(*rest), found.over(*rest), python,
                 findings=_found(path, manifest.get("findings", {})), left_out=left_out)


def _found(path: Path, counts: dict[str, int]) -> tuple[Finding, ...]:
    """What loading the fleet found, a finding a rule; the lines stand in the findings file that `load` wrote."""
    from warrantor.finding import Finding
    from warrantor.records.rules import RULES

    return tuple(Finding(str(path), None, None, f"{n:,} times", rule, RULES[rule].why, RULES[rule].what_to_do)
                 for rule, n in counts.items())


def _no_records(path: Path) -> None:
    """Refuse a file of units or claims: a row each is no chart, and every one of them would be a finding."""
    if not path.is_file() or path.suffix == ".parquet":
        return
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        heads = {name.strip().strip('"') for name in lines.readline().split(",")}
    kind = "claims" if {"serial", "opened_on"} <= heads else "units" if {"serial", "product"} <= heads else ""
    if kind:
        raise UsageError(f"{path} looks like records, a row for each of the {kind}: `warrantor load --units UNITS "
                         "--claims CLAIMS --out FOLDER` makes a fleet of them; then report that folder.")


def _of_chart(path: Path, exact_end: bool) -> _Read:
    from warrantor.records.sales_returns import read_sales_returns

    chart = read_sales_returns(path, exact_end=exact_end, by_sale=True)
    return _Read(chart.over(*chart.by), chart, "from warrantor.records.sales_returns import read_sales_returns\n"
                 f"chart = read_sales_returns({str(path)!r}, exact_end={exact_end}, by_sale=True)\n"
                 "tally = chart.over(*chart.by)")


def _page(read: _Read, laws: tuple[str, ...], window: tuple[float | None, float | None], level: float,
          title: str) -> Page:
    """Ask every question the input can answer, and put the answers on the page."""
    import warrantor
    from warrantor.life.laws import LAWS as KNOWN

    unknown = [n for n in laws if n not in KNOWN]
    if unknown:
        raise UsageError(f"There is no law {unknown[0]!r}. Choose from {', '.join(KNOWN)}.")
    tally = read.tally
    results: list[Any] = [warrantor.life_table(tally, level), *(warrantor.fit(tally, n, level) for n in laws)]
    start, end = (None, None) if read.answers else _window(tally, *window)
    results = [*read.answers, *results]
    asked = start is not None and end is not None
    if start is not None and end is not None:
        results.insert(0, warrantor.extend(tally, _at_risk(tally, start), start=start, end=end, level=level))
    if read.chart is not None:
        results.append(read.chart)
    shown = "" if read.chart is None else ", chart"
    lines = ["import warrantor as wr", read.python, f"life = wr.life_table(tally, {level:g})",
             f"laws = [wr.fit(tally, name, {level:g}) for name in {list(laws)!r}]"]
    if start is not None and end is not None:
        lines += _asking(tally, start, end, level)
    first = "*told, " if read.answers else "ahead, " if asked else ""
    python = "\n".join([*lines, f"wr.report({first}life, *laws{shown}).save('report.html')"])
    how = () if not asked else (
        f"The forecast is for the units watched to month {start:g} without a claim, followed to month {end:g}.",)
    page: Page = warrantor.report(*results, title=title, how=(*how, *read.how), python=python,
                                  command=_command(), findings=read.findings, left_out=read.left_out)
    return page


def _window(tally: Tally, start: float | None, end: float | None) -> tuple[float | None, float | None]:
    """Say which months the longer promise adds; none where ages are neither days nor months."""
    from math import floor

    from warrantor.forecast.at_risk import ages

    if tally.unit not in ("day", "month"):
        return None, None
    oldest = floor(float(tally.age[tally.left > 0].max(initial=0.0)) / ages(tally.unit, 1.0) + 1e-9)
    first = start if start is not None else float(min(12, oldest))
    if first <= 0:
        return None, None
    last = end if end is not None else float(max(first + 1, round(1.5 * first)))
    if last <= first:
        raise UsageError(f"--from {first:g} --to {last:g} is no window: give 0 < from < to, in months.")
    return first, last


def _at_risk(tally: Tally, start: float) -> Any:
    """Units watched to the start of the window without a claim: under the longer promise all stay watched."""
    from dataclasses import replace

    import numpy as np

    from warrantor.forecast.at_risk import ages, alive

    found = alive(tally, ages(tally.unit, start))
    return replace(found, until=np.full(len(found.until), np.inf))


def _asking(tally: Tally, start: float, end: float, level: float) -> list[str]:
    """Return Python that asks the forecast again."""
    from warrantor.forecast.at_risk import ages

    return ["import numpy as np", "from dataclasses import replace", "from warrantor.forecast.at_risk import alive",
            f"risk = alive(tally, {ages(tally.unit, start)!r})",
            "risk = replace(risk, until=np.full(len(risk.until), np.inf))  # the longer promise keeps all under watch",
            f"ahead = wr.extend(tally, risk, start={start!r}, end={end!r}, level={level!r})"]


def _command() -> str:
    """Return the words of this command, to be given again."""
    return shlex.join(["warrantor", *sys.argv[1:]])
