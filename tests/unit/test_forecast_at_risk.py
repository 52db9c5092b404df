"""What a cut hides, and who is at risk after it."""

import numpy as np
import pytest

from warrantor.forecast.at_risk import AtRisk, ages, alive, came, cut
from warrantor.tally import Tally


def uncut():
    """Claims at 100, 365, 366 and 500 days; left at 50, 365, 400 and 900."""
    rows = [(0, 8, 0, 0), (50, 0, 0, 1), (100, 0, 1, 0), (365, 0, 1, 1), (366, 0, 1, 0), (400, 0, 0, 1), (500, 0, 1, 0),
            (900, 0, 0, 1)]
    age, entered, claimed, left = np.array(rows, float).T
    return Tally.of(by=(), strata=((),), stratum=np.zeros(len(age), int), age=age, entered=entered, claimed=claimed,
                    open=left)


def test_a_cut_hides_what_came_later():
    seen = cut(uncut(), ages("day", 12))
    assert seen.total("claimed").tolist() == [2.0]
    assert seen.total("open").tolist() == [1.0]
    assert seen.total("expired").tolist() == [5.0]
    assert seen.age.max() == 365.25
    assert seen.total("entered").tolist() == [8.0]


def test_whoever_left_on_the_whole_day_of_the_start_is_at_risk_with_nothing_to_live():
    risk = alive(uncut(), ages("day", 12)).within(365.25, 547.875)
    assert dict(zip(risk.until.tolist(), risk.units.tolist(), strict=True)) == {365.25: 1.0, 400.0: 1.0, 547.875: 3.0}


def test_claims_of_the_window_include_its_end_and_not_its_start():
    assert came(uncut(), 365.0, 366.0).tolist() == [1.0]
    assert came(uncut(), 365.25, 547.875).tolist() == [2.0]


def test_cutting_twice_is_cutting_once():
    once = cut(uncut(), 365.25)
    twice = cut(once, 365.25)
    assert twice.age.tolist() == once.age.tolist()
    assert twice.left.tolist() == once.left.tolist()


def test_units_cannot_be_below_zero():
    with pytest.raises(ValueError, match="below zero"):
        AtRisk(by=(), strata=((),), stratum=np.zeros(1, int), until=np.ones(1), units=np.array([-1.0]))
