"""The Gompertz law: a hazard that grows, or fades, by a constant factor per unit of age."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warrantor.life.law import Ages, Law, Terms
from warrantor.tally import Floats


def growth(w: Floats) -> tuple[Floats, Floats, Floats]:
    """(e^w - 1) / w with its first and second derivative, smooth through w = 0."""
    near = np.abs(w) < 0.05
    safe = np.where(near, 1.0, w)
    e, zero = np.exp(safe), np.expm1(safe) / safe
    one = (e - zero) / safe
    series = [np.where(near, sum(w**j * c for j, c in enumerate(row)), 0.0) for row in _SERIES]
    return (
        np.where(near, series[0], zero),
        np.where(near, series[1], one),
        np.where(near, series[2], (e - 2.0 * one) / safe),
    )


_FACTORIAL = np.cumprod(np.arange(1.0, 13.0))
_SERIES = (
    [1.0 / _FACTORIAL[j] for j in range(9)],
    [(j + 1) / _FACTORIAL[j + 1] for j in range(9)],
    [(j + 2) * (j + 1) / _FACTORIAL[j + 2] for j in range(9)],
)


@dataclass(frozen=True, slots=True, repr=False)
class Gompertz(Law):
    """h(age) = rate exp(shape age); a negative shape leaves a share that never fails. Searched on (ln rate,
    shape).
    """

    def cumulative_hazard(self, age: Floats, params: Floats) -> Floats:
        """H(age) = rate (exp(shape age) - 1) / shape."""
        shape, rate = params[..., 0], params[..., 1]
        age = np.asarray(age, np.float64)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            w = shape * age
            h = np.where(np.isinf(age) & (shape < 0), -rate / shape, rate * age * growth(w)[0])
            return np.where(np.isinf(age) & (shape >= 0), np.inf, h)

    def log_hazard(self, age: Floats, params: Floats) -> Floats:
        """Return ln rate + shape age."""
        return np.asarray(np.log(params[..., 1]) + params[..., 0] * age)

    def quantile(self, p: Floats, params: Floats) -> Floats:
        """ln(1 + shape H / rate) / shape with H = -ln(1 - p); inf beyond the share that can fail."""
        shape, rate = params[..., 0], params[..., 1]
        h = -np.log1p(-np.asarray(p, np.float64)) / rate
        with np.errstate(divide="ignore", invalid="ignore"):
            w = shape * h
            return np.where(
                np.abs(w) < 1e-9,
                h * (1.0 - 0.5 * w),
                np.where(w <= -1.0, np.inf, np.log1p(np.maximum(w, -1.0)) / shape),
            )

    def accumulated(self, ages: Ages, theta: Floats) -> Terms:
        """H = r t g(c t), g(w) = (e^w - 1) / w, with its derivatives in (ln r, c)."""
        g0, g1, g2 = growth(theta[1] * ages.t)
        rt = np.exp(theta[0]) * ages.t
        h, hc, hcc = rt * g0, rt * ages.t * g1, rt * ages.t**2 * g2
        return Terms(h, np.stack((h, hc)), np.stack((np.stack((h, hc)), np.stack((hc, hcc)))))

    def intensity(self, ages: Ages, theta: Floats) -> Terms:
        """Return ln h = ln r + c t."""
        slope = np.stack((np.ones_like(ages.t), ages.t))
        return Terms(theta[0] + theta[1] * ages.t, slope, np.zeros((2, 2, *ages.t.shape)))

    def start(self, share: Floats) -> Floats:
        """Start from the exponential."""
        return np.stack((np.log(-np.log1p(-share)), np.zeros_like(share)))
