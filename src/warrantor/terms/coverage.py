"""Coverage: the dated window a guarantee gives one component, folded from events that are only ever added."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from warrantor.terms.guarantee import HOST, Guarantee
from warrantor.terms.period import Term, days_later, end_of

EVENT_KINDS = ("started", "suspended", "resumed", "exchanged", "extended", "transferred", "campaign", "goodwill")
Step = tuple[str, dict[str, Any]]  # topic of the reason, what it was applied to


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a unit's cover.

    Attributes
    ----------
    kind : str
        One of `EVENT_KINDS`. suspended: out of the customer's hands, until the resumption; extended: repaired as the
        remedy; campaign, goodwill: a promise beside the guarantee.
    on : date
        When.
    until : date or None
        The last day, where the kind has one.
    fault : str
        The fault a campaign is for; empty: every fault.
    name : str
        The campaign, or the decision.
    by : tuple of str
        Who authorised goodwill; it takes two.
    remedy : str
        What goodwill gives: repair, exchange or refund; empty: repair.
    """

    kind: str
    on: date
    until: date | None = None
    fault: str = ""
    name: str = ""
    by: tuple[str, ...] = ()
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The window of one component.

    Attributes
    ----------
    start, end : date
        First and last covered day, both inclusive.
    term : Term
        What was counted from the start, extensions included.
    suspended_days : int
        Days added.
    steps : tuple
        Topic and inputs of every rule that was applied, in order.
    """

    start: date
    end: date
    term: Term
    suspended_days: int = 0
    steps: tuple[Step, ...] = ()

    def holds(self, day: date) -> bool:
        """Whether a day is covered."""
        return self.start <= day <= self.end


@dataclass(slots=True)
class _Fold:
    """Where the fold stands: due = max(end of the term from the anchor, floor) + days, then holidays, then the cut."""

    guarantee: Guarantee
    anchor: date
    term: Term
    days: int = 0
    floor: date | None = None
    cut: date = date.max
    extended: bool = False

    def due(self) -> date:
        end = end_of(self.anchor, self.term, self.guarantee.counting)
        if self.floor is not None and self.floor > end:
            end = self.floor
        return days_later(end, self.days) if self.days else end

    def end(self) -> date:
        return min(self.guarantee.rolled(self.due()), self.cut)


def suspensions(events: Iterable[Event], today: date | None) -> list[tuple[date, date]]:
    """Return the spans out of the customer's hands, merged where they touch; one still open lasts until today.

    Examples
    --------
    >>> june = Event("suspended", date(2019, 6, 1), date(2019, 6, 11)), Event("suspended", date(2019, 6, 5))
    >>> suspensions([*june, Event("resumed", date(2019, 6, 15))], None)
    [(datetime.date(2019, 6, 1), datetime.date(2019, 6, 15))]
    """
    events = list(events)
    back = sorted(e.on for e in events if e.kind == "resumed")
    spans = []
    for event in events:
        if event.kind == "suspended":
            until = event.until or next((d for d in back if d >= event.on), None) or today or event.on
            spans.append((event.on, max(event.on, until)))
    merged: list[tuple[date, date]] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged


def coverage(
    guarantee: Guarantee, start: date, component: str = HOST, events: Sequence[Event] = (), *,
    contract_on: date | None = None, agreed: Term | None = None, today: date | None = None,
) -> Coverage | None:
    """Fold events into the window of a component.

    Clip first, then add the days of suspension, then move off holidays. An event after the last covered day does
    nothing. Events of one day may come in any order.

    Parameters
    ----------
    guarantee : Guarantee
        The version frozen at sale.
    start : date
        Age 0.
    component : str
        Which term.
    events : sequence of Event
        What happened.
    contract_on : date or None
        Decides whether a repair extends the term.
    agreed : Term or None
        A shorter term agreed for second-hand goods; never below the guarantee's floor for them.
    today : date or None
        A suspension still open lasts until then.

    Returns
    -------
    Coverage or None
        None where nothing is promised for the component.

    Examples
    --------
    >>> year = Guarantee("year", "1", {"host": Term(12, "months")})
    >>> repair = Event("suspended", date(2019, 6, 1), date(2019, 6, 11))
    >>> coverage(year, date(2019, 1, 15), events=[repair]).end
    datetime.date(2020, 1, 25)
    """
    term = guarantee.term(component)
    if term is None:
        return None
    steps: list[Step] = []
    if agreed is not None and guarantee.second_hand_floor is not None:
        term = _second_hand(guarantee, term, agreed, start)
        steps.append(("second_hand", {"agreed": str(agreed), "term": str(term)}))
    fold = _Fold(guarantee, start, term)
    steps.append(("counting", {"start": start, "term": str(term), "counting": guarantee.counting, "end": fold.due()}))
    if events:
        _fold(fold, events, contract_on, today, steps)
    _moved(fold, steps)
    return Coverage(start, fold.end(), fold.term, fold.days, tuple(steps))


def started(events: Iterable[Event]) -> date | None:
    """Return the start day that the desk recorded; the latest, where it was corrected."""
    return max((e.on for e in events if e.kind == "started"), default=None)


def _second_hand(guarantee: Guarantee, term: Term, agreed: Term, start: date) -> Term:
    """Return the agreed term, not below the floor and not above the term of new goods."""
    floor = guarantee.second_hand_floor or term
    least = max(floor, agreed, key=lambda t: end_of(start, t))
    found = min(term, least, key=lambda t: end_of(start, t))
    return Term(found.length, found.unit, term.usage)


def _fold(
    fold: _Fold, events: Sequence[Event], contract_on: date | None, today: date | None, steps: list[Step]
) -> None:
    """Apply what happened, in the order of days; on one day a suspension first, a transfer last."""
    counts = fold.guarantee.suspension != "none"
    spans = suspensions(events, today)
    todo: list[tuple[date, int, date]] = [(a, 0, b) for a, b in spans]
    todo += [(e.on, {"extended": 1, "exchanged": 2, "transferred": 3}[e.kind], e.on) for e in set(events)
             if e.kind in ("extended", "exchanged", "transferred")]
    kept: list[tuple[date, date]] = []
    for on, kind, until in sorted(todo):
        if on > fold.end():
            steps.append(("too_late", {"on": on, "end": fold.end()}))
        elif kind == 0 and counts:
            _suspend(fold, on, until, kept, steps)
        elif kind == 0:
            steps.append(("no_suspension", {"from": on, "until": until}))
        elif kind == 1:
            _extend(fold, on, contract_on, steps)
        elif kind == 2:
            _exchange(fold, on, kept, steps)
        elif not fold.guarantee.transferable:
            fold.cut = min(fold.cut, on)
            steps.append(("owner", {"transferred": on, "end": fold.end()}))


def _suspend(fold: _Fold, on: date, until: date, kept: list[tuple[date, date]], steps: list[Step]) -> None:
    kept.append((on, until))
    fold.days += _days(fold, on, until)
    steps.append(("suspension", {"from": on, "until": until, "days": _days(fold, on, until), "end": fold.due()}))


def _days(fold: _Fold, on: date, until: date) -> int:
    """Whole days out of the customer's hands since the anchor."""
    first = max(on, fold.anchor)
    if until < first:
        return 0
    return (until - first).days + (fold.guarantee.suspension == "extend_inclusive")


