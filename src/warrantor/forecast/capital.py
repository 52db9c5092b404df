"""How much money a cost that is not known yet may take: value at risk, the tail beyond it, the chance to pass a cap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from warrantor.finding import Refused
from warrantor.tally import Floats

SCHEMA = "warrantor.total/1"
Match = Literal["normal", "gamma"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """Mean and spread of a total cost, matched by a normal or a gamma law.

    Attributes
    ----------
    mean, sd : currency
    match : "normal" or "gamma"
        The law that stands for the total; gamma allows for its right tail.
    """

    mean: float
    sd: float
    match: Match

    def value_at_risk(self, level: float) -> float:
        """Cost that is passed with probability 1 - level.

        Raises
        ------
        Refused
            A level that is none.
        """
        return float(self._law().ppf(_level(level)))

    def tail_value_at_risk(self, level: float) -> float:
        """Mean cost in the worst 1 - level of cases.

        Normal: mean + sd phi(z) / (1 - level); gamma of shape k: mean [1 - F_{k+1}(VaR)] / (1 - level).

        Raises
        ------
        Refused
            A level that is none.
        """
        from scipy import stats

        at = self.value_at_risk(level)
        if self.match == "normal":
            return self.mean + self.sd * float(stats.norm.pdf((at - self.mean) / self.sd)) / (1.0 - level)
        k, scale = self._gamma()
        return self.mean * float(stats.gamma.sf(at, k + 1.0, scale=scale)) / (1.0 - level)

    def above(self, cap: float) -> float:
        """Chance that the cost passes `cap`, currency."""
        return float(self._law().sf(cap))

    def to_arrow(self) -> Any:
        """Return one row: mean, sd, match."""
        import pyarrow as pa

        return pa.Table.from_pylist([{"mean": self.mean, "sd": self.sd, "match": self.match}])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name."""
        return {"schema": SCHEMA, "mean": self.mean, "sd": self.sd, "match": self.match}

    def _gamma(self) -> tuple[float, float]:
        return (self.mean / self.sd) ** 2, self.sd**2 / self.mean

    def _law(self) -> Any:
        from scipy import stats

        if self.match == "normal":
            return stats.norm(self.mean, self.sd)
        k, scale = self._gamma()
        return stats.gamma(k, scale=scale)


def total_cost(units: float, probability: float, mean: float, cv: float, *, shared_cv: float = 0.0,
               match: Match = "gamma") -> Total:
    """Mean and spread of the cost of a period from claims per unit and cost per claim.

    mu = n p claims, each costing m with variance v = (cv m)^2; sd^2 = mu (v + m^2) + (mu m CV)^2, CV the coefficient of
    variation of the claim rate that all units share, which no number of units averages out.

    Parameters
    ----------
    units : count
    probability : float
        Claims per unit.
    mean : currency
        Per claim.
    cv : float
        Coefficient of variation of the cost of a claim.
    shared_cv : float
        Of the rate all units share.
    match : "normal" or "gamma"

    Raises
    ------
    Refused
        Values that cannot be, or a total of 0, which has no tail.

    Source: frequency and severity, the method notes' section 5.

    Examples
    --------
    >>> found = total_cost(20_000, 0.012, 60.0, 1.2, shared_cv=0.25)
    >>> round(found.mean), round(found.sd, 2), round(found.value_at_risk(0.95), 1)
    (14400, 3881.77, 21322.4)
    """
    if match not in ("normal", "gamma"):
        raise Refused(f"match is 'normal' or 'gamma', not {match!r}.")
    if min(cv, shared_cv) < 0 or not (units > 0 and probability > 0 and mean > 0):
        raise Refused("Units, claims per unit and cost per claim are above 0, coefficients of variation 0 or more: a "
                      "total of nothing has no tail.")
    claims = units * probability
    variance = claims * ((cv * mean) ** 2 + mean**2) + (claims * mean * shared_cv) ** 2
    return Total(mean=claims * mean, sd=float(np.sqrt(variance)), match=match)


def value_at_risk(draws: ArrayLike, level: float) -> Floats:
    """Value that is passed with probability 1 - level: the smallest draw that at least `level` of draws do not pass.

    Parameters
    ----------
    draws : (..., D) currency
        nan throughout where not known.
    level : float

    Returns
    -------
    (...) currency

    Raises
    ------
    Refused
        A level that is none, or fewer than 10 draws beyond it.

    Examples
    --------
    >>> value_at_risk(np.arange(1.0, 1001.0), 0.95)
    array(950.)
    """
    values = _enough(draws, level)
    found = np.full(values.shape[:-1], np.nan)
    told = ~np.isnan(values).any(axis=-1)
    if told.any():
        found[told] = np.quantile(values[told], level, axis=-1, method="inverted_cdf")
    return found


def tail_value_at_risk(draws: ArrayLike, level: float) -> Floats:
    """Mean of the worst 1 - level of draws: VaR + mean(max(x - VaR, 0)) / (1 - level).

    Parameters
    ----------
    draws : (..., D) currency
    level : float

    Returns
    -------
    (...) currency

    Raises
    ------
    Refused
        A level that is none, or fewer than 10 draws beyond it.

    Source: Rockafellar and Uryasev (2000), "Optimization of conditional value-at-risk", Journal of Risk 2.

    Examples
    --------
    >>> tail_value_at_risk(np.arange(1.0, 1001.0), 0.95)
    array(975.5)
    """
    values, at = np.asarray(draws, np.float64), value_at_risk(draws, level)
    return np.asarray(at + np.maximum(values - at[..., None], 0.0).mean(axis=-1) / (1.0 - level))


def chance_above(draws: ArrayLike, cap: float) -> Floats:
    """Share of draws above `cap`.

    Parameters
    ----------
    draws : (..., D) currency
    cap : currency

    Returns
    -------
    (...)
        nan where draws are nan.

    Examples
    --------
    >>> chance_above([1.0, 2.0, 3.0, 4.0], 3.0)
    array(0.25)
    """
    values = np.asarray(draws, np.float64)
    return np.where(np.isnan(values).any(axis=-1), np.nan, (values > cap).mean(axis=-1))


def _level(level: float) -> float:
    if not 0.0 < level < 1.0:
        raise Refused(f"{level:g} is no level: give a number between 0 and 1, such as 0.95.")
    return level


def _enough(draws: ArrayLike, level: float) -> Floats:
    values = np.asarray(draws, np.float64)
    beyond = values.shape[-1] * (1.0 - _level(level))
    if beyond < 10.0 - 1e-9:
        raise Refused(f"{values.shape[-1]:,} draws leave {beyond:.3g} beyond {level:g}: a tail needs 10. Ask more "
                      "draws, or a lower level.")
    return values
