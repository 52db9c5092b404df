"""Tables of a pack: what is taken, to the letter, and what is refused, with line and reason."""

import re
from datetime import date
from decimal import Decimal

import pytest

from warrantor.terms import Extension, PackError, Remedies, Term, load_guarantees

HEAD = '[[guarantee]]\nname = "a"\nversion = "1"\n'
HOST = "[guarantee.terms.host]\nmonths = 12\n"
UNITS = "days, months, years, cycles, hours, kilometres, pages"


def one(keys="", terms=HOST):
    found, = load_guarantees(HEAD + keys + terms).all
    return found


def refused(text):
    with pytest.raises(PackError) as caught:
        load_guarantees(text)
    return caught.value.line, caught.value.why


@pytest.mark.parametrize(("keys", "line", "why"), [
    ('start = ["bought_on"]', 4, ("start: start 'bought_on' is no evidence; use delivered_on, sold_on, activated_on, "
     "shipped_on, made_on, column+days or later_of:a,b")),
    ('start = ["later_of:sold_on"]', 4, ("start: start 'later_of:sold_on' is no evidence; use delivered_on, sold_on, "
     "activated_on, shipped_on, made_on, column+days or later_of:a,b")),
    ('start = ["later_of:sold_on,bought_on"]', 4, ("start: start 'later_of:sold_on,bought_on' is no evidence; use "
     "delivered_on, sold_on, activated_on, shipped_on, made_on, column+days or later_of:a,b")),
    ('start = ["later_of:bought_on,sold_on"]', 4, ("start: start 'later_of:bought_on,sold_on' is no evidence; use "
     "delivered_on, sold_on, activated_on, shipped_on, made_on, column+days or later_of:a,b")),
    ("start = []", 4, "start: [] is no list of texts"),
    ('markets = ["CN", " "]', 4, "markets: ' ' is no text"),
    ('counting = "sometimes"', 4, "counting: 'sometimes' is none of exclude_start, include_start"),
    ('mark = "X"', 4, "mark: 'X' is none of S, S2, G, D"),
    ('rest = "some"', 4, "rest: 'some' is none of host, none"),
    ('min_capacity = "a lot"', 4,
     "min_capacity: 'a lot' is no share between 0 and 1; write it in quotes, as in \"0.80\""),
    ('min_capacity = "0"', 4, "min_capacity: '0' is no share between 0 and 1; write it in quotes, as in \"0.80\""),
    ('min_capacity = "1"', 4, "min_capacity: '1' is no share between 0 and 1; write it in quotes, as in \"0.80\""),
    ('min_capacity = "-0.5"', 4,
     "min_capacity: '-0.5' is no share between 0 and 1; write it in quotes, as in \"0.80\""),
    ('zone = "Mars/Base"', 4, "zone: 'Mars/Base' is no time zone; write it as in Europe/Berlin"),
    ("replacement_min_days = -1", 4, "replacement_min_days: -1 is below zero"),
    ("sold_from = 2020-01-02\nsold_to = 2020-01-01", 5, "the sale window ends before it begins"),
    ('holidays = "NONE"', 4, "there is no calendar 'NONE'; write [holidays.NAME]"),
    ('remedies = { choices = ["hug"] }', 4, "choices: 'hug' is no remedy; use refund, exchange, repair"),
    ("remedies = { repairs_before_exchange = 1.5 }", 4, "repairs_before_exchange: 1.5 is no whole number"),
    ("remedies = { waits = 7 }", 4, "waits: 7 is no table"),
    ("remedies = { waits = { parts = true } }", 4, "parts: True is no whole number"),
    ("remedies = { windows = [7] }", 4, "windows: 7 is no table"),
    ("remedies = { windows = 7 }", 4, "windows: 7 is no table"),
    ("remedies = { windows = [{}] }", 4, "windows: missing days, choices"),
    ("remedies = { windows = [{ day = 7 }] }", 4, "no such key: day; the keys are days, choices"),
    ("remedies = { windows = [{ week = 1, day = 7 }] }", 4, "no such key: day, week; the keys are days, choices"),
    ("extension = { months = 12 }", 4, "extension: missing contracts_from"),
    ("extension = { moons = 12, contracts_from = 2020-01-01 }", 4,
     "no such key: moons; the keys are days, months, years, contracts_from"),
    ("second_hand_floor = 12", 4, "second_hand_floor: a term is one of days, months, years with a whole number"),
    ("topics = { counting = 1 }", 4, "counting: 1 is no text"),
])
def test_a_key_that_cannot_mean_anything_is_refused(keys, line, why):
    assert refused(f"{HEAD}{keys}\n{HOST}") == (line, why)


