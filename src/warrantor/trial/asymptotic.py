"""The asymptotic confidence sequence of a mean, valid only once claims are many."""

from __future__ import annotations

import numpy as np

from warrantor.finding import Refused
from warrantor.tally import Floats
from warrantor.trial.evidence import Evidence, check_level

LEAST_CLAIMS = 250


def asymptotic_rho(level: float, units: float) -> float:
    """Precision that is tightest at so many units: sqrt((-2 ln a + ln(1 - 2 ln a)) / t).

    Examples
    --------
    >>> round(asymptotic_rho(0.05, 5000), 10)
    0.0398400668
    """
    check_level(level)
    if not units > 0:
        raise Refused(f"A sequence cannot be tuned to {units:g} units.")
    far = -2.0 * np.log(level)
    return float(np.sqrt((far + np.log1p(far)) / units))


def half_width(n: Floats, deviation: Floats, rho: float, level: float, *, one_sided: bool = False) -> Floats:
    """Half width of the sequence after n units of this standard deviation.

    s sqrt(2 (t rho^2 + 1) / (t^2 rho^2) ln(sqrt(t rho^2 + 1) / a)); one side: ln(1 + sqrt(t rho^2 + 1) / (2 a)).

    Source
    ------
    Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024).

    Examples
    --------
    >>> round(float(half_width(10_000, 1.0, asymptotic_rho(0.05, 5000), 0.05)), 10)
    0.0306147722
    """
    t = np.asarray(n, float)
    grown = t * rho**2 + 1.0
    far = np.log1p(np.sqrt(grown) / (2 * level)) if one_sided else np.log(np.sqrt(grown) / level)
    return np.asarray(np.asarray(deviation, float) * np.sqrt(2 * grown / (t * rho) ** 2 * far))


def asymptotic_evidence(n: Floats, mean: Floats, deviation: Floats, claims: Floats, *, limit: float, tuned: float,
                        level: float = 0.05) -> Evidence:
    """Evidence on a mean by the asymptotic sequence, two-sided, with a warning where the first look had few claims.

    Skewed costs make the mean and its standard deviation err together: with fewer than 250 claims at the first look it
    passes its level. Prefer `difference_evidence`.

    Parameters
    ----------
    n, mean, deviation, claims : (K,)
        Units, their mean, standard deviation, and claims among them, by each look.
    limit : float
        Mean under the null.
    tuned : float
        Units at which it is tightest.
    level : float

    Raises
    ------
    Refused
        A look without units or with no spread.

    Examples
    --------
    >>> asymptotic_evidence([400], [3.2], [17.0], [16], limit=3.0, tuned=5000).warnings[0][:34]
    'The first look had 16 claims, less'
    """
    t, m, s, c = (np.atleast_1d(np.asarray(x, float)) for x in (n, mean, deviation, claims))
    if not ((t > 0).all() and (s > 0).all()):
        raise Refused("A look without units, or whose units all cost the same, has no asymptotic sequence.")
    rho = asymptotic_rho(level, tuned)
    grown = t * rho**2 + 1.0
    path = -0.5 * np.log(grown) + (rho * t * (m - limit) / s) ** 2 / (2 * grown)
    wide = half_width(t, s, rho, level)
    few = (f"The first look had {c[0]:g} claims, less than {LEAST_CLAIMS}: the level is not kept.",)
    return Evidence.of("mean", f"mean = {limit:g}", path, level, interval=(m - wide, m + wide),
                       how=f"asymptotic, tuned to {tuned:g} units", warnings=few if c[0] < LEAST_CLAIMS else ())
