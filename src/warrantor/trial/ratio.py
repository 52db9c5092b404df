"""The claim rates of two arms against each other: at each claim, which arm it came from."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from scipy import special

from warrantor.finding import Refused
from warrantor.tally import Floats
from warrantor.trial.evidence import Evidence, check_level, crossing, cumulative
from warrantor.trial.proportion import proportion_interval, proportion_log_e
from warrantor.trial.rate import NULLS, Side

NODES = 64
SPREAD = 0.3
NAME = "rate ratio of the arms"


@cache
def _nodes() -> tuple[Floats, Floats]:
    return np.polynomial.hermite.hermgauss(NODES)


def ratio_evidence(extended: Floats, conventional: Floats, *, at_risk: float = 1.0, ratio: float = 1.0,
                   side: Side = "both", level: float = 0.05, prior: tuple[float, float] = (20.0, 20.0)) -> Evidence:
    """Evidence on the rate ratio of two arms whose units at risk keep one proportion.

    Given a claim, it is of the extended arm with probability pi = theta r / (1 + theta r): beta-binomial evidence on
    pi, its confidence sequence turned into theta = pi / (1 - pi) / r. The hazard itself cancels. Compare only ages
    that both promises cover; claims that a longer promise moves later push the ratio below 1, so a low ratio is no
    sign of safety.

    Parameters
    ----------
    extended, conventional : (K,) count
        Claims of each arm by each look.
    at_risk : float
        r, units at risk in the extended arm over those in the conventional, weighted by hazard.
    ratio : float
        Of the null.
    side : "above", "below" or "both"
    level : float
    prior : (a, b)
        Of pi.

    Source
    ------
    Lindon and Malek (2022).

    Examples
    --------
    >>> found = ratio_evidence(np.array([150]), np.array([110]))
    >>> round(float(np.exp(found.log_e[0])), 4), round(float(found.lower[0]), 5), round(float(found.upper[0]), 5)
    (5.3161, 0.94145, 1.98934)
    """
    one, other = cumulative(extended, "claims of the extended arm"), cumulative(conventional, "conventional claims")
    if not (at_risk > 0 and ratio > 0):
        raise Refused("The ratio of units at risk and the ratio of the null must be above zero.")
    pi = ratio * at_risk / (1.0 + ratio * at_risk)
    path = proportion_log_e(one, one + other, pi, side=side, prior=prior)
    low, high = proportion_interval(one, one + other, level=level, prior=prior)
    with np.errstate(divide="ignore"):
        sides = low / (1 - low) / at_risk, np.where(high < 1, high / (1 - high), np.inf) / at_risk
    return Evidence.of(NAME, f"ratio {NULLS[side]} {ratio:g}", path, level, interval=sides,
                       how=f"conditional binomial, prior {prior[0]:g}, {prior[1]:g}; the interval is two-sided")


def varying_log_e(extended: Floats, at_risk: Floats, ratio: float = 1.0, *, spread: float = 0.3) -> Floats:
    """Log evidence after each claim where the units at risk change from claim to claim, (N,).

    E = mean over ln th ~ N(ln th0, tau^2), by 64 Gauss-Hermite nodes, of prod th^z (1 + th0 r) / (th0^z (1 + th r)).

    Parameters
    ----------
    extended : (N,) 0 or 1
        Whether each claim, in the order reported, is of the extended arm.
    at_risk : (N,)
        r just before each claim.
    ratio : float
        th0 of the null.
    spread : float
        tau, prior standard deviation of ln th.

    Raises
    ------
    Refused
        Anything but 0 and 1, a ratio at risk that is not above zero.

    Source
    ------
    Lindon and Malek (2022).

    Examples
    --------
    >>> path = varying_log_e(np.array([1, 0, 1, 1, 0, 1]), np.array([1, 1, 0.9, 0.8, 0.8, 0.75]))
    >>> round(float(path[-1]), 8)
    -0.00455059
    """
    z, r = np.asarray(extended, float), np.asarray(at_risk, float)
    if not np.isin(z, (0.0, 1.0)).all() or z.shape != r.shape:
        raise Refused("Each claim is of the extended arm or not, 1 or 0, with the ratio at risk just before it.")
    if not ((r > 0).all() and ratio > 0 and spread > 0):
        raise Refused("The ratios at risk, the ratio of the null and the spread must be above zero.")
    nodes, weight = _nodes()
    step = np.sqrt(2.0) * spread * nodes[:, None]
    terms = z * step + np.log1p(ratio * r) - np.log1p(ratio * np.exp(step) * r)
    sums = np.cumsum(terms, axis=1)
    return np.asarray(special.logsumexp(sums, axis=0, b=weight[:, None] / np.sqrt(np.pi)))


def varying_evidence(extended: Floats, at_risk: Floats, known: Floats, *, ratio: float = 1.0, spread: float = 0.3,
                     level: float = 0.05) -> Evidence:
    """Evidence on the rate ratio at looks, each knowing so many first claims of `varying_log_e`; two-sided.

    Parameters
    ----------
    extended, at_risk : (N,)
        As for `varying_log_e`.
    known : (K,) count
        Claims known at each look.
    ratio, spread, level : float

    Examples
    --------
    >>> z = np.tile([1, 1, 1, 0], 40)
    >>> varying_evidence(z, np.ones(160), np.array([40, 160])).alarm
    2
    """
    counts = cumulative(known, "claims").astype(int)
    check_level(level)
    z, r = np.asarray(extended, float), np.asarray(at_risk, float)
    if counts[-1] > z.size:
        raise Refused(f"A look knows {counts[-1]} claims, there are {z.size}.")
    path = np.append(0.0, varying_log_e(z, r, ratio, spread=spread))[counts]
    sides = [_sides(z[:n], r[:n], spread, level) for n in counts]
    low, high = (np.array(side) for side in zip(*sides, strict=True))
    return Evidence.of(NAME, f"ratio = {ratio:g}", path, level, interval=(low, high),
                       how=f"conditional binomial, ratio at risk by claim, spread {spread:g}")


def blocks_log_e(extended: Floats, events: Floats, at_risk: Floats, ratio: Floats | float, *,
                 side: Side = "both") -> Floats:
    """Log evidence on the rate ratio after each of several blocks of events, such as those between looks, (K,).

    As `varying_log_e`, with r the same within a block. One side keeps the half of the mixture beyond the null: a ratio
    below (above) it makes every factor's expectation at most 1 under every ratio that the null holds.

    Parameters
    ----------
    extended, events : (K,) count
        Of the extended arm, and of both, in each block; below zero where a correction took events away.
    at_risk : (K,)
        r of each block.
    ratio : (K,) or float
        th0 of the null at each look.
    side : "above", "below" or "both"

    Examples
    --------
    >>> z, r = np.array([1, 0, 1, 1, 0, 1.0]), np.array([1, 1, 0.9, 0.8, 0.8, 0.75])
    >>> round(float(blocks_log_e(z, np.ones(6), r, 1.0)[-1]), 8)
    -0.00455059
    """
    nodes, weight = _nodes()
    kept = {"both": nodes != 0, "above": nodes > 0, "below": nodes < 0}[side]
    step, share = np.sqrt(2.0) * SPREAD * nodes[kept], weight[kept] / weight[kept].sum()
    z, n, r = (np.asarray(x, float) for x in (extended, events, at_risk))
    nulls = np.broadcast_to(np.asarray(ratio, float), z.shape)[:, None, None] * r[None, :, None]
    per_block = n[None, :, None] * (np.log1p(nulls) - np.log1p(nulls * np.exp(step)))
    sums = np.cumsum(z)[:, None] * step + np.einsum("kj,kjg->kg", np.tri(z.size), per_block)
    return np.asarray(special.logsumexp(sums, axis=-1, b=share))


def blocks_evidence(name: str, extended: Floats, conventional: Floats, at_risk: Floats, *, margin: float, side: Side,
                    level: float, intervals: bool = True) -> Evidence:
    """Evidence at every look that the ratio of the arms' rates lies on one side of a margin.

    Parameters
    ----------
    name : str
    extended, conventional : (K,) count
        Events of each arm by each look, as known then; a correction may take some away.
    at_risk : (K,)
        r: units (or answers) of the extended arm over those of the conventional one.
    margin : float
        th0 of the null.
    side : "above" or "below"
        What the evidence looks for.
    level : float
        Of the evidence, and of each side of the interval.
    intervals : bool
        Whether the interval is worked out; no verdict reads it.

    Raises
    ------
    Refused
        A ratio at risk, or a margin, that is not above zero.

    Source
    ------
    Lindon and Malek (2022).

    Examples
    --------
    >>> one, other = np.array([40, 130]), np.array([45, 150])
    >>> blocks_evidence("returns", one, other, np.ones(2), margin=1.5, side="below", level=0.025).alarm
    2
    """
    check_level(level)
    r = np.asarray(at_risk, float)
    if not ((r > 0).all() and margin > 0):
        raise Refused(f"{name}: the ratio of units at risk and the margin must be above zero.")
    z = np.asarray(extended, float)
    n = z + np.asarray(conventional, float)
    first, both = np.diff(z, prepend=0.0), np.diff(n, prepend=0.0)
    path = blocks_log_e(first, both, r, margin, side=side)
    sides = _block_sides(first, both, r, level) if intervals else None
    return Evidence.of(name, f"ratio {NULLS[side]} {margin:g}", path, level, interval=sides,
                       how="conditional binomial in blocks between looks; each side of the interval at the level")


def _block_sides(z: Floats, n: Floats, r: Floats, level: float) -> tuple[Floats, Floats]:
    """Ratios that neither side refutes at each look, all looks at once."""
    ones, all_of = np.cumsum(z), np.cumsum(n)
    some = all_of > 0
    weighted = np.where(some, np.cumsum(n * r), 1.0) / np.where(some, all_of, 1.0)
    best = np.log(np.maximum(ones, 0.5) / np.maximum(all_of - ones, 0.5) / weighted)

    def excess(side: Side) -> Callable[[Floats], Floats]:
        return lambda x: blocks_log_e(z, n, r, np.exp(x), side=side) + np.log(level)

    low, high = crossing(excess("above"), best, best - 20), crossing(excess("below"), best, best + 20)
    sides = np.exp(low), np.exp(high)
    return (np.where(some & (excess("above")(best - 20) >= 0), sides[0], 0.0),
            np.where(some & (excess("below")(best + 20) >= 0), sides[1], np.inf))


def _sides(z: Floats, r: Floats, spread: float, level: float) -> tuple[float, float]:
    """Confidence interval of one look, by bisection on the log ratio."""
    if not z.size:
        return 0.0, np.inf

    def excess(log_ratio: Floats) -> Floats:
        path = [varying_log_e(z, r, float(np.exp(x)), spread=spread)[-1] for x in log_ratio]
        return np.asarray(path + np.log(level))

    def score(log_ratio: Floats) -> Floats:
        return np.asarray([(np.exp(x) * r / (1 + np.exp(x) * r)).sum() for x in log_ratio] - z.sum())

    best = crossing(score, np.array([-30.0]), np.array([30.0]))
    low, high = crossing(excess, best, best - 20), crossing(excess, best, best + 20)
    return (float(np.exp(low[0])) if excess(best - 20)[0] >= 0 else 0.0,
            float(np.exp(high[0])) if excess(best + 20)[0] >= 0 else np.inf)