@pytest.mark.parametrize(("terms", "line", "why"), [
    ("[guarantee.terms.host]\nmoons = 1\n", 5, ("'moons' is no unit of a term: use days, months or years, and "
     "cycles, hours, kilometres or pages")),
    ("[guarantee.terms.host]\nmonths = 1\ndays = 1\n", 4, ("host: a term is one of days, months, years with a whole "
     "number, and what use it may see")),
    ("[guarantee.terms.host]\ncycles = 1\n", 4, ("host: a term is one of days, months, years with a whole number, and "
     "what use it may see")),
    ("[guarantee.terms]\nhost = 12\n", 5, "host: a term is one of days, months, years with a whole number"),
    ("[guarantee.terms]\n", 4, "terms: there is no term; write [guarantee.terms.host] and months = 12"),
    ("[guarantee.terms.screen]\nmonths = 12\n", 4,
     'there is no term for the host, the unit itself; if none is promised, say rest = "none"'),
])
def test_a_term_that_cannot_be_is_refused(terms, line, why):
    assert refused(HEAD + terms) == (line, why)


def test_an_extension_in_days_of_a_term_in_months_is_refused_at_its_component():
    text = (f"{HEAD}extension = {{ days = 9, contracts_from = 2020-01-01 }}\n[guarantee.terms]\n"
            "host = { days = 400 }\nbattery = { months = 6 }\n")
    assert refused(text)[1] == "terms.battery: 9 days and 6 months do not add up to a term"


@pytest.mark.parametrize(("tables", "line", "why"), [
    ("[holidays.H]\nspans = 2020-01-03\n", 7, "spans: spans are pairs of days, first and last"),
    ("[holidays.H]\nspans = [[2020-01-03]]\n", 7, "spans: spans are pairs of days, first and last"),
    ("[holidays.H]\nspans = [[2020-01-03, 2020-01-04, 2020-01-05]]\n", 7,
     "spans: spans are pairs of days, first and last"),
    ("[holidays.H]\nspans = [[2020-01-03, 2020-01-05], [2020-01-04, 2020-01-09]]\n", 7,
     "spans: spans overlap or are out of order"),
    ("[holidays.H]\nmark = 'D'\n", 6, "missing spans"),
    ("[holidays]\nH = 1\n", 7, "1 is no table"),
    ("[rules.R]\ntext = 'a'\n", 6, "missing zh, mark"),
    ("[rules.R]\ntext = ''\nzh = 'b'\nmark = 'D'\n", 7, "text: '' is no text"),
    ("[sources.S]\nurl = 'a'\n", 6, "missing what"),
    ("[pack]\ntitle = 'a'\nauthor = 'b'\n", 8, "no such key: author; the keys are title, zh"),
])
def test_a_table_beside_the_guarantees_that_cannot_be_is_refused(tables, line, why):
    assert refused(f"{HEAD}{HOST}{tables}") == (line, why)


def test_the_edges_of_what_is_taken():
    same = one("sold_from = 2020-01-01\nsold_to = 2020-01-01\n")
    assert (same.sold_from, same.sold_to) == (date(2020, 1, 1), date(2020, 1, 1))
    assert one("min_capacity = '0.80'\n").min_capacity == Decimal("0.80")
    assert one(terms="[guarantee.terms.host]\ndays = 0\n").terms["host"] == Term(0, "days")
    assert one("replacement_min_days = 0\n").replacement_min_days == 0
    assert one(terms="[guarantee.terms]\nhost = { months = 12, pages = 9, cycles = 5 }\n").terms["host"] == Term(
        12, "months", (("cycles", 5), ("pages", 9)))
    assert one("extension = { months = 6, contracts_from = 2020-01-01 }\n").extension == Extension(
        Term(6, "months"), date(2020, 1, 1))
    only = one("rest = 'none'\n", "[guarantee.terms.any_reason]\ndays = 14\n")
    assert only.term("any_reason") == Term(14, "days")
    assert only.term("host") is None
    assert only.end_day(date(2020, 1, 1)) is None


def test_choices_are_told_in_one_order_and_one_window_needs_no_list():
    window = "remedies = { windows = { days = 7, choices = ['repair', 'refund'] } }\n"
    assert one(window).remedies == Remedies(windows=((7, ("refund", "repair")),))
    assert one(window.replace("{ days", "[{ days").replace("] } }", "] }] }")).remedies == one(window).remedies
    assert one("remedies = { depreciation_per_day = '0.005' }\n").remedies.depreciation_per_day == Decimal("0.005")


def test_an_error_without_a_line_names_the_file_alone():
    with pytest.raises(PackError, match=re.escape("there is no [[guarantee]] in it")) as caught:
        load_guarantees("[pack]\ntitle = 'a'\n")
    assert str(caught.value) == "the text: there is no [[guarantee]] in it"
