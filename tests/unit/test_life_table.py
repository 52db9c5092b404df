"""The life table against counts made by hand, and what it refuses to claim."""

import numpy as np
import pytest

from warrantor import Brackets, Refused, Tally, life_table
from warrantor.life.fit import fit
from warrantor.life.reduce import tally_of_ages


def test_ties_claims_and_exits_on_one_day_are_all_at_risk():
    """By hand: 6 units; ages 2 (2 claims), 3 (1 claim, 1 exit), 5 (1 exit), 9 (1 claim)."""
    table = life_table(tally_of_ages([2, 2, 3, 3, 5, 9], [1, 1, 1, 0, 0, 1])).of()
    assert table["at_risk"].tolist() == [6, 4, 2, 1]
    np.testing.assert_allclose(table["hazard"], [2 / 6, 1 / 4, 0, 1])
    np.testing.assert_allclose(table["survival"], [4 / 6, 0.5, 0.5, 0])
    np.testing.assert_allclose(table["cumulative_hazard"], [2 / 6, 2 / 6 + 1 / 4, 2 / 6 + 1 / 4, 2 / 6 + 1 / 4 + 1])
    greenwood = 2 / (6 * 4) + 1 / (4 * 3)
    np.testing.assert_allclose(table["survival_variance"][1], 0.25 * greenwood)
    np.testing.assert_allclose(table["cumulative_hazard_variance"][1], 2 / 36 + 1 / 16)
    theta = 1.6448536269514722 * np.sqrt(greenwood) / np.log(0.5)
    np.testing.assert_allclose((table["lower"][1], table["upper"][1]), (0.5 ** np.exp(-theta), 0.5 ** np.exp(theta)))
    assert table["lower"][1] < 0.5 < table["upper"][1]


def test_a_survival_of_one_or_zero_has_no_band_and_zero_stays_zero():
    table = life_table(tally_of_ages([1, 4, 5], [0, 1, 1])).of()
    assert table["hazard"][0] == 0.0
    assert table["survival"].tolist() == [1.0, 0.5, 0.0]
    assert np.isnan(table["lower"][[0, 2]]).all()
    assert np.isnan(table["survival_variance"][2])


def test_dead_on_arrival_stand_apart():
    table = life_table(tally_of_ages([0, 0, 3, 5], [1, 1, 1, 0]))
    assert (table.units[0], table.claimed[0], table.dead_on_arrival[0]) == (4, 3, 2)
    assert table.of()["age"].tolist() == [3, 5]
    assert table.of()["at_risk"].tolist() == [2, 1]


def test_delayed_entry_joins_the_risk_set_on_its_day():
    tally = Tally.of(
        by=(),
        strata=((),),
        stratum=np.zeros(4, int),
        age=np.array([0.0, 3, 5, 8]),
        entered=np.array([1.0, 0, 2, 0]),
        claimed=np.array([0.0, 0, 1, 0]),
        open=np.array([0.0, 0, 0, 2]),
    )
    table = life_table(tally).of()
    assert table["age"].tolist() == [5, 8]
    assert table["at_risk"].tolist() == [3, 2]


def test_compressors_have_a_thousand_at_risk_in_the_twelfth_month():
    """Method notes, 1: 12 monthly shipments of 1,000; in (11, 12] 1,000 units less earlier claims are at risk,
    not 2,000.

    Minitab's compressor example, shipment sizes only: nobody claims here.
    """
    tally = Tally.of(
        by=(),
        strata=((),),
        stratum=np.zeros(13, int),
        age=np.arange(13.0),
        grain="interval",
        unit="month",
        entered=np.array([12000.0] + [0] * 12),
        open=np.array([0.0] + [1000] * 12),
        claimed=np.array([0.0] * 11 + [1, 0]),
    )
    table = life_table(tally)
    last = table.of()
    assert last["age"][-1] == 11
    assert last["until"][-1] == 12
    assert last["at_risk"][-1] == 1000
    assert last["survival"][-1] == pytest.approx(0.999)


def test_strata_start_anew():
    both = life_table(tally_of_ages([2, 3, 2, 3], [1, 0, 1, 1], [0, 0, 1, 1], names=("a", "b")))
    assert both.of(1)["survival"].tolist() == [0.5, 0.0]
    assert both.of(0)["survival"].tolist() == [0.5, 0.5]
    assert both.survival_at(2.5).tolist() == [0.5, 0.5]
    assert both.survival_at(1).tolist() == [1.0, 1.0]


def test_an_empty_stratum_is_no_survival_of_one():
    table = life_table(tally_of_ages([2], [1], [0], names=("a", "b")))
    assert np.isnan(table.survival_at(5)[1])


def test_brackets_are_refused_with_the_way_out():
    some = Brackets(
        by=(),
        strata=((),),
        stratum=np.zeros(1, int),
        entry=np.zeros(1),
        lower=np.zeros(1),
        upper=np.ones(1),
        count=np.ones(1),
    )
    with pytest.raises(Refused, match="turnbull"):
        life_table(some)
    with pytest.raises(Refused, match="level"):
        life_table(tally_of_ages([2], [1]), level=1.0)


def test_result_says_the_same_in_every_form():
    table = life_table(tally_of_ages([1, 4, 5], [0, 1, 1], [0, 1, 1], names=("x", "y")))
    document, arrow = table.to_dict(), table.to_arrow().to_pydict()
    assert document["schema"] == "warrantor.life_table/1"
    assert document["strata"][1]["rows"]["survival"] == [0.5, 0.0]
    assert document["strata"][1]["rows"]["lower"][1] is None
    assert arrow["stratum"] == ["x", "y", "y"]
    assert arrow["survival"] == [1.0, 0.5, 0.0]
    assert "3 units" in repr(table)


def test_a_count_that_is_no_whole_number_is_written_as_it_is():
    tally = tally_of_ages([5.0, 7.0, 9.0], [1, 1, 0], count=[0.7, 1.7, 100.5])
    for found in (life_table(tally).to_dict(), fit(tally, "exponential").to_dict()):
        assert found["strata"][0]["units"] == pytest.approx(102.9)
        assert found["strata"][0]["claims"] == pytest.approx(2.4)
        assert found["strata"][0]["dead_on_arrival"] == 0
