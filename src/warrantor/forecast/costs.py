"""What claims to come would cost: counts times what such claims cost so far, repeats included."""

from __future__ import annotations

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
    sums = {name: sum(float(t.total(name)[strata].sum()) for t in tallies)
            for name in ("claimed", "claims", "cost", "cost_squared")}
    if np.isnan(sums["cost"]) or sums["claims"] <= 0 or sums["claimed"] <= 0:
        return None
    mean = sums["cost"] / sums["claims"]
    variance = max(sums["cost_squared"] / sums["claims"] - mean**2, 0.0)
    payments = extra * sums["claims"] / sums["claimed"]
    level = mean + np.sqrt(variance / sums["claims"]) * rng.standard_normal(len(extra))
    spread = np.sqrt(payments * (variance + mean**2)) * rng.standard_normal(len(extra))
    drawn: Floats = np.maximum(payments * level + spread, 0.0)
    return drawn
