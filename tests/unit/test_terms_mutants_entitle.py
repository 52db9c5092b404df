"""The answer at the desk, at the edges of its days, layers and sentences."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from warrantor.terms import (
    Event,
    Evidence,
    Guarantee,
    Guarantees,
    Remedies,
    Request,
    Rule,
    Term,
    coverage,
    entitle,
)
from warrantor.terms.coverage import suspensions
from warrantor.terms.say import sentence, trace

DAY = date.fromisoformat
START = DAY("2019-01-15")
YEAR = {"host": Term(12, "months")}
SOLD = Evidence(sold_on=START)


def ask(on, *guarantees, events=(), shown=SOLD, **more):
    pack = Guarantees(guarantees or (Guarantee("year", "1", YEAR),), {"R": Rule("R", "text", "文", "D")})
    return entitle(Request(DAY(on), guarantees=tuple(g.name for g in pack.all), evidence=shown, events=events, **more),
                   pack)


def said(answer):
    return answer.to_dict()["what_would_change_it"]


@pytest.mark.parametrize(("on", "answer", "change"), [
    ("2019-01-14", "held", "year: a person corrects the evidence, or confirms it."),
    ("2019-01-15", "covered", "Covered until 2020-01-15; suspension, exchange and further evidence may move that day."),
    ("2020-01-15", "covered", "Covered until 2020-01-15; suspension, exchange and further evidence may move that day."),
    ("2020-01-16", "not covered", ("year: it ended on 2020-01-15; a repair or exchange before then that is not on "
                                  "record could move that.")),
])
def test_the_first_and_the_last_day_are_covered(on, answer, change):
    found = ask(on)
    assert (found.answer, said(found)[0]) == (answer, change)


def test_a_day_that_is_covered_but_for_the_fault_or_the_use_says_so():
    owed = Guarantee("year", "1", YEAR, remedies=Remedies(faults=("noise",)))
    why = "year: the day is covered; another finding on the host (fault, use, capacity) would be."
    for on in ("2019-01-15", "2019-06-01", "2020-01-15"):
        assert said(ask(on, owed))[0] == why
    assert said(ask("2020-01-16", owed))[0].startswith("year: it ended on 2020-01-15")


def test_cover_that_has_not_begun_says_when_it_begins():
    later = Guarantee("year", "1", YEAR, start=("sold_on+30",))
    found = ask("2019-01-20", later)
    assert (found.answer, said(found)[0]) == ("not covered", "year: it begins on 2019-02-14.")


def test_the_most_telling_change_stands_first_and_a_later_end_before_an_earlier():
    short, long = Guarantee("short", "1", {"host": Term(6, "months")}), Guarantee("long", "1", YEAR)
    other = Guarantee("other", "1", YEAR, products=("Birch",))
    later = Guarantee("later", "1", YEAR, start=("sold_on+900",))
    found = said(ask("2020-06-01", other, short, long, later))
    assert [x.split(":")[0] for x in found[:4]] == ["later", "long", "short", "other"]


def test_a_capacity_is_asked_of_the_battery_alone():
    owed = Guarantee("year", "1", {**YEAR, "battery": Term(12, "months")}, min_capacity=Decimal("0.80"))
    assert ask("2019-06-01", owed, capacity=Decimal("0.95")).covered
    assert not ask("2019-06-01", owed, capacity=Decimal("0.95"), component="battery").covered
    assert ask("2019-06-01", owed, component="battery").covered
    assert ask("2019-06-01", capacity=Decimal("0.95")).covered
    assert ask("2019-06-01", capacity=Decimal("0.95"), component="battery").covered


@pytest.mark.parametrize(("counting", "last"), [("exclude_start", "2019-07-15"), ("include_start", "2019-07-14")])
def test_the_burden_of_proof_turns_after_its_last_day(counting, last):
    one = Guarantee("year", "1", YEAR, counting=counting, burden_of_proof=Term(6, "months"))
    until = DAY(last)
    for on, proves in ((until, "seller"), (DAY("2019-07-16"), "consumer")):
        reasons = ask(str(on), one).layers[0].reasons
        told, = [r.inputs for r in reasons if "proves" in r.inputs]
        assert told == {"until": until, "proves": proves}


def test_evidence_is_judged_on_the_day_of_the_markets_zone():
    china = Guarantee("year", "1", YEAR, zone="Asia/Shanghai", start=("activated_on",))
    shown = Evidence(sold_on=START, activated_at=datetime(2019, 1, 14, 17, tzinfo=UTC))
    assert not [r for r in ask("2019-06-01", china, shown=shown).layers[0].reasons if "activated_on" in r.inputs]
    london = Guarantee("year", "1", YEAR, start=("activated_on",))
    told, = [r.inputs for r in ask("2019-06-01", london, shown=shown).layers[0].reasons if "activated_on" in r.inputs]
    assert told == {"sold_on": START, "activated_on": DAY("2019-01-14")}


def test_every_campaign_and_every_goodwill_is_a_layer_whatever_stands_between():
    told = (Event("suspended", DAY("2019-02-01"), DAY("2019-02-02")), Event("campaign", DAY("2022-01-01"), name="c1"),
            Event("campaign", DAY("2024-01-01"), name="c2"),
            Event("goodwill", DAY("2022-06-01"), DAY("2023-01-01"), name="g1", by=("ann", "bo")))
    found = ask("2023-01-01", events=told)
    assert [(x.guarantee, x.layer, x.on, x.start, x.end, x.alive, x.held) for x in found.layers[1:]] == [
        ("c1", "campaign", DAY("2023-01-01"), DAY("2022-01-01"), None, True, False),
        ("g1", "goodwill", DAY("2023-01-01"), DAY("2022-06-01"), DAY("2023-01-01"), True, False)]
    assert [x.alive for x in ask("2023-01-02", events=told).layers[1:]] == [True, False]


def test_only_a_promise_that_ends_with_the_law_or_before_adds_nothing():
    law = Guarantee("law", "1", {"host": Term(24, "months")}, layer="statutory")
    long = Guarantee("long", "1", {"host": Term(25, "months")})
    same = Guarantee("same", "1", {"host": Term(2, "years")})
    assert len(said(ask("2019-06-01", law, long))) == 1
    assert said(ask("2019-06-01", law, long, same))[1:] == [
        "same ends on 2021-01-15 and adds nothing: the law's own layer lasts as long or longer."]


def test_a_sentence_without_anything_to_add_ends_with_itself():
    found = ask("2021-06-01", serial="S1")
    assert sentence(found).startswith("S1: Not covered on 2021-06-01. year: it ended on 2020-01-15")
    assert sentence(found, "zh").startswith("S1: 2021-06-01：不在保。")


def test_a_trace_names_layers_with_and_without_a_version_and_leaves_out_what_is_empty():
    own = Guarantee("X", "1", YEAR)
    lines = trace(ask("2022-02-01", own, events=(Event("campaign", DAY("2022-01-01"), name="recall X"),)))
    assert lines[0] == "X@1 (commercial, host): not alive, 2019-01-15 .. 2020-01-15"
    assert "recall X (campaign, host): alive, 2022-01-01 .. ..." in lines
    assert "  campaign [D] campaign: no rule is written down (from=2022-01-01)" in lines


def test_a_repair_of_one_day_ends_with_its_own_resumption():
    told = [Event("suspended", START), Event("resumed", START), Event("resumed", DAY("2019-02-01"))]
    assert suspensions(told, None) == [(START, START)]


def ends(one, *events):
    return str(coverage(one, START, events=events).end)


def test_an_exchange_during_a_repair_takes_no_day_and_gives_none_twice():
    anew = Guarantee("g", "1", YEAR, replacement="restart")
    assert ends(anew, Event("suspended", DAY("2019-01-16"), DAY("2019-04-16")),
                Event("exchanged", DAY("2019-01-16"))) == "2020-04-15"
    both = Guarantee("g", "1", YEAR, replacement="restart", suspension="extend_inclusive")
    assert ends(both, Event("suspended", DAY("2019-06-01"), DAY("2019-06-11")),
                Event("exchanged", DAY("2019-06-11"))) == "2020-06-11"
    least = Guarantee("g", "1", YEAR, replacement="remainder_or_min", replacement_min_days=90)
    assert ends(least, Event("suspended", DAY("2019-06-01"), DAY("2019-06-11")),
                Event("exchanged", DAY("2020-01-20"))) == "2020-04-19"
    assert ends(least, Event("exchanged", DAY("2020-01-10")), Event("suspended", DAY("2020-01-11"), DAY("2020-06-01")),
                Event("exchanged", DAY("2020-01-12"))) == "2020-08-29"


def test_counting_the_start_day_holds_through_every_event():
    one = Guarantee("g", "1", YEAR, counting="include_start")
    assert ends(one) == "2020-01-14"
    assert ends(one, Event("suspended", DAY("2019-06-01"), DAY("2019-06-11"))) == "2020-01-24"
