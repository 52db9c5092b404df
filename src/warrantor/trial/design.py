"""How many units a trial needs, what it can tell and how long it takes: formulas of the plan, each with its source."""

from __future__ import annotations

import math

import numpy as np

from warrantor.finding import Refused
from warrantor.tally import Floats


def z(p: float) -> float:
    """Quantile of the standard normal distribution."""
    from scipy.special import ndtri

    if not 0.0 < p < 1.0:
        raise Refused(f"A probability of {p} has no quantile: give one between 0 and 1.")
    return float(ndtri(p))


def cost_variance(share: float, mean: float, cv: float) -> float:
    """Variance of a unit's cost where a share of units claim, each with this mean cost and coefficient of variation.

    v(p) = p m^2 (1 + cv^2) - (p m)^2.

    Examples
    --------
    >>> round(cost_variance(0.04, 60.0, 1.2), 3)
    345.6
    """
    if not 0.0 <= share <= 1.0 or mean < 0 or cv < 0:
        raise Refused(f"A share of {share:g}, a mean of {mean:g} and a variation of {cv:g} are no cost: give a share "
                      "between 0 and 1 and no negative amounts.")
    return share * mean**2 * (1.0 + cv**2) - (share * mean) ** 2


def units_for_difference(variances: tuple[float, float], difference: float, limit: float, *, alpha: float = 0.05,
                         power: float = 0.8) -> float:
    """Units per arm to show that a cost difference is below its limit, one-sided, at one final look.

    n = (z_{1-a} + z_{1-b})^2 (v1 + v0) / (limit - difference)^2.

    Parameters
    ----------
    variances : (float, float)
        Of a unit's cost in either arm; `cost_variance`.
    difference, limit : float
        Cost per unit sold: as expected, and at most allowed.
    alpha, power : float

    Raises
    ------
    Refused
        The expected difference is not below the limit: no number of units shows it.

    Examples
    --------
    >>> v = cost_variance(0.04, 60.0, 1.2), cost_variance(0.028, 60.0, 1.2)
    >>> round(units_for_difference(v, 0.72, 1.20))
    15798
    """
    gap = limit - difference
    if not gap > 0:
        raise Refused(f"An expected difference of {difference:g} is not below the limit {limit:g}: no number of units "
                      "will show that it is.")
    return (z(1 - alpha) + z(power)) ** 2 * sum(variances) / gap**2


