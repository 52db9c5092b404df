"""Claim rates by age from claims that are reported late, and the claims that occurred and are not reported yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from warrantor.finding import Refused
from warrantor.life.lag import Lag, fit_lag
from warrantor.tally import Floats

SCHEMA = "warrantor.reported/1"
KNOWN_LAG = "Standard errors of rates take the report lag as known; those of the totals allow for its own error."
REPEATED = "All claims are counted, repeats included; units are taken to stay in service."


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Reported:
    """Claims per unit by age, allowing for the report lag, of X periods of sale and A ages.

    Attributes
    ----------
    sold : (X,) count
    known : (A,) count
        Claims known by age.
    exposure : (A,) units
        R_a, units that reached the age, each weighed by the chance that a claim at that age is known by now.
    rate : (A,)
        Claims per unit at each age.
    phi : float
        Variance over mean of the counts by sale period and age, from Pearson residuals.
    lag : Lag
        Of reports, in periods.
    not_reported : (X,) count
        Claims that occurred and are not known yet.
    future : (X,) count
        Claims still to occur up to the last age.
    not_reported_sd, future_sd : float
        Standard deviation of the error made in their totals: the counts' own, of the rates, of the lag.
    how : tuple of str
    """

    sold: Floats
    known: Floats
    exposure: Floats
    rate: Floats
    phi: float
    lag: Lag
    not_reported: Floats
    future: Floats
    not_reported_sd: float
    future_sd: float
    how: tuple[str, ...]

    @property
    def se(self) -> Floats:
        """(A,) standard error of the rates, sqrt(phi rate / exposure)."""
        return np.sqrt(self.phi * self.rate / self.exposure)

    @property
    def cumulative(self) -> Floats:
        """(A,) claims per unit up to and including each age."""
        return np.cumsum(self.rate)

    def to_arrow(self) -> Any:
        """Return one row per age: age, known, exposure, rate, se."""
        import pyarrow as pa

        return pa.table({"age": np.arange(len(self.rate)), "known": self.known, "exposure": self.exposure,
                         "rate": self.rate, "se": self.se})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name."""
        return {"schema": SCHEMA, "ages": self.to_arrow().to_pylist(),
                "phi": self.phi, "lag": self.lag.to_dict(),
                "not_reported": {"mean": float(self.not_reported.sum()), "sd": self.not_reported_sd},
                "future": {"mean": float(self.future.sum()), "sd": self.future_sd}, "how": list(self.how)}

    def __repr__(self) -> str:
        return (f"<Reported: {self.known.sum():,.0f} claims known, {self.not_reported.sum():,.1f} "
                f"(sd {self.not_reported_sd:,.1f}) occurred and not reported, phi {self.phi:.3g}>")


def lag_adjusted(sold: ArrayLike, claims: ArrayLike) -> Reported:
    """Estimate claims per unit at each age, and the claims that occurred and are not reported yet.

    n_{x,a,l} ~ Poisson(N_x lambda_a g_l). With data to the end of period T: lambda_a = n_a / R_a, R_a = sum_x N_x
    G(T-x-a); var lambda_a = phi lambda_a / R_a. Not reported: sum_x N_x sum_{a <= T-x} lambda_a [1 - G(T-x-a)].
    G by the reverse hazard of `fit_lag`; phi = sum (n_xa - mu_xa)^2 / mu_xa over cells less ages.

    Parameters
    ----------
    sold : (X,) count
        Units sold in each period, the last being the period the records end with.
    claims : (X, A, L) count
        Claims known by period of sale, age and report lag, all in whole periods; ages 0 .. A-1 of the promise.

    Returns
    -------
    Reported

    Raises
    ------
    Refused
        Counts that cannot be, no claims, or an age nobody has reached with a claim that could be known.

    Source: Kalbfleisch, Lawless and Robinson (1991), "Methods for the analysis and prediction of warranty claims",
    Technometrics 33.

    Examples
    --------
    >>> claims = [[[4, 2, 1], [3, 2, 0]], [[5, 2, 0], [3, 0, 0]], [[4, 0, 0], [0, 0, 0]]]
    >>> found = lag_adjusted([100, 100, 100], claims)
    >>> found.rate.round(4), found.not_reported.round(2)
    (array([0.0741, 0.056 ]), array([0.8 , 3.46, 3.18]))
    """
    units, counts = np.asarray(sold, np.float64), np.asarray(claims, np.float64)
    room = _room(units, counts)
    lag = _lag(counts, room)
    seen = lag.at(room)
    exposure, known = units @ seen, counts.sum(axis=(0, 2))
    if np.any(exposure <= 0):
        raise Refused(f"No unit has reached age {int(np.argmax(exposure <= 0))} with a claim that could be known: its "
                      "rate cannot be told. Ask fewer ages, or forecast with a law.")
    rate = known / exposure
    phi = _phi(counts.sum(axis=2), units[:, None] * rate * seen, seen > 0)
    late, ahead = units[:, None] * np.where(room >= 0, 1.0 - seen, 0.0), units[:, None] * (room < 0)
    errors = _Errors(units, room, rate, exposure, phi, lag, counts.sum(axis=(0, 1)))
    return Reported(sold=units, known=known, exposure=exposure, rate=rate, phi=phi, lag=lag,
                    not_reported=late @ rate, future=ahead @ rate, not_reported_sd=errors.sd(late, late=True),
                    future_sd=errors.sd(ahead, late=False), how=(KNOWN_LAG, REPEATED, *lag.how))


