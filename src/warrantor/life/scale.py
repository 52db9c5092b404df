"""Laws whose log age is a shape moved and stretched: Weibull, lognormal, log-logistic; and the exponential."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warrantor.life.law import Ages, Law, Parameter, Terms
from warrantor.life.shapes import Shape
from warrantor.tally import Floats


def through(three: tuple[Floats, Floats, Floats], bx: Floats) -> Terms:
    """Carry a function of z = a + b x, b = exp(k), with two derivatives in z, to derivatives in (a, k).

    dz/da = 1, dz/dk = b x, d2z/dk2 = b x.
    """
    value, one, two = three
    bend = np.empty((2, 2, *bx.shape))
    bend[0, 0] = two
    bend[0, 1] = bend[1, 0] = two * bx
    bend[1, 1] = (two * bx + one) * bx
    return Terms(value, np.stack((one, one * bx)), bend)


@dataclass(frozen=True, slots=True, repr=False)
class LocationScale(Law):
    """A law of z = (ln age - mu) / sigma = a + b x, searched on (a, ln b): at heavy censoring the two hardly
    correlate.

    Attributes
    ----------
    shape : Shape
        The distribution of z.
    """

    shape: Shape

    def z(self, age: Floats, params: Floats) -> Floats:
        """(ln age - mu) / sigma, or beta ln(age / eta) where the parameters are named so."""
        x = Ages.of(np.asarray(age, np.float64)).x
        if self.parameters[0].name == "mu":
            return (x - params[..., 0]) / params[..., 1]
        return params[..., 0] * (x - np.log(params[..., 1]))

    def _log_b(self, params: Floats) -> Floats:
        return -np.log(params[..., 1]) if self.parameters[0].name == "mu" else np.log(params[..., 0])

    def cumulative_hazard(self, age: Floats, params: Floats) -> Floats:
        """H(age) = -ln S(z)."""
        with np.errstate(over="ignore", under="ignore"):
            return self.shape.cumulative(self.z(age, params))

    def log_hazard(self, age: Floats, params: Floats) -> Floats:
        """Return ln h(age) = ln H'(z) - ln sigma - ln age."""
        return self.shape.rate(self.z(age, params)) + self._log_b(params) - Ages.of(np.asarray(age, np.float64)).x

    def quantile(self, p: Floats, params: Floats) -> Floats:
        """exp(mu + sigma z_p).

        Examples
        --------
        >>> from warrantor.life.laws import LAWS
        >>> LAWS["weibull"].quantile(np.array([0.1]), np.array([2.0353186, 11792.178])).round(1)
        array([3903.1])
        """
        z = self.shape.quantile(np.asarray(p, np.float64))
        if self.parameters[0].name == "mu":
            return np.exp(params[..., 0] + params[..., 1] * z)
        return params[..., 1] * np.exp(z / params[..., 0])

    def accumulated(self, ages: Ages, theta: Floats) -> Terms:
        """H with its derivatives in (a, ln b)."""
        bx = np.exp(theta[1]) * ages.x
        return through(self.shape.cumulative3(theta[0] + bx), bx)

    def intensity(self, ages: Ages, theta: Floats) -> Terms:
        """Return ln h = ln H'(z) + ln b - x with its derivatives in (a, ln b)."""
        bx = np.exp(theta[1]) * ages.x
        terms = through(self.shape.rate3(theta[0] + bx), bx)
        terms.slope[1] += 1.0
        return terms._replace(value=terms.value + theta[1] - ages.x)

    def start(self, share: Floats) -> Floats:
        """Put the shape through (typical age, share), with b = 1."""
        return np.stack((self.shape.quantile(share), np.zeros_like(share)))


@dataclass(frozen=True, slots=True, repr=False)
class Exponential(Law):
    """Claims at one rate for ever: H = rate x age, searched on ln rate."""

    def cumulative_hazard(self, age: Floats, params: Floats) -> Floats:
        """H(age) = rate age."""
        return np.asarray(params[..., 0] * age)

    def log_hazard(self, age: Floats, params: Floats) -> Floats:
        """Return ln rate, whatever the age."""
        return np.log(params[..., 0]) + np.zeros_like(age)

    def quantile(self, p: Floats, params: Floats) -> Floats:
        """-ln(1 - p) / rate."""
        return np.asarray(-np.log1p(-np.asarray(p)) / params[..., 0])

    def accumulated(self, ages: Ages, theta: Floats) -> Terms:
        """H = exp(theta) t: its own derivative."""
        h = np.exp(theta[0]) * ages.t
        return Terms(h, h[None], h[None, None])

    def intensity(self, ages: Ages, theta: Floats) -> Terms:
        """Return ln h = theta."""
        return Terms(theta[0], np.ones((1, *ages.t.shape)), np.zeros((1, 1, *ages.t.shape)))

    def start(self, share: Floats) -> Floats:
        """Return ln(-ln(1 - share))."""
        return np.log(-np.log1p(-share))[None]


def direct(name: str, at: int) -> Parameter:
    """A parameter that is its own free coordinate and has no unit."""
    return Parameter(name, (at,), lambda v, _: v, lambda v, _: np.ones_like(v))
