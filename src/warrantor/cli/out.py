"""How a verb speaks: a table for people, JSON or CSV for programs, progress on stderr."""

from __future__ import annotations

import csv as csv_module
import json as json_module
import math
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as people read it.

    Attributes
    ----------
    title : str
        What the table says.
    columns : sequence of str
        Headers, with units.
    rows : sequence of sequence
        Values; None is an empty cell.
    notes : sequence of str
        Sentences below the table.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    notes: Sequence[str] = ()


def emit(document: dict[str, Any], *sheets: Sheet, json: bool = False, csv: bool = False) -> None:
    """Write a result to stdout: `document` as one JSON line with --json, the sheets as CSV with --csv, else as tables.

    Raises
    ------
    ValueError
        A nan or an infinity in the document, or no schema name in it: both are faults of the verb, not of the user.
    """
    if json:
        if "schema" not in document:
            raise ValueError("a document needs its schema name and version")
        print(json_module.dumps(document, allow_nan=False, ensure_ascii=False))
    elif csv:
        for sheet in sheets:
            _csv(sheet)
    else:
        for sheet in sheets:
            _table(sheet)


def number(value: float | None, digits: int = 4) -> str:
    """Write a number for people: thousands apart, `digits` significant digits, an empty text for a missing one.

    Examples
    --------
    >>> number(1234567.8), number(0.012344), number(None), number(12)
    ('1,234,568', '0.01234', '', '12')
    """
    if value is None or math.isnan(value):
        return ""
    if isinstance(value, int) or abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


@contextmanager
def progress(label: str, step: int = 1, of: int = 1) -> Iterator[None]:
    """Show a spinner on stderr while a step runs; nothing where stderr is no terminal, but for who asks for steps.

    Parameters
    ----------
    label : str
        What is being done.
    step, of : int
        Which step of the verb it is, from 1, and of how many; whoever runs the verb can show how far it is.
    """
    if not sys.stderr.isatty():
        if os.environ.get("WARRANTOR_STEPS"):
            print(f"step {step} of {of}: {label}" if of > 1 else label, file=sys.stderr, flush=True)
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(label):
        yield


def note(text: str) -> None:
    """Say a sentence to the person, on stderr."""
    print(text, file=sys.stderr)


def _csv(sheet: Sheet) -> None:
    writer = csv_module.writer(sys.stdout, lineterminator="\n")
    writer.writerow(sheet.columns)
    writer.writerows(["" if value is None else value for value in row] for row in sheet.rows)


def _table(sheet: Sheet) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=sheet.title, title_justify="left", box=SIMPLE_HEAD)
    for i, name in enumerate(sheet.columns):
        numeric = all(isinstance(row[i], (int, float, type(None))) for row in sheet.rows)
        table.add_column(name, justify="right" if numeric else "left")
    for row in sheet.rows:
        table.add_row(*(Text(number(v) if isinstance(v, (int, float)) or v is None else str(v)) for v in row))
    # a pipe has no width of its own: never fold a table that somebody will grep
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(table)
    for sentence in sheet.notes:
        console.print(Text(sentence))
