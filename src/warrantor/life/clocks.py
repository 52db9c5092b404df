"""Units that use at rates of their own, under a guarantee of an age and a usage: the likelihood of what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from warrantor.finding import Refused
from warrantor.life.laws import LAWS
from warrantor.tally import Floats

CLOCKS = ("age", "usage")
STEP, ROUNDS, NEAR = 1e-4, 60, 1e-8
_node, _weight = np.polynomial.legendre.leggauss(48)
NODES, WEIGHTS = (_node + 1.0) / 2.0, _weight / 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Used:
    """One stratum, ages in lengths of the guarantee and usage in its limits.

    Attributes
    ----------
    age : (N,)
        At the claim, or up to which an unclaimed unit was watched.
    rate : (N,)
        Usage over age; nan where not known.
    failed : (N,) bool
    count : (N,) count
    limit : float
        1, or inf where usage ends nothing.
    """

    age: Floats
    rate: Floats
    failed: NDArray[np.bool_]
    count: Floats
    limit: float

    @classmethod
    def of(cls, age: Floats, rate: Floats, failed: NDArray[np.bool_], count: Floats, limit: float) -> Used:
        """Add up units that are alike."""
        told = np.where(np.isnan(rate), -1.0, rate)  # nan is like no other
        _, first, place = np.unique(np.stack((age, told, failed), axis=1), axis=0, return_index=True,
                                    return_inverse=True)
        units = np.bincount(place.ravel(), count, len(first)).astype(np.float64)
        return cls(age[first], rate[first], failed[first], units, limit)


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """A law of claims on the age (power 0) or on the usage (power 1) of a unit, and rates that are lognormal.

    theta is (mean, ln sd) of ln rate, then the law's parameters, the positive ones as logarithms.
    """

    law: str
    power: int

    def parameters(self, theta: Floats) -> Floats:
        """Return the law's parameters."""
        free = [name == "mu" for name in LAWS[self.law].names]
        return np.where(free, theta[..., 2:], np.exp(np.clip(theta[..., 2:], -50.0, 50.0)))

    def log_survival(self, theta: Floats, age: Floats, rate: Floats) -> Floats:
        """Return ln S at an age of units of a rate."""
        return LAWS[self.law].log_survival(age * rate**self.power, self.parameters(theta))

    def log_density(self, theta: Floats, age: Floats, rate: Floats) -> Floats:
        """Return ln f per unit of age at an age of units of a rate."""
        faster = rate**self.power
        return LAWS[self.law].log_density(age * faster, self.parameters(theta)) + np.log(faster)

    def loglik(self, theta: Floats, seen: Used) -> float:
        """Log-likelihood of all rows: rates that are not known are integrated over."""
        known = ~np.isnan(seen.rate)
        value = 0.0
        for rows, failed in ((seen.failed, True), (~seen.failed, False)):
            a, r, n = seen.age[rows & known], seen.rate[rows & known], seen.count[rows & known]
            end = a if failed else np.minimum(a, seen.limit / r)
            each = self.log_density(theta, end, r) if failed else self.log_survival(theta, end, r)
            z = (np.log(r) - theta[0]) * np.exp(-theta[1])
            value += float(n @ (each - z * z / 2.0 - theta[1]))
            a, n = seen.age[rows & ~known], seen.count[rows & ~known]
            chance = self.claimed(theta, a, seen.limit) if failed else self.unclaimed(theta, a, seen.limit)
            value += float(n @ np.log(np.maximum(chance, 1e-300)))
        return value

    def unclaimed(self, theta: Floats, age: Floats, limit: float) -> Floats:
        """Chance (N,) that a unit makes no claim by an age or a usage, whichever comes first."""
        from scipy.special import ndtri

        stays = self.still(theta, age, limit)
        if not np.isfinite(limit):
            return stays
        beyond = 1.0 - covered(theta, age, limit)[:, None]
        fast = np.exp(theta[0] - np.exp(theta[1]) * ndtri(np.maximum(beyond * NODES, 1e-300)))
        leaves = np.exp(self.log_survival(theta, np.minimum(limit / fast, age[:, None]), fast)) @ WEIGHTS
        return np.asarray(stays + beyond[:, 0] * leaves)

    def still(self, theta: Floats, age: Floats, limit: float) -> Floats:
        """Chance (N,) that a unit has neither claimed by an age nor used up the limit."""
        within, slow = self._slow(theta, age, limit)
        return np.asarray(within * (np.exp(self.log_survival(theta, age[:, None], slow)) @ WEIGHTS))

    def claimed(self, theta: Floats, age: Floats, limit: float) -> Floats:
        """Density (N,) of a claim under cover at an age, over all rates."""
        within, slow = self._slow(theta, age, limit)
        return np.asarray(within * (np.exp(self.log_density(theta, age[:, None], slow)) @ WEIGHTS))

    def _slow(self, theta: Floats, age: Floats, limit: float) -> tuple[Floats, Floats]:
        """Share (N,) of units still covered at an age, and their rates at the nodes (N, K)."""
        from scipy.special import ndtri

        within = covered(theta, age, limit)
        at = ndtri(np.maximum(within[:, None] * NODES, 1e-300))
        return within, np.exp(theta[0] + np.exp(theta[1]) * at)


