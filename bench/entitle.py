"""Entitlement answers a second on one core, and the calendar of a fleet.

Ten thousand distinct requests (every guarantee that is shipped, other days, evidence, events, components) are answered
in full, every layer and every reason, and none is kept from one round to the next. The floor beside them is one bare
`date` sum and comparison for each layer: what a function that knows only "start + 365 days" would cost.

    python bench/entitle.py
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Protocol, TypeVar, cast

from warrantor.terms import Event, Evidence, Guarantees, Request, Term, entitle, shipped

REQUESTS, ROUNDS = 10_000, 3
MARKETS = ("CN", "DE", "ES", "IT", "GB", "US-CA", "AU", "SG")
PARTS = ("host", "host", "host", "battery", "charger")
T = TypeVar("T")


class Sold(Protocol):
    """Evidence with a day of sale."""

    sold_on: date


class Dated(Protocol):
    """A request with such evidence, as all of `requests` are."""

    evidence: Sold
    on: date


def requests() -> Iterator[Request]:
    rng = random.Random(20190110)  # noqa: S311  made-up requests, no secret
    for number in range(REQUESTS):
        sold = date(2018, 1, 1) + timedelta(days=rng.randrange(2000))
        shown = Evidence(sold + timedelta(days=rng.randrange(5)), sold, sold, made_on=sold - timedelta(days=60))
        told = []
        if number % 5 == 0:
            first = sold + timedelta(days=rng.randrange(300))
            told = [Event("suspended", first, first + timedelta(days=rng.randrange(1, 30))),
                    Event("exchanged", first + timedelta(days=40))]
        yield Request(sold + timedelta(days=rng.randrange(900)), serial=f"S{number}", market=rng.choice(MARKETS),
                      brand="Xiaomi", product=rng.choice(("Redmi Note 7", "Xiaomi 12 Pro", "Mi A2")), evidence=shown,
                      events=tuple(told), component=rng.choice(PARTS))


def timed(ask: Callable[[], T]) -> tuple[float, T]:
    began = time.perf_counter()
    found = ask()
    return time.perf_counter() - began, found


def main() -> None:
    promises, asked = shipped(), list(requests())
    if len({json.dumps(entitle(r, promises).to_dict()) for r in asked}) != REQUESTS:
        raise SystemExit("the requests are not distinct")
    took, answers = min((timed(lambda: [entitle(r, promises) for r in asked]) for _ in range(ROUNDS)),
                        key=lambda pair: pair[0])
    layers = sum(len(a.layers) for a in answers)
    reasons = sum(len(x.reasons) for a in answers for x in a.layers)
    year, dated = timedelta(days=365), cast("list[Dated]", asked)
    floor, _ = min((timed(lambda: [r.evidence.sold_on + year >= r.on for r, a in zip(dated, answers, strict=True)
                                   for _ in a.layers]) for _ in range(ROUNDS)), key=lambda pair: pair[0])
    whole, _ = timed(lambda: [json.dumps(entitle(r, promises).to_dict()) for r in asked])
    print(f"answers a second, one core: {REQUESTS / took:,.0f} ({layers / REQUESTS:.1f} layers, "
          f"{reasons / REQUESTS:.1f} reasons each); as JSON text {REQUESTS / whole:,.0f}")
    print(f"a layer costs {took / layers * 1e6:.1f} us, {took / floor:,.0f} x a bare date sum and comparison")
    twenty = Guarantees(tuple(replace(g, name=f"g{i}", terms={"host": g.term() or Term(12, "months")})
                              for i, g in enumerate(promises.all[:20])))
    span = 20 * 365 + 5
    calendar, rows = min((timed(lambda: sum(1 for _ in twenty.calendar(17532, 17531 + span))) for _ in range(ROUNDS)),
                         key=lambda pair: pair[0])
    print(f"calendar of {len(twenty.all)} guarantees x {span:,} start days: {calendar:.2f} s, {rows:,} rows")


if __name__ == "__main__":
    main()
