"""Standard shapes of log age: extreme value (Weibull), normal, logistic; H and ln h in z with two derivatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import log_expit, log_ndtr, logit, ndtri

from warrantor.tally import Floats

Three = tuple[Floats, Floats, Floats]
HALF_LOG_2PI = 0.5 * float(np.log(2.0 * np.pi))


@dataclass(frozen=True, slots=True)
class Shape:
    """A distribution of z = (ln age - mu) / sigma.

    Attributes
    ----------
    cumulative : callable
        z -> H(z) = -ln S(z).
    rate : callable
        z -> ln of dH/dz.
    cumulative3, rate3 : callable
        z -> the same with first and second derivative in z.
    quantile : callable
        p -> z with F(z) = p.
    """

    cumulative: Callable[[Floats], Floats]
    rate: Callable[[Floats], Floats]
    cumulative3: Callable[[Floats], Three]
    rate3: Callable[[Floats], Three]
    quantile: Callable[[Floats], Floats]


def _extreme3(z: Floats) -> Three:
    h = np.exp(z)
    return h, h, h


def _extreme_rate3(z: Floats) -> Three:
    return z, np.ones_like(z), np.zeros_like(z)


def _mills(z: Floats) -> Floats:
    """Hazard of the standard normal, phi(z) / Phi(-z)."""
    return np.asarray(np.exp(-0.5 * z * z - HALF_LOG_2PI - log_ndtr(-z)))


def _normal3(z: Floats) -> Three:
    m = _mills(z)
    return -log_ndtr(-z), m, m * (m - z)


def _normal_rate3(z: Floats) -> Three:
    m = _mills(z)
    return -0.5 * z * z - HALF_LOG_2PI - log_ndtr(-z), m - z, m * (m - z) - 1.0


def _logistic3(z: Floats) -> Three:
    p = np.exp(log_expit(z))
    return -log_expit(-z), p, p * np.exp(log_expit(-z))


def _logistic_rate3(z: Floats) -> Three:
    q = np.exp(log_expit(-z))
    return log_expit(z), q, -q * np.exp(log_expit(z))


def _extreme_quantile(p: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.log(-np.log1p(-p))


EXTREME = Shape(np.exp, np.positive, _extreme3, _extreme_rate3, _extreme_quantile)
NORMAL = Shape(
    lambda z: -log_ndtr(-z), lambda z: -0.5 * z * z - HALF_LOG_2PI - log_ndtr(-z), _normal3, _normal_rate3, ndtri
)
LOGISTIC = Shape(lambda z: -log_expit(-z), log_expit, _logistic3, _logistic_rate3, logit)
