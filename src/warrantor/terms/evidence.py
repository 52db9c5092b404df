"""Start evidence: which day cover begins, what proves it, and what in the evidence cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Literal

from warrantor.terms.guarantee import Guarantee
from warrantor.terms.period import days_later, local_day
from warrantor.terms.read import evidence_step

Status = Literal["ok", "start_conflict", "evidence_error"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The days that papers and the unit itself tell; None where nothing does.

    Attributes
    ----------
    delivered_on, sold_on, activated_on, shipped_on, made_on : date or None
        Handed over, invoiced, first switched on, left the maker, made.
    activated_at : datetime or None
        The instant of the first switching on; before `activated_on`, since the market's zone decides its day.
    contract_on : date or None
        The day the sale was agreed.
    """

    delivered_on: date | None = None
    sold_on: date | None = None
    activated_on: date | None = None
    shipped_on: date | None = None
    made_on: date | None = None
    activated_at: datetime | None = None
    contract_on: date | None = None

    def day(self, column: str, zone: str) -> date | None:
        """Return the day of a column, in a market's zone."""
        if column == "activated_on" and self.activated_at is not None:
            return local_day(self.activated_at, zone)
        found: date | None = getattr(self, column)
        return found


@dataclass(frozen=True, slots=True)
class Start:
    """The day cover begins.

    Attributes
    ----------
    day : date
        Age 0.
    by : str
        The step of evidence that won.
    lacking : tuple of str
        Steps before it for which nothing was shown.
    """

    day: date
    by: str
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two pieces of evidence that do not go together.

    Attributes
    ----------
    status : str
        start_conflict: the invoice is honoured and a person told. evidence_error: nothing is decided without a person.
    first, second : str
        The columns.
    first_day, second_day : date
        What they say; the first should not be after the second.
    """

    status: Status
    first: str
    second: str
    first_day: date
    second_day: date


@cache
def _steps(start: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...], int], ...]:
    return tuple((step, *evidence_step(step)) for step in start)


def start_of(guarantee: Guarantee, evidence: Evidence) -> Start | None:
    """Return the start day by the first step of evidence that is known; None where none is.

    Examples
    --------
    >>> from warrantor.terms.period import Term
    >>> long = Guarantee("long", "1", {"host": Term(18, "months")}, start=("sold_on", "made_on+90"))
    >>> start_of(long, Evidence(made_on=date(2019, 1, 10)))
    Start(day=datetime.date(2019, 4, 10), by='made_on+90', lacking=('sold_on',))
    """
    lacking: list[str] = []
    for step, columns, more in _steps(guarantee.start):
        days = [d for d in (evidence.day(c, guarantee.zone) for c in columns) if d is not None]
        if len(days) == len(columns):
            return Start(days_later(max(days), more), step, tuple(lacking))
        lacking.append(step)
    return None


def sale_day(evidence: Evidence, start: Start | None) -> date | None:
    """Return the day that decides which version was promised: the sale, else the day cover begins."""
    return evidence.sold_on or (None if start is None else start.day)


def conflicts(evidence: Evidence, today: date | None, zone: str = "UTC") -> tuple[Conflict, ...]:
    """Return what in the evidence does not go together; the gravest first.

    Parameters
    ----------
    evidence : Evidence
        What is known.
    today : date or None
        Nothing can have happened after it; None: not asked.
    zone : str
        Decides the day of an instant.

    Examples
    --------
    >>> told = conflicts(Evidence(sold_on=date(2019, 5, 20), activated_on=date(2019, 1, 16)), None)
    >>> told[0].status, told[0].first
    ('start_conflict', 'sold_on')
    """
    sold, made = evidence.sold_on, evidence.made_on
    used = evidence.day("activated_on", zone)
    told: list[Conflict] = []
    if today is not None:
        for column in ("sold_on", "delivered_on", "activated_on", "made_on"):
            day = evidence.day(column, zone)
            if day is not None and day > today:
                told.append(Conflict("evidence_error", column, "today", day, today))
    for column, day in (("sold_on", sold), ("delivered_on", evidence.delivered_on)):
        if made is not None and day is not None and made > day:
            told.append(Conflict("evidence_error", "made_on", column, made, day))
    if sold is not None and used is not None and sold > used:
        told.append(Conflict("start_conflict", "sold_on", "activated_on", sold, used))
    return tuple(told)


def evidence_status(evidence: Evidence, today: date | None) -> Status:
    """Return ok, or the gravest conflict.

    Examples
    --------
    >>> evidence_status(Evidence(sold_on=date(2019, 7, 1)), date(2019, 6, 1))
    'evidence_error'
    """
    told = conflicts(evidence, today)
    return told[0].status if told else "ok"
