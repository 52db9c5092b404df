"""The difference in cost between the arms on matured units: the evidence that the verdict stands on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from warrantor.finding import Refused
from warrantor.tally import Floats, Ints
from warrantor.trial.evidence import Evidence, check_level, crossing, cumulative
from warrantor.trial.overspend import STAKES, check_cap, check_stakes, spend_log_e

SCHEMA = "warrantor.differencesums/1"


def difference_stakes(cap: float, least: float | None = None) -> Floats:
    """Stakes of the difference, (12,): geomspace(least, 0.9 / cap), least 0.18 / cap where not given.

    Examples
    --------
    >>> difference_stakes(600.0)[[0, -1]].round(6).tolist()
    [0.0003, 0.0015]
    """
    if not cap > 0:
        raise Refused(f"A cap of {cap:g} sets no stakes: give the most a unit can cost.")
    grid = np.geomspace(0.18 / cap if least is None else least, 0.9 / cap, STAKES)
    check_stakes(grid, cap)
    return grid


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DifferenceSums:
    """What cohorts whose every unit has matured add to the evidence on a difference; adds up over cohorts.

    Attributes
    ----------
    down, up : (C, G)
        Sums over units of ln(1 -+ l w Y) of the extended arm and ln(1 +- l w Y) of the conventional.
    weight : (C,)
        m = min(n1, n0) of each cohort.
    stakes : (G,)
    """

    down: Floats
    up: Floats
    weight: Floats
    stakes: Floats

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        sums = {name: getattr(self, name).tolist() for name in ("down", "up", "weight", "stakes")}
        return {"schema": SCHEMA, **sums}

    def __repr__(self) -> str:
        return f"{self.weight.size} matured cohorts, {self.weight.sum():g} units an arm at equal weight"


def difference_sums(totals: Floats, extended: Floats, cohort: Floats, sizes: Floats, *, cap: float,
                    stakes: Floats | None = None) -> DifferenceSums:
    """Reduce unit totals to sums by cohort; units without cost need not be given.

    Parameters
    ----------
    totals : (N,) money
        All guarantee cost of a unit, goodwill and repeats included, at most `cap`.
    extended : (N,) bool
        Whether the unit is of the extended arm.
    cohort : (N,) int
        Number of its cohort, from 0; every unit of a cohort is older than its promise and the lag.
    sizes : (C, 2) count
        Units of each cohort: conventional, extended.
    cap : float
        B, the most a unit can cost by contract.
    stakes : (G,) or None
        The plan's frozen grid; `difference_stakes` where none.

    Raises
    ------
    Refused
        A total below zero or over the cap, a cohort without one of the arms, more units with cost than units.

    Examples
    --------
    >>> one = difference_sums(np.array([60.0]), np.array([True]), np.array([0]), np.array([[10, 10]]), cap=600)
    >>> one
    1 matured cohorts, 10 units an arm at equal weight
    """
    y, arm, of = np.asarray(totals, float), np.asarray(extended, bool), np.asarray(cohort, int)
    n = np.asarray(sizes, float)
    grid = difference_stakes(cap) if stakes is None else np.asarray(stakes, float)
    check_stakes(grid, cap)
    _check_units(y, arm, of, n)
    check_cap(y, cap)
    least = n.min(axis=1)
    stake = (least[of] / n[of, arm.astype(int)] * y)[:, None] * grid
    sign = np.where(arm, 1.0, -1.0)[:, None]
    down, up = np.zeros((len(n), grid.size)), np.zeros((len(n), grid.size))
    np.add.at(down, of, np.log1p(-sign * stake))
    np.add.at(up, of, np.log1p(sign * stake))
    return DifferenceSums(down, up, least, grid)


def difference_evidence(sums: DifferenceSums, matured: Floats, *, limit: float, level: float = 0.025,
                        intervals: bool = True) -> tuple[Evidence, Evidence]:
    """Evidence that the longer promise costs less, and that it costs more, per unit than the limit, at every look.

    H0 kappa1 - kappa0 >= D0: E_down = mean_k exp(sum_c [sum_1 ln(1 - l_k w1 Y) + sum_0 ln(1 + l_k w0 Y) + l_k D0 m_c]),
    and E_up with the signs turned. E prod(1 - l w Y) <= exp(-l m kappa1) and E prod(1 + l w Y) <= exp(l m kappa0):
    what both arms share cancels; costs need no law, a unit may claim often. Units must be independent given the cohort.

    Parameters
    ----------
    sums : DifferenceSums
        Cohorts in the order in which they mature.
    matured : (K,) count
        Cohorts matured by each look.
    limit : float
        D0, money per unit.
    level : float
        For each direction.
    intervals : bool
        Whether the confidence sequence is worked out; no verdict reads it.

    Returns
    -------
    down, up : Evidence
        That the difference is below the limit, and above it; both carry the confidence sequence {D0: both < 1/level}.

    Raises
    ------
    Refused
        No matured cohort at the last look, or more than there are.

    Source
    ------
    Waudby-Smith and Ramdas (2024) for betting.

    Examples
    --------
    >>> none = np.array([0])
    >>> sums = difference_sums(np.zeros(1), none > 0, none, np.array([[9000, 9000]]), cap=600)
    >>> down, up = difference_evidence(sums, np.array([1]), limit=1.2)
    >>> down.alarm, up.alarm, round(float(down.upper[0]), 3)
    (1, None, 0.4)
    """
    check_level(level)
    looks = _looks(matured, len(sums.weight))
    down, up = (_known(x, looks) for x in (sums.down, sums.up))
    weight, grid = _known(sums.weight[:, None], looks)[:, 0], sums.stakes
    sides = difference_interval(down, up, weight, grid, level=level) if intervals else None
    how = f"two-arm betting on matured units, {grid.size} stakes; each side of the interval at {level:g}"
    paths = (("cost difference below its limit", ">=", spend_log_e(down, weight, limit, grid, side="below")),
             ("cost difference above its limit", "<=", spend_log_e(up, weight, limit, grid)))
    first, second = (Evidence.of(name, f"difference {sign} {limit:g}", path, level, interval=sides, how=how)
                     for name, sign, path in paths)
    return first, second


def difference_interval(down: Floats, up: Floats, weight: Floats, stakes: Floats, *,
                        level: float) -> tuple[Floats, Floats]:
    """Confidence sequence of the difference from sums known at each look.

    Parameters
    ----------
    down, up : (K, G)
    weight : (K,)
    stakes : (G,)
    level : float
        For each side.

    Examples
    --------
    >>> zero = np.zeros((1, 12))
    >>> low, high = difference_interval(zero, zero, np.array([9000.0]), difference_stakes(600.0), level=0.025)
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (-0.4, 0.4)
    """
    some = weight > 0
    m = np.where(some, weight, 1.0)
    far = (np.abs(np.concatenate([down, up], axis=1)).max(axis=1) - np.log(level) + np.log(stakes.size)) / stakes.min()
    far = far / m + 1.0

    def above(value: Floats) -> Floats:
        return np.asarray(spend_log_e(down, m, value, stakes, side="below") + np.log(level))

    def below(value: Floats) -> Floats:
        return np.asarray(spend_log_e(up, m, value, stakes) + np.log(level))

    high, low = crossing(above, -far, far), crossing(below, far, -far)
    return np.where(some, low, -np.inf), np.where(some, high, np.inf)


def _known(rows: Floats, looks: Floats) -> Floats:
    """Sums over the cohorts matured by each look."""
    start = np.zeros((1, rows.shape[1]))
    return np.asarray(np.vstack([start, np.cumsum(rows, axis=0)])[looks.astype(int)])


def _looks(matured: Floats, cohorts: int) -> Floats:
    looks = cumulative(matured, "matured cohorts")
    if not 0 < looks[-1] <= cohorts:
        raise Refused(f"The last look has {looks[-1]:g} matured cohorts of {cohorts}: at least one must have matured, "
                      "and none that is not there.")
    return looks


def _check_units(totals: Floats, arm: Floats, cohort: Ints, sizes: Floats) -> None:
    """Refuse units that cannot be."""
    if sizes.ndim != 2 or sizes.shape[1] != 2 or not (sizes > 0).all():
        raise Refused("Each cohort needs units of both arms: sizes are a row a cohort, conventional then extended.")
    if totals.size and not (np.isfinite(totals).all() and totals.min() >= 0):
        raise Refused("A unit's total is no number or below zero: net recoveries elsewhere.")
    if cohort.size and not (cohort.min() >= 0 and cohort.max() < len(sizes)):
        raise Refused("A unit is of a cohort that has no size.")
    found = np.zeros(sizes.shape)
    np.add.at(found, (cohort, arm.astype(int)), 1)
    if (found > sizes).any():
        raise Refused("A cohort has more units with cost than units.")