def covered(theta: Floats, age: Floats, limit: float) -> Floats:
    """Share (N,) of units that have not used up the limit by an age: Phi((ln(limit / age) - mean) / sd)."""
    from scipy.special import ndtr

    with np.errstate(divide="ignore"):
        return np.asarray(ndtr((np.log(limit) - np.log(age) - theta[0]) * np.exp(-theta[1])))


class Best(NamedTuple):
    """The highest point found: theta (P,), covariance (P, P), log-likelihood."""

    theta: Floats
    covariance: Floats
    loglik: float


def best(clock: Clock, seen: Used, start: Floats) -> Best:
    """Climb to the maximum by damped Newton steps on differences.

    Raises
    ------
    Refused
        No peak: it is checked to a ten-thousandth of a standard error, whatever stopped the steps.
    """
    theta = start
    for _ in range(ROUNDS):
        slope, bend = _differences(clock, seen, theta)
        values, vectors = np.linalg.eigh(-bend)
        step = vectors @ ((vectors.T @ slope) / np.maximum(np.abs(values), 1e-6 * np.abs(values).max() + 1e-12))
        if values.min() > 0 and slope @ step < NEAR:
            return Best(theta, np.asarray(np.linalg.inv(-bend), np.float64), clock.loglik(theta, seen))
        theta = _stepped(clock, seen, theta, step)
    raise Refused("The claims cannot tell the rates of use and the law apart: no peak of the likelihood was found. "
                  "More claims with usage, or readings of unclaimed units, would tell.")


def _stepped(clock: Clock, seen: Used, theta: Floats, step: Floats) -> Floats:
    """Go as far along the step as the likelihood rises."""
    step = step / max(1.0, float(np.abs(step).max()))
    here = clock.loglik(theta, seen)
    for _ in range(30):
        if clock.loglik(theta + step, seen) >= here - 1e-10 * abs(here):
            return np.asarray(theta + step)
        step = step / 2.0
    return theta


def _differences(clock: Clock, seen: Used, theta: Floats) -> tuple[Floats, Floats]:
    """Slope (P,) and bend (P, P) by central differences."""
    unit = np.eye(len(theta)) * STEP

    def f(move: Floats) -> float:
        return clock.loglik(theta + move, seen)

    here = f(np.zeros(len(theta)))
    up, down = (np.array([f(sign * u) for u in unit]) for sign in (1.0, -1.0))
    bend = np.diag((up - 2.0 * here + down) / STEP**2)
    for i in range(len(theta)):
        for j in range(i):
            cross = f(unit[i] + unit[j]) - f(unit[i] - unit[j]) - f(unit[j] - unit[i]) + f(-unit[i] - unit[j])
            bend[i, j] = bend[j, i] = cross / (4.0 * STEP**2)
    return (up - down) / (2.0 * STEP), bend
