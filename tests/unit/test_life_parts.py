"""Strata fitted some at a time are the strata fitted alone."""

import sys

import numpy as np
import pytest

from warrantor import LAWS, fit, tally_of_ages
from warrantor.life.likelihood import Rows


def simulated():
    rng = np.random.default_rng(9)
    at = np.repeat(np.arange(30), 200)
    life = np.ceil(60 * (1 + at / 20) * rng.weibull(1.5, len(at)))
    watched = rng.integers(5, 61, len(at))
    return tally_of_ages(np.minimum(life, watched), (life <= watched) & (at != 7), at)


def one(tally, s):
    return tally.only(np.arange(30) == s)


@pytest.mark.parametrize("law", [n for n in LAWS if n != "gengamma"])
@pytest.mark.parametrize("most", [100, 1000])
def test_parts_change_nothing(law, most, monkeypatch):
    module = sys.modules["warrantor.life.fit"]
    monkeypatch.setattr(module, "CACHED", most)
    tally = simulated()
    whole = fit(tally, law)
    assert whole.refused[7]
    for s in (0, 6, 7, 8, 29):
        alone = fit(one(tally, s), law)
        assert (alone.refused[0] is None) == (whole.refused[s] is None)
        if alone.refused[0] is None:
            assert whole.parameters[s] == pytest.approx(alone.parameters[0], rel=1e-8)
            assert whole.loglik[s] == pytest.approx(alone.loglik[0], rel=1e-10)


@pytest.mark.parametrize("grain", ["exact", "brackets"])
@pytest.mark.parametrize("most", [1, 500, 10**9])
def test_parts_hold_every_row_once(grain, most):
    tally = simulated()
    rows = Rows.of(tally if grain == "exact" else tally.brackets())
    parts = list(rows.parts(most))
    assert sum(p.strata for p in parts) == 30
    assert (len(parts) > 1) == (most < 10**9)
    for name in ("events", "weight", "count", "scale"):
        assert np.concatenate([getattr(p, name) for p in parts]).tolist() == getattr(rows, name).tolist()
    assert all(p.at.min(initial=0) >= 0 and p.at.max(initial=0) < p.strata for p in parts)
