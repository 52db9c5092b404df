"""Raw ages to a tally, by each of its roads."""

import numpy as np
import pytest

from warrantor import Refused, Tally
from warrantor.life import reduce
from warrantor.life.reduce import tally_of_ages


def slow(age, failed, stratum, count):
    n, zero = len(age), np.zeros(len(age))
    strata = int(max(stratum, default=0)) + 1
    return Tally.of(
        by=("stratum",),
        strata=tuple((str(s),) for s in range(strata)),
        age=np.concatenate((np.zeros(n), age)),
        stratum=np.concatenate((stratum, stratum)),
        entered=np.concatenate((count, zero)),
        claimed=np.concatenate((zero, count * failed)),
        open=np.concatenate((zero, count * (1 - failed))),
    )


@pytest.mark.parametrize("kind", ["whole", "whole float", "fraction", "huge"])
@pytest.mark.parametrize("narrow", [False, True])
def test_every_road_counts_the_same(kind, narrow, monkeypatch):
    rng = np.random.default_rng(1)
    n = 2000
    age = rng.integers(0, 50, n)
    age = {"whole": age, "whole float": age * 1.0, "fraction": age * 0.37, "huge": age * 10**15}[kind]
    failed, stratum, count = rng.integers(0, 2, n), rng.integers(0, 4, n), rng.integers(1, 5, n).astype(float)
    if narrow:
        monkeypatch.setattr(reduce, "WIDEST", 16)
        n = 20
    quick, by_hand = (
        tally_of_ages(age[:n], failed[:n], stratum[:n], count[:n]),
        slow(age[:n], failed[:n], stratum[:n], count[:n]),
    )
    assert quick.strata == by_hand.strata
    for name in ("stratum", "age", "entered", "claimed", "open"):
        np.testing.assert_array_equal(getattr(quick, name), getattr(by_hand, name))


def test_no_rows_make_an_empty_stratum_and_named_strata_stay():
    assert tally_of_ages([], []).total("entered").tolist() == [0.0]
    assert tally_of_ages([3.0], [1], [0], names=("a", "b")).total("entered").tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("age", "failed", "stratum", "words"),
    [
        ([-1.0], [1], None, "negative or missing"),
        ([np.nan], [1], None, "negative or missing"),
        ([1.0, 2.0], [1], None, "different lengths"),
        ([1.0], [1], [-1], "numbered from 0"),
    ],
)
def test_impossible_rows_are_refused(age, failed, stratum, words):
    with pytest.raises(Refused, match=words):
        tally_of_ages(age, failed, stratum)


@pytest.mark.parametrize("count", [-1.0, np.nan, np.inf])
def test_impossible_counts_are_refused(count):
    with pytest.raises(Refused, match="count is negative or missing"):
        tally_of_ages([1.0], [1], None, [count])


@pytest.mark.parametrize("failed", [[1, np.nan, 0], [1, 2, 1], [0, -1, 0], [0.5, 1, 0]])
def test_an_outcome_that_is_neither_0_nor_1_is_refused(failed):
    with pytest.raises(Refused, match="neither 0 nor 1"):
        tally_of_ages([5.0, 7.0, 9.0], failed)


def test_an_age_without_end_is_refused():
    with pytest.raises(Refused, match="infinite"):
        tally_of_ages([5.0, np.inf], [1, 0])


@pytest.mark.parametrize("stratum", [[0.0, np.nan, 1.0], [0.0, 0.5, 1.0], [0, -1, 1]])
def test_a_stratum_that_is_no_number_from_0_is_refused(stratum):
    with pytest.raises(Refused, match="stratum number"):
        tally_of_ages([5.0, 7.0, 9.0], [1, 1, 0], stratum)
