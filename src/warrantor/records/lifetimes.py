"""Lifetimes: a row per age and outcome, read as text, reduced in the engine to what is distinct."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from warrantor.engine import Engine, open_engine
from warrantor.finding import Finding, Findings
from warrantor.records.lines import placed, places
from warrantor.records.reading import readable, telling
from warrantor.records.rules import RULES
from warrantor.tally import Brackets, Floats, Ints, Tally

EMPTY = ("", "na", "nan")
OUTCOMES = {"1": True, "0": False, "true": True, "false": False}
MOST_LISTED = 100_000
_Cell = tuple[int, str, str | None, str, str, str]  # row, column, text, rule, why, what to do
Bad = Callable[[str, NDArray[np.bool_], str, str, str], None]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Lifetimes:
    """Ages and outcomes, one row per distinct combination.

    Attributes
    ----------
    by : tuple of str
        Names of the stratum columns.
    strata : tuple of tuple of str
        The file's own text, first-seen order.
    stratum : (R,) int
        Index into `strata`.
    count : (R,) count
        Units.
    age : (R,) unit
        Age at the claim or when watching ended; nan where the rows are bracketed.
    failed : (R,) bool
        Whether the age is a claim's.
    entry : (R,) unit
        Age at which watching began; 0 from the start.
    until : (R,) unit
        Known end of watch; nan where none is given.
    lower, upper : (R,) unit
        The bracket of the claim's age; equal to the age where it is exact.
    unit : str
        Unit of the ages.
    source : str
        The file, for messages.
    line : (R,) int
        Row of the source, counted from 0, on which the combination was first seen.
    """

    by: tuple[str, ...]
    strata: tuple[tuple[str, ...], ...]
    stratum: Ints
    count: Floats
    age: Floats
    failed: NDArray[np.bool_]
    entry: Floats
    until: Floats
    lower: Floats
    upper: Floats
    unit: str
    source: str
    line: Ints

    @property
    def units(self) -> Floats:
        """(S,) count; units per stratum."""
        return self._sum(np.ones(len(self.count), bool))

    @property
    def claims(self) -> Floats:
        """(S,) count; units whose claim's age is bounded above, per stratum."""
        return self._sum(np.isfinite(self.upper))

    @property
    def dead_on_arrival(self) -> Floats:
        """(S,) count; units claimed at age 0, per stratum."""
        return self._sum(self.upper == 0)

    def __repr__(self) -> str:
        form = "brackets" if np.isnan(self.age).any() else "ages"
        return (f"<Lifetimes {self.count.sum():,.0f} units, {self.claims.sum():,.0f} claims, {len(self.strata):,} "
                f"strata, {len(self.count):,} distinct {form} in {self.unit}s, from {self.source}>")

    def _sum(self, where: NDArray[np.bool_]) -> Floats:
        added = np.bincount(self.stratum[where], self.count[where], minlength=len(self.strata))
        return added.astype(np.float64)

    def tally(self) -> Tally:
        """Return entries, claims and exits by age; bracketed rows make no tally.

        Raises
        ------
        ValueError
            The rows are brackets: use `brackets()`.
        """
        if np.isnan(self.age).any():
            raise ValueError("these lifetimes are brackets: a tally needs the age itself; use brackets()")
        blank = np.zeros(len(self.count))
        claimed = np.where(self.failed, self.count, 0.0)
        return Tally.of(by=self.by, strata=self.strata, unit=self.unit, how=(f"read from {self.source}",),
                        stratum=np.concatenate((self.stratum, self.stratum)),
                        age=np.concatenate((self.entry, self.age)),
                        entered=np.concatenate((self.count, blank)), claimed=np.concatenate((blank, claimed)),
                        open=np.concatenate((blank, self.count - claimed)))

    def brackets(self) -> Brackets:
        """Return every row as (entry, lower, upper, count)."""
        return Brackets(by=self.by, strata=self.strata, stratum=self.stratum, unit=self.unit, entry=self.entry,
                        lower=self.lower, upper=self.upper, count=self.count, how=(f"read from {self.source}",))


