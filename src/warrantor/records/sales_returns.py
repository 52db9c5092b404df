"""Sales by month and returns by month (a Nevada chart): the records that every maker has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from warrantor.engine import EngineError, open_engine
from warrantor.finding import Finding, Findings
from warrantor.records.lines import placed, places
from warrantor.records.reading import readable, telling
from warrantor.tally import Floats, Tally, merged

INTERVAL = "a return k months after its sale month is taken to have come between age k - 1 and age k (interval grain)"
EXACT = "a return k months after its sale month is taken to have come at age k exactly (exact end)"
MOST_ROWS = 1200
_MONTH = re.compile(r"^(\d{4})[-/](0?[1-9]|1[0-2])$")


@dataclass(frozen=True, slots=True)
class _Chart:
    """The chart as text: what it is called, its columns, and its cells beyond the first column."""

    name: str
    source: Any
    first: str
    sales: list[str]
    columns: list[str]
    text: NDArray[np.object_]
    value: Floats

    @property
    def month(self) -> NDArray[np.int64]:
        """(rows, return columns) months from the sale to the return; undated, row 0's first return month is month 1."""
        rows, wide = self.value.shape
        if self.dated is not None:
            sold, returned = self.dated
            return returned[None, :] - sold[:, None]
        return np.arange(1, wide)[None, :] - np.arange(rows)[:, None]


    @property
    def dated(self) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        """Month numbers of the sales and of the returns, where every one is written as year-month; None otherwise."""
        found = [_MONTH.match(label) for label in (*self.sales, *self.columns[2:])]
        numbers = np.array([12 * int(m[1]) + int(m[2]) for m in found if m])
        return (numbers[: len(self.sales)], numbers[len(self.sales):]) if len(numbers) == len(found) else None


def read_sales_returns(source: str | Path | Any, *, exact_end: bool = False, by_sale: bool = False) -> Tally:
    """Read a chart of sales and returns by month.

    The first column names the sale month, the second holds the units sold, the others are return months. Where all are
    written 2019-01 the months say how long after its sale a return came; otherwise rows and columns run month by month
    and the first return month is month 1 of the first row: row i's return in column j came k = j - i + 1 months after
    its sale. Of n sold, n - sum_k r_k are still watched at the last month.

    Parameters
    ----------
    source : path or frame
        The chart; rows in calendar order, one a month. Cells before the sale are blank or 0.
    by_sale : bool
        True: a stratum per sale month, named as in the file; rows that share a name are added.
    exact_end : bool
        False: a return of month k lies in (k - 1, k], interval grain. True: it stands at age k exactly.

    Returns
    -------
    Tally
        One stratum, or one per sale month; ages in months; `how` says which convention.

    Raises
    ------
    Findings
        A cell is no whole number, a return came before its sale, or more came back than were sold.

    Examples
    --------
    >>> import pyarrow as pa
    >>> chart = pa.table({"sold in": ["Jan", "Feb"], "units": ["10", "20"], "Feb": ["1", None], "Mar": ["2", "3"]})
    >>> tally = read_sales_returns(chart)
    >>> tally.age.tolist(), tally.claimed.tolist(), tally.open.tolist()
    ([0.0, 1.0, 2.0], [4.0, 2.0, 0.0], [0.0, 17.0, 7.0])
    """
    chart = _chart(source)
    found = _findings(chart)
    if found:
        raise Findings(found)
    sold, returns, month = chart.value[:, 0], np.nan_to_num(chart.value[:, 1:]), chart.month
    rows, last = len(sold), np.maximum(month[:, -1], 0)
    counts = (sold, returns[month > 0], sold - returns.sum(axis=1))
    ages = (np.zeros(rows), month[month > 0] - (0.0 if exact_end else 1.0), last)
    entered, claimed, still = (
        np.concatenate([c if i == j else np.zeros(len(c)) for j, c in enumerate(counts)]) for i in range(3)
    )
    age = np.concatenate(ages).astype(np.float64)
    named = [(name,) for name in chart.sales] if by_sale else [()] * rows
    strata, place, _ = merged(tuple(named), ())
    stratum = place[np.concatenate((np.arange(rows), np.nonzero(month > 0)[0], np.arange(rows)))]
    return Tally.of(by=(chart.first,) if by_sale else (), strata=strata, stratum=stratum, age=age, unit="month",
                    grain="exact" if exact_end else "interval",
                    how=(f"read from {chart.name}", EXACT if exact_end else INTERVAL),
                    entered=entered, claimed=claimed, open=still)


