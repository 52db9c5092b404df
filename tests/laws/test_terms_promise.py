"""Laws of the promise: what must hold for every start, every order of events and every pack."""

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warrantor.terms import (
    Event,
    Evidence,
    Extension,
    Guarantee,
    Guarantees,
    Holidays,
    Remedies,
    Request,
    Rule,
    Source,
    Term,
    coverage,
    entitle,
    load_guarantees,
    shipped,
    to_toml,
)
from warrantor.terms.ask import read_request
from warrantor.terms.pack import shipped_markets

EPOCH = date(1970, 1, 1)
PACKS = shipped()
starts = st.dates(EPOCH, date(2100, 12, 31))
near = st.integers(-30, 900)
of_packs = st.sampled_from(PACKS.all)


@st.composite
def guarantees(draw, *, term=None):
    span = draw(st.tuples(starts, st.integers(0, 9)))
    return Guarantee(
        "any", "1", {"host": term or Term(draw(st.integers(0, 40)), "months")},
        suspension=draw(st.sampled_from(["none", "extend", "extend_inclusive"])),
        replacement=draw(st.sampled_from(["remainder", "restart", "remainder_or_min"])), replacement_min_days=90,
        counting=draw(st.sampled_from(["exclude_start", "include_start"])),
        holidays=draw(st.sampled_from([None, Holidays("h", ((span[0], span[0] + timedelta(days=span[1])),),
                                                          weekends=True)])),
        extension=draw(st.sampled_from([None, Extension(Term(12, "months"), EPOCH)])))


@st.composite
def histories(draw, start):
    told = []
    for _ in range(draw(st.integers(0, 5))):
        on = start + timedelta(days=draw(near))
        kind = draw(st.sampled_from(["suspended", "exchanged", "extended", "campaign", "goodwill"]))
        told.append(Event(kind, on, on + timedelta(days=draw(st.integers(0, 60)))))
    return told


def test_eighteen_months_contain_twelve_for_every_start_from_1970_to_2100():
    twelve, eighteen = (Guarantee("g", "1", {"host": Term(n, "months")}) for n in (12, 18))
    for number in range((date(2101, 1, 1) - EPOCH).days):
        start = EPOCH + timedelta(days=number)
        assert start < twelve.end_day(start) < eighteen.end_day(start)


@given(st.data(), starts)
def test_a_later_event_never_shortens_cover(data, start):
    one = data.draw(guarantees())
    told = data.draw(histories(start))
    before = coverage(one, start, events=told, contract_on=start)
    on = max([start, *(e.on for e in told)]) + timedelta(days=data.draw(st.integers(0, 400)))
    kind = data.draw(st.sampled_from(["suspended", "exchanged", "extended", "campaign"]))
    after = coverage(one, start, events=[*told, Event(kind, on, on + timedelta(days=data.draw(st.integers(0, 60))))],
                     contract_on=start)
    assert after.end >= before.end


@given(st.data(), starts)
def test_the_order_in_which_events_are_told_changes_nothing(data, start):
    one = data.draw(guarantees())
    told = data.draw(histories(start))
    assert coverage(one, start, events=data.draw(st.permutations(told)), contract_on=start).end == coverage(
        one, start, events=told, contract_on=start).end


@given(st.data(), starts)
def test_suspended_days_are_the_days_of_the_union(data, start):
    """Brute force: a set of days, for repairs that all begin under cover."""
    one = data.draw(guarantees(term=Term(24, "months")))
    spans = data.draw(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 40)), max_size=5))
    told = [Event("suspended", start + timedelta(days=a), start + timedelta(days=a + n)) for a, n in spans]
    days = set().union(*({a + i for i in range(n)} for a, n in spans)) if spans else set()
    found = coverage(one, start, events=told)
    if one.suspension == "none":
        assert found.suspended_days == 0
    elif one.suspension == "extend":
        assert found.suspended_days == len(days)
    else:
        assert len(days) <= found.suspended_days <= len(days) + len(spans)