def read_lifetimes(
    source: str | Path | Any,
    *,
    age: str | None = None,
    failed: str | None = None,
    lower: str | None = None,
    upper: str | None = None,
    count: str | None = None,
    entry: str | None = None,
    by: Sequence[str] = (),
    until: str | None = None,
    unit: str = "day",
) -> Lifetimes:
    """Read a lifetimes file or frame.

    Parameters
    ----------
    source : path or frame
        CSV, Parquet, or anything Narwhals or the Arrow PyCapsule interface takes.
    age, failed : str
        Columns of exact ages and of outcomes (1, 0, true, false).
    lower, upper : str
        Columns of brackets instead: equal is exact, lower empty or 0 is left-censored, upper empty right-censored.
    count, entry, until : str, optional
        Columns of units per row, delayed entry and known end of watch.
    by : sequence of str
        Stratum columns.
    unit : str
        Unit of the ages.

    Returns
    -------
    Lifetimes

    Raises
    ------
    Findings
        A column is missing, or a value is not what its column holds; every bad cell is named.
    """
    roles = {"age": age, "failed": failed, "lower": lower, "upper": upper, "count": count, "entry": entry,
             "until": until}
    asked = {role: column for role, column in roles.items() if column is not None}
    with open_engine("duckdb") as engine:
        name = readable(engine, "rows", source)
        with telling(source):
            rows = _distinct(engine, name, asked, tuple(by))
        read, bad = _parsed(rows, asked, tuple(by), unit, name)
        if bad:
            raise Findings(_findings(*_everywhere(engine, bad, rows, asked, tuple(by)), name, source))
    return read


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _distinct(engine: Engine, name: str, asked: dict[str, str], by: tuple[str, ...]) -> pa.Table:
    """Group the rows by the text of the columns asked for, in first-seen order; values beside the text."""
    present = engine.sql("SELECT * FROM rows LIMIT 0").column_names
    lacking = [column for column in (*asked.values(), *by) if column not in present]
    if lacking:
        raise Findings([
            Finding(name, 1, column, None, "column-missing", f"There is no column {column!r}.",
                    f"The columns are {', '.join(present)}: name one of them.") for column in lacking
        ])
    keys = _keys(asked, by)
    values = [f"try_cast(trim(t_{role}) AS DOUBLE) AS v_{role}" for role in asked if role != "failed"]
    return engine.sql(
        f"WITH seen AS ({_numbered(asked, by)}), "
        f"grouped AS (SELECT {', '.join(keys)}, count(*) AS times, min(n) AS n_first "
        f"FROM seen GROUP BY {', '.join(keys)}) "
        f"SELECT {', '.join([*keys, *values])}, times, n_first FROM grouped ORDER BY n_first"
    )


def _keys(asked: dict[str, str], by: Sequence[str]) -> list[str]:
    return [f"t_{role}" for role in asked] + [f"b_{i}" for i in range(len(by))]


def _numbered(asked: dict[str, str], by: Sequence[str]) -> str:
    """SELECT the texts asked for and `n`, the number of the row."""
    columns = zip(_keys(asked, by), (*asked.values(), *by), strict=True)
    texts = ", ".join(f"CAST({_quoted(c)} AS VARCHAR) AS {key}" for key, c in columns)
    return f"SELECT {texts}, row_number() OVER () - 1 AS n FROM rows"


def _parsed(
    rows: pa.Table, asked: dict[str, str], by: tuple[str, ...], unit: str, name: str
) -> tuple[Lifetimes, list[_Cell]]:
    """Turn distinct texts into numbers; beside them the cells that are none."""
    first = rows["n_first"].to_numpy().astype(np.int64)
    bad: list[_Cell] = []

    def note(role: str, where: NDArray[np.bool_], rule: str, why: str, do: str) -> None:
        text = rows[f"t_{role}"]
        bad.extend((int(i), asked[role], text[int(i)].as_py(), rule, why, do) for i in np.flatnonzero(where))

    values = {role: _numbers(rows, role, note) for role in asked if role != "failed"}
    size = len(first)
    failed = _outcomes(rows, note) if "failed" in asked else np.zeros(size, bool)
    count = values.get("count", np.ones(size))
    _needed(values, "count", note)
    entry = np.nan_to_num(values.get("entry", np.zeros(size)), nan=0.0)
    if "age" in asked:
        _needed(values, "age", note)
        exact, lower, upper = values["age"], values["age"], np.where(failed, values["age"], np.inf)
        _after_entry(exact, entry, asked, note)
    else:
        exact = np.full(size, np.nan)
        lower = np.nan_to_num(values["lower"], nan=0.0)
        upper = np.where(np.isnan(values["upper"]), np.inf, values["upper"])
        note("upper", lower > upper, "bracket-reversed", "The upper bound is below the lower.", "Exchange the two.")
    strata, stratum = _strata(rows, by)
    return Lifetimes(by=by, strata=strata, stratum=stratum, count=count * rows["times"].to_numpy(), age=exact,
                     failed=failed, entry=entry, until=values.get("until", np.full(size, np.nan)), lower=lower,
                     upper=upper, unit=unit, source=name, line=first), bad


