"""Bands of the share of units first claimed for a fault, where faults compete (simulated)."""

import numpy as np
import pytest

from warrantor import fit_faults, incidence, tally_of_ages

pytestmark = pytest.mark.slow
RUNS, UNITS, AT = 2000, 500, 300
RATE, BETA, ETA = 1 / 3000, 2.0, 900.0


def test_bands_of_the_share_cover_and_the_laws_find_the_same_share():
    """Fault a at a steady rate, fault b Weibull; cover ends between days 200 and 400; 90 % bands at day 300."""
    rng = np.random.default_rng(4)
    a, b = rng.exponential(1 / RATE, (RUNS, UNITS)), ETA * rng.weibull(BETA, (RUNS, UNITS))
    end, life = rng.uniform(200, 400, (RUNS, UNITS)), np.minimum(a, b)
    age = np.ceil(np.minimum(life, end)).ravel()
    kind = np.where(life > end, 0, np.where(a < b, 1, 2)).ravel()
    home = np.repeat(np.arange(RUNS), UNITS)
    faults = {f: tally_of_ages(age, kind == i, home) for i, f in ((1, "a"), (2, "b"))}
    found = incidence(tally_of_ages(age, kind > 0, home), faults)
    t = np.linspace(0, AT, 20001)
    alive = np.exp(-RATE * t - (t / ETA) ** BETA)
    truth = np.array([np.trapezoid(RATE * alive, t),
                      np.trapezoid(BETA / ETA * (t / ETA) ** (BETA - 1) * alive, t)])[:, None]
    lower, upper = found.at(AT, "lower"), found.at(AT, "upper")
    cover = ((lower <= truth) & (truth <= upper)).mean(axis=1)
    assert np.all((cover >= 0.88) & (cover <= 0.92)), cover
    spread = found.at(AT, "variance").mean(axis=1) / found.at(AT).var(axis=1)
    assert np.all(np.abs(spread - 1) < 0.1), spread
    fitted = fit_faults(faults).incidence(np.array([float(AT)]))[:, :, 0]
    assert np.all(np.abs(np.nanmean(fitted, axis=1) / truth[:, 0] - 1) < 0.01), fitted.mean(axis=1)
