"""What the desk is told: layers, reasons, remedies, what holds an answer and what would change it."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from warrantor.terms import (
    Complaint,
    Door,
    Event,
    Evidence,
    Guarantees,
    Request,
    beside,
    entitle,
    load_guarantees,
    shipped,
)
from warrantor.terms.say import CHANGES, INPUTS, sentence, trace

PACKS = shipped()
SOLD = date(2019, 1, 15)
NOTE7 = {"market": "CN", "product": "Redmi Note 7", "evidence": Evidence(sold_on=SOLD)}


def ask(on, **more):
    return entitle(Request(on, **{**NOTE7, **more}), PACKS)


def layer(answer, name):
    found, = [x for x in answer.layers if x.guarantee == name]
    return found


def rules(one):
    return [r.rule.name for r in one.reasons]


def test_both_layers_are_worked_out_and_each_says_who_owes_what():
    answer = ask(date(2019, 1, 20))
    assert [(x.guarantee, x.layer, x.alive, x.owes, x.remedies) for x in answer.layers] == [
        ("cn_statutory_mobile", "statutory", True, "seller", ("refund", "exchange", "repair")),
        ("cn_rn7_18m", "commercial", True, "maker", ("repair",))]
    assert (answer.answer, answer.covered, answer.end) == ("covered", True, date(2020, 7, 15))


def test_beyond_the_law_only_the_promise_is_alive():
    answer = ask(date(2020, 7, 15))
    assert [x.alive for x in answer.layers] == [False, True]
    assert layer(answer, "cn_statutory_mobile").remedies == ()
    assert str(answer) == "Covered on 2020-07-15: cn_rn7_18m, 2019-01-15 to 2020-07-15, the maker owes repair."


def test_the_document_is_the_contract():
    found = ask(date(2020, 7, 15), serial="X1").to_dict()
    assert list(found) == ["schema", "serial", "on", "covered", "answer", "layers", "what_would_change_it"]
    assert (found["schema"], found["serial"], found["on"]) == ("warrantor.entitle/1", "X1", "2020-07-15")
    assert list(found["layers"][1]) == ["guarantee", "version", "layer", "component", "from", "to", "alive", "owes",
                                        "remedies", "reasons"]
    assert found["layers"][1]["reasons"][0] == {
        "rule": "R-STA-1", "text": PACKS.rules["R-STA-1"].text, "mark": "D",
        "inputs": {"start": "2019-01-15", "by": "sold_on", "lacking": []}}


def test_the_answer_says_which_evidence_won_and_what_is_lacking():
    answer = ask(date(2019, 8, 1), evidence=Evidence(made_on=date(2019, 2, 1)))
    reason, = [r for r in layer(answer, "cn_rn7_18m").reasons if r.rule.name == "R-STA-1"]
    assert reason.inputs == {"start": date(2019, 5, 2), "by": "made_on+90", "lacking": ("sold_on", "activated_on")}


def test_without_any_evidence_a_person_must_look():
    answer = ask(date(2019, 8, 1), evidence=Evidence())
    assert (answer.answer, answer.covered) == ("held", False)
    assert [x.held for x in answer.layers] == [True, True]
    assert "evidence of its start" in str(answer)


@pytest.mark.parametrize(("shown", "told"), [
    (Evidence(sold_on=date(2019, 1, 10), made_on=date(2019, 2, 1)), "held"),
    (Evidence(sold_on=date(2030, 1, 10)), "held"),
    (Evidence(sold_on=SOLD, activated_on=date(2019, 1, 12), made_on=date(2018, 12, 1)), "covered"),
])
def test_evidence_that_cannot_be_holds_the_answer_and_a_conflict_is_only_shown(shown, told):
    answer = ask(date(2019, 8, 1), evidence=shown)
    assert answer.answer == told
    assert {"R-STA-4", "R-STA-5"} & {r for x in answer.layers for r in rules(x)}


def test_the_zone_of_the_market_decides_the_day_of_an_instant():
    for hour, covered in ((15, True), (16, False)):
        at = datetime.fromisoformat(f"2020-07-15T{hour}:00:00+00:00")
        assert ask(at.date(), at=at).covered is covered


def test_where_the_law_gives_as_much_the_promise_adds_nothing_and_the_answer_says_so():
    own = load_guarantees('[[guarantee]]\nname = "long"\nversion = "1"\nstart = ["delivered_on"]\n'
                          "[guarantee.terms.host]\nmonths = 18")
    asked = Request(date(2020, 2, 1), guarantees=("long",), market="DE", evidence=Evidence(delivered_on=SOLD))
    answer = entitle(asked, beside(own, ("long",)))
    assert rules(layer(answer, "long"))[-1] == "R-LAY-2"
    assert "long ends on 2020-07-15 and adds nothing" in " ".join(answer.to_dict()["what_would_change_it"])
    assert "R-LAY-2" not in rules(layer(ask(date(2019, 2, 1)), "cn_rn7_18m"))


def test_the_version_a_unit_was_given_stands_against_a_later_window_and_a_market():
    text = '[[guarantee]]\nname = "a"\nversion = "{}"\nmarkets = ["CN"]\n{}\n[guarantee.terms.host]\nmonths = {}\n'
    own = load_guarantees(text.format(1, "sold_to = 2019-12-31", 24) + text.format(2, "sold_from = 2020-01-01", 12))
    for market in ("", "CN"):
        for granted in ("a@1", "a"):
            asked = Request(date(2021, 1, 1), granted=(granted,), market=market, evidence=Evidence(date(2020, 1, 2)))
            answer = entitle(asked, own)
            assert [x.version for x in answer.layers] == ["1" if granted == "a@1" else "2"]
            assert answer.covered


def test_an_end_is_that_of_layers_the_unit_has():
    alone = Event("goodwill", date(2019, 1, 1), date(2030, 1, 1), by=("ann",))
    other = Event("campaign", date(2019, 1, 1), date(2031, 1, 1), fault="swollen")
    assert ask(date(2022, 1, 1), events=(alone, other)).end == date(2020, 7, 15)


def test_a_campaign_begins_and_ends_by_the_markets_own_day():
    at = datetime.fromisoformat("2022-07-15T16:30:00+00:00")  # 16 July in Shanghai
    first, last = (Event("campaign", date(2022, 7, 16)), Event("campaign", date(2022, 7, 1), date(2022, 7, 15)))
    assert ask(at.date(), at=at, events=(first,)).covered
    assert not ask(at.date(), at=at, events=(last,)).covered


def test_goodwill_takes_two_persons_and_moves_no_date():
    on, alone = date(2021, 1, 1), Event("goodwill", date(2021, 1, 1), date(2021, 1, 1), name="g1", by=("ann", "ann"))
    assert ask(on, events=(alone,)).answer == "not covered"
    answer = ask(on, events=(Event("goodwill", on, on, name="g1", by=("ann", "bo")),))
    assert (answer.answer, layer(answer, "g1").layer) == ("covered", "goodwill")
    assert layer(answer, "cn_rn7_18m").end == date(2020, 7, 15)


def test_a_campaign_covers_its_own_fault_after_expiry():
    running = (Event("campaign", date(2020, 1, 1), fault="swollen", name="recall-7"),)
    assert ask(date(2023, 1, 1), events=running, complaint=Complaint(fault="swollen")).covered
    assert not ask(date(2023, 1, 1), events=running, complaint=Complaint(fault="display")).covered
    assert not ask(date(2019, 12, 31), events=running, complaint=Complaint(fault="swollen"),
                   evidence=Evidence()).covered


def test_a_first_owner_promise_ends_with_the_transfer():
    asked = {"guarantees": ("au_xiaomi",), "market": "", "product": "", "evidence": Evidence(sold_on=SOLD),
             "events": (Event("transferred", date(2019, 6, 1)),)}
    assert ask(date(2019, 6, 1), **asked).covered
    answer = ask(date(2019, 6, 2), **asked)
    assert not answer.covered
    assert "R-ELI-2" in rules(answer.layers[0])
    assert ask(date(2019, 6, 2), events=(Event("transferred", date(2019, 6, 1)),)).covered


def test_usage_and_capacity_end_cover_too():
    asked = {"guarantees": ("demo_battery_2d",), "market": "", "component": "battery"}
    assert ask(date(2019, 6, 1), usage={"cycles": 500}, **asked).covered
    assert not ask(date(2019, 6, 1), usage={"cycles": 501}, **asked).covered
    asked = {"guarantees": ("us_samsung_legacy",), "market": "", "component": "battery"}
    assert ask(date(2019, 6, 1), capacity=Decimal("0.79"), **asked).covered
    assert not ask(date(2019, 6, 1), capacity=Decimal("0.80"), **asked).covered


@pytest.mark.parametrize(("door", "answer"), [
    (Door(shipped=False), "held"), (Door(open_claim=True), "held"), (Door(claims_30d=4), "held"),
    (Door(claims_30d=3), "covered"), (Door(superseded=True), "not covered"),
    (Door(refunded=True), "not covered"), (Door(given_back=True), "held"),
    (Door(claim_before_activation=True), "held"),
])
def test_the_counter_holds_with_a_reason_and_denies_nothing_in_silence(door, answer):
    found = ask(date(2019, 6, 1), door=door)
    assert found.answer == answer
    if answer != "covered":
        assert "counter" in found.to_dict()["what_would_change_it"][0]
        assert {"R-FRD-1", "R-REP-4"} & set(rules(found.layers[0]))


def test_a_component_without_a_term_is_owed_nothing_and_says_which_are():
    answer = ask(date(2019, 6, 1), component="data_card")
    found = layer(answer, "cn_rn7_18m")
    assert (found.alive, found.start, rules(found)[-1]) == (False, None, "R-CNT-7")
    assert layer(answer, "cn_statutory_mobile").alive


def test_rights_of_the_seller_are_told_where_the_law_gives_them():
    answer = ask(date(2026, 1, 20), market="GB", product="", evidence=Evidence(delivered_on=date(2026, 1, 10)))
    found, = answer.layers
    told = {r.rule.name: r.inputs for r in found.reasons}
    assert found.remedies == ("refund", "exchange", "repair")
    assert told["R-UK-1"] == {"until": date(2026, 2, 9)}
    assert told["R-UK-4"] == {"until": date(2026, 7, 10), "proves": "seller"}
    answer = ask(date(2027, 1, 20), market="DE", product="", evidence=Evidence(delivered_on=date(2026, 1, 10)))
    told = {r.rule.name: r.inputs for r in answer.layers[0].reasons}
    assert told["R-EU-3"]["proves"] == "consumer"
    assert "R-EU-5" in told


def test_unknown_markets_have_no_layers_and_the_answer_says_so():
    answer = ask(date(2019, 6, 1), market="XX")
    assert (answer.layers, answer.answer, answer.end) == ((), "not covered", None)
    assert "No guarantee is known for market XX" in str(answer)


def test_one_version_is_asked_the_one_in_force_at_the_sale():
    for day, end in ((date(2018, 7, 25), date(2020, 7, 25)), (date(2018, 7, 26), date(2019, 7, 26))):
        answer = ask(day, market="BD", brand="Xiaomi", product="", evidence=Evidence(delivered_on=day))
        assert [x.end for x in answer.layers] == [end]


def test_sentences_and_traces_are_in_both_languages():
    for answer in (ask(date(2019, 6, 1)), ask(date(2022, 6, 1)), ask(date(2019, 6, 1), evidence=Evidence())):
        english, chinese = trace(answer), trace(answer, "zh")
        assert len(english) == len(chinese)
        assert "Not legal advice" in english[-1]
        assert "非法律意见" in chinese[-1]
        assert sentence(answer) != sentence(answer, "zh")
        for told in chinese:
            assert any("\u4e00" <= letter <= "\u9fff" for letter in told), told


def test_every_rule_has_its_chinese_and_every_sentence_both():
    assert all(any("\u4e00" <= c <= "\u9fff" for c in r.zh) for r in PACKS.rules.values())
    assert all(set(said) == {"en", "zh"} for said in CHANGES.values())
    assert all(INPUTS.values())


def test_topics_name_rules_that_are_there():
    assert set(PACKS.topics.values()) <= set(PACKS.rules)
    assert Guarantees(()).rule("nothing").mark == "D"
