"""Entitlement: covered or not, that day, for that fault, by which layer, and why. One function answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from warrantor.terms.answer import BESIDE, Answer, Change, Layer, Said
from warrantor.terms.coverage import Coverage, coverage, started
from warrantor.terms.eligible import ANY, eligible
from warrantor.terms.evidence import Start, conflicts, sale_day, start_of
from warrantor.terms.guarantee import Guarantee, Guarantees
from warrantor.terms.intake import ENDED, SUPERSEDED, intake_decision
from warrantor.terms.period import end_of, local_day
from warrantor.terms.remedy import reject_until, remedy
from warrantor.terms.request import Request
from warrantor.terms.rule import Reason

Step = tuple[str, dict[str, Any]]


def entitle(request: Request, promises: Guarantees) -> Answer:
    """Answer one question; it never raises for strange days, it says what is wrong with them.

    Parameters
    ----------
    request : Request
        The unit, the day, the component and the fault.
    promises : Guarantees
        Every guarantee there is; those that could be the unit's are asked, layer by layer.

    Returns
    -------
    Answer
        Covered where any layer is alive; held where a person must look first.

    Examples
    --------
    >>> from warrantor.terms.evidence import Evidence
    >>> from warrantor.terms.pack import default_guarantees
    >>> asked = Request(date(2020, 1, 15), guarantees=("conventional",), evidence=Evidence(sold_on=date(2019, 1, 15)))
    >>> str(entitle(asked, default_guarantees()))
    'Covered on 2020-01-15: conventional, 2019-01-15 to 2020-01-15, the maker owes repair.'
    """
    door = intake_decision(request.door)
    layers = [_layer(one, request, promises, door) for one in asked_of(request, promises)]
    on = layers[0].on if layers else request.on
    layers += _beside(request, on, promises, door)
    layers = _dominated(layers, promises)
    alive = [layer for layer in layers if layer.alive]
    held = [layer for layer in layers if layer.held]
    answer: Said = "not covered"
    if door != "accept":
        answer = "not covered" if door in ENDED else "held"
    elif any(not layer.held for layer in alive):
        answer = "covered"
    elif held:
        answer = "held"
    return Answer(request.serial, on, answer, tuple(layers), tuple(_changes(request, layers, answer, door)))


def asked_of(request: Request, promises: Guarantees) -> list[Guarantee]:
    """Return the guarantees that could be the unit's: those named, then those of its market, one version of each."""
    found: dict[str, list[Guarantee]] = {}
    named = {*request.guarantees, *request.granted}
    for one in promises.all:
        if {one.name, one.key} & named or (request.market and _here(one, request)):
            found.setdefault(one.name, []).append(one)
    return [_version(versions, request) for versions in found.values()]


def _here(one: Guarantee, request: Request) -> bool:
    return ((ANY in one.markets or request.market in one.markets) and (ANY in one.brands or request.brand in one.brands)
            and (ANY in one.products or request.product in one.products)
            and (one.term(request.component) is not None or one.term() is not None))


def _version(versions: list[Guarantee], request: Request) -> Guarantee:
    """Return the version the unit was given, or the one in force at the sale; where none was, the last."""
    for one in versions:
        if one.key in request.granted:
            return one
    for one in versions if len(versions) > 1 else ():
        sold = sale_day(request.evidence, _start(one, request))
        if sold is not None and one.in_window(sold):
            return one
    return versions[-1]


def _start(one: Guarantee, request: Request) -> Start | None:
    recorded = started(request.events) if request.events else None
    return start_of(one, request.evidence) if recorded is None else Start(recorded, "started")


def _day(one: Guarantee, request: Request) -> date:
    return request.on if request.at is None else local_day(request.at, one.zone)


def _layer(one: Guarantee, request: Request, promises: Guarantees, door: str) -> Layer:
    """Work one guarantee out."""
    on = _day(one, request)
    start = _start(one, request)
    steps, held = _evidence(one, request, start, on)
    against = _against(one, request, start)
    window = None
    if start is not None and not against:
        window = coverage(one, start.day, request.component, request.events, agreed=request.agreed, today=on,
                          contract_on=request.evidence.contract_on or request.evidence.sold_on)
        if window is None:
            against = (("component", {"component": request.component, "terms": tuple(one.terms)}),)
    steps += against
    alive, choices = False, tuple[str, ...]()
    if window is not None:
        alive, choices = _inside(one, request, window, on, steps)
    if door != "accept":
        alive = False
        steps.append(("superseded" if door == SUPERSEDED else "intake", {"decision": door}))
    return Layer(one.name, one.version, one.layer, request.component, on, None if window is None else window.start,
                 None if window is None else window.end, alive, held and not against, one.party,
                 choices if alive else (), _reasons(one, promises, steps))


def _against(one: Guarantee, request: Request, start: Start | None) -> tuple[Step, ...]:
    """Say why the promise was not made to the unit; empty where it was, or was given to it at its sale."""
    if {one.key, one.name} & {*request.granted}:
        return ()
    told = eligible(one, sale_day(request.evidence, start), product=request.product, channel=request.channel,
                    sold_in=request.sold_in or request.market, activated_in=request.activated_in,
                    claim_in=request.claim_in)
    # without a day there is no sale window: what is not known yet speaks against nothing
    return told if start is not None else tuple(step for step in told if step[0] != "version")