def _numbers(rows: pa.Table, role: str, note: Bad) -> Floats:
    """Values of one column: nan where empty; a text that is no number, or one below zero or infinite, is noted."""
    text = pc.fill_null(pc.utf8_lower(pc.utf8_trim_whitespace(rows[f"t_{role}"])), "")
    empty = pc.is_in(text, pa.array(EMPTY)).to_numpy()
    value: Floats = pc.fill_null(rows[f"v_{role}"], np.nan).to_numpy().astype(np.float64)
    wrong = ~empty & (~np.isfinite(value) | pc.match_substring(text, "_").to_numpy())  # the engine reads 1_000
    note(role, wrong, "unparsable", "This is not a number.", "Write a number, or leave the cell empty.")
    with np.errstate(invalid="ignore"):
        note(role, ~empty & (value < 0), "below-zero", "This cannot be below zero.", "Correct the value.")
    return np.where(empty, np.nan, np.where(wrong, 0.0, value))  # a wrong one is refused above, not missing as well


def _outcomes(rows: pa.Table, note: Bad) -> NDArray[np.bool_]:
    text = [("" if t is None else t.strip().lower()) for t in rows["t_failed"].to_pylist()]
    note("failed", np.array([t not in OUTCOMES for t in text], bool), "unparsable",
         "An outcome is 1, 0, true or false.", "Write one of them.")
    return np.array([OUTCOMES.get(t, False) for t in text], bool)


def _needed(values: dict[str, Floats], role: str, note: Bad) -> None:
    if role in values:
        note(role, np.isnan(values[role]), "value-missing", "This cell is empty and its row needs it.", "Fill it in.")


def _after_entry(age: Floats, entry: Floats, asked: dict[str, str], note: Bad) -> None:
    if "entry" in asked:
        note("entry", entry > age, "entry-after-age", "Watching began after it ended.", "Correct the entry or the age.")


def _strata(rows: pa.Table, by: tuple[str, ...]) -> tuple[tuple[tuple[str, ...], ...], Ints]:
    """Text of the stratum columns, first-seen order; an empty cell is the empty text."""
    if not by:
        return ((),), np.zeros(len(rows), np.int64)
    columns = [pc.fill_null(rows[f"b_{i}"], "").to_pylist() for i in range(len(by))]
    place: dict[tuple[str, ...], int] = {}
    stratum = [place.setdefault(key, len(place)) for key in zip(*columns, strict=True)]
    return tuple(place), np.array(stratum, np.int64)


def _everywhere(
    engine: Engine, bad: list[_Cell], rows: pa.Table, asked: dict[str, str], by: tuple[str, ...]
) -> tuple[list[_Cell], bool]:
    """Turn cells of distinct rows into those of every row that has them; of very many the first, and whether so."""
    keys = rows.select(_keys(asked, by))
    groups = sorted({cell[0] for cell in bad})
    engine.add("bad__", keys.take(pa.array(groups)).append_column("g", pa.array(groups, pa.int64())))
    same = " AND ".join(f"s.{k} IS NOT DISTINCT FROM b.{k}" for k in keys.column_names)
    found = engine.sql(f"WITH s AS ({_numbered(asked, by)}) SELECT s.n, b.g FROM s JOIN bad__ AS b ON {same} "
                       f"ORDER BY s.n LIMIT {MOST_LISTED + 1}")
    of: dict[int, dict[str, _Cell]] = {}
    for cell in bad:
        of.setdefault(cell[0], {}).setdefault(cell[1], cell)  # one finding a cell
    listed = [(n, *cell[1:]) for n, g in zip(found["n"].to_pylist(), found["g"].to_pylist(), strict=True)
              for cell in of[g].values()]
    return listed[:MOST_LISTED], len(listed) > MOST_LISTED


def _findings(bad: list[_Cell], more: bool, name: str, source: Any) -> list[Finding]:
    at = places(source, [b[0] for b in bad], name)
    found = [Finding(file, line, column, value, rule, placed(why, row, line), do)
             for (file, line), (row, column, value, rule, why, do) in zip(at, bad, strict=True)]
    told = RULES["more-findings"]
    return found + [Finding(name, None, None, None, told.id, told.why, told.what_to_do)] * more
