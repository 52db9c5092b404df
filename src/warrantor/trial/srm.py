"""Whether the arms have the sizes that the allotment gives them."""

from __future__ import annotations

import numpy as np
from scipy import special

from warrantor.finding import Refused
from warrantor.tally import Floats
from warrantor.trial.evidence import Evidence, cumulative


def arm_sizes_evidence(units: Floats, shares: Floats, *, weight: float = 100.0, level: float = 0.01) -> Evidence:
    """Evidence at every look that units are not allotted in the planned shares.

    ln BF = lnG(A) - sum lnG(a_k) + sum lnG(a_k + n_k) - lnG(A + n) - sum n_k ln th_k, a_k = A th_k.

    Parameters
    ----------
    units : (K, J) count
        Allotted to each arm by each look.
    shares : (J,)
        Planned; sum to 1.
    weight : float
        A, of the prior around the plan.
    level : float

    Raises
    ------
    Refused
        Shares that are none, units that fall.

    Source
    ------
    Lindon and Malek (2022).

    Examples
    --------
    >>> arm_sizes_evidence(np.array([[500, 510], [5000, 5600]]), np.array([0.5, 0.5])).alarm
    2
    """
    th, n = _shares(shares), np.atleast_2d(np.asarray(units, float))
    if n.shape[1] != th.size:
        raise Refused(f"{n.shape[1]} arms have units, {th.size} have shares.")
    if not weight > 0:
        raise Refused(f"A prior weight of {weight:g} is none.")
    for arm in n.T:
        cumulative(arm, "units of an arm")
    a, total = weight * th, n.sum(axis=1)
    path = (special.gammaln(weight) - special.gammaln(a).sum() + special.gammaln(a + n).sum(axis=1)
            - special.gammaln(weight + total) - (n * np.log(th)).sum(axis=1))
    return Evidence.of("sizes of the arms", "units allotted as planned", path, level,
                       how=f"sequential Dirichlet, weight {weight:g}")


def arm_sizes_p(units: Floats, shares: Floats) -> float:
    """p-value of Pearson's chi-squared test of the arms' sizes, for one look; alarm below 0.0005.

    Examples
    --------
    >>> round(arm_sizes_p(np.array([821588, 815482]), np.array([0.5, 0.5])), 8)
    1.82e-06
    """
    th, n = _shares(shares), np.asarray(units, float)
    if n.shape != th.shape or not n.sum() > 0 or (n < 0).any():
        raise Refused("The test needs units, and a count for each share.")
    fair = n.sum() * th
    return float(special.chdtrc(th.size - 1, ((n - fair) ** 2 / fair).sum()))


def _shares(shares: Floats) -> Floats:
    th = np.asarray(shares, float)
    if th.ndim != 1 or th.size < 2 or not (th > 0).all() or abs(th.sum() - 1) > 1e-9:
        raise Refused("Planned shares of two arms or more must be above 0 and sum to 1.")
    return th
