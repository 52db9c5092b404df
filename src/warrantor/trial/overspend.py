"""The cost of one arm against a known limit: the early alarm of overspending, whatever the tail of the costs."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import special

from warrantor.finding import Refused
from warrantor.tally import Floats
from warrantor.trial.evidence import Evidence, check_level, crossing, cumulative

STAKES = 12


def stakes_above(mean: float) -> Floats:
    """Stakes that look for overspending, (12,): geomspace(0.006, 0.6) over the mean cost of a claim.

    Examples
    --------
    >>> stakes_above(60.0)[[0, -1]].round(6).tolist()
    [0.0001, 0.01]
    """
    if not mean > 0:
        raise Refused(f"A mean cost of {mean:g} sets no stakes: give what a claim was expected to cost.")
    return np.geomspace(0.006 / mean, 0.6 / mean, STAKES)


def stakes_below(cap: float) -> Floats:
    """Stakes that look for savings, (12,): geomspace(0.03, 0.9) over the cap of a claim's cost.

    Examples
    --------
    >>> stakes_below(300.0)[[0, -1]].round(6).tolist()
    [0.0001, 0.003]
    """
    if not cap > 0:
        raise Refused(f"A cap of {cap:g} sets no stakes: give the most a claim can cost.")
    return np.geomspace(0.03 / cap, 0.9 / cap, STAKES)


def stake_sums(costs: Floats, known: Floats, stakes: Floats, *, cap: float | None = None) -> Floats:
    """Sums of ln(1 + l x) over the claims known at each look, or of ln(1 - l x) where a cap is given, (K, G).

    Parameters
    ----------
    costs : (N,) money
        In the order reported.
    known : (K,) count
        Claims known at each look.
    stakes : (G,)
        Per unit of money.
    cap : float or None
        Most that a claim can cost by contract: turns to ln(1 - l x).

    Raises
    ------
    Refused
        A cost below zero or over the cap, a stake outside its range.

    Examples
    --------
    >>> stake_sums(np.array([100.0, 50.0]), np.array([1, 2]), np.array([0.01])).round(4).tolist()
    [[0.6931], [1.0986]]
    """
    x, grid = np.asarray(costs, float), np.asarray(stakes, float)
    counts = cumulative(known, "claims").astype(int)
    if x.size and not (np.isfinite(x).all() and x.min() >= 0):
        raise Refused("A cost is no number or below zero: net recoveries elsewhere.")
    if counts[-1] > x.size:
        raise Refused(f"A look knows {counts[-1]} claims, there are {x.size} costs.")
    check_stakes(grid, cap)
    check_cap(x, cap)
    steps = np.log1p((1.0 if cap is None else -1.0) * grid * x[:, None])
    return np.asarray(np.vstack([np.zeros(grid.size), np.cumsum(steps, axis=0)])[counts])


def check_stakes(stakes: Floats, cap: float | None) -> None:
    """Refuse stakes that are not above 0 and, with a cap, below 1 / cap."""
    if not stakes.size or not (stakes > 0).all() or (cap is not None and not (stakes * cap < 1).all()):
        raise Refused("A stake is outside its range: above 0 and, where costs are capped, below 1 / cap.")


def check_cap(costs: Floats, cap: float | None) -> None:
    """Refuse a cost over the cap: the evidence below a limit is wrong if costs can pass it."""
    if cap is not None and costs.size and costs.max() > cap:
        raise Refused(f"A cost of {costs.max():g} is over the cap of {cap:g}: what lies above it must be impossible by "
                      "contract, or be insured and added apart.")


def spend_log_e(sums: Floats, exposure: Floats, limit: Floats | float, stakes: Floats, *,
                side: Literal["above", "below"] = "above") -> Floats:
    """Log evidence from the sums of `stake_sums`, (..., K).

    E_up = mean_k exp(sum_j ln(1 + l_k x_j) - l_k k0 L); E_down = mean_k exp(sum_j ln(1 - l_k x_j) + l_k k0 L).

    Examples
    --------
    >>> float(spend_log_e(np.zeros((1, 1)), np.array([100.0]), 3.0, np.array([0.01])).round(6)[0])
    -3.0
    """
    fair = np.asarray(exposure, float)[..., None] * np.asarray(limit, float)[..., None] * stakes
    signed = sums - fair if side == "above" else sums + fair
    return np.asarray(special.logsumexp(signed, axis=-1) - np.log(stakes.size))


def overspend_evidence(costs: Floats, known: Floats, exposure: Floats, *, limit: float, mean: float,
                       level: float = 0.05) -> Evidence:
    """Evidence that an arm costs more per exposure than a known limit, at every look; no cap, no variance needed.

    Exact for claims that arrive one at a time at a predictable rate. One arm against a limit is an early alarm; the
    difference between arms decides (`difference_evidence`). Many claims of one cause (a recall) break it.

    Parameters
    ----------
    costs : (N,) money
        Of each claim in the order reported.
    known : (K,) count
        Claims known at each look.
    exposure : (K,)
        Unit-months, or claims expected, by each look.
    limit : float
        k0, money per exposure.
    mean : float
        What a claim was expected to cost when the plan was frozen; sets the stakes.
    level : float

    Source
    ------
    Waudby-Smith and Ramdas (2024) for betting; compound-Poisson: E prod (1 + l x) = exp(l kappa L).

    Examples
    --------
    >>> found = overspend_evidence(np.full(90, 60.0), np.array([20, 90]), np.array([600.0, 1200.0]), limit=3.0, mean=60)
    >>> found.alarm, round(float(found.lower[1]), 3)
    (2, 3.22)
    """
    total, grid = cumulative(exposure, "exposure"), stakes_above(mean)
    check_level(level)
    _check_spend(total, limit)
    sums = stake_sums(costs, known, grid)
    _paired(sums, total)

    def excess(value: Floats) -> Floats:
        return np.asarray(-(spend_log_e(sums, total, value, grid) + np.log(level)))

    top = np.where(total > 0, (sums / grid).max(axis=1) - np.log(level) / grid[0], 1.0) / np.where(total > 0, total, 1)
    low = np.where(excess(np.zeros(total.size)) >= 0, 0.0, crossing(excess, np.zeros(total.size), top))
    path = spend_log_e(sums, total, limit, grid)
    return Evidence.of("overspend", f"cost <= {limit:g}", path, level, interval=(low, np.full(total.size, np.inf)),
                       how="compound-Poisson betting above; one-sided")


def underspend_evidence(costs: Floats, known: Floats, exposure: Floats, *, limit: float, cap: float,
                        level: float = 0.05) -> Evidence:
    """Evidence that an arm costs less per exposure than a known limit, at every look; needs a cap of a claim's cost.

    Parameters
    ----------
    costs, known, exposure, limit, level
        As for `overspend_evidence`.
    cap : float
        Most that a claim can cost by contract, such as the replacement value.

    Raises
    ------
    Refused
        A cost over the cap.

    Examples
    --------
    >>> underspend_evidence(np.full(10, 60.0), np.array([10]), np.array([2000.0]), limit=3.0, cap=300).alarm
    1
    """
    total, grid = cumulative(exposure, "exposure"), stakes_below(cap)
    check_level(level)
    _check_spend(total, limit)
    sums = stake_sums(costs, known, grid, cap=cap)
    _paired(sums, total)

    def excess(value: Floats) -> Floats:
        return np.asarray(spend_log_e(sums, total, value, grid, side="below") + np.log(level))

    top = (-sums / grid).max(axis=1) - np.log(level) / grid[-1] + np.log(STAKES) / grid[-1]
    some = np.where(total > 0, total, 1.0)
    high = np.where(total > 0, crossing(excess, np.zeros(total.size), top / some), np.inf)
    path = spend_log_e(sums, total, limit, grid, side="below")
    return Evidence.of("underspend", f"cost >= {limit:g}", path, level, interval=(np.zeros(total.size), high),
                       how=f"compound-Poisson betting below, cap {cap:g}; one-sided")


def _check_spend(exposure: Floats, limit: float) -> None:
    if not limit > 0:
        raise Refused(f"A limit of {limit:g} is no cost to stay under: give one above zero.")
    if not exposure[-1] > 0:
        raise Refused("No exposure at any look: nothing is on trial yet.")


def _paired(sums: Floats, exposure: Floats) -> None:
    if len(sums) != exposure.size:
        raise Refused(f"{len(sums)} looks of claims and {exposure.size} of exposure: give one of each a look.")
    if (sums[exposure == 0] != 0).any():
        raise Refused("Claims came before any exposure: a look's exposure must cover the units that claimed.")
