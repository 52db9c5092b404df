"""What is said of a likely slip: the whole sentence, and nothing where there is no slip."""

import pytest

from warrantor.terms import lint

HOST = "[guarantee.terms.host]\nmonths = {}\n"


def version(name, number, keys="", months=24):
    return f'[[guarantee]]\nname = "{name}"\nversion = "{number}"\n{keys}{HOST.format(months)}'


def said(*versions):
    return [str(s) for s in lint("".join(versions), "p.toml")]


def test_a_gap_names_the_days_that_no_version_is_for():
    assert said(version("a", 1, "sold_to = 2019-12-31\n"), version("a", 2, "sold_from = 2020-02-01\n")) == [
        "p.toml:10: a@2 [gap] no version is for sales from 2020-01-01 to 2020-01-31"]
    assert said(version("a", 1, "sold_to = 2019-12-31\n"), version("a", 2, "sold_from = 2020-01-02\n")) == [
        "p.toml:10: a@2 [gap] no version is for sales from 2020-01-01 to 2020-01-01"]
    assert said(version("a", 1, "sold_to = 2019-12-31\n"), version("a", 2, "sold_from = 2020-01-01\n")) == []


def test_an_overlap_says_on_which_day_to_end_the_earlier_version():
    assert said(version("a", 1, "sold_to = 2020-03-31\n"), version("a", 2, "sold_from = 2020-02-01\n")) == [
        "p.toml:10: a@2 [overlap] a@1 is for sales to 2020-03-31 as well: end it on 2020-01-31"]
    assert said(version("a", 1, "sold_to = 2020-03-31\n"), version("a", 2)) == [
        "p.toml:7: a@2 [overlap] a@1 is for sales to 2020-03-31 as well: end it on the day before"]
    assert said(version("a", 2, "sold_from = 2020-02-01\n"), version("a", 1, "sold_to = 2020-02-01\n")) == [
        "p.toml:4: a@2 [overlap] a@1 is for sales to 2020-02-01 as well: end it on 2020-01-31"]


@pytest.mark.parametrize(("first", "second", "hidden"), [
    ("", "", True),
    ("", 'markets = ["XX"]\n', True),
    ('markets = ["XX"]\n', "", False),
    ('markets = ["XX", "YY"]\n', 'markets = ["XX"]\n', True),
    ('markets = ["XX"]\n', 'markets = ["XX"]\n', True),
    ('markets = ["XX"]\n', 'markets = ["XX", "YY"]\n', False),
    ('markets = ["XX", "*"]\n', 'markets = ["*"]\n', True),
    ('products = ["Alder"]\n', 'products = ["Birch"]\n', False),
    ('channels = ["web"]\n', "", False),
    ('brands = ["Xi"]\n', "", False),
    ('sold_in = ["XX"]\n', "", False),
    ('activated_in = ["XX"]\n', "", False),
    ('territories = ["XX"]\n', "", False),
    ("sold_from = 2020-01-01\n", "", False),
    ("sold_from = 2020-01-01\n", "sold_from = 2020-01-01\n", True),
    ("sold_from = 2020-01-02\n", "sold_from = 2020-01-01\n", False),
    ("sold_to = 2020-01-01\n", "", False),
    ("sold_to = 2020-01-01\n", "sold_to = 2020-01-01\n", True),
    ("sold_to = 2020-01-01\n", "sold_to = 2020-01-02\n", False),
    ('layer = "seller"\n', "", False),
    ('layer = "seller"\n', 'layer = "seller"\n', False),
])
def test_a_promise_behind_a_wider_one_is_never_got(first, second, hidden):
    line = 4 + 2 + first.count("\n")
    why = f"p.toml:{line + 1}: b@1 [unreachable] a@1 stands before it and is for all of its units: put it first"
    assert said(version("a", 1, first), version("b", 1, second)) == ([why] if hidden else [])


def test_steps_that_come_too_late_say_so():
    assert said(version("a", 1, 'start = ["sold_on", "sold_on"]\n')) == [
        "p.toml:4: a@1 [unreachable] a step of start evidence stands twice: the second is never taken"]
    week, other = "{{ days = 7, choices = ['repair'] }}", "{{ days = {}, choices = ['repair'] }}"
    window = f"remedies = {{{{ windows = [{week}, {other}] }}}}\n"
    why = ["p.toml:4: a@1 [unreachable] windows must grow: a later one is never reached"]
    assert said(version("a", 1, window.format(7))) == why
    assert said(version("a", 1, window.format(6))) == why
    assert said(version("a", 1, window.format(8))) == []


