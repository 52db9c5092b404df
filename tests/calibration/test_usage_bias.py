"""Claims by age under an age and a usage limit: bias with the limit ignored, and without."""

import numpy as np
import pytest

import warrantor as wr

pytestmark = pytest.mark.slow
FLEETS, UNITS, AGE = 60, 8000, 1000.0
TRUTH = 1.0 - np.exp(-((AGE / 3000.0) ** 1.3))


def test_the_bias_of_claims_by_age_is_gone_and_intervals_hold_the_truth():
    rows = []
    for seed in range(FLEETS):
        rng = np.random.default_rng(seed)
        rate, life = np.exp(rng.normal(4.0, 0.5, UNITS)), 3000.0 * rng.weibull(1.3, UNITS)
        claimed = life <= np.minimum(1095.0, 60_000.0 / rate)
        age = np.where(claimed, life, 1095.0)
        read = claimed | (np.arange(UNITS) < UNITS // 20)
        found = wr.fit_usage(age, claimed, np.where(read, rate * age, np.nan), length=1095.0, limit=60_000.0)
        own = 1.0 - wr.life_table(found.tally()).survival_at(AGE)[0]
        naive = 1.0 - wr.life_table(wr.tally_of_ages(age, claimed)).survival_at(AGE)[0]
        r = np.exp(rng.normal(4.0, 0.5, 400_000))
        whole = 1000.0 * (1.0 - np.exp(-((np.minimum(1095.0, 60_000.0 / r) / 3000.0) ** 1.3))).mean()
        _, lower, upper = found.expected(1095.0, 60_000.0)[0]
        rows.append((naive, own, lower <= whole <= upper, found.rate[0, 0]))
    naive, own, inside, rate = np.array(rows, float).T
    error = own.std(ddof=1) / np.sqrt(FLEETS)
    assert naive.mean() < TRUTH - 0.025, naive.mean()
    assert abs(own.mean() - TRUTH) < 3 * error, (own.mean(), error)
    assert 47 <= inside.sum() <= 59  # central 98 % of binomial(60, 0.9)
    assert abs(rate.mean() - 4.0) < 3 * rate.std(ddof=1) / np.sqrt(FLEETS)
