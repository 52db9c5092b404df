"""Remedies, periods and serials at the edges that other tests leave open."""

from datetime import date

import pytest

from warrantor.terms import (
    Answer,
    Complaint,
    Evidence,
    Guarantee,
    Guarantees,
    Remedies,
    Request,
    Slip,
    Term,
    end_of,
    entitle,
    imei_status,
    lint,
    remedy,
)
from warrantor.terms.lines import line_of_error
from warrantor.terms.read import each, evidence_step, text
from warrantor.terms.say import sentence, trace

YEAR = {"host": Term(12, "months")}
START, END = date(2019, 1, 15), date(2020, 1, 15)


@pytest.mark.parametrize("on", [date(2019, 1, 14), date(2020, 1, 16)])
def test_outside_the_window_nothing_is_owed_and_the_window_is_told(on):
    assert remedy(Guarantee("a", "1", YEAR), START, END, on) == (
        (), (("last_day", {"from": START, "to": END, "claim": on}),))


@pytest.mark.parametrize(("counting", "last"), [("exclude_start", date(2019, 1, 22)),
                                                ("include_start", date(2019, 1, 21))])
def test_a_window_of_seven_days_is_counted_as_the_guarantee_counts(counting, last):
    one = Guarantee("a", "1", YEAR, counting=counting, remedies=Remedies(windows=((7, ("refund",)),)))
    assert remedy(one, START, END, last) == (
        ("refund",), (("window", {"day": (last - START).days, "until_day": 7, "last": last}),))
    assert remedy(one, START, END, date.fromordinal(last.toordinal() + 1))[0] == ("repair",)


def test_periods_may_end_in_the_last_year_of_the_calendar():
    assert end_of(date(9998, 6, 15), Term(12, "months")) == date(9999, 6, 15)
    assert end_of(date(9999, 1, 31), Term(1, "months")) == date(9999, 2, 28)


def test_a_software_version_number_names_the_imei_it_belongs_to():
    for version in ("00", "07", "84", "99"):
        assert imei_status("49015420323751" + version) == "imeisv:imei=490154203237518"


def test_a_step_of_evidence_adds_the_days_it_says_and_else_none():
    assert evidence_step("sold_on") == (("sold_on",), 0)
    assert evidence_step("made_on+1") == (("made_on",), 1)
    assert evidence_step("later_of:sold_on,made_on") == (("sold_on", "made_on"), 0)


def test_what_is_no_table_is_said_as_it_stands():
    with pytest.raises(ValueError, match=r"^7 is no table$"):
        each(text)(7)


def test_an_answer_with_nothing_to_add_is_one_sentence():
    bare = Answer("S1", START, "not covered", (), ())
    assert sentence(bare) == "S1: Not covered on 2019-01-15."
    assert sentence(bare, "zh") == "S1: 2019-01-15：不在保。"


def test_a_fault_that_was_not_said_is_left_out_of_the_trace():
    one = Guarantee("a", "1", YEAR, remedies=Remedies(faults=("noise",)))
    asked = Request(START, guarantees=("a",), evidence=Evidence(sold_on=START), complaint=Complaint(fault=""))
    lines = trace(entitle(asked, Guarantees((one,))))
    assert "  faults [D] faults: no rule is written down (user_damage=False)" in lines


def test_a_slip_and_an_error_without_a_line_say_no_line():
    assert str(Slip("p.toml", None, "a@1", "gap", "why")) == "p.toml: a@1 [gap] why"
    assert str(Slip("p.toml", 7, "a@1", "gap", "why")) == "p.toml:7: a@1 [gap] why"
    assert line_of_error(ValueError("odd"), "a\nb") == (None, "odd")


def test_of_two_laws_the_longer_at_the_end_of_january_is_compared_with():
    law = '[[guarantee]]\nname = "{}"\nversion = "1"\nlayer = "{}"\nmarkets = ["XX"]\n[guarantee.terms.host]\n{}\n'
    found, = lint(law.format("month", "statutory", "months = 1") + law.format("days", "statutory", "days = 29")
                  + law.format("own", "commercial", "days = 29"))
    assert found.why == "host: 29 days adds nothing to the 29 days of days@1"