def looks_like_sales_returns(source: str | Path | Any) -> bool:
    """Say whether a file is a sales-returns chart: whole numbers, none before the sale, none beyond what was sold.

    Parameters
    ----------
    source : path or frame
        Any file; one that cannot be read is no chart.

    Returns
    -------
    bool
    """
    try:
        chart = _chart(source)
    except (Findings, EngineError, OSError, UnicodeDecodeError):
        return False
    rows, wide = chart.value.shape
    return rows <= MOST_ROWS and wide > 1 and rows <= wide and not _findings(chart)


def _chart(source: Any) -> _Chart:
    with open_engine("duckdb") as engine:
        name = readable(engine, "chart", source)
        # at most so many rows are asked for that a file of millions is never taken for a chart
        with telling(source):
            table = engine.sql(f"SELECT * FROM chart LIMIT {MOST_ROWS + 1}")
    if table.num_columns < 3 or not table.num_rows:
        raise Findings([Finding(name, 1, None, None, "chart-shape", "This is no sales-returns chart.",
                                "Give a sale month, the units sold and return months; a row a sale month.")])
    text = np.array([[_text(v) for v in column.to_pylist()] for column in table.columns[1:]], object).T
    sales = [_text(v) for v in table.columns[0].to_pylist()]
    return _Chart(name, source, table.column_names[0], sales, table.column_names, text, _values(text))


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _values(text: NDArray[np.object_]) -> Floats:
    """Whole numbers from 0; blank is nan, anything else -1."""
    value = np.full(text.shape, np.nan)
    for i, j in np.argwhere(text != ""):
        cell = text[i, j].removesuffix(".0")
        value[i, j] = int(cell) if cell.isascii() and cell.isdigit() else -1
    return value


def _findings(chart: _Chart) -> list[Finding]:
    value, month = chart.value, chart.month
    before = np.pad(month < 1, ((0, 0), (1, 0)))
    with np.errstate(invalid="ignore"):
        wrong = value < 0
        early = before & (value > 0)
    blank = np.isnan(value) & ~before
    over = np.nansum(np.where(wrong, 0, value)[:, 1:], axis=1) > value[:, 0]
    said = [
        (wrong, "unparsable", "This is no whole number of units.", "Write 0 or a whole number above it."),
        (blank, "value-missing", "This cell is empty though the month was watched.", "Write 0 where none came back."),
        (early, "return-before-sale", "These came back before their sale month ended.",
         "Rows and return columns run month by month; the first return column is the month after the first sale."),
        (np.pad(over[:, None], ((0, 0), (0, value.shape[1] - 1))), "returns-exceed-sold",
         "More came back than were sold.", "Correct the units sold or the returns."),
    ]
    found = [(int(i), int(j), rule, why, do) for where, rule, why, do in said for i, j in np.argwhere(where)]
    found.sort(key=lambda p: (p[0], p[1]))
    at = places(chart.source, [int(p[0]) for p in found], chart.name)
    return _gaps(chart) + [
        Finding(file, line, chart.columns[j + 1], chart.text[i, j], rule, placed(why, i, line), do)
        for (file, line), (i, j, rule, why, do) in zip(at, found, strict=True)]


def _gaps(chart: _Chart) -> list[Finding]:
    """Dated return months that do not follow one another: the months between were watched and say nothing."""
    if chart.dated is None:
        return []
    after = np.flatnonzero(np.diff(chart.dated[1]) != 1)
    return [Finding(chart.name, 1, chart.columns[j + 3], None, "chart-shape",
                    f"This return month does not follow {chart.columns[j + 2]}.",
                    "Give every month a column, in order; write 0 where none came back.") for j in after]
