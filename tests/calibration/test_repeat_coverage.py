"""Bands of the mean cumulative number of claims where some units claim again and again (simulated)."""

import numpy as np
import pytest
from scipy.special import ndtri

from warrantor.life.apart import mean_difference
from warrantor.life.repeat import mean_cumulative
from warrantor.repeats import Repeats

pytestmark = pytest.mark.slow
RUNS, UNITS, SHAPE, RATE, END = 1500, 400, 0.5, 0.8, 400


def drawn(rng, rate=RATE):
    """Gamma frailty with mean 1 and variance 2, a steady rate, cover that ends between days 200 and 400."""
    leave = rng.integers(200, END + 1, UNITS).astype(float)
    number = rng.poisson(rng.gamma(SHAPE, 1 / SHAPE, UNITS) * rate * (leave + 1) / (END + 1))
    which = np.repeat(np.arange(UNITS), number)
    age = np.floor(rng.random(len(which)) * (leave[which] + 1))
    cost = rng.lognormal(3.0, 0.6, len(which))
    zero = np.zeros(len(which))
    return leave, which, age, zero, leave[which], cost


def repeats(groups):
    home = np.repeat(np.arange(len(groups)), UNITS)
    leave = np.concatenate([g[0] for g in groups])
    shifted = [(np.full(len(g[1]), i), g[1] + i * UNITS, *g[2:]) for i, g in enumerate(groups)]
    return Repeats.of(by=("g",), strata=tuple((str(i),) for i in range(len(groups))), currency="CNY",
                      windows=(home, np.zeros_like(leave), leave, np.ones(len(leave))),
                      claims=tuple(np.concatenate(c) for c in zip(*shifted, strict=True)))


def test_the_robust_band_covers_and_the_plain_one_does_not():
    rng = np.random.default_rng(11)
    found = mean_cumulative(repeats([drawn(rng) for _ in range(RUNS)]), level=0.95)
    at = 350
    truth = RATE * (at + 1) / (END + 1)
    robust = ((found.at(at, "lower") <= truth) & (truth <= found.at(at, "upper"))).mean()
    mean, plain = found.at(at), found.at(at, "plain_variance")
    wide = np.exp(float(ndtri(0.975)) * np.sqrt(plain) / mean)
    narrow = ((mean / wide <= truth) & (truth <= mean * wide)).mean()
    money = truth * np.exp(3.0 + 0.18)
    cost = ((found.at(at, "cost_lower") <= money) & (money <= found.at(at, "cost_upper"))).mean()
    assert 0.93 <= robust <= 0.97
    assert 0.93 <= cost <= 0.97
    assert narrow < 0.90
    assert np.abs(mean.mean() / truth - 1) < 0.01
    assert 0.93 < np.mean(found.at(at, "variance")) / mean.var() < 1.07


def test_the_difference_of_two_groups_is_covered():
    rng = np.random.default_rng(12)
    hits = []
    for _ in range(600):
        gap = mean_difference(mean_cumulative(repeats([drawn(rng), drawn(rng, 1.2)]), level=0.95))
        i = np.searchsorted(gap.age, 350, "right") - 1
        hits.append(gap.lower[i] <= (RATE - 1.2) * 351 / (END + 1) <= gap.upper[i])
    assert 0.925 <= np.mean(hits) <= 0.975