def units_for_mean(variance: float, mean: float, limit: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Units of one arm to show that its mean cost is below a limit, one-sided.

    n = (z_{1-a} + z_{1-b})^2 v / (limit - mean)^2. Asked of months 13 to 18 of the extended arm alone it is far cheaper
    than a difference, and leaves out the claims that a longer promise moves from months 11 and 12: an upper-side
    screening, no estimate of what the promise costs.

    Examples
    --------
    >>> round(units_for_mean(cost_variance(0.04, 60.0, 1.2), 2.4, 3.0), 2)
    5935.25
    """
    return units_for_difference((variance, 0.0), mean, limit, alpha=alpha, power=power)


def units_for_shares(one: float, other: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Units per arm to tell two shares apart, two-sided.

    n = (z_{1-a/2} + z_{1-b})^2 (p1 q1 + p0 q0) / (p1 - p0)^2.

    Examples
    --------
    >>> round(units_for_shares(0.052, 0.040), 2)
    4779.97
    """
    if one == other:
        raise Refused(f"Two shares of {one:g} are no difference to tell.")
    spread = one * (1 - one) + other * (1 - other)
    return (z(1 - alpha / 2) + z(power)) ** 2 * spread / (one - other) ** 2


def units_for_precision(share: float, half_width: float, *, level: float = 0.95) -> float:
    """Units for a share to be known to +- `half_width`: n = z^2 p (1 - p) / d^2.

    Examples
    --------
    >>> round(units_for_precision(0.012, 0.003), 2)
    5060.48
    """
    if not half_width > 0:
        raise Refused(f"A half width of {half_width:g} asks for endless units.")
    return z((1 + level) / 2) ** 2 * share * (1 - share) / half_width**2


def claims_for_ratio(ratio: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Claims in both arms together to tell a rate ratio from 1, arms of one size, two-sided.

    D = 4 (z_{1-a/2} + z_{1-b})^2 / ln(ratio)^2.

    Examples
    --------
    >>> round(claims_for_ratio(1.3), 2)
    456.1
    """
    if not ratio > 0 or ratio == 1.0:
        raise Refused(f"A rate ratio of {ratio:g} is nothing to find: give one above 0 that is not 1.")
    return 4.0 * (z(1 - alpha / 2) + z(power)) ** 2 / math.log(ratio) ** 2


def clusters_for_rates(rates: tuple[float, float], exposure: float, variation: float, *, alpha: float = 0.05,
                       power: float = 0.8) -> float:
    """Clusters per arm to tell two claim rates apart where whole regions, retailers or lots are allotted.

    c = 1 + (z_{1-a/2} + z_{1-b})^2 ((l0 + l1) / y + k^2 (l0^2 + l1^2)) / (l0 - l1)^2.

    Parameters
    ----------
    rates : (float, float)
        Claims per unit of exposure in either arm.
    exposure : float
        y, of a cluster.
    variation : float
        k, coefficient of variation of the rate between clusters.
    alpha, power : float

    Source
    ------
    Hayes and Bennett (1999).

    Examples
    --------
    >>> round(clusters_for_rates((0.052, 0.040), 400, 0.15), 3)
    18.815
    """
    within = sum(rates) / exposure
    return _clusters(rates, within, variation, alpha, power)


def clusters_for_shares(shares: tuple[float, float], units: float, variation: float, *, alpha: float = 0.05,
                        power: float = 0.8) -> float:
    """Clusters per arm for two shares: as `clusters_for_rates`, with (p0 q0 + p1 q1) / m within a cluster of m units.

    Source
    ------
    Hayes and Bennett (1999).

    Examples
    --------
    >>> round(clusters_for_shares((0.052, 0.040), 400, 0.15), 3)
    18.228
    """
    return _clusters(shares, sum(p * (1 - p) for p in shares) / units, variation, alpha, power)


def _clusters(rates: tuple[float, float], within: float, variation: float, alpha: float, power: float) -> float:
    one, other = rates
    if one == other:
        raise Refused(f"Two rates of {one:g} are no difference to tell.")
    spread = within + variation**2 * (one**2 + other**2)
    return 1.0 + (z(1 - alpha / 2) + z(power)) ** 2 * spread / (one - other) ** 2


def design_effect(size: float, size_variation: float, correlation: float) -> float:
    """By how much clusters of unequal size inflate the units needed: 1 + ((1 + CV^2) m - 1) ICC.

    Parameters
    ----------
    size : float
        m, mean units of a cluster.
    size_variation : float
        CV of the sizes.
    correlation : float
        ICC, within a cluster.

    Examples
    --------
    >>> round(design_effect(200, 0.5, 0.002), 6)
    1.498
    """
    return 1.0 + ((1.0 + size_variation**2) * size - 1.0) * correlation


def detectable_ratio(expected: float, tau: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Smallest ratio of observed to expected claims that one product can show.

    exp((z_{1-a} + z_{1-b}) sqrt(1/E + tau^2)). Beyond some 50 to 100 expected claims more units do not help: how wrong
    forecasts of past products were (tau, sd of the log ratio) rules.

    Examples
    --------
    >>> [round(detectable_ratio(60, t), 4) for t in (0.0, 0.15, 0.30)]
    [1.3785, 1.6357, 2.2526]
    """
    if not expected > 0:
        raise Refused("Nothing is expected, so no ratio can be told.")
    return math.exp((z(1 - alpha) + z(power)) * math.sqrt(1.0 / expected + tau**2))


def exact_power(expected: float, ratio: float, *, alpha: float = 0.05) -> float:
    """Probability that N ~ Poisson(ratio x expected) is one that Poisson(expected) reaches with at most `alpha`.

    At ratio 1 it is the size of the test, below `alpha` since counts are whole.

    Examples
    --------
    >>> [round(exact_power(20, r), 4) for r in (1.0, 1.3, 1.5)]
    [0.0343, 0.3033, 0.5969]
    """
    from scipy.special import gammainc

    count = np.arange(1, int(expected + 10 * math.sqrt(expected) + 20))
    reached: Floats = gammainc(count, expected)  # P(N >= count)
    first = int(count[np.argmax(reached <= alpha)])
    return float(gammainc(first, ratio * expected))


def placebo_error(sigma: float, donors: int, before: int, after: int) -> float:
    """Standard error of one product against J others, periods independent: sigma sqrt((1 + 1/J)(1/T1 + 1/T0)).

    Examples
    --------
    >>> round(placebo_error(0.08, 12, 12, 6), 7)
    0.0416333
    """
    if donors < 1 or before < 1 or after < 1:
        raise Refused("A comparison needs another product, and a period before and after.")
    return sigma * math.sqrt((1.0 + 1.0 / donors) * (1.0 / after + 1.0 / before))


def detectable_difference(error: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Smallest difference found with this power, two-sided: (z_{1-a/2} + z_{1-b}) error.

    Examples
    --------
    >>> round(detectable_difference(placebo_error(0.08, 12, 12, 6)), 5)
    0.11664
    """
    return (z(1 - alpha / 2) + z(power)) * error


def price_of_looking(*, one_sided: bool = False, alpha: float = 0.05) -> float:
    """How much wider an interval valid at every look is at the time it was tuned for, against one look at the end.

    With rho^2 t* = -2 ln a + ln(1 - 2 ln a): sqrt(2 (s + 1) / s ln(sqrt(s + 1) / a)) / z, s = rho^2 t*; one-sided the
    logarithm is ln(1 + sqrt(s + 1) / (2 a)) with rho at 2 a, against z_{1-a}.

    Examples
    --------
    >>> round(price_of_looking(), 3), round(price_of_looking(one_sided=True), 3)
    (1.549, 1.69)
    """
    tuned = 2 * alpha if one_sided else alpha
    s = -2.0 * math.log(tuned) + math.log(1.0 - 2.0 * math.log(tuned))
    inside = math.log(1.0 + math.sqrt(s + 1.0) / (2.0 * alpha)) if one_sided else math.log(math.sqrt(s + 1.0) / alpha)
    fixed = z(1 - alpha) if one_sided else z(1 - alpha / 2)
    return math.sqrt(2.0 * (s + 1.0) / s * inside) / fixed