def _extend(fold: _Fold, on: date, contract_on: date | None, steps: list[Step]) -> None:
    extension = fold.guarantee.extension
    if extension is None or fold.extended:
        return
    if contract_on is None or contract_on < extension.contracts_from:
        steps.append(("no_extension", {"contract": contract_on, "contracts_from": extension.contracts_from}))
        return
    fold.extended = True
    if (fold.term.unit == "days") == (extension.by.unit == "days"):
        fold.term = fold.term.longer(extension.by)
    else:  # days and months are no one term: the second begins where the first ends
        fold.floor = end_of(end_of(fold.anchor, fold.term, fold.guarantee.counting), extension.by)
    steps.append(("extension", {"repaired": on, "contract": contract_on, "by": str(extension.by), "end": fold.due()}))


def _exchange(fold: _Fold, on: date, kept: list[tuple[date, date]], steps: list[Step]) -> None:
    """Give the unit in exchange what the guarantee says: a new period, what was left, or at least some days."""
    how = fold.guarantee.replacement
    if how == "restart":
        before, fold.anchor, fold.floor = fold.due(), on, None
        fold.days = sum(_days(fold, a, b) for a, b in kept if b > on)
        fold.floor = days_later(before, -fold.days)  # an exchange takes no day away
    elif how == "remainder_or_min":
        least = days_later(on, fold.guarantee.replacement_min_days - fold.days)
        fold.floor = least if fold.floor is None else max(fold.floor, least)
    steps.append((how, {"exchanged": on, "end": fold.due()}))


def _moved(fold: _Fold, steps: list[Step]) -> None:
    calendar, due = fold.guarantee.holidays, fold.due()
    if calendar is None:
        return
    if fold.guarantee.rolled(due) != due:
        steps.append(("holidays", {"due": due, "end": fold.guarantee.rolled(due), "calendar": calendar.name}))
    elif not calendar.knows(due):
        steps.append(("holidays_unknown", {"year": due.year, "calendar": calendar.name}))
