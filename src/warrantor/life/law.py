"""What a law is: a hazard in time, its integral, and how its parameters are named and searched.

A law is searched in free coordinates theta (P, ...) on ages divided by a typical age, so that days, years and
nanoseconds
are the same problem; it is reported in the parameters of the field (P of them, last axis).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from warrantor.tally import Floats

Outward = Callable[[Floats, Floats], Floats]


class Terms(NamedTuple):
    """A function of age and theta at R rows: value (R,), first derivatives (P, R), second derivatives (P, P, R)."""

    value: Floats
    slope: Floats
    bend: Floats


class Ages(NamedTuple):
    """Ages in units of the typical age, with their natural logarithm: t (R,), x = ln t (R,)."""

    t: Floats
    x: Floats

    @classmethod
    def of(cls, t: Floats) -> Ages:
        """Take the logarithm once."""
        with np.errstate(divide="ignore"):
            return cls(t, np.log(t))


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter as the field names it, and the free coordinate v it is searched on.

    Attributes
    ----------
    name : str
        beta, eta, mu, sigma, ...
    at : tuple of int
        (i,): v = theta[i]. (i, k): v = -theta[i] exp(-theta[k]), the location of a law whose z = theta[i] +
        exp(theta[k]) x.
    out : callable
        (v, scale) -> the parameter in the unit of the ages; scale is the typical age the ages were divided by.
    slope : callable
        (v, scale) -> d parameter / d v.
    """

    name: str
    at: tuple[int, ...]
    out: Outward
    slope: Outward

    def coordinate(self, theta: Floats) -> Floats:
        """Return v (S,) at theta (P, S)."""
        v = theta[self.at[0]]
        return np.asarray(v if len(self.at) == 1 else -v * np.exp(-theta[self.at[1]]))

    def gradient(self, theta: Floats) -> Floats:
        """Return dv/dtheta (S, P) at theta (P, S)."""
        d = np.zeros(theta.shape[::-1])
        d[:, self.at[0]] = 1.0
        if len(self.at) == 2:
            d[:, self.at[0]] = -np.exp(-theta[self.at[1]])
            d[:, self.at[1]] = -self.coordinate(theta)
        return d


def positive(name: str, *at: int, power: float = 0.0, sign: float = 1.0) -> Parameter:
    """A positive parameter searched on its logarithm: exp(sign v) scale^power."""

    def out(v: Floats, scale: Floats) -> Floats:
        with np.errstate(over="ignore"):
            return np.exp(sign * v) * scale**power

    return Parameter(name, at, out, lambda v, scale: sign * out(v, scale))


def location(*at: int) -> Parameter:
    """The location mu of ln age: v + ln scale."""
    return Parameter("mu", at, lambda v, scale: v + np.log(scale), lambda v, _: np.ones_like(v))


@dataclass(frozen=True, slots=True)
class Law:
    """What every law can do; `age` and `params[..., i]` broadcast against each other.

    Attributes
    ----------
    name : str
        Name in `LAWS`.
    parameters : tuple of Parameter
        In the order of the last axis of `params`.
    reach : tuple of float
        Largest |theta| that is still inside the law's space; beyond it a parameter is at infinity.
    """

    name: str
    parameters: tuple[Parameter, ...]
    reach: tuple[float, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Parameter names, in the order of the last axis of `params`."""
        return tuple(p.name for p in self.parameters)

    def cumulative_hazard(self, age: Floats, params: Floats) -> Floats:
        """H(age), rising from 0."""
        raise NotImplementedError

    def log_hazard(self, age: Floats, params: Floats) -> Floats:
        """Return ln h(age), per unit of age."""
        raise NotImplementedError

    def quantile(self, p: Floats, params: Floats) -> Floats:
        """Age by which a share p has claimed; inf where so many never will."""
        raise NotImplementedError

    def accumulated(self, ages: Ages, theta: Floats) -> Terms:
        """H with its derivatives in theta (P, R)."""
        raise NotImplementedError

    def intensity(self, ages: Ages, theta: Floats) -> Terms:
        """Return ln h with its derivatives in theta (P, R)."""
        raise NotImplementedError

    def both(self, ages: Ages, theta: Floats) -> tuple[Terms, Terms]:
        """`accumulated` and `intensity` at the same ages, sharing what they share."""
        return self.accumulated(ages, theta), self.intensity(ages, theta)

    def start(self, share: Floats) -> Floats:
        """Return a first theta (P, S) for strata where about `share` (S,) has claimed by the typical age."""
        raise NotImplementedError

    def log_survival(self, age: Floats, params: Floats) -> Floats:
        """Return ln S(age) = -H(age).

        Examples
        --------
        >>> from warrantor.life.laws import LAWS
        >>> LAWS["exponential"].log_survival(np.array([0.0, 10.0]), np.array([0.1]))
        array([-0., -1.])
        """
        return -self.cumulative_hazard(age, params)

    def log_failed(self, age: Floats, params: Floats) -> Floats:
        """Return ln F(age) = ln(1 - exp(-H)), accurate where F is tiny."""
        return log_one_minus_exp(self.cumulative_hazard(age, params))

    def log_density(self, age: Floats, params: Floats) -> Floats:
        """Return ln f(age) = ln h(age) - H(age), per unit of age."""
        return self.log_hazard(age, params) - self.cumulative_hazard(age, params)

    def __repr__(self) -> str:
        return f"<{self.name} law: {', '.join(self.names)}>"


def log_one_minus_exp(h: Floats) -> Floats:
    """Return ln(1 - exp(-h)) for h >= 0 without cancellation; -inf at 0.

    Examples
    --------
    >>> float(np.round(log_one_minus_exp(np.array(1e-20)), 6))
    -46.051702
    """
    with np.errstate(divide="ignore", over="ignore", under="ignore", invalid="ignore"):
        return np.where(h < 0.693, np.log(-np.expm1(-h)), np.log1p(-np.exp(-np.maximum(h, 0.0))))
