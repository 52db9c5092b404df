"""Laws of a period, for every start day from 1970 to 2100."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from warrantor.terms import Term, default_guarantees, end_of

days = st.dates(date(1970, 1, 1), date(2100, 12, 31))
months = st.integers(0, 60)


@given(days, months, months)
def test_a_longer_term_contains_a_shorter(start, one, other):
    short, long = sorted((one, other))
    assert end_of(start, Term(short, "months")) <= end_of(start, Term(long, "months"))


@given(days, days, months)
def test_a_later_start_never_ends_earlier(one, other, length):
    first, second = sorted((one, other))
    assert end_of(first, Term(length, "months")) <= end_of(second, Term(length, "months"))


@given(days, months)
def test_the_due_month_is_never_overflown(start, length):
    end = end_of(start, Term(length, "months"))
    assert (end.year - start.year) * 12 + end.month - start.month == length
    assert end.day == start.day or (end.day < start.day and (end + timedelta(days=1)).day == 1)


@given(days, st.integers(0, 40))
def test_years_are_twelve_months_and_never_365_days(start, years):
    assert end_of(start, Term(years, "years")) == end_of(start, Term(12 * years, "months"))


@given(days, months)
def test_counting_the_start_day_costs_exactly_one_day(start, length):
    term = Term(length, "months")
    assert end_of(start, term, "include_start") == end_of(start, term) - timedelta(days=1)


@given(st.integers(0, 47846))
def test_the_fleet_calendar_is_the_scalar_rule(day):
    (key, start, end), = default_guarantees().calendar(day, day)
    scalar = default_guarantees()[key].end_day(date(1970, 1, 1) + timedelta(days=day))
    assert (start, end) == (day, (scalar - date(1970, 1, 1)).days)