@given(of_packs, starts, near, st.sampled_from(["host", "battery", "charger"]))
def test_the_answer_for_a_day_is_the_window(one, start, later, component):
    """Covered from the first day to the last, and on no other; a longer window covers whatever a shorter does."""
    day = min(start + timedelta(days=later), date(2102, 12, 31))
    shown = Evidence(start, start, start, start, None)
    asked = Request(day, guarantees=(one.key,), evidence=shown, component=component,
                    product=one.products[0], sold_in=one.sold_in[0], activated_in=one.activated_in[0])
    layer, = entitle(asked, PACKS).layers
    window = coverage(one, start, component)
    if window is not None and layer.end is not None and day >= start:
        assert layer.alive == (window.start <= day <= window.end)
        assert (layer.start, layer.end) == (window.start, window.end)


@given(st.data(), starts, near)
def test_more_cover_never_turns_a_covered_day_into_an_uncovered(data, start, later):
    short = data.draw(guarantees(term=Term(data.draw(st.integers(0, 20)), "months")))
    longer = Guarantee(**{f: getattr(short, f) for f in short.__dataclass_fields__}
                       | {"terms": {"host": Term(short.terms["host"].length + 6, "months")}})
    told = data.draw(histories(start))
    day = start + timedelta(days=later)
    if coverage(short, start, events=told).holds(day):
        assert coverage(longer, start, events=told).holds(day)


@given(of_packs, st.integers(0, 47846), st.sampled_from(["host", "battery", "charger", "presumption"]))
def test_the_fleet_calendar_is_what_the_desk_answers(one, number, component):
    start = EPOCH + timedelta(days=number)
    rows = {key: end for key, _, end in PACKS.calendar(number, number, component)}
    window = coverage(one, start, component)
    assert rows.get(one.key) == (None if window is None else (window.end - EPOCH).days)


@pytest.mark.parametrize("one", PACKS.all, ids=lambda g: g.key)
def test_the_calendar_of_ten_years_is_what_the_desk_answers_day_by_day(one):
    rows = list(Guarantees((one,)).calendar(17532, 21184))
    if one.term() is None:
        assert rows == []
    for key, start, end in rows:
        window = coverage(one, EPOCH + timedelta(days=start))
        assert (key, end) == (one.key, (window.end - EPOCH).days)


strange = st.dates() | st.sampled_from([date.min, date.max])


@settings(max_examples=200)
@given(st.data())
def test_no_day_however_strange_makes_an_answer_raise(data):
    shown = Evidence(*(data.draw(st.none() | strange) for _ in range(5)),
                     data.draw(st.none() | st.datetimes(timezones=st.timezones())), data.draw(st.none() | strange))
    told = tuple(Event(data.draw(st.sampled_from(["started", "suspended", "resumed", "exchanged", "extended",
                                                  "transferred", "campaign", "goodwill"])), data.draw(strange),
                       data.draw(st.none() | strange)) for _ in range(data.draw(st.integers(0, 4))))
    asked = Request(data.draw(strange), at=data.draw(st.none() | st.datetimes(timezones=st.timezones())),
                    guarantees=tuple(g.name for g in PACKS.all), evidence=shown, events=told,
                    agreed=data.draw(st.none() | st.just(Term(12, "months"))))
    answer = entitle(asked, PACKS)
    assert answer.answer in ("covered", "not covered", "held")
    assert answer.to_dict()["covered"] == (answer.answer == "covered")
    assert str(answer)


@pytest.mark.parametrize("name", [n for n in shipped_markets() if n != "rules"])
def test_a_shipped_pack_is_written_back_without_loss(name):
    once = load_guarantees(shipped_markets()[name])
    assert load_guarantees(to_toml(once, shipped())) == once
    assert load_guarantees(to_toml(once)) == once


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1).filter(str.strip)
terms = st.builds(Term, st.integers(0, 999), st.sampled_from(["days", "months", "years"]),
                  st.sampled_from([(), (("cycles", 500),), (("cycles", 1), ("hours", 2))]))
shares = st.sampled_from([None, Decimal("0.80"), Decimal("0.005")])
counts = st.none() | st.integers(0, 99)
choices = st.sampled_from([("repair",), ("refund", "exchange"), ("refund", "exchange", "repair")])


