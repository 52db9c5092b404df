"""The waist: rows, risk sets, addition, brackets."""

from datetime import date

import numpy as np
import pytest

from warrantor.finding import Finding, Findings
from warrantor.tally import Brackets, Tally, merged


def tally(**over):
    given = {
        "by": ("product", "guarantee"), "strata": (("A", "g@1"), ("B", "g@1")), "unit": "day",
        "stratum": np.array([0, 0, 0, 1, 1]), "age": np.array([0.0, 30.0, 60.0, 0.0, 30.0]),
        "entered": np.array([10.0, 0, 0, 4, 0]), "claimed": np.array([1.0, 2, 0, 0, 1]),
        "open": np.array([0.0, 3, 0, 0, 3]), "expired": np.array([0.0, 0, 4, 0, 0]),
    }
    return Tally.of(**(given | over))


def test_risk_set_counts_claims_and_exits_of_the_day_itself():
    assert tally().at_risk.tolist() == [10, 9, 4, 4, 4]


def test_interval_risk_set_leaves_exits_at_the_boundary_out():
    # twelve monthly cohorts of 1,000, the oldest twelve months old: 1,000, not 2,000, are at risk in (11, 12]
    months = np.arange(13.0)
    left = np.array([0.0, *[1000.0] * 12])
    t = Tally.of(by=(), strata=((),), stratum=np.zeros(13, int), age=months, unit="month", grain="interval",
                 entered=np.array([12000.0, *[0.0] * 12]), open=left)
    assert t.at_risk[11] == 1000
    assert t.at_risk[0] == 12000


def test_rows_that_share_an_age_are_added_and_sorted():
    t = Tally.of(by=(), strata=((),), stratum=np.zeros(3, int), age=np.array([5.0, 1.0, 5.0]),
                 entered=np.array([1.0, 2.0, 3.0]))
    assert t.age.tolist() == [1.0, 5.0]
    assert t.entered.tolist() == [2.0, 4.0]


def test_an_unrecorded_cost_is_nan_and_a_recorded_zero_is_zero():
    assert np.isnan(tally().cost).all()
    assert tally(cost=np.zeros(5)).cost.tolist() == [0.0] * 5


def test_unsorted_rows_and_unknown_counts_are_refused():
    with pytest.raises(ValueError, match=r"build with Tally\.of"):
        Tally(by=(), strata=((),), stratum=np.zeros(2, int), age=np.array([2.0, 1.0]),
              **{c: np.zeros(2) for c in ("entered", "claimed", "expired", "open", "gone", "covered_in", "covered_out",
                                          "claims", "cost", "cost_squared")})
    with pytest.raises(ValueError, match="no such count"):
        tally(failures=np.zeros(5))
    with pytest.raises(ValueError, match="grain"):
        tally(grain="weekly")


def test_adding_over_a_column_is_explicit_and_loses_nothing():
    whole = tally().over("product")
    assert whole.by == ("guarantee",)
    assert whole.entered.sum() == 14
    assert whole.age.tolist() == [0.0, 30.0, 60.0]
    with pytest.raises(ValueError, match="strata are"):
        tally().over("colour")


def test_only_keeps_the_strata_asked_for():
    kept = tally().only(np.array([False, True]))
    assert kept.strata == (("B", "g@1"),)
    assert kept.claimed.sum() == 1


def test_tallies_of_different_questions_do_not_add():
    with pytest.raises(ValueError, match="unit differ"):
        tally() + tally(unit="month")


def test_strata_merge_in_first_seen_order():
    assert merged((("b",), ("a",)), (("a",), ("c",)))[0] == (("b",), ("a",), ("c",))


def test_arrow_carries_strata_as_text_and_every_count():
    table = tally(as_of=date(2020, 6, 30)).to_arrow()
    assert table["product"].to_pylist() == ["A", "A", "A", "B", "B"]
    assert table["claimed"].to_pylist() == [1, 2, 0, 0, 1]


def test_brackets_refuse_what_cannot_be():
    with pytest.raises(ValueError, match="lower <= upper"):
        Brackets(by=(), strata=((),), stratum=np.zeros(1, int), entry=np.zeros(1), lower=np.array([3.0]),
                 upper=np.array([2.0]), count=np.ones(1))


def test_a_tally_says_what_it_is():
    assert "14 units" in repr(tally())
    assert "first claims" in repr(tally())


def test_findings_say_how_many_and_show_the_first():
    one = Finding("units.csv", 9, "made_on", "2019-13-01", "unparsable", "No such day.", "Write YYYY-MM-DD.")
    assert str(Findings([one, one])).startswith("2 findings; first: units.csv:9")
    assert one.to_dict()["line"] == 9
