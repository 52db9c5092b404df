"""The dynamic hazard: a Weibull line, a random walk in log age, one-window bursts, and a volatility per product."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.hermite_e import hermegauss

from warrantor.forecast.lived import Lived
from warrantor.tally import Floats

POINTS = 256
LEVEL_SD = 2.0
PAST_POWER = 0.5
_MEAN = np.array([0.0, np.log(0.5), np.log(0.5), np.log(0.5), np.log(0.6)])
_SD = np.array([0.3, 0.5, 0.5, 0.5, 0.6])


@dataclass(frozen=True, slots=True, eq=False)
class Hyper:
    """Prior points of the dynamic hazard, one per quasi-random point and node of the volatility.

    Attributes
    ----------
    slope : (H,)
        b, common slope of ln hazard in ln age.
    slope_sd, burst, walk : (H,)
        sb, the product's own slope; v tau, one-window bursts; v q, the random walk.
    log_weight : (H,)
        Log of the node's weight; the points weigh alike.
    point : (H,)
        Number of the quasi-random point.
    """

    slope: Floats
    slope_sd: Floats
    burst: Floats
    walk: Floats
    log_weight: Floats
    point: Floats

    @classmethod
    def prior(cls, points: int = POINTS) -> Hyper:
        """Quasi-random points of b ~ N(0, .3), sb, tau, sv ~ logN(ln .5, .5), q ~ logN(ln .6, .6); z by 5-point
        Gauss-Hermite.
        """
        from scipy.special import ndtri

        drawn = _MEAN + _SD * ndtri(_additive(points, 5))
        z, w = hermegauss(5)
        b, sb, tau, sv, q = (np.repeat(c, 5) for c in (drawn[:, 0], *np.exp(drawn[:, 1:].T)))
        v = np.exp(sv * np.tile(z, points))
        return cls(b, sb, v * tau, v * q, np.tile(np.log(w / w.sum()), points), np.repeat(np.arange(points), 5))

    def covariance(self, age: Floats) -> tuple[Floats, Floats]:
        """Mean (H, K) without the level and covariance (H, K, K) of ln hazard at mid-ages (K,) in months."""
        x, u = np.log(age / 12.0), np.log(age / age[0])
        shared = LEVEL_SD**2 + (self.slope_sd**2)[:, None, None] * np.outer(x, x)
        own = (self.walk**2)[:, None, None] * np.minimum.outer(u, u) + (self.burst**2)[:, None, None] * np.eye(len(age))
        return np.outer(self.slope, x), shared + own


def _additive(count: int, dimensions: int) -> Floats:
    """Additive recurrence on the generalised golden ratio: low-discrepancy points in (0, 1), the same on every
    machine.
    """
    ratio = 2.0
    for _ in range(60):
        ratio = (1.0 + ratio) ** (1.0 / (dimensions + 1.0))
    step = ratio ** -np.arange(1.0, dimensions + 1.0)
    return np.asarray((0.5 + np.outer(np.arange(1.0, count + 1.0), step)) % 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Laplace:
    """Gaussian approximation of ln hazard given deaths, at every prior point.

    Attributes
    ----------
    mode : (H, K)
    covariance : (H, K, K)
    evidence : (H,)
        Log of the probability of the deaths, up to what does not depend on the point.
    """

    mode: Floats
    covariance: Floats
    evidence: Floats


def laplace(deaths: Floats, exposure: Floats, mean: Floats, prior: Floats) -> Laplace:
    """Find the mode of f given D_k ~ Poisson(E_k exp f_k) and f ~ N(mean, prior), for H priors at once.

    Newton in the form of a Gaussian process: B = I + W^1/2 C W^1/2 with W = E exp f, which stays well conditioned
    where a bin has no exposure (W = 0: the future).

    Parameters
    ----------
    deaths, exposure : (K,)
    mean : (H, K)
    prior : (H, K, K)

    Returns
    -------
    Laplace
    """
    k = len(deaths)
    seen = exposure > 0
    f = np.where(seen, np.log((deaths + 0.5) / np.where(seen, exposure, 1.0)), mean)
    a = np.zeros_like(f)
    for _ in range(60):
        w = exposure * np.exp(f)
        root = np.sqrt(w)
        scaled = np.eye(k) + root[:, :, None] * prior * root[:, None, :]
        b = w * (f - mean) + deaths - w
        inner = np.linalg.solve(scaled, (root * np.einsum("hkl,hl->hk", prior, b))[:, :, None])[:, :, 0]
        a = b - root * inner
        new = mean + np.einsum("hkl,hl->hk", prior, a)
        step = np.clip(new - f, -2.0, 2.0)
        f = f + step
        if np.abs(step).max() < 1e-4:  # Newton: the next step is its square
            break
    factor = np.linalg.cholesky(scaled)
    half = np.linalg.solve(factor, root[:, :, None] * prior)
    spread = prior - np.einsum("hml,hmk->hlk", half, half)
    fit = (deaths * f - exposure * np.exp(f)).sum(axis=1)
    penalty = 0.5 * (a * (f - mean)).sum(axis=1) + np.log(np.einsum("hkk->hk", factor)).sum(axis=1)
    return Laplace(f, spread, fit - penalty)


def evidence_of(past: Lived, hyper: Hyper) -> Floats:
    """Log evidence (S, POINTS) of each stratum's deaths at every quasi-random point, the volatility integrated.

    Each product's level is centred on its own rate, so that its evidence does not hang on which others stand beside it.
    """
    found = np.empty((len(past.deaths), int(hyper.point[-1]) + 1))
    mean, prior = hyper.covariance(past.age)
    for s in range(len(found)):
        each = laplace(past.deaths[s], past.exposure[s], mean + np.log(past.rate[s]), prior).evidence + hyper.log_weight
        found[s] = np.logaddexp.reduce(each.reshape(len(found[s]), -1), axis=1)
    return found
