"""Claims under cover and who was heard beyond it, in one likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warrantor.life.fitted import Fit
from warrantor.life.law import Ages
from warrantor.life.laws import LAWS
from warrantor.life.silence import Ears
from warrantor.tally import DAYS_PER_MONTH, Floats

STEPS, HALVES = 200, 60
STILL = 1e-8  # step times slope: twice what the height would still gain
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Joint:
    """The likelihood of one stratum.

    ln P(heard) = A - r a + B exp(-v a) - c (a - w) - k (H(a - s) - H(w)), the last two beyond cover only.
    Parameters in this order: the law's theta (P), A, r, B where `rate` is known, k, and the excess of c over r where c
    is not given.

    Attributes
    ----------
    ears : Ears
    fit : Fit
        Of the claims.
    s : int
        The stratum.
    rate : float
        v, returns per month; nan where nobody is seen to come back.
    drift : float
        Standard deviation of the prior on c - r, a month.
    fall : float or None
        c, where it is given: a living unit is so much less likely to be heard, ln a month, and r plays no part
        beyond cover.
    spread : float
        What binomial variances are multiplied by.
    """

    ears: Ears
    fit: Fit
    s: int
    rate: float
    drift: float
    fall: float | None = None
    spread: float = 1.0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters that are no law's."""
        back = () if np.isnan(self.rate) else ("B",)
        return ("A", "r", *back, "k", *(("excess",) if self.fall is None else ()))

    def place(self, name: str) -> int:
        """Where one of them stands among all parameters."""
        return len(self.fit.names) + self.names.index(name)

    def solve(self) -> tuple[Floats, Floats] | None:
        """Return the parameters (Q,) at the peak and their covariance (Q, Q); None where no peak is reached.

        Fisher's scoring with halved steps, begun at the claims' own peak and with pi alike at every age.
        """
        found = self._prior()[0].copy()
        found[self.place("A")] = np.log(self._share.min())
        height = self._height(found)
        for _ in range(STEPS):
            pull, information = self._slope(found)
            try:
                covariance = np.asarray(np.linalg.inv(information))
            except np.linalg.LinAlgError:
                return None
            step = covariance @ pull
            if float(step @ pull) < STILL:
                return found, covariance
            for _ in range(HALVES):
                new = self._height(found + step)
                if new >= height - ROUNDING * abs(height):
                    break
                step = step / 2.0
            else:
                return None
            found, height = np.asarray(found + step), new
        return None

    @property
    def _share(self) -> Floats:
        """(R,) share heard, half a unit more and one unit more, so that it is neither 0 nor 1."""
        return np.asarray((self.ears.heard + 0.5) / (self.ears.units + 1.0))

    def _height(self, found: Floats) -> float:
        """Log-likelihood and log-prior; minus infinity where more than all would be heard."""
        middle, prior = self._prior()
        eta, away = self._eta(found), found - middle
        if eta.max() >= 0.0:
            return -np.inf
        told = self._share * eta + (1.0 - self._share) * np.log(-np.expm1(eta))
        return float(self.ears.units @ told / self.spread - away @ prior @ away / 2.0)

    def _slope(self, found: Floats) -> tuple[Floats, Floats]:
        """Slope (Q,) of the height, and its expected curvature (Q, Q)."""
        middle, prior = self._prior()
        design, _ = self._design(found)
        eta = self._eta(found)
        mean = np.exp(eta)
        weight = self.ears.units * mean / -np.expm1(eta) / self.spread
        pull = design.T @ (weight * (self._share / mean - 1.0)) - prior @ (found - middle)
        return pull, design.T @ (weight[:, None] * design) + prior

    def _eta(self, found: Floats) -> Floats:
        """(R,) ln P(heard)."""
        design, offset = self._design(found)
        p = len(self.fit.names)
        return np.asarray(design[:, p:] @ found[p:] + offset)

    def heard_as_fitted(self, found: Floats) -> Floats:
        """(R,) units expected to be heard."""
        return np.asarray(self.ears.units * np.exp(self._eta(found)))

    def _prior(self) -> tuple[Floats, Floats]:
        """Middle and precision: the claims' peak and curvature, and the stated drift."""
        p, size = len(self.fit.names), len(self.fit.names) + len(self.names)
        middle, precision = np.zeros(size), np.zeros((size, size))
        middle[:p], precision[:p, :p] = self.fit.theta[:, self.s], -self.fit.curvature[self.s]
        if self.fall is None:
            precision[-1, -1] = self.drift**-2
        return middle, precision

    def _design(self, found: Floats) -> tuple[Floats, Floats]:
        """Derivatives of ln P(heard) in all parameters (R, Q), and the part that hangs on none (R,)."""
        ears, p = self.ears, len(self.fit.names)
        beyond = np.where(ears.past, np.maximum(ears.months - ears.cover / DAYS_PER_MONTH, 0.0), 0.0)
        lost, slope = self._lost(found[:p])
        columns = {"A": np.ones_like(ears.age), "r": -ears.months, "k": -lost, "excess": -beyond}
        if self.fall is not None:
            columns["r"] = beyond - ears.months
        if not np.isnan(self.rate):
            columns["B"] = np.exp(-self.rate * ears.months)
        law = -found[self.place("k")] * slope.T
        offset = np.zeros_like(ears.age) if self.fall is None else -self.fall * beyond
        return np.hstack((law, np.stack([columns[n] for n in self.names], axis=1))), offset

    def _lost(self, theta: Floats) -> tuple[Floats, Floats]:
        """H from the end of cover to the age whose failures are silent by now (R,), and its slope in theta (P, R)."""
        ears = self.ears
        until = np.where(ears.past, np.maximum(ears.unseen, ears.cover), ears.cover)
        one, two = (accumulated(self.fit, self.s, age, theta) for age in (until, ears.cover))
        return one[0] - two[0], one[1] - two[1]


def accumulated(fit: Fit, s: int, age: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """Cumulative hazard of a fitted stratum at ages in days (R,), and its slope (P, R), at other parameters.

    Parameters
    ----------
    fit : Fit
    s : int
        The stratum.
    age : (R,) day
    theta : (P,) or (P, R)
        Free coordinates.
    """
    ages = Ages.of(age / fit.rows.scale[s])
    wide = np.broadcast_to(theta[:, None] if theta.ndim == 1 else theta, (len(theta), len(age)))
    found = LAWS[fit.law].accumulated(ages, wide)
    return found.value, found.slope
