"""What claims to come would cost: counts times what such claims cost so far, repeats included."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warrantor.tally import Floats, Ints, Tally

SAME = "Cost per claim, repeats included, is taken from the months seen; later months are assumed to cost alike."
UNKNOWN = "No cost was worked out: the records hold none, or none for some claims."


def cost_of(extra: Floats, tallies: list[Tally], strata: Ints, rng: np.random.Generator) -> Floats | None:
    """Draw the cost of `extra` first claims.

    Each first claim brings r = claims / first claims payments of mean m and variance v, known to +-sqrt(v / claims):
    cost ~ N(extra r m', extra r (v + m^2)), m' ~ N(m, v / claims): the compound Poisson's mean and variance.

    Parameters
    ----------
    extra : (B,) count
        Draws of the first claims.
    tallies : list of Tally
        Whose claims tell the cost; several where faults were told apart.
    strata : (L,) int
        The strata to learn from.
    rng : numpy Generator

    Returns
    -------
    (B,) currency, or None where costs are not known

    Source
    ------
    Mean and variance of a compound Poisson sum: E N m, E N (v + m^2).

    Examples
    --------
    >>> seen = Tally.of(by=(), strata=((),), stratum=np.zeros(2, int), age=np.array([0.0, 9.0]),
    ...                 entered=np.array([99.0, 0]), claimed=np.array([0.0, 10]), claims=np.array([0.0, 12]),
    ...                 cost=np.array([0.0, 600.0]), cost_squared=np.array([0.0, 30000.0]), currency="CNY")
    >>> drawn = cost_of(np.full(4000, 100.0), [seen], np.array([0]), np.random.default_rng(1))
    >>> round(float(drawn.mean()), -2)
    6000.0
    """
    seen = severity(tallies, strata)
    if seen is None:
        return None
    payments = extra * seen.repeats
    level = seen.mean + np.sqrt(seen.variance / seen.claims) * rng.standard_normal(len(extra))
    spread = np.sqrt(payments * (seen.variance + seen.mean**2)) * rng.standard_normal(len(extra))
    drawn: Floats = np.maximum(payments * level + spread, 0.0)
    return drawn


@dataclass(frozen=True, slots=True)
class Severity:
    """What claims cost so far.

    Attributes
    ----------
    claims : float
        Claims the figures are made of.
    repeats : float
        Claims per first claim, r.
    mean, variance : float
        Of the cost of one claim, m and v: currency, currency squared.
    """

    claims: float
    repeats: float
    mean: float
    variance: float

    def paid(self, first: Floats, level: Floats, rng: np.random.Generator) -> Floats:
        """Draw what `first` (..., D) first claims cost, given the mean cost `level` (D,) of one claim.

        Mean N r m', variance N (v + (r - 1)(v + m^2)) with Poisson repeats; a gamma of those two moments, so that
        months add up and no cost is below zero.
        """
        if self.mean <= 0:
            return np.zeros(first.shape)
        each = self.variance + (self.repeats - 1.0) * (self.variance + self.mean**2)
        shape = (self.repeats * self.mean) ** 2 / each if each > 0 else np.inf
        size = self.repeats * level
        if np.isinf(shape):
            return np.asarray(first * size)
        return np.asarray(rng.standard_gamma(first * shape) / shape * size)

    def levels(self, draws: int, rng: np.random.Generator) -> Floats:
        """Draw the mean cost of a claim (draws,): a gamma of mean m and variance v / claims."""
        known = self.mean**2 * self.claims / self.variance if self.variance > 0 else np.inf
        if np.isinf(known):
            return np.full(draws, self.mean)
        return np.asarray(rng.gamma(known, self.mean / known, draws))


def severity(tallies: list[Tally], strata: Ints) -> Severity | None:
    """Read off what claims of some strata cost so far; None where costs are not known or no claim was seen.

    Examples
    --------
    >>> seen = Tally.of(by=(), strata=((),), stratum=np.zeros(2, int), age=np.array([0.0, 9.0]),
    ...                 entered=np.array([99.0, 0]), claimed=np.array([0.0, 10]), claims=np.array([0.0, 12]),
    ...                 cost=np.array([0.0, 600.0]), cost_squared=np.array([0.0, 36000.0]), currency="CNY")
    >>> severity([seen], np.array([0]))
    Severity(claims=12.0, repeats=1.2, mean=50.0, variance=500.0)
    """
    sums = {name: sum(float(t.total(name)[strata].sum()) for t in tallies)
            for name in ("claimed", "claims", "cost", "cost_squared")}
    if np.isnan(sums["cost"]) or sums["claims"] <= 0 or sums["claimed"] <= 0:
        return None
    mean = sums["cost"] / sums["claims"]
    return Severity(sums["claims"], sums["claims"] / sums["claimed"], mean,
                    max(sums["cost_squared"] / sums["claims"] - mean**2, 0.0))
