"""How a period is counted: from a start day and a term to the last covered day."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Counting = Literal["exclude_start", "include_start"]


@dataclass(frozen=True, slots=True)
class Term:
    """A length of cover: whole months, years or days; never a mixture.

    Attributes
    ----------
    length : int
        How many.
    unit : "days", "months" or "years"
        Of what. Twelve months are not 365 days.

    Examples
    --------
    >>> Term(18, "months")
    Term(length=18, unit='months')
    """

    length: int
    unit: Literal["days", "months", "years"]

    def __post_init__(self) -> None:
        if self.unit not in ("days", "months", "years"):
            raise ValueError(f"{self.unit!r} is no unit of a term: use days, months or years")
        if self.length < 0:
            raise ValueError(f"a term of {self.length} {self.unit} is below zero")


def end_of(start: date, term: Term, counting: Counting = "exclude_start") -> date:
    """Return the last covered day, inclusive until 24:00.

    The start day is not counted (or is, with include_start: one day less). A period of months ends on the corresponding
    day of the due month, or on its last day where there is none; it is added once, from the start, never chained.

    Parameters
    ----------
    start : date
        The day cover begins, age 0.
    term : Term
        How long.
    counting : "exclude_start" or "include_start"
        Whether the start day counts.

    Returns
    -------
    date

    Raises
    ------
    ValueError
        The end lies beyond the year 9999.

    Source
    ------
    PRC Civil Code, articles 201-202, and Regulation (EEC, Euratom) 1182/71, article 3(2)(c), as read in copies.

    Examples
    --------
    >>> end_of(date(2019, 8, 31), Term(18, "months"))
    datetime.date(2021, 2, 28)
    >>> end_of(date(2018, 8, 31), Term(18, "months"))
    datetime.date(2020, 2, 29)
    >>> end_of(date(2020, 1, 1), Term(14, "days"), "include_start")
    datetime.date(2020, 1, 14)
    """
    if term.unit == "days":
        due = start + timedelta(days=term.length)
    else:
        due = _months_later(start, term.length * (12 if term.unit == "years" else 1))
    return due if counting == "exclude_start" else due - timedelta(days=1)


def _months_later(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if year > date.max.year:
        raise ValueError(f"{months} months after {start} lie beyond the calendar")
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
