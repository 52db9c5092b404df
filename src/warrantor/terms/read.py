"""From the tables of a pack to guarantees: every key has a reader that refuses what cannot mean anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from warrantor.terms.guarantee import CHOICES, HOST, LAYERS, Extension, Guarantee, Remedies
from warrantor.terms.period import UNITS, Holidays, Term
from warrantor.terms.rule import MARKS, Rule, Source

EVIDENCE = ("delivered_on", "sold_on", "activated_on", "shipped_on", "made_on")
METERS = ("cycles", "hours", "kilometres", "pages")
_STEP = re.compile(r"^(?:later_of:(\w+),(\w+)|(\w+?)(?:\+(\d+))?)$")
Read = Callable[[Any], Any]


class WrongError(ValueError):
    """A value that cannot mean anything; `path` says where below its table."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(why)
        self.path, self.why = path, why


def evidence_step(step: str) -> tuple[tuple[str, ...], int]:
    """Return the columns a step of start evidence needs (two: the later one counts) and the days added.

    Raises
    ------
    ValueError
        It is no such step.

    Examples
    --------
    >>> evidence_step("later_of:delivered_on,sold_on"), evidence_step("made_on+90")
    ((('delivered_on', 'sold_on'), 0), (('made_on',), 90))
    """
    found = _STEP.match(step)
    columns = tuple(c for c in (found.group(1), found.group(2), found.group(3)) if c) if found else ()
    if found is None or any(c not in EVIDENCE for c in columns):
        raise ValueError(f"start {step!r} is no evidence; use {', '.join(EVIDENCE)}, column+days or later_of:a,b")
    return columns, int(found.group(4) or 0)


def text(value: Any) -> str:
    """Return a text that is not blank."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} is no text")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError(f"{value!r} is no list of texts")
    return tuple(text(v) for v in value)


def _day(value: Any) -> date:
    if type(value) is not date:
        raise ValueError(f"{value!r} is no day; write it as in 2019-01-10, without quotes")
    return value


def count(value: Any) -> int:
    """Return a whole number that is not below zero."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{value!r} is no whole number")  # noqa: TRY004  one kind of error for whatever stands in a file
    if value < 0:
        raise ValueError(f"{value} is below zero")
    return value


def flag(value: Any) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")  # noqa: TRY004  one kind of error for whatever stands in a file
    return value


def _share(value: Any) -> Decimal:
    try:
        share = Decimal(text(value))
    except InvalidOperation:
        share = Decimal(-1)
    if not share.is_finite() or not 0 < share < 1:
        raise ValueError(f'{value!r} is no share between 0 and 1; write it in quotes, as in "0.80"')
    return share


def one_of(*known: str) -> Read:
    """Return a reader of one of some words."""
    def read(value: Any) -> str:
        if value not in known:
            raise ValueError(f"{value!r} is none of {', '.join(known)}")
        return str(value)

    return read


def _zone(value: Any) -> str:
    try:
        return ZoneInfo(text(value)).key
    except Exception as error:  # the library raises four kinds for a name that is none
        raise ValueError(f"{value!r} is no time zone; write it as in Europe/Berlin") from error


def term(value: Any) -> Term:
    """Return the term a table says."""
    if not isinstance(value, dict):
        raise ValueError("a term is one of days, months, years with a whole number")  # noqa: TRY004  one kind of error for whatever stands in a file
    unknown = [k for k in value if k not in (*UNITS, *METERS)]
    if unknown:
        raise WrongError(unknown[0], f"{unknown[0]!r} is no unit of a term: use days, months or years, and {_meters()}")
    lengths = [k for k in value if k in UNITS]
    if len(lengths) != 1:
        raise ValueError("a term is one of days, months, years with a whole number, and what use it may see")
    numbers = {key: _inside(count, key, n) for key, n in value.items()}
    return Term(numbers[lengths[0]], lengths[0], tuple((m, numbers[m]) for m in METERS if m in numbers))


def _meters() -> str:
    return ", ".join(METERS[:-1]) + f" or {METERS[-1]}"


def _inside(read: Read, key: str, value: Any) -> Any:
    """Read a value of a table, so that what is wrong with it is said at its own line."""
    try:
        return read(value)
    except WrongError as wrong:
        raise WrongError(f"{key}.{wrong.path}", wrong.why) from wrong
    except ValueError as error:
        raise WrongError(key, f"{key}: {error}") from error


def table(known: Mapping[str, Read], needed: tuple[str, ...] = ()) -> Callable[[Any], dict[str, Any]]:
    """Return a reader of a table with these keys, some of them needed."""
    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValueError(f"{value!r} is no table")  # noqa: TRY004  one kind of error for whatever stands in a file
        unknown = sorted(str(key) for key in value if key not in known)
        if unknown:
            raise WrongError(unknown[0], f"no such key: {', '.join(unknown)}; the keys are {', '.join(known)}")
        lacking = [key for key in needed if key not in value]
        if lacking:
            raise ValueError(f"missing {', '.join(lacking)}")
        return {key: _inside(known[key], key, v) for key, v in value.items()}

    return read


