"""A table as CSV, JSON or a workbook, under the page's own address with a suffix."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from math import isfinite
from typing import Any, Literal
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from warrantor import __version__
from warrantor.web.headers import masked
from warrantor.web.language import Voice, labelled, spoken
from warrantor.web.words import ABOUT, SHEETS

Form = Literal["csv", "json", "xlsx"]
MEDIA = {"csv": "text/csv; charset=utf-8", "json": "application/json",
         "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
AT_ONCE, LONGEST, LAST_ROW = 1_000, 32_767, 1_048_575  # rows of a piece; characters of a cell; rows of a sheet
QUIET = ("cursor", "lang", "q")  # asked in an address, but in no file's name: what is searched for may be a serial
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_MOMENT = re.compile(r"(^|_)(on|at|from|to|until|start|end|month|finished)$")
_NAMES = {"number", "claim", "unit", "proposal", "paper", "version", "person", "asked_by", "answered_by", "exit", "job"}


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
    rows : iterable of mapping
        A value a column; None is an empty cell. They are read once.
    about : mapping
        What was filtered, when, and until which day.
    """

    name: str
    schema: str
    columns: tuple[str, ...]
    rows: Iterable[Mapping[str, Any]]
    about: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a file says of the request that made it.

    Attributes
    ----------
    address : str
        Path and query, without serials.
    filters : tuple of str
        What was asked for in the query.
    by : str
        Who asked; empty for a visitor.
    at : datetime
        When.
    person : bool
        Whether a person opens the CSV: a program asks for `text/csv`.
    voice : Voice
        In which language the sheet About is told.
    """

    address: str
    filters: tuple[str, ...]
    by: str
    at: datetime
    person: bool
    voice: Voice

    @classmethod
    def of(cls, request: Request) -> Asked:
        """Read a request."""
        asker = getattr(request.state, "asker", None)
        person = asker.person if asker is not None else None
        counter = getattr(request.scope["app"].state, "counter", None) if "app" in request.scope else None
        query = [(k, v) for k, v in request.query_params.items() if v]
        said = "&".join(f"{k}={'-' if k == 'q' else v}" for k, v in query)
        accept = request.headers.get("accept", "")
        return cls(masked(request.url.path) + (f"?{said}" if said else ""),
                   tuple(v for k, v in query if k not in QUIET), "" if person is None else person.name,
                   datetime.now(UTC) if counter is None else counter.store.clock(),
                   "text/html" in accept or "text/csv" not in accept, asker.voice if asker else spoken(request))


class Taken(Response):
    """A table as a file: made when it is sent, for only then it is known who asked, from where and for what.

    Parameters
    ----------
    sheets : tuple of Sheet
        One; a workbook may hold more.
    form : "csv", "json" or "xlsx"
        What it becomes.
    """

    def __init__(self, sheets: tuple[Sheet, ...], form: Form) -> None:
        super().__init__(media_type=MEDIA[form])
        self.sheets, self.form = sheets, form

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file."""
        made = await run_in_threadpool(self.made, Asked.of(Request(scope)))
        await made(scope, receive, send)

    def made(self, asked: Asked) -> Response:
        """Return the file for one request."""
        first = self.sheets[0]
        headers = {"content-disposition": attached(f"{_named(first, asked)}.{self.form}")}
        if self.form == "csv":
            return StreamingResponse(_csv(first, asked.person), media_type=MEDIA["csv"], headers=headers)
        body = _json(first, asked) if self.form == "json" else _workbook(self.sheets, asked)
        return Response(body, media_type=MEDIA[self.form], headers=headers)


def offered(sheet: Sheet, form: Form) -> Taken:
    """Return a table as a file.

    A CSV for a person has a byte-order mark, and cells that a spreadsheet would take for a formula have an apostrophe;
    a program that accepts `text/csv` gets neither.

    Parameters
    ----------
    sheet : Sheet
        The table.
    form : "csv", "json" or "xlsx"
        What it becomes.
    """
    return Taken((sheet,), form)


def bound(*sheets: Sheet) -> Taken:
    """Return several tables as one workbook, named after the first."""
    return Taken(sheets, "xlsx")


def attached(name: str) -> str:
    r"""Return the header that has a file saved under a name, whatever letters are in it (RFC 6266).

    Examples
    --------
    >>> attached("life-红米.csv")
    'attachment; filename="life---.csv"; filename*=UTF-8\'\'life-%E7%BA%A2%E7%B1%B3.csv'
    """
    plainly = re.sub(r"[^A-Za-z0-9 .@_-]", "-", name)
    return f"attachment; filename=\"{plainly}\"; filename*=UTF-8''{quote(name, safe='')}"


def plain(value: Any) -> Any:
    """Return a value as JSON and CSV can hold it; what is no number is nothing.

    Examples
    --------
    >>> plain(date(2026, 11, 23)), plain(Decimal("9.90")), plain(("a", float("nan")))
    ('2026-11-23', '9.90', ['a', None])
    """
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [plain(v) for v in value]
    return value


def about(sheet: Sheet, asked: Asked) -> dict[str, Any]:
    """Return what a file says of itself: what it is, from which address, of which day, by whom and when."""
    what = labelled(SHEETS, sheet.schema, asked.voice)
    return {"what": what, "address": asked.address, **sheet.about, "by": asked.by, "at": asked.at,
            "version": f"warrantor {__version__}"}


def _named(sheet: Sheet, asked: Asked) -> str:
    """Return the name of a file: page, filters, and the day up to which it tells."""
    day = str(plain(sheet.about.get("as_of") or sheet.about.get("on") or asked.at))[:10]
    parts = [sheet.name, *(f for f in asked.filters if f not in sheet.name), day]
    return re.sub(r"-*[^\w.@-]+-*", "-", "-".join(parts))[:150]


