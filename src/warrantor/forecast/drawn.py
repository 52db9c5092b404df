"""Draws of what is not known of a law: which it is, its parameters, the lots' factors, the error of past forecasts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from warrantor.life.fitted import Fit
from warrantor.life.laws import LAWS
from warrantor.tally import Floats, Ints, Tally

if TYPE_CHECKING:
    from warrantor.forecast.past import Lesson

TAU = 0.3  # the least prior sd we dare state for a log multiplier where fewer than four past products were seen


def aic(loglik: list[float], parameters: list[int]) -> Floats | None:
    """Akaike weights of laws with these log-likelihoods; None where none was fitted.

    Examples
    --------
    >>> aic([-10.0, -11.0, np.nan], [2, 2, 3]).round(3).tolist()
    [0.731, 0.269, 0.0]
    """
    score = np.array(loglik) - np.array(parameters)
    if np.isnan(score).all():
        return None
    weight = np.where(np.isnan(score), 0.0, np.exp(score - np.nanmax(score)))
    return np.asarray(weight / weight.sum())


def hazards(fits: list[Fit], weights: Floats, s: int, age: Floats, rng: np.random.Generator, *, draws: int) -> Floats:
    """Cumulative hazards (draws, A): a law drawn by weight, its parameters from their large-sample distribution."""
    law = rng.choice(len(fits), draws, p=weights)
    found = np.empty((draws, len(age)))
    for i, one in enumerate(fits):
        mine = np.flatnonzero(law == i)
        if len(mine):
            found[mine] = of_law(one, s, age, rng, len(mine))
    return found


def of_law(one: Fit, s: int, age: Floats, rng: np.random.Generator, draws: int) -> Floats:
    """Cumulative hazards (draws, A) of one law in stratum `s`; theta ~ N(maximum, inverse of the information)."""
    spread = np.linalg.inv(-one.curvature[s])
    theta = rng.multivariate_normal(one.theta[:, s], spread, draws, method="cholesky").T
    of = LAWS[one.law]
    drawn = [p.out(p.coordinate(theta), one.rows.scale[s]) for p in of.parameters]
    return -of.log_survival(age, np.stack(drawn, axis=1)[:, None, :])


def untaught(history: Lesson | None) -> bool:
    """Whether no past products tell how wrong such forecasts are, or too few."""
    return history is None or history.prior


def errors(history: Lesson | None, rng: np.random.Generator, draws: int) -> Floats:
    """(draws,) ln multipliers: the errors a Weibull made on past products, or the stated prior."""
    if history is None or history.prior:
        return TAU * rng.standard_normal(draws)
    return np.asarray(rng.permutation(history.transports[0].quantiles(draws)))


def factors(tally: Tally, one: Fit, g: int, members: Ints, rng: np.random.Generator, *, draws: int) -> Floats:
    """(draws, L) factors of the lots: gamma with mean one before, and after each lot's claims against its law's.

    Parameters
    ----------
    tally : Tally
        By lot, windows shortened.
    one : Fit
        The law that stratum `g` of the pooled tally follows.
    g : int
    members : (L,) int
        The lots: strata of `tally`, rising.
    rng : numpy Generator
    draws : int
    """
    if len(members) == 1:
        return np.ones((draws, 1))
    came, due = against(tally, one, g, members)
    shape = likeness(came, due)
    return np.asarray(rng.gamma(shape + came, 1.0 / (shape + due), (draws, len(members))))


def against(tally: Tally, one: Fit, g: int, members: Ints) -> tuple[Floats, Floats]:
    """Claims of each lot (L,) after age 0, and what the common law says they were to be (L,)."""
    rows = np.isin(tally.stratum, members)
    weight = (tally.claimed + tally.left - tally.entered)[rows]
    lived = -LAWS[one.law].log_survival(tally.age[rows], one.parameters[g][None, :])
    place = np.searchsorted(members, tally.stratum[rows])
    due = np.maximum(np.bincount(place, weight * lived, len(members)), 0.0)
    after = np.where(tally.age[rows] > 0, tally.claimed[rows], 0.0)
    return np.bincount(place, after, len(members)).astype(np.float64), due


def likeness(came: Floats, due: Floats) -> float:
    """How alike lots are: the shape of the gamma their factors come from, by maximum likelihood on a grid.

    came ~ Poisson(due z), z ~ Gamma(shape, shape): logL = sum lgG(a + O) - lgG(a) + a ln a - (a + O) ln(a + E).

    Parameters
    ----------
    came, due : (L,) count
        O, claims of each lot; E, what the common law says of it.

    Returns
    -------
    float
        From 0.5 (as different as can be) to 1e4 (alike).

    Examples
    --------
    >>> likeness(np.full(20, 100.0), np.full(20, 100.0)) > 1000 > likeness(np.array([10.0, 300.0]), np.full(2, 100.0))
    True
    """
    from scipy.special import gammaln

    a = np.geomspace(0.5, 1e4, 60)[:, None]
    fitted = gammaln(a + came) - gammaln(a) + a * np.log(a) - (a + came) * np.log(a + due)
    return float(a[np.argmax(fitted.sum(axis=1)), 0])