def _evidence(one: Guarantee, request: Request, start: Start | None, on: date) -> tuple[list[Step], bool]:
    """Say which evidence won, what is lacking, and what does not go together; the flag says that a person must look."""
    steps: list[Step] = []
    held = start is None
    if start is None:
        steps.append(("start_unknown", {"asked": one.start}))
    else:
        steps.append(("evidence", {"start": start.day, "by": start.by, "lacking": start.lacking}))
    for told in conflicts(request.evidence, on, one.zone):
        held = held or told.status == "evidence_error"
        steps.append((told.status, {told.first: told.first_day, told.second: told.second_day}))
    if request.at is not None:
        steps.append(("zone", {"at": request.at, "zone": one.zone, "day": on}))
    return steps, held


def _inside(
    one: Guarantee, request: Request, window: Coverage, on: date, steps: list[Step]
) -> tuple[bool, tuple[str, ...]]:
    """Say whether the day, the use and the fault are covered, and what is owed."""
    steps += window.steps
    steps.append(("last_day", {"from": window.start, "to": window.end, "on": on}))
    alive = window.holds(on)
    for meter, most in window.term.usage:
        used = request.usage.get(meter, 0)
        alive = alive and used <= most
        steps.append(("usage", {meter: used, "most": most}))
    if one.min_capacity is not None and request.component == "battery" and request.capacity is not None:
        alive = alive and request.capacity < one.min_capacity
        steps.append(("capacity", {"capacity": request.capacity, "below": one.min_capacity}))
    if not alive:
        return False, ()
    choices, why = remedy(one, window.start, window.end, on, request.component, asked=request.complaint)
    steps += why
    if choices:
        _rights(one, request, window, on, steps)
    return bool(choices), choices


def _rights(one: Guarantee, request: Request, window: Coverage, on: date, steps: list[Step]) -> None:
    """Say what else the customer may do, and must be told."""
    if one.burden_of_proof is not None:
        until = end_of(window.start, one.burden_of_proof, one.counting)
        steps.append(("burden", {"until": until, "proves": "seller" if on <= until else "consumer"}))
    delivered = request.evidence.delivered_on
    last = None if delivered is None else reject_until(one, delivered)
    if last is not None:
        steps.append(("reject", {"until": last}))
    if one.remedies.unresolved_notice_days is not None:
        steps.append(("notice", {"days": one.remedies.unresolved_notice_days}))
    steps += [(duty, {}) for duty in one.duties]


def _beside(request: Request, on: date, promises: Guarantees, door: str) -> list[Layer]:
    """Campaigns and goodwill: layers of their own, from the events of the unit."""
    layers = []
    for event in request.events:
        if event.kind not in BESIDE or event.on > on:
            continue
        goodwill = event.kind == "goodwill"
        fits = not event.fault or event.fault == request.complaint.fault
        two = not goodwill or len(set(event.by)) >= 2
        last = event.until or date.max
        alive = on <= last and fits and two and door == "accept"
        inputs = {"from": event.on, "until": event.until, "fault": event.fault or None}
        reason = Reason(promises.rule(event.kind), inputs | ({"by": event.by} if goodwill else {}))
        owed = (event.remedy or "repair",) if alive else ()
        layers.append(Layer(event.name or event.kind, "", event.kind, request.component, on, event.on,
                            event.until, alive, held=False, owes="maker", remedies=owed, reasons=(reason,)))
    return layers


def adds_nothing(layer: Layer) -> bool:
    """Whether a layer was found to end no later than a statutory one."""
    return any("statutory_to" in reason.inputs for reason in layer.reasons[-1:])


def _dominated(layers: list[Layer], promises: Guarantees) -> list[Layer]:
    """Say of a commercial layer that ends no later than a statutory one that it adds nothing."""
    lawful = max((x.end for x in layers if x.layer == "statutory" and x.end is not None), default=None)
    if lawful is None:
        return layers
    rule = promises.rule("dominated")
    return [replace(x, reasons=(*x.reasons, Reason(rule, {"to": x.end, "statutory_to": lawful})))
            if x.layer == "commercial" and x.end is not None and x.end <= lawful else x for x in layers]


def _reasons(one: Guarantee, promises: Guarantees, steps: Iterable[Step]) -> tuple[Reason, ...]:
    return tuple(Reason(promises.rule(topic, one), inputs) for topic, inputs in steps)


def _changes(request: Request, layers: list[Layer], answer: Said, door: str) -> list[Change]:
    """What would make the answer another, most telling first."""
    if door != "accept":
        return [Change("door", {"decision": door})]
    if answer == "covered":
        ends = [x.end for x in layers if x.alive and x.end is not None]
        last = Change("until", {"end": max(ends)}) if ends else Change("open", {})
        idle = [x for x in layers if adds_nothing(x)]
        return [last, *(Change("dominated", {"guarantee": x.guarantee, "end": x.end}) for x in idle)]
    told = [] if layers else [Change("no_guarantee", {"market": request.market or None})]
    told += sorted((_change(x) for x in layers if x.layer not in BESIDE), key=_telling)
    if answer == "not covered":
        told += [Change("campaign", {"fault": request.complaint.fault}), Change("goodwill", {})]
    return told


def _telling(change: Change) -> tuple[int, int]:
    """Order what is near before what is far, and a later end before an earlier."""
    near = ("evidence_error", "start_unknown", "fault", "not_begun", "expired", "eligibility")
    end = change.inputs.get("end")
    return near.index(change.topic), -end.toordinal() if isinstance(end, date) else 0


def _change(layer: Layer) -> Change:
    """What would make a layer that is not alive, or held, another."""
    name = {"guarantee": layer.guarantee}
    if layer.start is None:
        return Change("start_unknown" if layer.held else "eligibility", name)
    if layer.held:
        return Change("evidence_error", name)
    if layer.on < layer.start:
        return Change("not_begun", {**name, "start": layer.start})
    if layer.end is not None and layer.on > layer.end:
        return Change("expired", {**name, "end": layer.end})
    return Change("fault", {**name, "component": layer.component})
