"""Guarantees written as TOML: what a person reads in the file, and what is left out because it need not be said."""

from datetime import date
from decimal import Decimal

from warrantor.terms import (
    Extension,
    Guarantee,
    Guarantees,
    Holidays,
    Remedies,
    Rule,
    Source,
    Term,
    load_guarantees,
    to_toml,
)

YEAR = {"host": Term(12, "months")}
FULL = Guarantees(
    (Guarantee("long", "1", {"host": Term(18, "months", (("cycles", 500),)), "wired headset": Term(3, "months")},
               title='十八个月 "promise"', markets=("CN", "MY"), sold_from=date(2019, 1, 10), transferable=False,
               min_capacity=Decimal("0.80"), holidays=Holidays("H 1", ((date(2019, 10, 1), date(2019, 10, 7)),)),
               extension=Extension(Term(12, "months"), date(2026, 7, 31)), replacement_min_days=90,
               remedies=Remedies(("exchange", "repair"), ((7, ("refund",)), (15, ("repair",))),
                                 waits={"parts": 60}, depreciation_per_day=Decimal("0.005")),
               topics={"counting": "R-1"}, duties=("R-1",), sources=("s_1",)),
     Guarantee("short", "1", YEAR, remedies=Remedies(repairs_before_exchange=2)), Guarantee("plain", "2", YEAR)),
    {"R-1": Rule("R-1", "text", "文", "S", ("s_1",)), "R 2": Rule("R 2", "a\x7fb", "c", "D")},
    {"s_1": Source("s_1", "u", "w")}, {"last_day": "R-1", "two words": "R 2"}, {"title": "Mine"})
SAID = """\
[pack]
title = "Mine"

[rules.R-1]
text = "text"
zh = "文"
mark = "S"
sources = ["s_1"]

[rules."R 2"]
text = "a\\u007fb"
zh = "c"
mark = "D"

[sources.s_1]
url = "u"
what = "w"

[topics]
last_day = "R-1"
"two words" = "R 2"

[holidays."H 1"]
spans = [[2019-10-01, 2019-10-07]]

[[guarantee]]
name = "long"
version = "1"
title = "十八个月 \\"promise\\""
markets = ["CN", "MY"]
sold_from = 2019-01-10
holidays = "H 1"
replacement_min_days = 90
extension = { months = 12, contracts_from = 2026-07-31 }
transferable = false
min_capacity = "0.80"
duties = ["R-1"]
sources = ["s_1"]
[guarantee.terms]
host = { months = 18, cycles = 500 }
"wired headset" = { months = 3 }
[guarantee.remedies]
choices = ["exchange", "repair"]
windows = [{ days = 7, choices = ["refund"] }, { days = 15, choices = ["repair"] }]
waits = { parts = 60 }
depreciation_per_day = "0.005"
[guarantee.topics]
counting = "R-1"

[[guarantee]]
name = "short"
version = "1"
[guarantee.terms]
host = { months = 12 }
[guarantee.remedies]
repairs_before_exchange = 2

[[guarantee]]
name = "plain"
version = "2"
[guarantee.terms]
host = { months = 12 }
"""


def test_the_file_is_what_a_person_would_have_written():
    assert to_toml(FULL) == SAID


def test_what_was_written_is_what_is_read():
    read = load_guarantees(SAID)
    assert (read.all, read.about) == (FULL.all, FULL.about)
    assert {k: read.rules[k] for k in FULL.rules} == FULL.rules
    assert {k: read.sources[k] for k in FULL.sources} == FULL.sources


def test_what_the_reader_has_anyway_is_left_out():
    known = Guarantees((), {"R-1": FULL.rules["R-1"], "R 2": Rule("R 2", "other", "c", "D")}, FULL.sources,
                       {"last_day": "R-1", "two words": "R-1"})
    short = to_toml(FULL, known)
    assert "[rules.R-1]" not in short
    assert '[rules."R 2"]\ntext = "a\\u007fb"' in short
    assert "[sources." not in short
    assert '[topics]\n"two words" = "R 2"\n\n' in short
    assert "[topics]" not in to_toml(FULL, Guarantees((), topics=FULL.topics))


def test_names_that_toml_cannot_bare_are_quoted():
    odd = ("a\x7fb", "文", "x.y", "", "a-b_c9")
    text = to_toml(Guarantees((Guarantee("x", "1", {name: Term(1, "days") for name in odd}, rest="none"),)))
    assert [line.split(" = ")[0] for line in text.splitlines() if "{ days" in line] == [
        '"a\\u007fb"', '"文"', '"x.y"', '""', "a-b_c9"]


def test_calendars_with_weekends_say_so_and_stand_once():
    calendar = Holidays("H", ((date(2020, 1, 1), date(2020, 1, 1)),), weekends=True)
    both = Guarantees((Guarantee("a", "1", YEAR, holidays=calendar), Guarantee("b", "1", YEAR, holidays=calendar)))
    assert to_toml(both).startswith(
        "[holidays.H]\nspans = [[2020-01-01, 2020-01-01]]\nweekends = true\n\n[[guarantee]]\n")
    assert to_toml(both).count("[holidays.H]") == 1


def test_nothing_is_written_as_one_empty_line():
    assert to_toml(Guarantees(())) == "\n"
