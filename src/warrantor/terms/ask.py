"""A request read from JSON: what it asks, or what in it cannot be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from warrantor.terms.coverage import EVENT_KINDS, Event
from warrantor.terms.evidence import Evidence
from warrantor.terms.guarantee import CHOICES, Guarantees
from warrantor.terms.intake import Door
from warrantor.terms.read import EVIDENCE, METERS, WrongError, count, each, flag, one_of, table, term, text
from warrantor.terms.remedy import Complaint
from warrantor.terms.request import Request

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_request(document: Mapping[str, Any], promises: Guarantees) -> Request:
    """Return the request a JSON document asks.

    Parameters
    ----------
    document : mapping
        The keys are those of `Request`; days are YYYY-MM-DD, `at` is an ISO instant with its offset.
    promises : Guarantees
        Those that may be named.

    Raises
    ------
    WrongError
        A key is unknown, or its value cannot be; `path` says where.

    Examples
    --------
    >>> read_request({"on": "2020-01-15", "evidence": {"sold_on": "2019-01-15"}}, Guarantees(())).evidence.sold_on
    datetime.date(2019, 1, 15)
    """
    fields = _REQUEST(dict(document))
    if "on" not in fields and "at" not in fields:
        raise WrongError("on", "say on which day (on) or at which instant (at) it is asked")
    fields.setdefault("on", fields["at"].date() if "at" in fields else None)
    for key in ("guarantees", "granted"):
        for name in fields.get(key, ()):
            if not promises.named(name):
                known = ", ".join(dict.fromkeys(g.name for g in promises.all))
                raise WrongError(key, f"there is no guarantee {name!r}; there are {known}")
    return Request(**fields)


def a_day(value: Any) -> date:
    """Return the day a text says."""
    try:
        found = date.fromisoformat(value) if _DAY.fullmatch(value) else None
    except (TypeError, ValueError):
        found = None
    if found is None:
        raise ValueError(f"{value!r} is no day; write it as in 2019-08-31")
    return found


def _instant(value: Any) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{value!r} is no instant; write it as in 2019-08-31T16:30:00+08:00") from error
    if found.tzinfo is None:
        raise ValueError(f"{value!r} does not say its offset from UTC; write it as in 2019-08-31T16:30:00+08:00")
    return found


def _share(value: Any) -> Decimal:
    try:
        share = Decimal(str(value))
    except InvalidOperation:
        share = Decimal(-1)
    if not share.is_finite() or not 0 <= share <= 2:
        raise ValueError(f"{value!r} is no share of the rated capacity; write it as in 0.79")
    return share


def _many(read: Any) -> Any:
    def many(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ValueError(f"{value!r} is no list")  # noqa: TRY004  one kind of error for whatever stands in a file
        return tuple(each(read)({str(i): v for i, v in enumerate(value)}).values())

    return many


def _event(value: Any) -> Event:
    read = table({"kind": one_of(*EVENT_KINDS), "on": a_day, "until": a_day, "fault": text, "name": text,
                  "by": _many(text), "remedy": one_of(*CHOICES)}, ("kind", "on"))(value)
    if read.get("until", read["on"]) < read["on"]:
        raise WrongError("until", f"the event ended on {read['until']}, before it began on {read['on']}")
    return Event(**read)


def _complaint(value: Any) -> Complaint:
    return Complaint(**table({"fault": text, "user_damage": flag, "proof": flag, "repairs": count, "exchanges": count,
                              "wait_days": count, "wait_cause": text})(value))


def _door(value: Any) -> Door:
    return Door(**table({"shipped": flag, "superseded": flag, "open_claim": flag, "claims_30d": count,
                         "claim_before_activation": flag, "refunded": flag, "given_back": flag, "serial_differs": flag,
                         "invoice_reused": flag, "centre_today": count, "centre_28d": count})(value))


def _evidence(value: Any) -> Evidence:
    days = dict.fromkeys((*EVIDENCE, "contract_on"), a_day)
    return Evidence(**table({**days, "activated_at": _instant})(value))


_REQUEST = table({
    "on": a_day, "at": _instant, "serial": text, "guarantees": _many(text), "granted": _many(text),
    **dict.fromkeys(("market", "brand", "product", "channel", "sold_in", "activated_in", "claim_in"), text),
    "component": text,
    "evidence": _evidence, "events": _many(_event), "complaint": _complaint, "agreed": term,
    "usage": table(dict.fromkeys(METERS, count)), "capacity": _share, "door": _door,
})
