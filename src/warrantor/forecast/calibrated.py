"""Bounds of the law at its maximum, taken at tail probabilities that the refits put right."""

from __future__ import annotations

import numpy as np

from warrantor.forecast.counts import Predictive, binomial_cdf
from warrantor.tally import Floats, Ints

HALVINGS = 40


def quantiles(p: float, mean: Floats, variance: Floats) -> Ints:
    """(B,) smallest counts at which the matched binomial reaches p.

    Examples
    --------
    >>> quantiles(0.75, np.array([1.0, 0.0]), np.array([0.5, 0.0])).tolist()
    [1, 0]
    """
    below, above = np.full(len(mean), -1.0), np.maximum(1.0, np.ceil(mean + 10.0 * np.sqrt(mean) + 10.0))
    while np.any(low := binomial_cdf(above, mean, variance) < p):
        above = np.where(low, 2.0 * above, above)
    while np.any(above - below > 1.0):
        middle = np.floor((above + below) / 2.0)
        enough = binomial_cdf(middle, mean, variance) >= p
        open_ = above - below > 1.0
        above = np.where(open_ & enough, middle, above)
        below = np.where(open_ & ~enough, middle, below)
    return above.astype(np.int64)


def calibrated_bounds(refitted: Predictive, mean: float, variance: float, level: float) -> tuple[int, int]:
    """Find a with mean_b PoiBin(q_a(theta*_b); theta) = tail, and give the bound q_a(theta).

    Parameters
    ----------
    refitted : Predictive
        Means and variances of the count under every refit theta*_b.
    mean, variance : float
        Of the count at the law's maximum theta.
    level : float

    Returns
    -------
    (lower, upper)

    Source
    ------
    Escobar and Meeker: the refits stand for fits, the fit for the truth.
    """
    one, two = np.array([mean]), np.array([variance])
    tails = (1.0 - level) / 2.0, (1.0 + level) / 2.0
    return (int(quantiles(_put_right(refitted, one, two, tails[0]), one, two)[0]),
            int(quantiles(_put_right(refitted, one, two, tails[1]), one, two)[0]))


def _put_right(refitted: Predictive, mean: Floats, variance: Floats, tail: float) -> float:
    """Smallest a, by bisection on its logit, whose quantiles of the refits cover `tail` of the count."""
    low, high = -16.0, 16.0
    m, v = (np.broadcast_to(x, refitted.mean.shape) for x in (mean, variance))
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        a = 1.0 / (1.0 + np.exp(-middle))
        bound = quantiles(a, refitted.mean, refitted.variance).astype(float)
        reached = float(refitted.weight @ binomial_cdf(bound, m, v))
        low, high = (low, middle) if reached >= tail else (middle, high)
    return float(1.0 / (1.0 + np.exp(-high)))
