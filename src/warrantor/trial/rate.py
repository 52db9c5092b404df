"""Claims counted against a frozen expectation: the gamma-Poisson evidence, its confidence sequence and its margins."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import special

from warrantor.finding import Refused
from warrantor.tally import Floats
from warrantor.trial.evidence import Evidence, check_level, crossing, cumulative
from warrantor.trial.mixtures import log_gamma_tail

Side = Literal["both", "above", "below"]
Counted = Literal["all claims", "first claims"]
NULLS = {"both": "=", "above": "<=", "below": ">="}


def compensator(units: Floats, rate: Floats, lag: Floats) -> Floats:
    """Claims expected to be reported by the end of each month, from sales, a frozen rate by age and the report lag.

    L(t) = sum_s n_s sum_u h(u) G(t - s - u).

    Parameters
    ----------
    units : (K,) count
        Sold in each month of the trial.
    rate : (W,) claims a unit and month of age
        The mean cumulative function's steps where all claims are counted; the first claim's density where first claims.
    lag : (J,) share
        Reported 0, 1, 2 ... months after the claim; sums to at most 1.

    Examples
    --------
    >>> compensator(np.array([100.0, 100, 0, 0]), np.array([0.01, 0.01]), np.array([0.5, 0.5])).round(2).tolist()
    [0.5, 2.0, 3.5, 4.0]
    """
    n, h, g = (np.asarray(x, float) for x in (units, rate, lag))
    if min(n.size, h.size, g.size) == 0 or min(n.min(), h.min(), g.min()) < 0 or g.sum() > 1 + 1e-9:
        raise Refused("Expected claims need sales, rates and lags that are not negative; lags that sum to at most 1.")
    return np.cumsum(np.convolve(n, np.convolve(h, g))[:n.size])


def rate_log_e(claims: Floats, expected: Floats, ratio: Floats | float = 1.0, *, side: Side = "both",
               prior: tuple[float, float] = (10.0, 10.0)) -> Floats:
    """Log evidence of a count against `ratio` times what was expected; arrays of any one shape.

    ln E = a ln b - lnG(a) + lnG(a + N) - (a + N) ln(b + L) - N ln r + r L; one side adds ln Q(a + N, (b + L) r)
    - ln Q(a, b r), or P for the other.

    Source
    ------
    Robbins (1970); Howard, Ramdas, McAuliffe and Sekhon (2021).

    Examples
    --------
    >>> np.exp(rate_log_e(np.array([30, 40]), 20.0)).round(4).tolist()
    [2.2432, 113.284]
    """
    a, b = prior
    r = np.asarray(ratio, float)
    if not (a > 0 and b > 0 and (r > 0).all()):
        raise Refused("The ratio and both numbers of the prior must be above zero.")
    n, total = np.asarray(claims, float), np.asarray(expected, float)
    if ((n > 0) & (total <= 0)).any():
        raise Refused("Claims came before any were expected: a look's expectation must cover the units that claimed.")
    log_e = (a * np.log(b) - special.gammaln(a) + special.gammaln(a + n) - (a + n) * np.log(b + total)
             - n * np.log(r) + r * total)
    if side == "both":
        return np.asarray(log_e)
    above = side == "above"
    return np.asarray(log_e + log_gamma_tail(a + n, (b + total) * r, above=above)
                      - log_gamma_tail(a, b * r, above=above))


def rate_interval(claims: Floats, expected: Floats, *, level: float = 0.05,
                  prior: tuple[float, float] = (10.0, 10.0)) -> tuple[Floats, Floats]:
    """Confidence sequence of observed over expected: all ratios whose two-sided evidence is below 1/level.

    Examples
    --------
    >>> low, high = rate_interval(np.array([130.0]), np.array([100.0]))
    >>> round(float(low[0]), 5), round(float(high[0]), 5)
    (0.98203, 1.68015)
    """
    check_level(level)
    n, total = (np.atleast_1d(np.asarray(x, float)) for x in (claims, expected))
    some = total > 0
    safe = np.where(some, total, 1.0)

    def excess(log_ratio: Floats) -> Floats:
        return np.asarray(rate_log_e(n, np.where(some, total, 0.0), np.exp(log_ratio), prior=prior) + np.log(level))

    best = np.log(np.maximum(n, 1e-9) / safe)
    far = np.log((n + 50 + 10 * np.sqrt(n + 50) - np.log(level)) * 20 / safe)
    low, high = crossing(excess, best, best - 60), crossing(excess, best, far)
    return np.where(some & (n > 0), np.exp(low), 0.0), np.where(some, np.exp(high), np.inf)


def rate_evidence(claims: Floats, expected: Floats, *, counted: Counted, ratio: float = 1.0, side: Side = "above",
                  level: float = 0.05, prior: tuple[float, float] = (10.0, 10.0)) -> Evidence:
    """Evidence that claims come faster (or slower, or other) than `ratio` times what was expected, at every look.

    Parameters
    ----------
    claims : (K,) count
        Reported by each look, from the start.
    expected : (K,) claims
        As `compensator` gives them, frozen in the plan, of the same kind as `counted`.
    counted : "all claims" or "first claims"
        Which the plan named.
    ratio : float
        Of the null; a margin (`baseline_margin`, `lot_margin`) where the expectation is itself an estimate.
    side : "above", "below" or "both"
        What the evidence looks for.
    level : float
    prior : (a, b)
        Gamma prior of the ratio; (10, 10) has mean 1 and standard deviation 0.32.

    Raises
    ------
    Refused
        Sums that fall, claims where none were expected, nothing expected at any look.

    Examples
    --------
    >>> rate_evidence(np.array([10, 35]), np.array([8.0, 20.0]), counted="all claims")
    all claims: e = 26.11 at look 2 against "ratio <= 1", at most 26.11, p at most 0.03831; alarm at look 2
    """
    n, total = cumulative(claims, counted), cumulative(expected, "expected claims")
    if n.shape != total.shape:
        raise Refused(f"{n.size} looks of claims and {total.size} of expected claims: give one of each a look.")
    if not total[-1] > 0:
        raise Refused("No claim was expected at any look: nothing is on trial yet.")
    path = rate_log_e(n, total, ratio, side=side, prior=prior)
    how = f"gamma-Poisson, prior {prior[0]:g}, {prior[1]:g}; the interval is two-sided"
    return Evidence.of(counted, f"ratio {NULLS[side]} {ratio:g}", path, level,
                       interval=rate_interval(n, total, level=level, prior=prior), how=how)


def baseline_margin(claims: float, expected: float, *, doubt: float = 0.01) -> float:
    """Ratio up to which a history of this many claims may understate the baseline, to be tested at level - doubt.

    U = chi2_{1-g; 2 (N0 + 1)} / (2 E0).

    Source
    ------
    Berger and Boos (1994).

    Examples
    --------
    >>> round(baseline_margin(100, 100.0), 4)
    1.2584
    """
    check_level(doubt)
    if claims < 0 or not expected > 0:
        raise Refused(f"A history of {claims:g} claims with {expected:g} expected tells no margin.")
    return float(special.gammainccinv(claims + 1, doubt) / expected)


def lot_margin(variation: float, lots: int, *, doubt: float = 0.01) -> float:
    """Ratio up to which differences between lots alone may push the count: 1 + z CV / sqrt(J), z = 2.326 at 0.01.

    To be tested at level - doubt.

    Examples
    --------
    >>> round(lot_margin(0.4, 30), 4)
    1.1699
    """
    if variation < 0 or lots < 1:
        raise Refused(f"A variation of {variation:g} over {lots} lots tells no margin.")
    check_level(doubt)
    return 1.0 - float(special.ndtri(doubt)) * variation / float(np.sqrt(lots))