def _room(units: Floats, counts: Floats) -> Floats:
    """(X, A) periods a claim at an age has had to be reported; negative where the age is not reached."""
    if counts.ndim != 3 or len(counts) != len(units):
        raise Refused("claims are counted by period of sale, age and report lag, one row per period of sale.")
    if np.any(~(units >= 0)) or np.any(~(counts >= 0)):
        raise Refused("Units and claims are counts: a negative or missing one cannot be.")
    room = np.subtract.outer(len(units) - 1.0 - np.arange(len(units)), np.arange(counts.shape[1]))
    beyond = counts[np.arange(counts.shape[2]) > room[:, :, None]].sum()
    if beyond > 0:
        raise Refused(f"{beyond:,.0f} claims are reported after the last period: the last row must be the period the "
                      "records end with.")
    return np.asarray(room)


def _lag(counts: Floats, room: Floats) -> Lag:
    """The report lag, each lag conditional on being short enough to be known."""
    where = np.nonzero(counts)
    if not len(where[0]):
        raise Refused("No claims are known: neither a rate nor a lag can be told.")
    return fit_lag(where[2], "empirical", limit=room[where[0], where[1]], count=counts[where])


def _phi(count: Floats, mean: Floats, seen: np.ndarray[Any, np.dtype[np.bool_]]) -> float:
    told = seen & (mean > 0)
    spare = int(told.sum()) - int(told.any(axis=0).sum())
    if spare <= 0:
        raise Refused("Each age is shown by one period of sale: how far counts differ from their mean cannot be told.")
    return float(((count[told] - mean[told]) ** 2 / mean[told]).sum() / spare)


@dataclass(frozen=True, slots=True, eq=False)
class _Errors:
    """What the error of a sum of rates is made of."""

    units: Floats
    room: Floats
    rate: Floats
    exposure: Floats
    phi: float
    lag: Lag
    by_lag: Floats

    def sd(self, weight: Floats, *, late: bool) -> float:
        """sqrt(phi [sum_a rate_a (w_a + w_a^2 / R_a) + sum_u slope_u^2 var q_u]): counts to come, rates, the lag.

        w (X, A) are units; where `late`, w = N_x (1 - G) moves with the lag itself. var q = q^2 (1 - q) / n.
        """
        w = weight.sum(axis=0)
        by_cell = self.units[:, None] * self.rate * (w / self.exposure + float(late)) * (self.room >= 0)
        last = len(self.lag.cumulative) - 1
        place = np.clip(self.room, 0, last).astype(np.int64)
        slope = np.negative(np.bincount(place.ravel(), by_cell.ravel(), last + 1), dtype=np.float64)
        return float(np.sqrt(self.phi * ((self.rate * (w + w**2 / self.exposure)).sum() + self._of_lag(slope))))

    def _of_lag(self, slope: Floats) -> float:
        """Variance from the reverse hazards q(u), G(l) = prod_{u > l} (1 - q(u)), of a sum with d / dG = slope."""
        G, n = self.lag.cumulative, self.by_lag[1 : len(self.lag.cumulative)]
        stay = G[:-1] / G[1:]
        moved = np.cumsum(slope * G)[:-1]
        told = (n > 0) & (stay > 0)
        return float(((moved / np.where(told, stay, 1.0)) ** 2 * (1 - stay) ** 2 * stay)[told] @ (1 / n[told]))
