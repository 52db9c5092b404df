"""How far laws that fit alike drift apart ahead of what was lived, and what their mixture says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from warrantor.finding import Refused
from warrantor.forecast.drawn import TAU, aic
from warrantor.life.fit import fit
from warrantor.life.fitted import Fit
from warrantor.life.laws import LAWS
from warrantor.tally import Brackets, Floats

SCHEMA = "warrantor.drift/1"
DRAWS = 2000


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Drift:
    """First claims of the units now unclaimed, between two ages, under several laws.

    Attributes
    ----------
    name : str
        Of the stratum.
    start, end : float
        Ages in the evidence's unit; the window is (start, end].
    level : float
        Level of the intervals.
    at_risk : float
        Units without a claim, each at its own age today.
    laws : tuple of str
        What was fitted; a law that the data cannot tell is left out and said.
    expected, lower, upper : (L,) count
        Under each law: mean and interval with parameter uncertainty, forecast error and the count's own noise.
    weights : (L,)
        Akaike weights.
    mixed : (3,) count
        Mean, lower and upper of the mixture.
    how : tuple of str
        How it was obtained, and what it assumes.
    """

    name: str
    start: float
    end: float
    level: float
    at_risk: float
    laws: tuple[str, ...]
    expected: Floats
    lower: Floats
    upper: Floats
    weights: Floats
    mixed: Floats
    how: tuple[str, ...]

    @property
    def envelope(self) -> tuple[float, float]:
        """Lowest lower and highest upper bound of any law."""
        return float(self.lower.min()), float(self.upper.max())

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name."""
        rows = zip(self.laws, self.expected, self.lower, self.upper, self.weights, strict=True)
        laws = {name: {"expected": float(e), "lower": float(a), "upper": float(b), "weight": float(w)}
                for name, e, a, b, w in rows}
        mean, lower, upper = self.mixed.tolist()
        return {"schema": SCHEMA, "name": self.name, "from": self.start, "to": self.end, "level": self.level,
                "at_risk": self.at_risk, "laws": laws, "mixed": {"expected": mean, "lower": lower, "upper": upper},
                "envelope": list(self.envelope), "how": list(self.how)}

    def __repr__(self) -> str:
        told = ", ".join(f"{n} {e:,.0f}" for n, e in zip(self.laws, self.expected, strict=True))
        return (f"<Drift {self.name} {self.start:g} to {self.end:g}: {told}; mixed {self.mixed[0]:,.0f} "
                f"({self.level:.0%} interval {self.mixed[1]:,.0f} to {self.mixed[2]:,.0f})>")


def drift(evidence: Brackets, *, start: float, end: float, laws: tuple[str, ...] = ("weibull", "lognormal"),
          level: float = 0.9, seed: int = 0) -> Drift:
    """Forecast the first claims in (start, end] of the unclaimed units of one stratum, law by law and mixed.

    Unit at age a: (F(end) - F(max(start, a))) / (1 - F(a)). Each draw takes parameters from their large-sample
    distribution, the stated error of forecasts, and a Poisson count.

    Parameters
    ----------
    evidence : Brackets
        One stratum; its right-censored rows are the units at risk.
    start, end : float
        Ages in the evidence's unit.
    laws : tuple of str
        Names in `LAWS`.
    level : float
        Level of the intervals.
    seed : int
        Of the draws.

    Returns
    -------
    Drift

    Raises
    ------
    Refused
        More than one stratum, nobody at risk, or no law that the data can tell.

    Examples
    --------
    >>> from warrantor.world.device_n import device_n
    >>> [round(x) for x in drift(device_n(), start=0, end=36).expected.tolist()]
    [457856, 213028]
    """
    if len(evidence.strata) != 1:
        raise Refused("One stratum at a time: these brackets hold " + str(len(evidence.strata)) + ".")
    open_ = np.isinf(evidence.upper) & (evidence.count > 0) & (evidence.lower < end)
    age, units = evidence.lower[open_], evidence.count[open_]
    if not units.sum() > 0:
        raise Refused("No unit is at risk before the end of the window.")
    fits = [one for one in (fit(evidence, law, level) for law in laws) if one.refused[0] is None]
    if not fits:
        raise Refused("No law can be told from these rows.")
    weights = aic([f.loglik[0] for f in fits], [len(f.names) for f in fits])
    assert weights is not None  # noqa: S101  every law kept has a likelihood
    best = np.array([_mean(f, f.parameters[:1], age, units, (start, end))[0] for f in fits])
    draws = [_draws(f, age, units, (start, end), np.random.default_rng([seed, i])) for i, f in enumerate(fits)]
    tails = [(1 - level) / 2, (1 + level) / 2]
    bounds = np.array([np.quantile(d, tails, method="inverted_cdf") for d in draws])
    mixed = np.random.default_rng(seed).choice(len(fits), DRAWS, p=weights)
    together = np.stack(draws)[mixed, np.arange(DRAWS)]
    how = (*evidence.how, f"Error of such forecasts: a stated prior, sd {TAU} on the log scale; no past products.",
           "Assumes no new failure mode after the last observed age.")
    return Drift(name=", ".join(evidence.strata[0]), start=start, end=end, level=level, at_risk=float(units.sum()),
                 laws=tuple(f.law for f in fits),
                 expected=best, lower=bounds[:, 0], upper=bounds[:, 1], weights=weights, how=how,
                 mixed=np.array([together.mean(), *np.quantile(together, tails, method="inverted_cdf")]))


def _mean(one: Fit, parameters: Floats, age: Floats, units: Floats, window: tuple[float, float]) -> Floats:
    """Expected claims (B,) under parameters (B, P)."""
    law, p = LAWS[one.law], parameters[:, None, :]
    since = law.log_survival(np.maximum(age, window[0]), p)
    alive = np.where(age > 0, law.log_survival(np.maximum(age, 1e-12), p), 0.0)
    reach = law.log_survival(np.array([window[1]]), p)
    expected: Floats = (np.exp(since - alive) - np.exp(reach - alive)) @ units
    return expected


def _draws(one: Fit, age: Floats, units: Floats, window: tuple[float, float], rng: np.random.Generator) -> Floats:
    """Counts (DRAWS,) under one law."""
    theta = rng.multivariate_normal(one.theta[:, 0], np.linalg.inv(-one.curvature[0]), DRAWS, method="cholesky").T
    drawn = [p.out(p.coordinate(theta), one.rows.scale[0]) for p in LAWS[one.law].parameters]
    mean = _mean(one, np.stack(drawn, axis=1), age, units, window) * np.exp(TAU * rng.standard_normal(DRAWS))
    counts: Floats = np.minimum(rng.poisson(mean), units.sum()).astype(np.float64)
    return counts
