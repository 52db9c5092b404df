"""Triangles: what is refused, what is known already, and the standard errors against a simulation of the model."""

import json

import numpy as np
import pytest

from warrantor.finding import Refused
from warrantor.forecast.triangle import chain_ladder, cumulated

NAN = float("nan")
GOOD = [[40.0, 65, 75, 80], [44, 71, 83, NAN], [38, 62, NAN, NAN], [46, NAN, NAN, NAN]]


def test_what_is_no_triangle_is_refused_with_the_reason():
    for rows, why in [
        ([[1.0, NAN, 3.0], [1.0, 2.0, NAN]], "hole"),
        ([[1.0, 2.0], [NAN, NAN]], "Origin 2 has no value"),
        ([[1.0, NAN], [2.0, NAN]], "Nobody knows development 2"),
        ([[0.0, 2.0], [0.0, NAN]], "Development 1 is 0"),
        ([[1.0, -2.0], [1.0, NAN]], "negative"),
        ([[1.0], [2.0]], "at least 2 developments"),
        ([1.0, 2.0], "at least 2 developments"),
    ]:
        with pytest.raises(Refused, match=why):
            chain_ladder(rows)
    with pytest.raises(Refused, match="loglinear"):
        chain_ladder(GOOD, sigma_last="linear")


def test_a_square_of_known_values_has_nothing_to_come():
    found = chain_ladder([[1.0, 3.0], [2.0, 5.0]])
    assert found.total == found.total_se == 0.0
    assert found.refused is None


def test_standard_errors_that_cannot_be_told_are_refused_and_null():
    found = chain_ladder([[4.0, 6.0], [5.0, NAN]])
    assert found.total == pytest.approx(2.5)
    assert "Too few" in found.refused
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["total_se"] is None
    assert told["origins"][1] == {"origin": "2", "known": 5.0, "ultimate": 7.5, "to_come": 2.5, "se": None}
    assert "refused" in repr(found)
    rising = chain_ladder([[4.0, 6.0, 7.0, 7.5], [0.0, 5.0, 6.0, NAN], [1.0, 2.0, NAN, NAN], [3.0, NAN, NAN, NAN]])
    assert "rises from 0" in rising.refused
    still = chain_ladder([[4.0, 6.0, 7.0], [3.0, 5.0, NAN], [0.0, NAN, NAN]])
    assert still.to_come[2] == 0
    assert still.refused


def test_origins_known_alike_share_their_error():
    """Two origins at the same development: the variance of the sum holds both covariances."""
    found = chain_ladder([[40.0, 65, 75, 80], [44, 71, 83, 85], [38, 62, 70, 77], [46, 70, NAN, NAN],
                          [50, 80, NAN, NAN]])
    base = np.array([40 + 44 + 38 + 46 + 50, 65 + 71 + 62, 75 + 83 + 70.0])
    shared = ((found.sigma / found.factor) ** 2 / base)[1:].sum()
    assert found.total_se**2 - (found.se**2).sum() == pytest.approx(2 * np.prod(found.ultimate[3:]) * shared)


def test_names_and_values_of_a_long_table():
    table = cumulated([0, 0, 0, 1, 1, 2], [0, 1, 2, 0, 1, 0], [4, 2, 1, 5, 1, 3], [3, 2, 1])
    found = chain_ladder(table, origins=("2019-01", "2019-02", "2019-03"))
    assert found.to_arrow()["origin"].to_pylist() == ["2019-01", "2019-02", "2019-03"]
    assert found.factor == pytest.approx([12 / 9, 7 / 6])
    with pytest.raises(Refused, match="1 values lie outside"):
        cumulated([0, 1], [0, 1], [1, 1], [2, 1])


def test_the_standard_error_is_the_spread_of_the_error_made():
    """Origins whose development is drawn by Mack's model: the mean of se^2 is the mean square error within 10%."""
    rng = np.random.default_rng(4)
    factor, spread, size = np.array([2.0, 1.3, 1.1]), np.array([3.0, 1.5, 0.7]), 8
    missed, said = [], []
    for _ in range(1500):
        full = np.full((size, 4), 400.0)
        for k in range(3):
            full[:, k + 1] = full[:, k] * factor[k] + spread[k] * np.sqrt(full[:, k]) * rng.standard_normal(size)
        known = np.minimum(4, size - np.arange(size))
        found = chain_ladder(np.where(np.arange(4) < known[:, None], full, NAN))
        missed.append(full[:, -1].sum() - found.ultimate.sum())
        said.append(found.total_se**2)
    assert np.mean(said) / np.mean(np.square(missed)) == pytest.approx(1.0, abs=0.1)
