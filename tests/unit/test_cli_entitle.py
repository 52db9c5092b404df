"""warrantor entitle, from a fleet, a file and no fleet at all: the answer on stdout, the exit code of the contract."""

import json

import pytest

import warrantor as wr
from warrantor.cli.app import run

PROMISE = """
[[guarantee]]
name = "extended"
version = "1"
markets = ["CN"]
start = ["sold_on"]
replacement = "remainder_or_min"
replacement_min_days = 90
[guarantee.terms.host]
months = 18
"""


@pytest.fixture
def fleet(tmp_path):
    (tmp_path / "units.csv").write_text(
        "serial,product,sold_on,activated_on,market,replaces\nA,phone,2019-01-15,2019-01-15,CN,\n"
        "B,phone,2020-06-20,2020-06-20,CN,A\nC,phone,2019-01-15,2019-01-16,DE,\nD,phone,2019-01-15,2019-01-15,CN,\n")
    (tmp_path / "claims.csv").write_text(
        "claim,serial,fault,opened_on,reported_on,closed_on,remedy,payer\n"
        "1,A,E1,2020-06-10,2020-06-11,2020-06-20,exchange,maker\n"
        "2,D,E1,2019-03-01,2019-03-01,2019-03-04,repair,maker\n3,D,E1,2019-05-01,2019-05-01,2019-05-04,repair,maker\n"
        "4,D,E1,2019-08-01,2019-08-01,,repair,maker\n")
    (tmp_path / "events.csv").write_text(
        "serial,kind,on,until,fault,name,by\nA,suspended,2019-06-01,2019-06-11,,,\nA,exchanged,2020-06-20,,,,\n"
        "D,campaign,2021-01-01,,E9,recall-1,\nD,goodwill,2021-02-01,2021-02-01,,g1,ann; bo\n")
    (tmp_path / "promise.toml").write_text(PROMISE)
    wr.load(tmp_path / "units.csv", tmp_path / "claims.csv", tmp_path / "fleet", events=tmp_path / "events.csv",
            guarantees=tmp_path / "promise.toml", data_until="2021-06-30", accept_good=True)
    return tmp_path / "fleet"