def _json(sheet: Sheet, asked: Asked) -> bytes:
    rows = [{c: plain(row.get(c)) for c in sheet.columns} for row in sheet.rows]
    document = {"schema": sheet.schema, "about": plain(about(sheet, asked)), "rows": rows}
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()


def _csv(sheet: Sheet, person: bool) -> Iterator[bytes]:
    """Yield the lines, piece by piece: a long log is never held as one text."""
    rows = iter(sheet.rows)
    yield (b"\xef\xbb\xbf" if person else b"") + _lines([sheet.columns], person)
    while piece := [[_cell(row.get(c)) for c in sheet.columns] for row in islice(rows, AT_ONCE)]:
        yield _lines([[harmless(c) for c in cells] for cells in piece] if person else piece, person)


def _lines(rows: Iterable[Iterable[Any]], person: bool) -> bytes:
    told = io.StringIO()
    csv.writer(told, lineterminator="\r\n" if person else "\n").writerows(rows)
    return told.getvalue().encode()


def _cell(value: Any) -> Any:
    found = plain(value)
    if isinstance(found, dict):
        return json.dumps(found, ensure_ascii=False)
    return "" if found is None else "|".join(map(str, found)) if isinstance(found, list) else found


def harmless(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula; a number below zero stays one.

    Examples
    --------
    >>> harmless("=1+1"), harmless("-9.90"), harmless("repair"), harmless("＋1")  # noqa: RUF001, RUF100
    ("'=1+1", '-9.90', 'repair', "'＋1")
    """
    if isinstance(cell, str) and cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def _workbook(sheets: tuple[Sheet, ...], asked: Asked) -> bytes:
    import xlsxwriter

    made = io.BytesIO()
    said = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
            "nan_inf_to_errors": False}
    with xlsxwriter.Workbook(made, said) as book:
        for place, sheet in enumerate(sheets, 1):
            _page(book, sheet, place)
        page, bold = book.add_worksheet("About"), book.add_format({"bold": True})
        told = [pair for sheet in sheets for pair in [*about(sheet, asked).items(), ("", "")]]
        for i, (name, value) in enumerate(told[:-1]):
            page.write_string(i, 0, labelled(ABOUT, name, asked.voice), bold)
            _put(book, page, (i, 1), _moment(value) if isinstance(value, str) else value, None)
        page.autofit(600)
    return made.getvalue()


def _page(book: Any, sheet: Sheet, place: int) -> None:
    """Write a table of the workbook: filters on its header, which stays in sight; days, counts and shares as such."""
    page = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", "-", sheet.name)[:28] + ("" if place == 1 else f" {place}"))
    rows = [[_read(c, row.get(c)) for c in sheet.columns] for row in islice(sheet.rows, LAST_ROW)]
    forms = [_form(column, [row[j] for row in rows]) for j, column in enumerate(sheet.columns)]
    made = {form: book.add_format({"num_format": form}) for form in set(forms) if form}
    heads = [f"{c} (UTC)" if "hh" in form else c for c, form in zip(sheet.columns, forms, strict=True)]
    for i, row in enumerate(rows, 1):
        for j, value in enumerate(row):
            _put(book, page, (i, j), value, made.get(forms[j]))
    page.add_table(0, 0, max(len(rows), 1), len(heads) - 1, {
        "name": f"rows{place}", "style": "Table Style Light 1", "columns": [{"header": head} for head in heads]})
    page.freeze_panes(1, 1)
    page.autofit(400)


def _read(column: str, value: Any) -> Any:
    """Return a cell as what it is: days and instants that come as text are days and instants again."""
    if isinstance(value, str) and _MOMENT.search(column):
        return _moment(value, column)
    return None if isinstance(value, float) and not isfinite(value) else value


def _moment(text: str, column: str = "") -> date | str:
    try:
        if column.endswith("month") and re.fullmatch(r"\d{4}-\d{2}(-01)?", text):
            return date.fromisoformat(f"{text[:7]}-01")
        return (datetime.fromisoformat if "T" in text else date.fromisoformat)(text)
    except ValueError:
        return text


def _form(column: str, values: list[Any]) -> str:
    """Return how a column's numbers are written; empty where it holds none."""
    seen = [v for v in values if v is not None and not isinstance(v, str | bool)]
    if any(isinstance(v, datetime) for v in seen):
        return "yyyy-mm-dd hh:mm:ss"
    if any(isinstance(v, date) for v in seen):
        return "yyyy-mm" if column.endswith("month") else "yyyy-mm-dd"
    if not seen or not all(isinstance(v, int | float | Decimal) for v in seen):
        return ""
    if all(float(v).is_integer() for v in seen):
        return "0" if column in _NAMES else "#,##0"
    return "#,##0.00" if max(abs(v) for v in seen) >= 10 else "0.0000"


def _put(book: Any, page: Any, at: tuple[int, int], value: Any, form: Any) -> None:
    """Write one cell as what it is: instants in UTC, text never as a formula, nothing where there is nothing."""
    if isinstance(value, datetime):
        told = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        page.write_datetime(*at, told, form or book.add_format({"num_format": 'yyyy-mm-dd hh:mm:ss "UTC"',
                                                                "align": "left"}))
    elif isinstance(value, date):
        page.write_datetime(*at, value, form or book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}))
    elif isinstance(value, bool):
        page.write_boolean(*at, value)
    elif isinstance(value, int | float | Decimal):
        page.write_number(*at, float(value), form)
    elif value is not None and (text := str(_cell(value))):
        page.write_string(*at, text if len(text) <= LONGEST else f"{text[:LONGEST - 1]}…")
