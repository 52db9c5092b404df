"""Packs: what cannot be is refused by line and reason; what is likely a slip is said."""

import pytest

from warrantor.cli.app import run
from warrantor.terms import PackError, lint, load_guarantees
from warrantor.terms.pack import shipped_markets

GOOD = """\
[[guarantee]]
name = "extended"
version = "1"
markets = ["CN"]
sold_to = 2019-12-31
start = ["sold_on", "made_on+90"]
[guarantee.terms]
host = { months = 18 }
battery = { months = 9 }
[[guarantee]]
name = "extended"
version = "2"
markets = ["CN"]
sold_from = 2020-01-01
[guarantee.terms.host]
months = 15
"""
FIRST = '[[guarantee]]\nname = "extended"\nversion = "1"'
HOST = "[guarantee.terms.host]\nmonths = 24"
NINE = "{ days = 9, choices = ['repair'] }"
TABLES = "tables are pack, guarantee, rules, sources, holidays, topics"


@pytest.mark.parametrize(("old", "new", "line", "why"), [
    ("{ months = 18 }", "{ moons = 18 }", 8, "'moons' is no unit of a term"),
    ("{ months = 18 }", "{ months = -1 }", 8, "months: -1 is below zero"),
    ("{ months = 18 }", '{ months = "18" }', 8, "months: '18' is no whole number"),
    ("{ months = 18 }", "{ months = 18, days = 1 }", 8, "a term is one of days, months, years"),
    ("{ months = 18 }", "{ cycles = 18 }", 8, "a term is one of days, months, years"),
    ("{ months = 18 }", "18", 8, "a term is one of days, months, years"),
    ("months = 15", "months = true", 16, "True is no whole number"),
    ('version = "2"', 'version = "1"', 12, "extended@1 stands more than once"),
    ('version = "2"', 'version = "2"\nextends = "extended"', 13, "extends goes in a circle: extended -> extended"),
    ('version = "2"', 'version = "2"\nextends = "nobody"', 13, "there is no guarantee 'nobody' to extend"),
    ('version = "2"', 'version = "2"\nextends = "eu_legal"\nwithout = ["colour"]', 14, "eu_legal has no colour"),
    ('version = "2"', "version = 2", 12, "version: 2 is no text"),
    ('markets = ["CN"]\nsold_from', 'markets = "CN"\nsold_from', 13, "markets: 'CN' is no list of texts"),
    ('markets = ["CN"]\nsold_from', 'marktes = ["CN"]\nsold_from', 13, "no such key: marktes"),
    ("sold_from = 2020-01-01", 'sold_from = "2020-01-01"', 14, "is no day; write it as in 2019-01-10, without quotes"),
    ("sold_from = 2020-01-01", "sold_from = 2020-01-01\nsold_to = 2019-06-01", 15, "ends before it begins"),
    ("sold_from = 2020-01-01", 'counting = "perhaps"', 14, "'perhaps' is none of exclude_start, include_start"),
    ("sold_from = 2020-01-01", 'zone = "Asia/Nowhere"', 14, "'Asia/Nowhere' is no time zone"),
    ("sold_from = 2020-01-01", 'holidays = "NONE"', 14, "there is no calendar 'NONE'"),
    ("sold_from = 2020-01-01", 'layer = "moral"', 14, "'moral' is none of statutory"),
    ("sold_from = 2020-01-01", 'sources = ["nowhere"]', 14, "there is no source 'nowhere'"),
    ("sold_from = 2020-01-01", 'duties = ["R-NO-1"]', 14, "there is no rule 'R-NO-1'"),
    ("sold_from = 2020-01-01", "min_capacity = 0.8", 14, "min_capacity: 0.8 is no text"),
    ("sold_from = 2020-01-01", 'min_capacity = "1.8"', 14, "is no share between 0 and 1"),
    ("sold_from = 2020-01-01", 'min_capacity = "nan"', 14, "is no share between 0 and 1"),
    ("sold_from = 2020-01-01", "transferable = 1", 14, "1 is neither true nor false"),
    ("sold_from = 2020-01-01", "extension = { days = 9, contracts_from = 2020-01-01 }", 15, "do not add up"),
    ("sold_from = 2020-01-01", 'remedies = { choices = ["hug"] }', 14, "'hug' is no remedy"),
    ("sold_from = 2020-01-01", "remedies = { windows = [{ days = 7 }] }", 14, "missing choices"),
    ('"made_on+90"', '"made_on-90"', 6, "start 'made_on-90' is no evidence"),
    ("[guarantee.terms.host]", "[guarantee.terms.screen]", 15, "there is no term for the host"),
    ("[guarantee.terms.host]\nmonths = 15", "terms = {}", 15, "there is no term; write"),
    ("sold_from = 2020-01-01", "sold_from = 2020-01-0x", 14, "this is no TOML"),
    (GOOD, "[promise]\nversion = '1'\n", 1, TABLES),
    (GOOD, "[guarantee]\nname = 'a'\n", 1, "with two brackets"),
    (GOOD, "[topics]\ncounting = 'R-CNT-1'\n", None, r"there is no \[\[guarantee"),
    (GOOD, GOOD + "[rules.R-1]\ntext = 'a'\nzh = 'b'\nmark = 'X'\n", 20, "mark: 'X' is none of S, S2, G, D"),
    (GOOD, GOOD + "[rules.R-1]\ntext = 'a'\nzh = 'b'\nmark = 'S'\nsources = ['s']\n", 21, "there is no source 's'"),
    (GOOD, GOOD + "[sources.s]\nurl = 'a'\n", 17, "missing what"),
    (GOOD, GOOD + "[holidays.H]\nspans = [[2020-01-03, 2020-01-01]]\n", 18, "spans overlap or are out of order"),
    (GOOD, GOOD + "[holidays.H]\nspans = [2020-01-03]\n", 18, "spans are pairs of days"),
    (GOOD, "pack = 'a'\n" + GOOD, 1, "is no table"),
    (GOOD, "rules = 1\n" + GOOD, 1, "rules is no table"),
    (GOOD, "topics = 1\n" + GOOD, 1, "topics is no table"),
    (GOOD, "guarantee = [1]\n", 1, "with two brackets"),
    (GOOD, GOOD + "[topics]\ncounting = 'R-NONE'\n", 18, "there is no rule 'R-NONE'"),
    (GOOD, GOOD + "[topics]\ncounting = 1\n", 18, "there is no rule 1"),
    ('version = "2"', 'version = "2"\nextends = ["eu_legal"]', 13, "extends names one guarantee"),
    ('version = "2"', 'version = "2"\nextends = "eu_legal"\nwithout = "abc"', 14, "without is a list of keys"),
    ('name = "extended"\nversion = "2"', 'extends = "None"\nversion = "2"', 10, "missing name"),
])
def test_an_impossible_pack_is_refused_with_file_line_and_reason(old, new, line, why, tmp_path):
    path = tmp_path / "pack.toml"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(PackError, match=why) as caught:
        load_guarantees(path)
    assert caught.value.file == str(path)
    if line is not None:
        assert caught.value.line == line
        assert str(caught.value).startswith(f"{path}, line {line}: ")


