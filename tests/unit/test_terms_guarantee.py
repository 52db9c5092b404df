"""Periods and guarantees: exact to the day, refused with where and why."""

from datetime import date

import pytest

from warrantor.terms import PackError, Term, default_guarantees, end_of, load_guarantees

PACK = """
[[guarantee]]
name = "extended"
version = "2"
products = ["Redmi Note 7"]
markets = ["CN"]
sold_from = 2019-01-10
sold_to = 2019-12-31
start = ["later_of:delivered_on,sold_on", "made_on+90"]
[guarantee.terms.host]
months = 18
[guarantee.terms.battery]
months = 6
[[guarantee]]
name = "conventional"
version = "1"
[guarantee.terms.host]
months = 12
"""


@pytest.mark.parametrize(("start", "length", "unit", "counting", "end"), [
    ("2019-01-15", 18, "months", "exclude_start", "2020-07-15"),
    ("2019-08-31", 18, "months", "exclude_start", "2021-02-28"),
    ("2018-08-31", 18, "months", "exclude_start", "2020-02-29"),
    ("2020-02-29", 18, "months", "exclude_start", "2021-08-29"),
    ("2019-06-30", 18, "months", "exclude_start", "2020-12-30"),
    ("2019-12-31", 18, "months", "exclude_start", "2021-06-30"),
    ("2020-02-29", 1, "years", "exclude_start", "2021-02-28"),
    ("2019-01-01", 365, "days", "exclude_start", "2020-01-01"),
    ("2020-01-01", 12, "months", "include_start", "2020-12-31"),
])
def test_the_last_covered_day(start, length, unit, counting, end):
    assert end_of(date.fromisoformat(start), Term(length, unit), counting) == date.fromisoformat(end)


def test_the_first_guarantee_that_fits_is_the_units_own():
    pack = load_guarantees(PACK)
    asked = {"product": "Redmi Note 7", "market": "CN", "channel": "shop"}
    assert pack.resolve(**asked, sold_on=date(2019, 1, 10)) == "extended@2"
    assert pack.resolve(**asked, sold_on=date(2019, 12, 31)) == "extended@2"
    assert pack.resolve(**asked, sold_on=date(2020, 1, 1)) == "conventional@1"
    assert pack.resolve(**asked, sold_on=None) == "conventional@1"
    assert pack.resolve(**asked | {"market": "IN"}, sold_on=date(2019, 1, 10)) == "conventional@1"
    assert pack.evidence("extended@2") == ("later_of:delivered_on,sold_on", "made_on+90")


def test_components_have_terms_of_their_own_and_else_the_hosts():
    long = load_guarantees(PACK)["extended@2"]
    assert long.end_day(date(2019, 2, 1), "battery") == date(2019, 8, 1)
    assert long.end_day(date(2019, 2, 1), "charger") == date(2020, 8, 1)


def test_the_calendar_is_the_scalar_rule_day_by_day():
    pack = load_guarantees(PACK)
    rows = list(pack.calendar(17800, 18300))
    assert len(rows) == 2 * 501
    for key, start, end in rows:
        assert pack[key].end_day(date.fromordinal(start + 719163)).toordinal() - 719163 == end


@pytest.mark.parametrize(("change", "why"), [
    (("months = 18", "moons = 18"), "no unit of a term"),
    (("months = 18", "months = -1"), "below zero"),
    (("months = 18", 'months = "18"'), "no whole number"),
    (("months = 18", "months = 18\nyears = 1"), "a term is one of"),
    (('name = "conventional"\nversion = "1"', 'name = "extended"\nversion = "2"'), "more than once"),
    (('markets = ["CN"]', 'colour = "red"'), "colour"),
    (('"made_on+90"', '"bought_on"'), "no evidence"),
    (("terms.host", "terms.screen"), "no term for the host"),
    (('version = "2"', 'counting = "sometimes"\nversion = "2"'), "none of exclude_start"),
    (('name = "extended"', ""), "missing name"),
    (("[[guarantee]]", "[[guarantee"), "the text"),
])
def test_an_impossible_pack_is_refused_with_its_reason(change, why):
    with pytest.raises(PackError, match=why):
        load_guarantees(PACK.replace(*change))


def test_an_empty_pack_is_refused():
    with pytest.raises(PackError, match="no \\[\\[guarantee"):
        load_guarantees("[pack]\n")


def test_a_pack_is_read_from_a_file(tmp_path):
    path = tmp_path / "pack.toml"
    path.write_text(PACK)
    assert load_guarantees(path) == load_guarantees(PACK) == load_guarantees(str(path))


def test_the_default_is_the_trades_twelve_months():
    assert default_guarantees()["conventional@1"].end_day(date(2019, 8, 31)) == date(2020, 8, 31)
    with pytest.raises(KeyError, match="there is no guarantee"):
        default_guarantees()["long@1"]