LAW = """[[guarantee]]
name = "law"
version = "1"
layer = "statutory"
rest = "none"
markets = ["XX", "YY"]
[guarantee.terms]
host = { months = 12 }
battery = { months = 6 }
"""


def against(months, part="host", keys='markets = ["XX"]\n', law=LAW):
    promise = version("a", 1, keys, 24)
    if part == "host":
        promise = version("a", 1, keys, months)
    else:
        promise += f"[guarantee.terms.{part}]\nmonths = {months}\n"
    return [s.split(": ", 1)[1] for s in said(law, promise)]


def test_less_than_the_law_is_said_and_as_much_as_the_law_too():
    assert against(11) == [("a@1 [below-statutory] host: 11 months is less than the 12 months of law@1, which hold all "
                           "the same: promise more, or nothing")]
    assert against(12) == ["a@1 [adds-nothing] host: 12 months adds nothing to the 12 months of law@1"]
    assert against(13) == []
    assert against(5, "battery") == [("a@1 [below-statutory] battery: 5 months is less than the 6 months of law@1, "
                                     "which hold all the same: promise more, or nothing")]
    assert against(6, "battery") == ["a@1 [adds-nothing] battery: 6 months adds nothing to the 6 months of law@1"]
    assert against(3, "charger") == []


def test_the_law_of_another_market_or_of_none_asks_nothing():
    assert against(6, keys='markets = ["ZZ"]\n') == []
    assert against(6, keys="") == []
    assert against(6, keys='markets = ["XX"]\nlayer = "seller"\n') == []
    assert against(6, keys='markets = ["YY", "ZZ"]\n') != []


def test_the_line_of_a_term_below_the_law_is_its_own():
    found, = lint(LAW + version("a", 1, 'markets = ["XX"]\n') + "[guarantee.terms.battery]\nmonths = 5\n")
    assert (found.file, found.line, found.guarantee, found.rule) == ("the text", 16, "a@1", "below-statutory")
    assert str(found).startswith("the text:16: a@1 [below-statutory] battery: ")


def test_the_longest_law_is_the_one_compared_with():
    both = LAW + LAW.replace('"law"', '"more"').replace("months = 12", "months = 18")
    assert against(15, law=both) == [("a@1 [below-statutory] host: 15 months is less than the 18 months of more@1, "
                                     "which hold all the same: promise more, or nothing")]
    days = LAW.replace("months = 12", "days = 364")
    assert against(12, law=days) == []
    assert against(12, law=LAW.replace("months = 12", "days = 365")) == []  # a leap year makes the promise longer
    assert against(12, law=LAW.replace("months = 12", "days = 366")) == [
        "a@1 [adds-nothing] host: 12 months adds nothing to the 366 days of law@1"]
    assert "below-statutory" in against(12, law=LAW.replace("months = 12", "days = 367"))[0]


RULE = "[rules.{}]\ntext = 'a'\nzh = 'b'\nmark = 'D'\n"


def test_a_rule_that_nothing_quotes_is_said():
    why = "[unused-rule] no topic and no duty names it, so no answer will quote it: name it, or take it out"
    assert said(version("a", 1), RULE.format("R-1")) == [f"p.toml:6: R-1 {why}"]
    assert said(version("a", 1, "topics = { counting = 'R-1' }\n"), RULE.format("R-1")) == []
    assert said(version("a", 1, "duties = ['R-1']\n"), RULE.format("R-1")) == []
    assert said(version("a", 1), RULE.format("R-1"), "[topics]\ncounting = 'R-1'\n") == []
    assert said(RULE.format("R-1")) == []  # a file of rules alone serves other packs


def test_slips_stand_in_the_order_of_their_lines():
    found = lint(RULE.format("R-1") + version("a", 1, "sold_to = 2019-12-31\n")
                 + version("a", 2, "sold_from = 2020-02-01\n") + RULE.format("R-2")
                 + version("b", 1, 'start = ["sold_on", "sold_on"]\nproducts = ["x"]\nlayer = "seller"\n'))
    assert [(s.line, s.rule) for s in found] == [(1, "unused-rule"), (14, "gap"), (17, "unused-rule"),
                                                 (24, "unreachable")]
