"""The closed-form sequence of a bounded mean: it covers at every look, mirrors, and refuses what it cannot take."""

import numpy as np
import pytest

from warrantor.finding import Refused
from warrantor.trial.bounded import bernstein_interval, bounded_interval


def test_it_covers_at_all_looks_at_once():
    rng, missed = np.random.default_rng(8), 0
    for _ in range(400):
        x = rng.binomial(1, 0.05, 1000) * rng.random(1000)
        low, high = bernstein_interval(x, level=0.1)
        missed += bool(((low > 0.025) | (high < 0.025)).any())
    assert missed <= 40 + 3 * 6
    assert high[-1] < 0.06


def test_outcomes_of_one_value_by_hand():
    """The mirrored outcomes are all 1, so that only the first, guessed to be 0, has spread."""
    x = np.full(50, 0.0)
    t = np.arange(1, 51)
    spread = np.append(0.25, (0.25 + np.cumsum((0.5 / (t + 1)) ** 2)) / (t + 1))[:-1]
    stake = np.minimum(np.sqrt(2 * np.log(40) / (t * np.log1p(t) * spread)), 0.5)
    mirrored = (np.log(40) + (-np.log(0.5) - 0.5)) / stake.cumsum()
    assert bernstein_interval(x)[1] == pytest.approx(np.minimum(mirrored, 1.0))


def test_turned_outcomes_turn_the_interval():
    x = np.random.default_rng(1).beta(2, 5, 300)
    low, high = bernstein_interval(x)
    turned = bernstein_interval(1 - x)
    assert low == pytest.approx(1 - turned[1])
    assert high == pytest.approx(1 - turned[0])


def test_betting_is_the_tighter_of_the_two():
    x = np.random.default_rng(2).beta(2, 5, 1000)
    (low, high), (a, b) = bernstein_interval(x), bounded_interval(x)
    assert low[-1] < a < b < high[-1]


@pytest.mark.parametrize("x", [[], [0.2, 1.2], [-0.1], [float("nan")]])
def test_outcomes_that_are_none_are_refused(x):
    with pytest.raises(Refused, match="between 0 and 1"):
        bernstein_interval(np.array(x))
