"""A limited failure population: only a share p of the units can ever fail, and those follow a law of their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit, logit

from warrantor.life.law import Ages, Law, Parameter, Terms
from warrantor.tally import Floats


@dataclass(frozen=True, slots=True, repr=False)
class Limited(Law):
    """F(age) = p F0(age); searched on (logit p, the base law's theta).

    Source: Meeker (1987), limited failure population.

    Attributes
    ----------
    base : Law
        The law F0 of those that can fail.
    """

    base: Law

    @classmethod
    def over(cls, base: Law) -> Limited:
        """Let only a share p follow `base`."""
        share = Parameter("p", (0,), lambda v, _: expit(v), lambda v, _: expit(v) * expit(-v))
        rest = tuple(Parameter(b.name, tuple(i + 1 for i in b.at), b.out, b.slope) for b in base.parameters)
        return cls(f"lfp-{base.name}", (share, *rest), (16.0, *base.reach), base)

    def cumulative_hazard(self, age: Floats, params: Floats) -> Floats:
        """H = -ln(1 - p F0)."""
        p = params[..., 0]
        with np.errstate(divide="ignore"):
            return np.asarray(-np.log1p(p * np.expm1(-self.base.cumulative_hazard(age, params[..., 1:]))))

    def log_hazard(self, age: Floats, params: Floats) -> Floats:
        """Return ln p + ln f0 + H."""
        below = self.base.log_hazard(age, params[..., 1:]) - self.base.cumulative_hazard(age, params[..., 1:])
        return np.asarray(np.log(params[..., 0]) + below + self.cumulative_hazard(age, params))

    def quantile(self, p: Floats, params: Floats) -> Floats:
        """Quantile of the base at p / share; inf beyond the share that can fail."""
        inside = np.asarray(p, np.float64) / params[..., 0]
        age = self.base.quantile(np.minimum(inside, 1.0 - 1e-16), params[..., 1:])
        return np.where(inside < 1.0, age, np.inf)

    def accumulated(self, ages: Ages, theta: Floats) -> Terms:
        """H with its derivatives in (logit p, theta of the base)."""
        return self._limited(self.base.accumulated(ages, theta[1:]), theta)

    def intensity(self, ages: Ages, theta: Floats) -> Terms:
        """Return ln h with its derivatives in (logit p, theta of the base)."""
        return self.both(ages, theta)[1]

    @staticmethod
    def _limited(h0: Terms, theta: Floats) -> Terms:
        """H = -ln(1 - p + p exp(-H0)): u = p S0 / S (can fail, has not), v = p (1 - p) F0 / S.

        dH = u dH0 + v dq;  d2H = u d2H0 - u (1 - u) dH0 dH0' + u (1 - p + v) (dH0 dq' + dq dH0')
        + v (1 - 2 p + v) dq dq'.
        """
        p, r = expit(theta[0]), expit(-theta[0])
        failed = -np.expm1(-h0.value)
        h = -np.log1p(-p * failed)
        u, v = p * np.exp(h - h0.value), p * r * failed * np.exp(h)
        slope = np.concatenate((v[None], u * h0.slope))
        bend = np.empty((len(theta), len(theta), *h.shape))
        bend[0, 0] = v * (r - p + v)
        bend[0, 1:] = bend[1:, 0] = u * (r + v) * h0.slope
        bend[1:, 1:] = u * h0.bend - u * (1.0 - u) * h0.slope[:, None] * h0.slope[None, :]
        return Terms(h, slope, bend)

    def both(self, ages: Ages, theta: Floats) -> tuple[Terms, Terms]:
        """H and ln h = ln p + ln h0 - H0 + H."""
        h0, rate = self.base.both(ages, theta[1:])
        whole = self._limited(h0, theta)
        slope, bend = whole.slope.copy(), whole.bend.copy()
        r = expit(-theta[0])
        slope[0] += r
        bend[0, 0] -= r * expit(theta[0])
        slope[1:] += rate.slope - h0.slope
        bend[1:, 1:] += rate.bend - h0.bend
        return whole, Terms(log_expit(theta[0]) + rate.value - h0.value + whole.value, slope, bend)

    def start(self, share: Floats) -> Floats:
        """Half of those that can fail have by the typical age."""
        p = np.clip(2.0 * share, 1e-12, 0.9)
        return np.concatenate((logit(p)[None], self.base.start(np.full_like(share, 0.5))))
