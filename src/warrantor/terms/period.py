"""How a period is counted: from a start day and a term to the last covered day, and on which day an instant falls."""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo

Counting = Literal["exclude_start", "include_start"]
UNITS = ("days", "months", "years")
ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Term:
    """A length of cover: whole months, years or days, never a mixture; and how much use it may see, if that is limited.

    Attributes
    ----------
    length : int
        How many.
    unit : "days", "months" or "years"
        Of what. Twelve months are not 365 days.
    usage : tuple of (str, int)
        Meters that end the cover too, whichever is first: ("cycles", 500) covers up to and with the 500th.

    Examples
    --------
    >>> str(Term(18, "months", (("cycles", 500),)))
    '18 months or 500 cycles'
    """

    length: int
    unit: Literal["days", "months", "years"]
    usage: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(f"{self.unit!r} is no unit of a term: use days, months or years")
        if self.length < 0:
            raise ValueError(f"a term of {self.length} {self.unit} is below zero")

    def __str__(self) -> str:
        limits = "".join(f" or {most} {meter}" for meter, most in self.usage)
        return f"{self.length} {self.unit}{limits}"

    def longer(self, other: Term) -> Term:
        """Return this term and another, as one term from one start.

        Raises
        ------
        ValueError
            Days and months together: their sum depends on the start, so it is no term.

        Examples
        --------
        >>> Term(2, "years").longer(Term(12, "months"))
        Term(length=36, unit='months', usage=())
        """
        if (self.unit == "days") != (other.unit == "days"):
            raise ValueError(f"{self} and {other} do not add up to a term")
        if self.unit == other.unit:
            return Term(self.length + other.length, self.unit, self.usage)
        return Term(self.months + other.months, "months", self.usage)

    @property
    def months(self) -> int:
        """The term in months; days have none."""
        return self.length * {"years": 12, "months": 1, "days": 0}[self.unit]


@dataclass(frozen=True, slots=True)
class Holidays:
    """Days on which a period does not end: it ends on the next day that is none.

    Attributes
    ----------
    name : str
        Of the calendar.
    spans : tuple of (date, date)
        First and last day of each holiday, sorted, apart.
    weekends : bool
        Whether Saturday and Sunday are such days too.
    """

    name: str
    spans: tuple[tuple[date, date], ...]
    weekends: bool = False

    def roll(self, day: date) -> date:
        """Return the day itself, or the next that is no holiday.

        Examples
        --------
        >>> Holidays("x", ((date(2019, 10, 1), date(2019, 10, 7)),)).roll(date(2019, 10, 3))
        datetime.date(2019, 10, 8)
        """
        while True:
            found = bisect_right(self.spans, (day, date.max)) - 1
            if found >= 0 and day <= self.spans[found][1]:
                day = self.spans[found][1]
            elif not (self.weekends and day.weekday() >= 5):
                return day
            if day == date.max:
                return day
            day += ONE

    def knows(self, day: date) -> bool:
        """Whether any holiday of the day's year is listed; without, nothing could move."""
        return any(first.year <= day.year <= last.year for first, last in self.spans)


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
        Never after 9999-12-31, where the calendar ends.

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
    due = days_later(start, term.length) if term.unit == "days" else _months_later(start, term.months)
    return due if counting == "exclude_start" or due == date.min else due - ONE


def days_later(day: date, days: int) -> date:
    """Return the day so many days later (or earlier), held inside the calendar.

    Examples
    --------
    >>> days_later(date(9999, 12, 30), 90)
    datetime.date(9999, 12, 31)
    """
    return date.fromordinal(min(max(day.toordinal() + days, 1), date.max.toordinal()))


def _months_later(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    day = start.day
    return date(year, month + 1, day if day < 29 else min(day, monthrange(year, month + 1)[1]))


def local_day(instant: datetime, zone: str) -> date:
    """Return the calendar day of an instant in a market's time zone; an instant without an offset is local already.

    Examples
    --------
    >>> local_day(datetime.fromisoformat("2020-07-15T16:00:00+00:00"), "Asia/Shanghai")
    datetime.date(2020, 7, 16)
    """
    if instant.tzinfo is None:
        return instant.date()
    try:
        return instant.astimezone(_zone(zone)).date()
    except OverflowError:  # within a day of the calendar's ends there is no other side
        return instant.date()


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
