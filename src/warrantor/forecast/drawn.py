"""Draws of what is not known of a law: which it is, its parameters, the lots' factors, the error of past forecasts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from warrantor.life.fitted import Fit
from warrantor.life.laws import LAWS
from warrantor.tally import Floats, Ints, Tally

if TYPE_CHECKING:
    from warrantor.forecast.past import Lesson

NOBODY = 700.0  # cumulative hazard that leaves nobody
LEAST = 200  # draws that are weighed, few though be wanted
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


def hazards(fits: list[Fit], weights: Floats, s: int, age: Floats | Binned, rng: np.random.Generator, *,
            draws: int) -> Floats:
    """Cumulative hazards (draws, A): a law drawn by weight, its parameters from their large-sample distribution.

    Where `age` is what was seen by bins of age, the draws are put right by its likelihood.
    """
    law = rng.choice(len(fits), draws, p=weights)
    found = np.empty((draws, len(age.age if isinstance(age, Binned) else age)))
    for i, one in enumerate(fits):
        mine = np.flatnonzero(law == i)
        if len(mine):
            found[mine] = (weighed(one, s, age, rng, len(mine)) if isinstance(age, Binned) else
                           of_law(one, s, age, rng, len(mine)))
    return found


def of_law(one: Fit, s: int, age: Floats, rng: np.random.Generator, draws: int) -> Floats:
    """Cumulative hazards (draws, A) of one law in stratum `s`; theta ~ N(maximum, inverse of the information)."""
    return _lived(one, s, age, _thetas(one, s, rng, draws))


def _thetas(one: Fit, s: int, rng: np.random.Generator, draws: int) -> Floats:
    spread = np.linalg.inv(-one.curvature[s])
    return np.asarray(rng.multivariate_normal(one.theta[:, s], spread, draws, method="cholesky").T)


def _lived(one: Fit, s: int, age: Floats, theta: Floats) -> Floats:
    """Cumulative hazards (draws, A) at theta (P, draws)."""
    of = LAWS[one.law]
    drawn = [p.out(p.coordinate(theta), one.rows.scale[s]) for p in of.parameters]
    return -of.log_survival(age, np.stack(drawn, axis=1)[:, None, :])


@dataclass(frozen=True, slots=True, eq=False)
class Binned:
    """What was seen of some strata together, by bins of age: all that a likelihood on those bins needs.

    Attributes
    ----------
    age : (A,) day
        Edges of the bins, rising from 0 to beyond the last age seen.
    claims : (A - 1,) count
        First claims in each bin, age 0 left out.
    weight : (A,) count
        Claimed + left - entered, each row shared between the two edges beside it.
    """

    age: Floats
    claims: Floats
    weight: Floats

    @classmethod
    def of(cls, tally: Tally, members: Ints, age: Floats) -> Binned:
        """Count the claims and exits of some strata into bins."""
        rows = np.isin(tally.stratum, members) & (tally.age > 0)
        at = tally.age[rows]
        k = np.clip(np.searchsorted(age, at) - 1, 0, len(age) - 2)
        near = (at - age[k]) / (age[k + 1] - age[k])
        w = (tally.claimed + tally.left - tally.entered)[rows]
        weight = np.bincount(k, w * (1.0 - near), len(age)) + np.bincount(k + 1, w * near, len(age))
        return cls(age, np.bincount(k, tally.claimed[rows], len(age) - 1).astype(np.float64),
                   weight.astype(np.float64))

    def loglik(self, total: Floats) -> Floats:
        """(D,) sum d ln(H(b) - H(a)) - sum w H of cumulative hazards (D, A): a hazard even inside each bin."""
        with np.errstate(divide="ignore", invalid="ignore"):
            rise = np.where(self.claims > 0, self.claims * np.log(np.diff(total, axis=1)), 0.0)
        return np.asarray(rise.sum(axis=1) - total @ self.weight)


def weighed(one: Fit, s: int, seen: Binned, rng: np.random.Generator, draws: int) -> Floats:
    """Cumulative hazards (draws, A) of one law, its draws put right by the likelihood itself.

    A law with a direction the claims hardly tell (a share that can fail, a third shape) has a likelihood far from
    normal. Draws of the large-sample distribution are drawn again with weights exp(logL - ln density), evenly spaced.

    Parameters
    ----------
    one : Fit
    s : int
        Stratum of the fit.
    seen : Binned
        The same stratum by bins of age.
    rng : numpy Generator
    draws : int

    Returns
    -------
    (draws, A)
        At the edges of the bins.

    Source
    ------
    Importance sampling from the large-sample distribution; the likelihood is that of METHODS' exact grain on bins.
    """
    theta = _thetas(one, s, rng, max(draws, LEAST))
    total = np.nan_to_num(_lived(one, s, seen.age, theta), nan=NOBODY, posinf=NOBODY)
    away = theta - one.theta[:, [s]]
    score = seen.loglik(total) + 0.5 * np.einsum("id,ij,jd->d", away, -one.curvature[s], away)
    score = np.where(np.isfinite(score), score, -np.inf)
    weight = np.cumsum(np.exp(score - score.max()))
    picked = np.searchsorted(weight / weight[-1], (np.arange(draws) + rng.random()) / draws)
    return np.asarray(total[rng.permutation(picked)])


def untaught(history: Lesson | None) -> bool:
    """Whether no past products tell how wrong such forecasts are, or too few."""
    return history is None or history.prior


def errors(history: Lesson | None, rng: np.random.Generator, draws: int, foretold: float = np.inf) -> Floats:
    """(draws,) ln multipliers: the errors a Weibull made on past products, or the stated prior.

    `foretold` is the count they are laid on; inf leaves out what the bursts of a small one add.
    """
    if history is None or history.prior:
        return TAU * rng.standard_normal(draws)
    return np.asarray(rng.permutation(history.transports[0].quantiles(draws, 0.0, foretold)))


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