def ask(capsys, *words, code=0):
    assert run(["entitle", *map(str, words), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def ends(answer):
    return {x["guarantee"]: x["to"] for x in answer["layers"]}


def test_a_unit_of_a_fleet_has_its_own_guarantee_and_the_layers_of_its_market(fleet, capsys):
    answer = ask(capsys, "A", "--fleet", fleet, "--on", "2020-06-01")
    assert (answer["answer"], answer["serial"]) == ("covered", "A")
    assert ends(answer) == {"extended": "2020-07-25", "cn_statutory_mobile": "2020-01-25"}


def test_a_unit_in_exchange_has_what_the_first_one_left_it(fleet, capsys):
    answer = ask(capsys, "B", "--fleet", fleet, "--on", "2020-09-18")
    assert ends(answer)["extended"] == "2020-09-18"
    assert answer["covered"]
    assert not ask(capsys, "B", "--fleet", fleet, "--on", "2020-09-19")["covered"]


def test_the_exchanged_unit_may_open_no_further_claim(fleet, capsys):
    answer = ask(capsys, "A", "--fleet", fleet, "--on", "2020-06-25")
    assert answer["answer"] == "not covered"
    assert "it was exchanged" in answer["what_would_change_it"][0]


def test_a_serial_nobody_shipped_is_held(fleet, capsys):
    assert ask(capsys, "Z", "--fleet", fleet)["answer"] == "held"


def test_a_claim_before_activation_and_an_open_claim_are_held(fleet, capsys):
    assert ask(capsys, "C", "--fleet", fleet, "--on", "2019-01-15")["answer"] == "held"
    assert ask(capsys, "D", "--fleet", fleet, "--on", "2019-08-20")["answer"] == "held"


def test_two_repairs_on_record_give_an_exchange(fleet, capsys):
    layers = ask(capsys, "D", "--fleet", fleet, "--on", "2019-07-01")["layers"]
    assert {x["guarantee"]: x["remedies"] for x in layers} == {
        "extended": ["repair"], "cn_statutory_mobile": ["exchange"]}


def test_the_law_of_the_market_is_asked_and_the_promise_says_that_it_adds_nothing(fleet, capsys):
    answer = ask(capsys, "C", "--fleet", fleet, "--on", "2019-07-01")
    assert set(ends(answer)) >= {"eu_legal"}


def test_python_asks_the_same(fleet):
    with wr.open(fleet) as opened:
        assert opened.entitle("A", on="2020-06-01").end.isoformat() == "2020-07-25"
        assert not opened.entitle("A").covered


def test_what_a_unit_was_given_at_its_sale_is_not_asked_about_again(tmp_path, capsys):
    """A guarantee that a trial assigned, or that is frozen at the sale, holds whatever the terms say of others."""
    (tmp_path / "units.csv").write_text("serial,product,sold_on,market,guarantee\nA,other,2019-01-15,CN,extended@1\n")
    (tmp_path / "promise.toml").write_text(PROMISE.replace('markets = ["CN"]', 'products = ["phone"]'))
    wr.load(tmp_path / "units.csv", None, tmp_path / "fleet", guarantees=tmp_path / "promise.toml",
            data_until="2021-06-30")
    assert ends(ask(capsys, "A", "--fleet", tmp_path / "fleet", "--on", "2020-06-01"))["extended"] == "2020-07-15"


def test_no_fleet_at_all(capsys):
    words = ("--start", "2019-08-31", "--market", "CN", "--product", "Redmi Note 7")
    assert ask(capsys, *words, "--on", "2021-02-28")["answer"] == "covered"
    assert ask(capsys, *words, "--on", "2021-03-01")["answer"] == "not covered"
    assert ask(capsys, "--start", "2019-08-31", "--guarantee", "np_vivo", "--on", "2019-09-01")["covered"]


def test_a_request_of_a_file(tmp_path, capsys):
    path = tmp_path / "question.json"
    path.write_text(json.dumps({
        "serial": "X", "at": "2020-07-15T16:00:00+00:00", "guarantees": ["cn_rn7_18m"], "product": "Redmi Note 7",
        "sold_in": "CN", "evidence": {"sold_on": "2019-01-15", "activated_at": "2019-01-15T16:30:00+00:00"},
        "events": [{"kind": "suspended", "on": "2019-06-01", "until": "2019-06-02"},
                   {"kind": "goodwill", "on": "2020-01-01", "by": ["a", "b"], "name": "g"}],
        "complaint": {"fault": "performance", "proof": True, "repairs": 1}, "usage": {"cycles": 10},
        "capacity": "0.79", "agreed": {"months": 12}, "door": {"claims_30d": 1}, "component": "host"}))
    answer = ask(capsys, "--request", path)
    assert (answer["answer"], ends(answer)["cn_rn7_18m"]) == ("covered", "2020-07-16")


@pytest.mark.parametrize(("document", "why"), [
    ("{", "This is no JSON"),
    ("[]", "A request is one JSON object"),
    ("{}", "say on which day"),
    ('{"on": "2019-02-30"}', "on='\"2019-02-30\"' [impossible-request] on: '2019-02-30' is no day"),
    ('{"on": 5}', "5 is no day"),
    ('{"on": "20190203"}', "'20190203' is no day"),
    ('{"at": "2019-02-03T10:00:00"}', "does not say its offset"),
    ('{"at": "noon"}', "'noon' is no instant"),
    ('{"on": "2019-02-03", "colour": 1}', "no such key: colour"),
    ('{"on": "2019-02-03", "guarantees": ["nobody"]}', "there is no guarantee 'nobody'"),
    ('{"on": "2019-02-03", "guarantees": "nobody"}', "'nobody' is no list"),
    ('{"on": "2019-02-03", "events": [{"kind": "lost", "on": "2019-01-01"}]}', "events.0.kind"),
    ('{"on": "2019-02-03", "events": [{"kind": "suspended"}]}', "missing on"),
    ('{"on": "2019-02-03", "events": [{"kind": "suspended", "on": "2019-01-02", "until": "2019-01-01"}]}',
     "before it began"),
    ('{"on": "2019-02-03", "usage": {"cycles": -1}}', "-1 is below zero"),
    ('{"on": "2019-02-03", "capacity": "much"}', "'much' is no share"),
    ('{"on": "2019-02-03", "capacity": NaN}', "nan is no share"),
    ("[" * 100_000, "This is no JSON"),
    ('{"on": "2019-02-03", "evidence": {"sold_on": "3 May"}}', "evidence.sold_on"),
])
def test_an_impossible_request_exits_with_three_and_says_why(document, why, tmp_path, capsys):
    path = tmp_path / "question.json"
    path.write_text(document)
    assert run(["entitle", "--request", str(path)]) == 3
    assert why in capsys.readouterr().err


def test_words_that_make_no_question(capsys):
    assert run(["entitle"]) == 2
    assert run(["entitle", "A", "--fleet", "x", "--start", "2019-01-01"]) == 2
    assert run(["entitle", "--start", "31 August"]) == 3
    assert "--start='31 August'" in capsys.readouterr().err


def test_people_read_a_sentence_and_the_trace_and_programs_a_table(capsys):
    words = ["entitle", "--start", "2019-08-31", "--market", "DE", "--on", "2020-01-01"]
    assert run(words) == 0
    assert capsys.readouterr().out.startswith("Covered on 2020-01-01: eu_legal")
    assert run([*words, "--language", "zh"]) == 0
    assert "法定" in capsys.readouterr().out
    assert run([*words, "--csv"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == (
        "eu_legal,1,statutory,host,2019-08-31,2021-08-31,True,seller,exchange|repair")
