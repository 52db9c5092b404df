"""The reserve as a workbook: about, reserve, roll-forward, by month, what-if; real dates, formats and charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warrantor.forecast.reserve import Reserve
from warrantor.forecast.roll import DRIVERS, Rolls, in_coins
from warrantor.report.of_reserve import NEARLY_ALL
from warrantor.terms.money import PLACES

if TYPE_CHECKING:
    from warrantor.forecast.second import Second

HEADS = ("currency", "units", "covered", "incurred not reported", "unexpired risk", "best estimate", "value at risk",
         "tail value at risk", "within 12 months", "later", "claims not reported", "claims to occur", "chain ladder",
         "its standard error", "refused")
LINES = ("opening", "accruals", "change", "settlements", "closing", "current", "noncurrent")
WIDE, LINE, LETTERS = 90, 15, 100  # of the sheet About: characters, points, and characters a line surely holds
WHOLE = "#,##0"


def save_workbook(found: Reserve, path: str | Path, *, rolls: Rolls | None = None,
                  about: Sequence[tuple[str, Any]] = ()) -> Path:
    """Write a reserve as a workbook of five sheets; text is written as text, never as a formula or a link.

    Parameters
    ----------
    found : Reserve
    path : str or Path
        Ends in .xlsx.
    rolls : Rolls, optional
        The roll-forward; its sheet says so where there is none.
    about : sequence of (str, value)
        What else to say of the numbers: versions, records read.

    Returns
    -------
    Path
    """
    import xlsxwriter

    place = Path(path)
    said = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
            "default_date_format": "yyyy-mm-dd"}
    with xlsxwriter.Workbook(str(place), said) as book:
        pen = _Pen.of(book, found.currency)
        _about(pen, found, about)
        _reserve(pen, found)
        _rolls(pen, rolls)
        _months(pen, found)
        _what_if(pen, found)
    return place


@dataclass(frozen=True, slots=True)
class _Pen:
    """A workbook and its formats."""

    book: Any
    head: Any
    wrap: Any
    money: Any
    count: Any
    whole: Any
    day: Any
    month: Any
    currency: str | None

    @classmethod
    def of(cls, book: Any, currency: str | None) -> _Pen:
        places = PLACES.get(currency or "", 2)
        form = "#,##0" + ("." + "0" * places if places else "")
        return cls(book, book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
                   book.add_format({"text_wrap": True, "valign": "top"}),
                   book.add_format({"num_format": f"{form};[Red]-{form}"}), book.add_format({"num_format": "#,##0.0"}),
                   book.add_format({"num_format": WHOLE}),
                   book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
                   book.add_format({"num_format": "yyyy-mm", "align": "left"}), currency)

    def sheet(self, name: str, heads: Sequence[str], *, first: int = 14) -> Any:
        """Add a sheet with its header row, which stays in sight."""
        page = self.book.add_worksheet(name)
        page.set_column(0, max(len(heads) - 1, 0), first)
        page.set_row(0, LINE * (2 if any(len(text) > first for text in heads) else 1))
        for i, text in enumerate(heads):
            page.write_string(0, i, text, self.head)
        page.freeze_panes(1, 0)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        return page

    def put(self, page: Any, row: int, column: int, value: Any, form: Any = None) -> None:
        """Write a value as what it is; nothing where there is none."""
        if isinstance(value, date):
            page.write_datetime(row, column, value, form or self.day)
        elif isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
            page.write_number(row, column, float(value), form)
        elif value is not None:
            page.write_string(row, column, str(value), form if form is self.wrap else None)


def _about(pen: _Pen, found: Reserve, about: Sequence[tuple[str, Any]]) -> None:
    page = pen.sheet("About", ("what", "value"))
    page.set_column(0, 0, 24)
    page.set_column(1, 1, WIDE)
    rate = "none" if found.rate is None else f"{found.rate:.4g} a year, from the middle of the month of report"
    rows = [("What", "Reserve for claims still to be reported of units sold so far"), ("As of", found.as_of),
            ("Currency", found.currency or "not known"), ("Level of the value at risk", f"{found.level:.4g}"),
            ("Discount", rate), *about, *(("Assumption", line) for line in found.how)]
    for i, (name, value) in enumerate(rows, 1):
        page.set_row(i, LINE * -(-len(str(value)) // LETTERS))
        page.write_string(i, 0, name, pen.wrap)
        pen.put(page, i, 1, value, None if isinstance(value, date) else pen.wrap)


def _reserve(pen: _Pen, found: Reserve) -> None:
    page = pen.sheet("Reserve", (*found.by, *HEADS))
    k = len(found.by)
    whole = found.over(*found.by) if len(found.strata) > 1 else None
    told = [(*found.strata[s], *row) for s, row in enumerate(_rows(found))]
    if whole is not None:
        told.append(("Total", *[""] * (k - 1), *_rows(whole)[0]))
    for i, row in enumerate(told, 1):
        for j, value in enumerate(row):
            money = 3 <= j - k <= 9 or j - k in (12, 13)
            form = pen.money if money else pen.whole if j - k in (1, 2) else pen.count
            pen.put(page, i, j, value, None if isinstance(value, str) else form)
    if found.strata and k:
        _chart(pen, page, "Reserve", {"type": "column", "subtype": "stacked"}, rows=(len(found.strata), (0, k - 1)),
               columns=[k + 3, k + 4], at=(len(told) + 3, 0))


def _rows(found: Reserve) -> list[list[Any]]:
    """Currency to refused, a stratum a row, in whole coins whose parts add up."""
    rows = []
    for s, named in enumerate(found.to_arrow().to_pylist()):
        second: Second | None = found.second[s] if found.second else None
        told = {} if second is None else second.to_dict()
        parts: tuple[Any, ...] = (None, None)
        best, soon, later = None, None, None
        if named["best"] is not None:
            parts = in_coins([named["incurred"], named["unexpired"]], found.currency or "")
            best = sum(parts, Decimal(0))
            soon = in_coins([named["current"]], found.currency or "")[0]
            later = best - soon
        rows.append([named["currency"], named["units"], named["covered"], *parts, best, named["value_at_risk"],
                     named["tail_value_at_risk"], soon, later, named["claims_incurred"], named["claims_unexpired"],
                     told.get("total"), told.get("se"), named["refused"] or told.get("refused")])
    return rows


def _rolls(pen: _Pen, rolls: Rolls | None) -> None:
    page = pen.sheet("Roll-forward", ("period", "currency", "kind", *LINES, "residual", *DRIVERS))
    page.set_column(0, 0, 26)
    if rolls is None:
        page.write_string(1, 0, "No opening balance was given: name a file with --opening.")
        return
    for i, row in enumerate(rolls.rows, 1):
        cells = [row.period, row.currency, row.kind, *(getattr(row, n) for n in LINES), row.residual,
                 *(row.explained.get(n) for n in DRIVERS)]
        for j, value in enumerate(cells):
            pen.put(page, i, j, value, pen.money if j > 2 else None)


def _months(pen: _Pen, found: Reserve) -> None:
    told = [s for s, why in enumerate(found.refused) if why is None]
    names = [", ".join(found.strata[s]) or "All units" for s in told]
    page = pen.sheet("By month", ("month of report", *names))
    for m, month in enumerate(found.months, 1):
        pen.put(page, m, 0, month, pen.month)
        for j, s in enumerate(told, 1):
            pen.put(page, m, j, float(found.monthly[s, m - 1]), pen.money)
    if told:
        _chart(pen, page, "By month", {"type": "column", "subtype": "stacked"}, dates=True,
               rows=(_nearly(found, told), (0, 0)), columns=range(1, 1 + len(told)), at=(1, len(told) + 2))


def _what_if(pen: _Pen, found: Reserve) -> None:
    if not found.curve:
        page = pen.sheet("What-if", ("months",))
        page.write_string(1, 0, "No other lengths were asked for: ask with --what-if.")
        return
    page = pen.sheet("What-if", ("months", "best estimate", "value at risk", "tail value at risk"))
    for i, (length, one) in enumerate(found.curve, 1):
        whole = one.over(*one.by)
        cells = [None] * 3 if whole.refused[0] else [whole.best[0, 2], *whole.at_risk[0]]
        for j, value in enumerate([length, *cells]):
            pen.put(page, i, j, None if value is None else float(value), pen.money if j else None)
    _chart(pen, page, "What-if", {"type": "scatter", "subtype": "straight_with_markers"},
           rows=(len(found.curve), (0, 0)), columns=(1, 2), at=(1, 5), across="months promised")


def _nearly(found: Reserve, told: Sequence[int]) -> int:
    """Count the months by which 99.9 % of the cost is reported."""
    whole = found.monthly[list(told)].sum(axis=0).cumsum()
    return int((whole < NEARLY_ALL * whole[-1]).sum()) + 1


def _chart(pen: _Pen, page: Any, name: str, kind: dict[str, str], *, rows: tuple[int, tuple[int, int]],
           columns: Sequence[int], at: tuple[int, int], across: str = "", dates: bool = False) -> None:
    """Draw columns of a sheet against others of its columns, (last row, (first, last column)), as a native chart."""
    last, (left, right) = rows
    chart = pen.book.add_chart(kind)
    for column in columns:
        chart.add_series({"name": [name, 0, column], "categories": [name, 1, left, last, right],
                          "values": [name, 1, column, last, column]})
    chart.set_title({"name": f"{name}, {pen.currency or 'currency not known'}", "name_font": {"size": 11}})
    chart.set_legend({"position": "bottom"})
    chart.set_x_axis({"name": across, "num_format": "yyyy-mm", "date_axis": True, "major_unit": max(last // 12, 1),
                      "major_unit_type": "months"} if dates else {"name": across})
    chart.set_y_axis({"num_format": WHOLE, "major_gridlines": {"visible": True, "line": {"color": "#dddddd"}}})
    chart.set_size({"width": 720, "height": 320})
    page.insert_chart(*at, chart)
