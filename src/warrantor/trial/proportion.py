"""Shares of matured units: the beta-binomial evidence and its confidence sequence."""

from __future__ import annotations

import numpy as np
from scipy import special

from warrantor.finding import Refused
from warrantor.tally import Floats
from warrantor.trial.evidence import Evidence, check_level, crossing, cumulative
from warrantor.trial.mixtures import log_beta_tail
from warrantor.trial.rate import NULLS, Side


def proportion_log_e(some: Floats, n: Floats, share: Floats | float, *, side: Side = "both",
                     prior: tuple[float, float] = (1.0, 1.0)) -> Floats:
    """Log evidence of S of n against a share.

    ln E = lnB(a + S, b + n - S) - lnB(a, b) - S ln p - (n - S) ln(1 - p); looking above adds ln(1 - I_p(a + S,
    b + n - S)) - ln(1 - I_p(a, b)), looking below the same of I_p.

    Source
    ------
    Robbins (1970).

    Examples
    --------
    >>> round(float(np.exp(proportion_log_e(150, 260, 0.5, prior=(20, 20)))), 4)
    5.3161
    """
    a, b = prior
    p, s, total = (np.asarray(x, float) for x in (share, some, n))
    if not (a > 0 and b > 0) or (p <= 0).any() or (p >= 1).any():
        raise Refused("The share must lie between 0 and 1, both numbers of the prior above 0.")
    if (s > total).any() or (s < 0).any():
        raise Refused("More units have it than there are, or fewer than none.")
    log_e = (special.betaln(a + s, b + total - s) - special.betaln(a, b) - s * np.log(p) - (total - s) * np.log1p(-p))
    if side == "both":
        return np.asarray(log_e)
    if side == "above":
        return np.asarray(log_e + log_beta_tail(b + total - s, a + s, 1 - p) - log_beta_tail(b, a, 1 - p))
    return np.asarray(log_e + log_beta_tail(a + s, b + total - s, p) - log_beta_tail(a, b, p))


def proportion_interval(some: Floats, n: Floats, *, level: float = 0.05,
                        prior: tuple[float, float] = (1.0, 1.0)) -> tuple[Floats, Floats]:
    """Confidence sequence of a share: all shares whose two-sided evidence is below 1/level.

    Examples
    --------
    >>> low, high = proportion_interval(np.array([40.0]), np.array([1000.0]))
    >>> round(float(low[0]), 4), round(float(high[0]), 4)
    (0.0208, 0.0679)
    """
    check_level(level)
    s, total = (np.atleast_1d(np.asarray(x, float)) for x in (some, n))

    def excess(logit: Floats) -> Floats:
        return np.asarray(proportion_log_e(s, total, special.expit(logit), prior=prior) + np.log(level))

    best = special.logit(np.clip((s + 1e-9) / (total + 2e-9), 1e-12, 1 - 1e-12))
    low, high = crossing(excess, best, np.full(s.shape, -30.0)), crossing(excess, best, np.full(s.shape, 30.0))
    return np.where(s > 0, special.expit(low), 0.0), np.where(s < total, special.expit(high), 1.0)


def proportion_evidence(some: Floats, n: Floats, *, name: str, share: float, side: Side = "above",
                        level: float = 0.05, prior: tuple[float, float] = (1.0, 1.0)) -> Evidence:
    """Evidence that the share of matured units passes a limit, at every look.

    Parameters
    ----------
    some, n : (K,) count
        Matured units that have it, and all matured units, by each look.
    name : str
    share : float
        The limit.
    side : "above", "below" or "both"
    level : float
    prior : (a, b)

    Raises
    ------
    Refused
        Sums that fall, more that have it than there are, a share outside 0 to 1, no matured unit.

    Examples
    --------
    >>> proportion_evidence(np.array([4, 14]), np.array([100, 200]), name="returns", share=0.02).alarm
    2
    """
    s, total = cumulative(some, name), cumulative(n, "matured units")
    if not total[-1] > 0:
        raise Refused(f"{name}: no unit has matured at any look.")
    path = proportion_log_e(s, total, share, side=side, prior=prior)
    return Evidence.of(name, f"share {NULLS[side]} {share:g}", path, level,
                       interval=proportion_interval(s, total, level=level, prior=prior),
                       how=f"beta-binomial, prior {prior[0]:g}, {prior[1]:g}; the interval is two-sided")