def each(read: Read) -> Callable[[Any], dict[str, Any]]:
    """Return a reader of a table whose values are all read alike."""
    def read_each(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValueError(f"{value!r} is no table")  # noqa: TRY004  one kind of error for whatever stands in a file
        return {key: _inside(read, key, v) for key, v in value.items()}

    return read_each


def _start(value: Any) -> tuple[str, ...]:
    steps = _texts(value)
    for step in steps:
        evidence_step(step)
    return steps


def _choices(value: Any) -> tuple[str, ...]:
    wrong = [c for c in _texts(value) if c not in CHOICES]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is no remedy; use {', '.join(CHOICES)}")
    return tuple(c for c in CHOICES if c in value)


def _windows(value: Any) -> tuple[tuple[int, tuple[str, ...]], ...]:
    one = table({"days": count, "choices": _choices}, ("days", "choices"))
    read = [one(v) for v in value] if isinstance(value, list) else [one(value)]
    return tuple((w["days"], w["choices"]) for w in read)


def _extension(value: Any) -> Extension:
    read = table({**dict.fromkeys(UNITS, count), "contracts_from": _day}, ("contracts_from",))(value)
    first = read.pop("contracts_from")
    return Extension(term(read), first)


def _terms(value: Any) -> dict[str, Term]:
    if not value:
        raise ValueError("there is no term; write [guarantee.terms.host] and months = 12")
    return each(term)(value)


def _spans(value: Any) -> tuple[tuple[date, date], ...]:
    if not isinstance(value, list) or not all(isinstance(v, list) and len(v) == 2 for v in value):
        raise ValueError("spans are pairs of days, first and last")
    spans = tuple((_day(a), _day(b)) for a, b in value)
    flat = [d for span in spans for d in span]
    if flat != sorted(flat):
        raise ValueError("spans overlap or are out of order")
    return spans


REMEDIES = table({
    "choices": _choices, "windows": _windows, "faults": _texts, "without_proof": _choices,
    "repairs_before_exchange": count, "repairs_before_refund": count, "waits": each(count),
    "accessory_exchanges_before_refund": count, "depreciation_per_day": _share,
    "refund_days": count, "reject_days": count, "reject_min_after_repair": count,
    "unresolved_notice_days": count,
})
KEYS: dict[str, Read] = {
    "name": text, "version": text, "title": text, "layer": one_of(*LAYERS), "owes": text,
    "rest": one_of(HOST, "none"), "terms": _terms,
    **dict.fromkeys(("markets", "brands", "channels", "products", "sold_in", "activated_in", "territories",
                     "served_in", "duties", "sources"), _texts),
    "sold_from": _day, "sold_to": _day, "start": _start, "counting": one_of("exclude_start", "include_start"),
    "zone": _zone, "holidays": text, "suspension": one_of("none", "extend", "extend_inclusive"),
    "replacement": one_of("remainder", "restart", "remainder_or_min"), "replacement_min_days": count,
    "extension": _extension, "transferable": flag, "second_hand_floor": term, "burden_of_proof": term,
    "min_capacity": _share, "remedies": lambda value: Remedies(**REMEDIES(value)), "topics": each(text),
    "mark": one_of(*MARKS), "note": text,
}
_GUARANTEE = table(KEYS, ("name", "version", "terms"))
_RULE = table({"text": text, "zh": text, "mark": one_of(*MARKS), "sources": _texts}, ("text", "zh", "mark"))
_SOURCE = table({"url": text, "what": text}, ("url", "what"))
_HOLIDAYS = table({"spans": _spans, "weekends": flag, "mark": one_of(*MARKS), "note": text}, ("spans",))


def read_guarantee(said: Mapping[str, Any], holidays: Mapping[str, Holidays]) -> Guarantee:
    """Return the guarantee a table says.

    Raises
    ------
    WrongError, ValueError
        A key is unknown or lacking, or its value cannot mean anything.
    """
    fields = _GUARANTEE(dict(said))
    if HOST not in fields["terms"] and fields.get("rest", HOST) == HOST:
        why = 'there is no term for the host, the unit itself; if none is promised, say rest = "none"'
        raise WrongError("terms", why)
    if fields.get("sold_from", date.min) > fields.get("sold_to", date.max):
        raise WrongError("sold_to", "the sale window ends before it begins")
    if "extension" in fields:
        for part, length in fields["terms"].items():
            _inside(fields["extension"].by.longer, f"terms.{part}", length)
    if "holidays" in fields:
        if fields["holidays"] not in holidays:
            raise WrongError("holidays", f"there is no calendar {fields['holidays']!r}; write [holidays.NAME]")
        fields["holidays"] = holidays[fields["holidays"]]
    return Guarantee(**fields)


def read_about(said: Any) -> dict[str, str]:
    """Return what a pack calls itself."""
    found: dict[str, str] = table({"title": text, "zh": text})(said)
    return found


def read_rule(name: str, said: Any) -> Rule:
    """Return the rule a table says."""
    return Rule(name, **_RULE(said))


def read_source(name: str, said: Any) -> Source:
    """Return the source a table says."""
    return Source(name, **_SOURCE(said))


def read_holidays(name: str, said: Any) -> Holidays:
    """Return the calendar a table says."""
    fields = _HOLIDAYS(said)
    return Holidays(name, fields["spans"], fields.get("weekends", False))