def test_extends_in_a_longer_circle_is_refused():
    text = "".join(f'[[guarantee]]\nname = "{a}"\nversion = "1"\nextends = "{b}"\n' for a, b in ("xy", "yz", "zx"))
    with pytest.raises(PackError, match="extends goes in a circle: x -> y -> z -> x"):
        load_guarantees(text)


def test_what_is_extended_is_taken_over_but_for_what_is_said_or_left_out():
    text = ('[[guarantee]]\nname = "fr"\nversion = "1"\nextends = "eu_legal"\nwithout = ["extension"]\n'
            "[guarantee.terms.host]\nmonths = 30\n")
    one, = load_guarantees(text).all
    assert (one.extension, one.layer, one.start, one.terms["host"].length) == (None, "statutory", ("delivered_on",), 30)
    assert set(one.terms) == {"host"}
    assert one.topics["counting"] == "R-EU-1"


@pytest.mark.parametrize(("old", "new", "rule", "line"), [
    ("sold_from = 2020-01-01", "sold_from = 2020-01-03", "gap", 14),
    ("sold_from = 2020-01-01", "sold_from = 2019-12-31", "overlap", 14),
    ("sold_from = 2020-01-01\n", "", "overlap", 10),
    ("months = 15", "months = 11", "below-statutory", 15),
    ("months = 15", "months = 12", "adds-nothing", 15),
    ('"sold_on", "made_on+90"', '"sold_on", "sold_on"', "unreachable", 6),
    ("[guarantee.terms.host]\nmonths = 15", f"remedies = {{ windows = [{NINE}, {NINE}] }}\n{HOST}", "unreachable", 15),
    (FIRST, f'[[guarantee]]\nname = "all"\nversion = "1"\n{HOST}\n{FIRST}', "unreachable", 7),
    (GOOD, GOOD + "[rules.R-1]\ntext = 'a'\nzh = 'b'\nmark = 'S'\n", "unused-rule", 17),
])
def test_a_likely_slip_is_said_with_its_line(old, new, rule, line):
    found = lint(GOOD.replace(old, new, 1), "pack.toml")
    assert (rule, line) in {(s.rule, s.line) for s in found}
    assert all(str(s).startswith("pack.toml:") for s in found)


def test_windows_are_compared_with_all_before_them():
    one = '[[guarantee]]\nname = "a"\nversion = "{}"\n{}\n[guarantee.terms.host]\nmonths = 12\n'
    windows = ("sold_from = 2018-01-01\nsold_to = 2025-12-31", "sold_from = 2019-01-01\nsold_to = 2019-06-30",
               "sold_from = 2021-01-01")
    found = lint("".join(one.format(i, w) for i, w in enumerate(windows)))
    assert [(s.guarantee, s.rule) for s in found] == [("a@1", "overlap"), ("a@2", "overlap")]
    assert all("a@0 is for sales to 2025-12-31 as well" in s.why for s in found)


def test_a_good_pack_has_no_slips():
    assert lint(GOOD) == []


def test_the_shipped_packs_have_only_the_slips_their_makers_made():
    found = {(name, s.rule) for name, text in shipped_markets().items() if name != "rules" for s in lint(text, name)}
    assert found == {("cn", "adds-nothing"), ("eu", "below-statutory")}


def test_the_command_checks_and_shows_packs(tmp_path, capsys):
    path = tmp_path / "pack.toml"
    path.write_text(GOOD)
    assert run(["guarantees", "check", str(path)]) == 0
    assert "2 guarantees read, 0 findings" in capsys.readouterr().out
    path.write_text(GOOD.replace("months = 15", "months = 11"))
    assert run(["guarantees", "check", str(path), "--json"]) == 3
    assert '"rule": "below-statutory"' in capsys.readouterr().out
    path.write_text(GOOD.replace("months = 15", "moons = 11"))
    assert run(["guarantees", "check", str(path)]) == 3
    assert f"{path}:16: [impossible-pack] 'moons' is no unit of a term" in capsys.readouterr().err
    assert run(["guarantees", "show", str(path.with_name("none.toml"))]) == 2
    assert run(["guarantees", "check"]) == 2
    assert run(["guarantees", "show", "eu", "--csv"]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("eu_legal@1,statutory,")
    assert run(["guarantees", "show"]) == 0
    assert "Not legal advice" in capsys.readouterr().out
