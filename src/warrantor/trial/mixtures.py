"""Tails of gamma and beta laws in logs, and the mixtures of Howard et al. for a sum and its variance process."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from warrantor.finding import Refused
from warrantor.tally import Floats
from warrantor.trial.evidence import check_level, crossing

_DEEP = -600.0


def log_gamma_tail(shape: Floats | float, x: Floats | float, *, above: bool) -> Floats:
    """Log of the regularised incomplete gamma function, Q where `above` and P otherwise.

    Below exp(-600) it is a lower bound, x^(s-1) e^-x / Gamma(s) of Q and x^s e^-x / Gamma(s+1) of P, so evidence that
    multiplies by it is never overstated.

    Examples
    --------
    >>> float(np.round(log_gamma_tail(1.0, 2.0, above=True), 6))
    -2.0
    """
    shape, x = np.asarray(shape, float), np.asarray(x, float)
    with np.errstate(divide="ignore"):
        exact = np.log(special.gammaincc(shape, x) if above else special.gammainc(shape, x))
        if above:
            bound = special.xlogy(shape - 1, x) - x - special.gammaln(shape)
        else:
            bound = special.xlogy(shape, x) - x - special.gammaln(shape + 1)
    return np.asarray(np.where(exact > _DEEP, exact, bound))


def log_beta_tail(a: Floats | float, b: Floats | float, x: Floats | float) -> Floats:
    """Log of the regularised incomplete beta function I_x(a, b).

    Below exp(-600) it is the lower bound x^a (1 - x)^b / (a B(a, b)).

    Examples
    --------
    >>> float(np.round(log_beta_tail(1.0, 1.0, 0.25), 6))
    -1.386294
    """
    a, b, x = (np.asarray(v, float) for v in (a, b, x))
    with np.errstate(divide="ignore"):
        exact = np.log(special.betainc(a, b, x))
        bound = special.xlogy(a, x) + special.xlog1py(b, -x) - np.log(a) - special.betaln(a, b)
    return np.asarray(np.where(exact > _DEEP, exact, bound))


def best_rho(v: float, alpha: float, *, two_sided: bool = True) -> float:
    """Return the mixture's precision that is tightest at variance v.

    rho = v / (2 ln(1/a) + ln(1 + 2 ln(1/a))), a doubled for one side.

    Source
    ------
    Howard, Ramdas, McAuliffe and Sekhon (2021).

    Examples
    --------
    >>> round(best_rho(100, 0.05), 5)
    12.60056
    """
    check_level(alpha)
    far = 2 * np.log(1 / (alpha if two_sided else 2 * alpha))
    if not v > 0 or not far > 0:
        raise Refused(f"A mixture cannot be tuned to a variance of {v:g} at level {alpha:g}.")
    return float(v / (far + np.log1p(far)))


def normal(s: Floats, v: Floats, rho: float, *, two_sided: bool = True) -> Floats:
    """Log of the normal mixture for a sum s with variance process v.

    Two sides: ln(rho / (v + rho)) / 2 + s^2 / (2 (v + rho)); one side: + ln 2 + ln Phi(s / sqrt(v + rho)).

    Examples
    --------
    >>> round(float(normal(10.0, 100.0, best_rho(100, 0.05))), 7)
    -0.6510052
    """
    s, total = np.asarray(s, float), np.asarray(v, float) + rho
    both = 0.5 * np.log(rho / total) + s**2 / (2 * total)
    return np.asarray(both if two_sided else both + np.log(2) + special.log_ndtr(s / np.sqrt(total)))


def gamma_poisson(s: Floats, v: Floats, rho: float, scale: float) -> Floats:
    """Log of the gamma mixture for sums with Poisson-like upper tails.

    Examples
    --------
    >>> round(float(gamma_poisson(10.0, 100.0, best_rho(100, 0.05, two_sided=False), 2.0)), 7)
    -0.0699122
    """
    prior, rate = rho / scale**2, (np.asarray(v, float) + rho) / scale**2
    shape = np.asarray(s, float) / scale + rate
    start = prior * np.log(prior) - special.gammaln(prior) - log_gamma_tail(prior, prior, above=True)
    return np.asarray(start + special.gammaln(shape) + log_gamma_tail(shape, rate, above=True)
                      - shape * np.log(rate) + rate - prior)


def gamma_exponential(s: Floats, v: Floats, rho: float, scale: float) -> Floats:
    """Log of the gamma mixture for sums with exponential-like upper tails.

    Examples
    --------
    >>> round(float(gamma_exponential(10.0, 100.0, best_rho(100, 0.05, two_sided=False), 2.0)), 7)
    -0.2490165
    """
    prior, shape = rho / scale**2, (np.asarray(v, float) + rho) / scale**2
    point = np.asarray(s, float) / scale + shape
    start = prior * np.log(prior) - special.gammaln(prior) - log_gamma_tail(prior, prior, above=False)
    return np.asarray(start + special.gammaln(shape) + log_gamma_tail(shape, point, above=False)
                      - shape * np.log(point) + point - prior)


def beta_binomial(s: Floats, v: Floats, r: Floats, ends: tuple[Floats, Floats], *, two_sided: bool = True) -> Floats:
    """Log of the beta mixture for sums of steps between -g and h.

    Parameters
    ----------
    s, v : (K,)
        Sum and variance process.
    r : (K,) or float
        Precision; `beta_precision`.
    ends : (g, h)
    two_sided : bool
    """
    g, h = (np.asarray(e, float) for e in ends)
    s, v = np.asarray(s, float), np.asarray(v, float)
    span = g + h
    a, b = (r + v - g * s) / (g * span), (r + v + h * s) / (h * span)
    first = r / (g * span), r / (h * span)
    out = v / (g * h) * np.log(span) - (v / h + s) / span * np.log(g) - (v / g - s) / span * np.log(h)
    out = out + special.betaln(a, b) - special.betaln(*first)
    if two_sided:
        return np.asarray(out)
    return np.asarray(out + log_beta_tail(a, b, h / span) - log_beta_tail(*first, h / span))


def beta_precision(v: Floats, alpha: float, ends: tuple[Floats, Floats], *, two_sided: bool = True) -> Floats:
    """Precision r of `beta_binomial` that is tightest at variance v: max(rho - g h, g h / 1000).

    Examples
    --------
    >>> r = beta_precision(100, 0.05, (0.2, 0.8))
    >>> round(float(beta_binomial(10.0, 100.0, r, (0.2, 0.8))), 7)
    -0.6941012
    """
    product = np.asarray(ends[0], float) * np.asarray(ends[1], float)
    rho = best_rho(1.0, alpha, two_sided=two_sided) * np.asarray(v, float)
    return np.asarray(np.maximum(rho - product, 1e-3 * product))


def bound(log_mixture: Callable[[Floats], Floats], alpha: float, most: float) -> float:
    """Sum at which a mixture reaches 1/alpha, sought between 0 and `most`.

    Raises
    ------
    Refused
        It does not within that range.

    Examples
    --------
    >>> rho = best_rho(100, 0.05)
    >>> round(bound(lambda s: normal(s, 100.0, rho), 0.05, 1000), 4)
    30.3521
    """
    check_level(alpha)

    def excess(s: Floats) -> Floats:
        return np.asarray(log_mixture(s) + np.log(alpha), float)

    if not excess(np.array([most]))[0] >= 0:
        raise Refused(f"The mixture does not reach 1/{alpha:g} at sums up to {most:g}.")
    return float(crossing(excess, np.zeros(1), np.full(1, most))[0])
