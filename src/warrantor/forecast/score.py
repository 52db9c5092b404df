"""How good forecasts were: interval score, coverage, what came over what was foretold, and the PIT."""

from __future__ import annotations

import numpy as np

from warrantor.finding import Refused
from warrantor.forecast.counts import Predictive
from warrantor.tally import Floats


def interval_score(lower: Floats, upper: Floats, came: Floats, level: float = 0.9) -> Floats:
    """Interval score of counts on the scale ln(count + 1/2), so that a product of any size weighs the same.

    (hi - lo) + 2/alpha (lo - x)+ + 2/alpha (x - hi)+, alpha = 1 - level; at level 0.9 the factor is 20. Smaller is
    better.

    Parameters
    ----------
    lower, upper, came : (W,) count
    level : float

    Returns
    -------
    (W,)

    Examples
    --------
    >>> interval_score(np.array([10.0]), np.array([40.0]), np.array([20.0])).round(4).tolist()
    [1.3499]
    """
    lo, hi, x = (np.log(np.asarray(v, np.float64) + 0.5) for v in (lower, upper, came))
    fine = 2.0 / (1.0 - level)
    return np.asarray((hi - lo) + fine * np.maximum(lo - x, 0.0) + fine * np.maximum(x - hi, 0.0))


def product_mean(score: Floats, product: list[str]) -> float:
    """Mean over products of the mean over each one's windows: no product decides by having many windows."""
    _, index = np.unique(np.array(product), return_inverse=True)
    return float(np.mean(np.bincount(index, score) / np.bincount(index)))


def covered(lower: Floats, upper: Floats, came: Floats) -> Floats:
    """(W,) 1 where the count lies in [lower, upper], else 0."""
    return ((lower <= came) & (came <= upper)).astype(np.float64)


def coverage_band(cases: int, level: float = 0.9, inside: float = 0.98) -> tuple[int, int]:
    """Central band of Binomial(cases, level): how many intervals of an honest method cover, with probability `inside`.

    Smallest k with cdf >= (1 - inside) / 2 and >= (1 + inside) / 2.

    Examples
    --------
    >>> coverage_band(40)
    (31, 40)
    """
    from scipy.special import bdtr

    cdf = bdtr(np.arange(cases + 1.0), cases, level)
    low, high = (int(np.searchsorted(cdf, p)) for p in ((1 - inside) / 2, (1 + inside) / 2))
    return low, min(high, cases)


def observed_over_expected(came: float, foretold: float, level: float = 0.95) -> tuple[float, float, float]:
    """O / E with its exact Poisson interval: chi2_{a/2; 2O} / 2E and chi2_{1-a/2; 2O+2} / 2E.

    Returns
    -------
    (ratio, lower, upper)

    Raises
    ------
    Refused
        Nothing was foretold: a ratio to 0 says nothing.

    Examples
    --------
    >>> [round(v, 5) for v in observed_over_expected(58, 41.3)]
    [1.40436, 1.06639, 1.81546]
    """
    from scipy.special import gammaincinv

    if not foretold > 0:
        raise Refused("Nothing was foretold, so no ratio can be told; forecast a window with somebody at risk.")
    tail = (1.0 - level) / 2.0
    lower = float(gammaincinv(came, tail)) if came > 0 else 0.0
    return came / foretold, lower / foretold, float(gammaincinv(came + 1.0, 1.0 - tail)) / foretold


def randomised_pit(predictive: Predictive, came: float, v: float) -> float:
    """U = F(O - 1) + V (F(O) - F(O - 1)), uniform where forecasts are calibrated.

    Parameters
    ----------
    predictive : Predictive
    came : float
        O.
    v : float
        V, uniform on (0, 1), drawn by the caller.

    Examples
    --------
    >>> fair = Predictive(np.array([1.0]), np.array([0.5]), np.ones(1))
    >>> randomised_pit(fair, 1.0, 0.5)
    0.5
    """
    below = predictive.cdf(came - 1.0)
    return below + v * (predictive.cdf(came) - below)


def poisson_binomial(p: Floats) -> Floats:
    """Probabilities of 0 .. n claims of n units with their own probabilities.

    pmf(k) = 1 / (n + 1) sum_l w^(-l k) prod_j (1 - p_j + p_j w^l), w = exp(2 pi i / (n + 1)): the discrete Fourier
    transform of the characteristic function.

    Parameters
    ----------
    p : (n,)

    Returns
    -------
    (n + 1,)

    Examples
    --------
    >>> poisson_binomial(np.array([0.5, 0.5])).round(12).tolist()
    [0.25, 0.5, 0.25]
    """
    p = np.asarray(p, np.float64)
    if np.any((p < 0) | (p > 1)) or np.any(np.isnan(p)):
        raise ValueError("probabilities lie between 0 and 1")
    n = len(p)
    w = np.exp(2j * np.pi * np.arange(n + 1) / (n + 1))
    transform = np.ones(n + 1, np.complex128)
    for part in np.array_split(p, n // 256 + 1):  # n x n complex numbers at once would be gigabytes for a fleet
        transform *= np.prod(1.0 - part[:, None] + part[:, None] * w, axis=0)
    return np.clip(np.fft.fft(transform).real / (n + 1), 0.0, 1.0)