@st.composite
def written(draw):
    """Any guarantee that a text could say."""
    parts = draw(st.dictionaries(words, terms, max_size=3)) | {"host": draw(terms)}
    first = draw(st.none() | starts)
    week = ((date(2019, 10, 1), date(2019, 10, 7)),)
    calendar = draw(st.none() | st.just(Holidays("a calendar", week, weekends=True)))
    lists = {n: tuple(draw(st.lists(words, min_size=1, max_size=3)))
             for n in ("markets", "brands", "products", "channels", "sold_in", "activated_in", "territories",
                       "served_in")}
    owed = Remedies(
        draw(choices), tuple(draw(st.lists(st.tuples(st.integers(0, 40), choices), max_size=2))),
        tuple(draw(st.lists(words, max_size=2))), draw(st.none() | choices), draw(counts), draw(counts),
        draw(st.dictionaries(words, st.integers(0, 90), max_size=2)), draw(counts), draw(shares), draw(counts),
        draw(counts), draw(counts), draw(counts))
    return Guarantee(
        draw(words), draw(words), parts, title=draw(words), layer=draw(st.sampled_from(["statutory", "seller"])),
        owes=draw(words), rest=draw(st.sampled_from(["host", "none"])), **lists, sold_from=first,
        sold_to=None if first is None else first + timedelta(days=draw(st.integers(0, 99))),
        start=draw(st.sampled_from([("made_on+90",), ("later_of:sold_on,delivered_on", "activated_on")])),
        counting=draw(st.sampled_from(["exclude_start", "include_start"])), zone="Asia/Shanghai", holidays=calendar,
        suspension=draw(st.sampled_from(["none", "extend", "extend_inclusive"])),
        replacement=draw(st.sampled_from(["restart", "remainder_or_min"])),
        replacement_min_days=draw(st.integers(0, 99)),
        transferable=draw(st.booleans()), second_hand_floor=draw(st.none() | terms),
        burden_of_proof=draw(st.none() | terms), min_capacity=draw(shares), remedies=owed,
        topics={"counting": "R-own"}, duties=("R-own",), mark=draw(st.sampled_from(["S", "S2", "G"])), note=draw(words),
        sources=("a source",))


@given(written(), words, words)
def test_any_guarantee_is_written_and_read_back_the_same(one, text, zh):
    rules = {"R-own": Rule("R-own", text, zh, "D", ("a source",))}
    mine = Guarantees((one,), rules, {"a source": Source("a source", text, zh)}, {"counting": "R-own"},
                      {"title": text, "zh": zh})
    read = load_guarantees(to_toml(mine))
    assert read.all == mine.all
    assert (read.rules["R-own"], read.sources["a source"]) == (rules["R-own"], mine.sources["a source"])
    assert (read.topics["counting"], read.about) == ("R-own", mine.about)
    assert to_toml(read, shipped()) == to_toml(mine)


@given(words, st.integers(0, 5))
def test_a_component_may_have_any_name(name, days):
    mine = Guarantees((Guarantee("x", "1", {name: Term(days, "days")}, rest="none"),))
    assert load_guarantees(to_toml(mine)).all[0].terms == {name: Term(days, "days")}


KEYS = ["on", "at", "serial", "guarantees", "market", "brand", "product", "channel", "sold_in", "activated_in",
        "claim_in", "evidence", "events", "component", "complaint", "agreed", "usage", "capacity", "door", "kind",
        "until", "sold_on", "activated_at", "fault", "proof", "repairs", "months", "cycles", "by", "granted"]
WORDS = ["suspended", "exchanged", "goodwill", "host", "battery", "cn_rn7_18m", "NaN", "0.79", "CN", "Redmi Note 7"]
leaves = (st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates().map(str)
          | st.datetimes(timezones=st.timezones()).map(lambda d: d.isoformat()) | st.sampled_from(WORDS))
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3)
                      | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4), max_leaves=12)


@settings(max_examples=400)
@given(st.dictionaries(st.sampled_from(KEYS), values, max_size=6), st.booleans())
def test_any_json_is_answered_or_refused_and_nothing_else(document, dated):
    try:
        asked = read_request(document | ({"on": "2019-06-01"} if dated else {}), PACKS)
    except ValueError:
        return
    json.dumps(entitle(asked, PACKS).to_dict(), allow_nan=False)
