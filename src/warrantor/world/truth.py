"""What a simulated world's law says its claims will be, worked out from the law and not from any sample."""

from __future__ import annotations

import numpy as np

from warrantor.tally import DAYS_PER_MONTH, Floats, Ints
from warrantor.world.simulate import EPOCH, ends
from warrantor.world.spec import ProductSpec, WorldSpec

STEPS = 2000  # of the integral over the age at failure


def expected_per_thousand(spec: WorldSpec, months: int, by: int, nodes: int = 31) -> Floats:
    """Expected first claims per 1000 units sold, by month `by` of age under a promise of `months`.

    With F the law of the age at failure T, W the end of cover, D ~ Exp(d), U uniform on [W - r, W], soft share s:
    P(claim before x) = F(x) - s P(U >= x) (F(x) - (1/d) int_0^x F(t) exp(-(x - t)/d) dt). Averaged exactly over the
    days of sale, the share of the bad lot and returns without fault; over the factor exp(wander z) by Gauss and
    Hermite. The integral is a trapezoid rule. `World.per_thousand` is the count that one simulated fleet realised.

    Parameters
    ----------
    spec : WorldSpec
    months, by : int
        Length of the promise, and the age at which to count; by <= months.
    nodes : int
        Of the quadrature over the factor.

    Returns
    -------
    (products,) claims per 1000 units

    Examples
    --------
    >>> from warrantor.world.spec import load_world
    >>> expected_per_thousand(load_world(), 12, 12).round(1).tolist()
    [52.7, 29.8, 39.7]
    """
    first = (spec.first_sale - EPOCH).days
    sold = np.arange(first, (spec.as_of - EPOCH).days + 1)
    pairs, day = np.unique(np.stack((ends(sold, months), ends(sold, by))), axis=1, return_inverse=True)
    z, weight = np.polynomial.hermite_e.hermegauss(nodes)
    weight = weight / weight.sum()
    found = np.empty(len(spec.products))
    for i, product in enumerate(spec.products):
        bad = _bad_share(product, spec, sold)
        shares = np.stack((np.bincount(day.ravel(), 1.0 - bad), np.bincount(day.ravel(), bad))) / len(sold)
        claimed = [[_claimed(product, spec, pairs, hazard, factor) for factor in np.exp(spec.wander * z)]
                   for hazard in (1.0, product.bad_lot.get("hazard", 1.0))]
        found[i] = 1000.0 * np.einsum("lzp,z,lp->", np.array(claimed), weight, shares)
    return found


def _bad_share(product: ProductSpec, spec: WorldSpec, sold: Ints) -> Floats:
    """Share of the bad lot among units sold on each day: the sale lag, whole days kept, falls in its month."""
    from scipy.special import ndtr

    if not product.bad_lot:
        return np.zeros(len(sold))
    start = np.datetime64(spec.first_sale, "M") + int(product.bad_lot["lot"]) - 1
    edges = np.array([start + 1, start]).astype("datetime64[D]").astype(np.int64)
    lag = spec.tables["sale_lag"]
    with np.errstate(divide="ignore"):
        low, high = ndtr(np.log(np.maximum(sold - edges[:, None] + 1, 0) / lag["median"]) / lag["sigma"])
    share: Floats = high - low
    return share


def _claimed(product: ProductSpec, spec: WorldSpec, pairs: Ints, hazard: float, factor: float) -> Floats:
    """Probability (pairs,) that a unit claims by the second age of each pair under cover to the first."""
    back = spec.tables["returns"]
    found = np.empty(pairs.shape[1])
    for k, (cover, by) in enumerate(pairs.T):
        early = np.minimum(np.arange(back["within"] + 1), by + 1)
        asked = np.array([_before(float(x), float(cover), product, spec, (hazard, factor)) for x in (*early, by + 1)])
        found[k] = (1.0 - back["share"]) * asked[-1] + back["share"] * asked[:-1].mean()
    return found


def _before(x: float, cover: float, product: ProductSpec, spec: WorldSpec, changed: tuple[float, float]) -> float:
    """Probability that the first claim is asked for before x days of age."""
    soft = spec.tables["soft"]
    t = np.linspace(0.0, x, STEPS + 1)
    failed = _failed(t, product, changed)
    waiting = np.clip((cover - x) / (soft["rush"] * DAYS_PER_MONTH), 0.0, 1.0)
    delay = soft["delay"] * DAYS_PER_MONTH
    patient = failed[-1] - np.trapezoid(failed * np.exp((t - x) / delay), t) / delay
    return float(failed[-1] - soft["share"] * waiting * patient)


def _failed(t: Floats, product: ProductSpec, changed: tuple[float, float]) -> Floats:
    """Share failed by t days: Weibull to month 12, then its hazard times the factor; a bad lot's times more."""
    hazard, factor = changed
    at_12 = -np.log1p(-product.by_month_12)
    plain = at_12 * (t / (12.0 * DAYS_PER_MONTH)) ** product.beta
    share: Floats = -np.expm1(-hazard * (np.minimum(plain, at_12) + factor * np.maximum(plain - at_12, 0.0)))
    return share
