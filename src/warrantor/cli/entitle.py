"""warrantor entitle: is this unit covered, that day, for that fault, and why."""

from __future__ import annotations

import json as json_module
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from warrantor.cli.app import UsageError
from warrantor.cli.out import Sheet, emit
from warrantor.finding import Finding, Findings

if TYPE_CHECKING:
    from warrantor.terms import Answer

WHAT_TO_DO = "Correct it; docs/entitle.md lists what a request may say."


def entitle(
    serial: str | None = None,
    /,
    *,
    fleet: Path | None = None,
    request: Path | None = None,
    start: str | None = None,
    market: str | None = None,
    product: str | None = None,
    brand: str | None = None,
    guarantee: str | None = None,
    on: str | None = None,
    component: str = "host",
    fault: str = "performance",
    language: Literal["en", "zh"] = "en",
    as_of: str | None = None,
    json: bool = False,
    csv: bool = False,
) -> None:
    """Say whether a unit is covered on a day, by which layer, with what remedy, and why.

    Parameters
    ----------
    serial
        A unit of the fleet.
    fleet
        A fleet folder that `warrantor load` wrote.
    request
        A JSON file with the question, where there is no fleet.
    start
        The day of sale and delivery, YYYY-MM-DD, where there is neither: only the terms are asked.
    market
        Where it was sold, by the code of its pack.
    product
        What it is.
    brand
        Whose it is.
    guarantee
        The name of one guarantee, asked beside those of the market.
    on
        The day of the claim, YYYY-MM-DD; today by default, with a fleet the day it is known to.
    component
        What failed; host is the unit itself.
    fault
        What was found, by the guarantee's word.
    language
        en or zh.
    as_of
        The day up to which claims of the fleet are known.
    json
        Print one JSON document.
    csv
        Print the layers as CSV.
    """
    ways = [serial is not None and fleet is not None, request is not None, start is not None]
    if ways.count(True) != 1:
        raise UsageError("Say SERIAL --fleet FOLDER, or --request FILE.json, or --start DAY --market CODE.")
    when = None if on is None else _day("--on", on)
    if fleet is not None and serial is not None:
        answer = _of_fleet(fleet, serial, when, component=component, fault=fault, as_of=as_of)
    elif request is not None:
        answer = _of_file(request)
    else:
        asked = {"market": market, "product": product, "brand": brand, "guarantees": [guarantee] if guarantee else None}
        answer = _of_start(_day("--start", start or ""), asked, when, component, fault)
    show(answer, language, json=json, csv=csv)


def show(answer: Answer, language: Literal["en", "zh"], *, json: bool, csv: bool) -> None:
    """Print an answer: the sentence and the trace for people, the layers as CSV, everything as JSON."""
    from warrantor.terms.say import sentence, trace

    if json or csv:
        columns = ["guarantee", "version", "layer", "component", "from", "to", "alive", "owes", "remedies"]
        layers = [layer.to_dict() for layer in answer.layers]
        rows = [["|".join(x[c]) if c == "remedies" else x[c] for c in columns] for x in layers]
        emit(answer.to_dict(), Sheet("", columns, rows), json=json, csv=csv)
        return
    print(sentence(answer, language))
    print()
    print("\n".join(trace(answer, language)))


def _day(word: str, text: str) -> date:
    from warrantor.terms.ask import a_day

    try:
        return a_day(text)
    except ValueError as error:
        found = Finding("the command line", None, word, text, "unparsable", f"{error}.", WHAT_TO_DO)
        raise Findings([found]) from error


def _of_fleet(
    folder: Path, serial: str, on: date | None, *, component: str, fault: str, as_of: str | None
) -> Answer:
    from warrantor.fleet import open as open_fleet

    with open_fleet(folder, as_of=as_of) as fleet:
        return fleet.entitle(serial, on=on, component=component, fault=fault)


def _of_file(path: Path) -> Answer:
    try:
        document = json_module.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise Findings([Finding(str(path), line, None, None, "no-json", f"This is no JSON: {error}.",
                                WHAT_TO_DO)]) from error
    return _answered(document, str(path))


def _of_start(start: date, said: dict[str, Any], on: date | None, component: str, fault: str) -> Answer:
    day = str(start)
    document = {k: v for k, v in said.items() if v is not None} | {
        "on": str(on or datetime.now(UTC).astimezone().date()), "component": component, "complaint": {"fault": fault},
        "evidence": {"sold_on": day, "delivered_on": day, "activated_on": day}}
    return _answered(document, "the command line")


def _answered(document: Any, where: str) -> Answer:
    from warrantor import terms
    from warrantor.terms.ask import read_request
    from warrantor.terms.read import WrongError

    if not isinstance(document, dict):
        raise Findings([Finding(where, None, None, None, "impossible-request", "A request is one JSON object.",
                                WHAT_TO_DO)])
    try:
        return terms.entitle(read_request(document, terms.shipped()), terms.shipped())
    except WrongError as wrong:
        raise Findings([Finding(where, None, wrong.path or None, _at(document, wrong.path), "impossible-request",
                                f"{wrong.why}.", WHAT_TO_DO)]) from wrong
    except ValueError as error:
        raise Findings([Finding(where, None, None, None, "impossible-request", f"{error}.", WHAT_TO_DO)]) from error


def _at(document: Any, path: str) -> str | None:
    """Return what stands at a path of the request."""
    for step in path.split("."):
        if isinstance(document, list) and step.isdigit() and int(step) < len(document):
            document = document[int(step)]
        elif isinstance(document, dict) and step in document:
            document = document[step]
        else:
            return None
    return json_module.dumps(document, ensure_ascii=False)
