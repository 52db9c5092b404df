"""Do the intervals cover? Simulated Weibull lives, watched 12 months of a heavy-censored guarantee; seeds fixed."""

import numpy as np
import pytest

from warrantor import fit, tally_of_ages

pytestmark = pytest.mark.slow
REPLICATES = 4000


@pytest.mark.parametrize(("units", "share", "beta"), [(600, 0.05, 1.2), (2000, 0.03, 0.7), (2000, 0.02, 2.0)])
def test_profile_intervals_cover_what_they_say(units, share, beta):
    """90 % profile intervals cover 87.5-92.5 % of 4,000 replicates, all fitted in one call."""
    rng = np.random.default_rng(20261123)
    eta = 365 / (-np.log1p(-share)) ** (1 / beta)
    life = eta * rng.weibull(beta, (REPLICATES, units))
    end = rng.uniform(180, 365, (REPLICATES, units))
    age, failed = np.minimum(life, end), life <= end
    stratum = np.repeat(np.arange(REPLICATES), units)
    fitted = fit(tally_of_ages(np.ceil(age).ravel(), failed.ravel(), stratum))
    stands = np.array([r is None for r in fitted.refused])
    assert stands.mean() > 0.99
    for name, truth in (("beta", beta), ("eta", eta)):
        low, high = fitted.interval(name)[stands].T
        cover = np.mean((low <= truth) & (truth <= high))
        assert 0.875 <= cover <= 0.925, (name, cover)


def test_lag_from_truncated_reports_is_unbiased():
    """Lognormal report lags known only up to the end of the records: mu and sigma within 1 % over 200 replicates."""
    from warrantor import fit_lag

    found = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        limit = np.floor(rng.uniform(1, 60, 3000))
        lag = rng.lognormal(2.0, 0.8, 3000)
        known = lag <= limit
        fitted = fit_lag(lag[known], limit=limit[known])
        found.append([fitted["mu"], fitted["sigma"]])
    assert np.mean(found, axis=0) == pytest.approx([2.0, 0.8], rel=0.01)
