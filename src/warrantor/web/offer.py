"""A table as CSV, JSON or a workbook, under the page's own address with a suffix."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from starlette.responses import Response

Form = Literal["csv", "json", "xlsx"]
MEDIA = {"csv": "text/csv; charset=utf-8", "json": "application/json",
         "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table to take away.

    Attributes
    ----------
    name : str
        Of the file, without its suffix.
    schema : str
        Of the JSON document.
    columns : tuple of str
        Names for programs.
    rows : sequence of mapping
        A value a column; None is an empty cell.
    about : mapping
        What was filtered, when, and until which day.
    """

    name: str
    schema: str
    columns: tuple[str, ...]
    rows: Sequence[Mapping[str, Any]]
    about: Mapping[str, Any]


def offered(sheet: Sheet, form: Form, *, person: bool = True) -> Response:
    """Return a table as a file.

    Parameters
    ----------
    sheet : Sheet
        The table.
    form : "csv", "json" or "xlsx"
        What it becomes.
    person : bool
        A person opens the CSV: it gets a byte-order mark, and cells that a spreadsheet would take for a formula get an
        apostrophe. A program gets neither.
    """
    made = {"csv": lambda: _csv(sheet, person).encode("utf-8-sig" if person else "utf-8"),
            "json": lambda: _json(sheet), "xlsx": lambda: _workbook(sheet)}[form]()
    headers = {"content-disposition": f'attachment; filename="{sheet.name}.{form}"'}
    return Response(made, media_type=MEDIA[form], headers=headers if person or form == "xlsx" else None)


def plain(value: Any) -> Any:
    """Return a value as JSON and CSV can hold it.

    Examples
    --------
    >>> plain(date(2026, 11, 23)), plain(Decimal("9.90")), plain(("a", None))
    ('2026-11-23', '9.90', ['a', None])
    """
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [plain(v) for v in value]
    return value


def _json(sheet: Sheet) -> bytes:
    rows = [{c: plain(row.get(c)) for c in sheet.columns} for row in sheet.rows]
    document = {"schema": sheet.schema, "about": plain(sheet.about), "rows": rows}
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()


def _csv(sheet: Sheet, person: bool) -> str:
    told = io.StringIO()
    writer = csv.writer(told, lineterminator="\r\n" if person else "\n")
    writer.writerow(sheet.columns)
    for row in sheet.rows:
        cells = [_cell(row.get(c)) for c in sheet.columns]
        writer.writerow([harmless(c) for c in cells] if person else cells)
    return told.getvalue()


def _cell(value: Any) -> Any:
    found = plain(value)
    if isinstance(found, dict):
        return json.dumps(found, ensure_ascii=False)
    return "" if found is None else "|".join(map(str, found)) if isinstance(found, list) else found


def harmless(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula.

    Examples
    --------
    >>> harmless("=1+1"), harmless(-3), harmless("repair")
    ("'=1+1", -3, 'repair')
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _workbook(sheet: Sheet) -> bytes:
    import xlsxwriter

    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        page = book.add_worksheet("Rows")
        page.freeze_panes(1, 0)
        page.write_row(0, 0, sheet.columns, bold)
        for i, row in enumerate(sheet.rows, start=1):
            for j, column in enumerate(sheet.columns):
                _put(page, i, j, row.get(column), day)
        page.autofit()
        about = book.add_worksheet("About")
        for i, (name, value) in enumerate(sheet.about.items()):
            about.write(i, 0, name, bold)
            about.write(i, 1, _cell(value))
        about.autofit()
    return made.getvalue()


def _put(page: Any, row: int, column: int, value: Any, day: Any) -> None:
    """Write one cell: days as days, amounts as numbers."""
    if isinstance(value, date) and not isinstance(value, datetime):
        page.write_datetime(row, column, datetime(value.year, value.month, value.day), day)  # noqa: DTZ001  a civil day
    elif isinstance(value, Decimal):
        page.write_number(row, column, float(value))
    elif value is not None:
        page.write(row, column, _cell(value))
