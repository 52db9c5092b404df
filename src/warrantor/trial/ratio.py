"""The claim rates of two arms against each other: at each claim, which arm it came from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from warrantor.finding import Refused
from warrantor.tally import Floats
from warrantor.trial.evidence import Evidence, check_level, crossing, cumulative
from warrantor.trial.proportion import proportion_interval, proportion_log_e
from warrantor.trial.rate import NULLS, Side

NODES = 64
NAME = "rate ratio of the arms"


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
    nodes, weight = np.polynomial.hermite.hermgauss(NODES)
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


def blocks_log_e(extended: Floats, events: Floats, at_risk: Floats, ratio: Floats | float, *, side: Side = "both",
                 spread: float = 0.3) -> Floats:
    """Log evidence on the rate ratio from events counted in blocks, such as between looks, (...).

    As `varying_log_e`, with r the same within a block. One side keeps the half of the mixture beyond the null: a ratio
    below (above) it makes every factor's expectation at most 1 under every ratio that the null holds.

    Parameters
    ----------
    extended, events : (K,) count
        Of the extended arm, and of both, in each block; below zero where a correction took events away.
    at_risk : (K,)
        r of each block.
    ratio : (...)
        th0 of the nulls.
    side : "above", "below" or "both"
    spread : float

    Examples
    --------
    >>> z, r = np.array([1, 0, 1, 1, 0, 1.0]), np.array([1, 1, 0.9, 0.8, 0.8, 0.75])
    >>> round(float(blocks_log_e(z, np.ones(6), r, 1.0)), 8)
    -0.00455059
    """
    nodes, weight = np.polynomial.hermite.hermgauss(NODES)
    kept = {"both": nodes != 0, "above": nodes > 0, "below": nodes < 0}[side]
    step, share = np.sqrt(2.0) * spread * nodes[kept], weight[kept] / weight[kept].sum()
    null = np.asarray(ratio, float)[..., None, None]
    z, n, r = (np.asarray(x, float)[:, None] for x in (extended, events, at_risk))
    terms = z * step + n * (np.log1p(null * r) - np.log1p(null * np.exp(step) * r))
    return np.asarray(special.logsumexp(terms.sum(axis=-2), axis=-1, b=share))


def blocks_evidence(name: str, extended: Floats, conventional: Floats, at_risk: Floats, *, margin: float, side: Side,
                    level: float) -> Evidence:
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
    path = np.array([blocks_log_e(first[:k], both[:k], r[:k], margin, side=side) for k in range(1, z.size + 1)])
    sides = [_block_sides(first[:k], both[:k], r[:k], level) for k in range(1, z.size + 1)]
    low, high = (np.array(x) for x in zip(*sides, strict=True))
    return Evidence.of(name, f"ratio {NULLS[side]} {margin:g}", path, level, interval=(low, high),
                       how="conditional binomial in blocks between looks; each side of the interval at the level")


def _block_sides(z: Floats, n: Floats, r: Floats, level: float) -> tuple[float, float]:
    """Ratios that neither side refutes at one look, on a grid refined by bisection."""
    if not n.sum() > 0:
        return 0.0, np.inf
    best = np.log(max(float(z.sum()), 0.5) / max(float((n - z).sum()), 0.5) / float((n * r).sum() / n.sum()))

    def excess(side: Side) -> Callable[[Floats], Floats]:
        return lambda x: np.asarray(blocks_log_e(z, n, r, np.exp(x), side=side) + np.log(level))

    at = np.array([best])
    low, high = crossing(excess("above"), at, at - 20), crossing(excess("below"), at, at + 20)
    return (float(np.exp(low[0])) if excess("above")(at - 20)[0] >= 0 else 0.0,
            float(np.exp(high[0])) if excess("below")(at + 20)[0] >= 0 else np.inf)


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
