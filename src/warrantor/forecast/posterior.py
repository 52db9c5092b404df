"""The dynamic hazard of a product, given its own months and what past products taught."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warrantor.forecast.hazard import PAST_POWER, Hyper, evidence_of, laplace
from warrantor.forecast.lived import Lived, edges_to, in_months, lived
from warrantor.tally import Floats, Tally

DRAWS = 4000
PAST_PHI = 2.0  # claims of past fleets vary about twice as much as Poisson


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """What past products say of the prior points and of the level.

    Attributes
    ----------
    log_weight : (POINTS,)
        0.5 x sum of their log evidence; zeros where there are none.
    level : float or None
        Log of their claims per unit-month; None: the product's own.
    """

    log_weight: Floats
    level: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Log evidence of every past product at every prior point, kept apart so that any product can be left out.

    Attributes
    ----------
    each : (S, POINTS)
        0 where a product has no claims or no exposure.
    deaths, exposure : (S,)
    """

    each: Floats
    deaths: Floats
    exposure: Floats

    @classmethod
    def of(cls, tally: Tally, start: float, hyper: Hyper) -> Evidence:
        """Learn from whole past lives, in bins aligned with `start` months; a product without a claim has nothing to
        teach.
        """
        last = float(tally.age[tally.left + tally.claimed > 0].max(initial=0.0)) if len(tally) else 0.0
        edges = edges_to(start, max(in_months(last, tally.unit), start))
        past = lived(tally, edges)
        deaths, exposure = past.deaths.sum(axis=1), past.exposure.sum(axis=1)
        each = np.zeros((len(deaths), int(hyper.point[-1]) + 1))
        tells = np.flatnonzero((deaths > 0) & (exposure > 0))
        each[tells] = evidence_of(Lived(edges, past.deaths[tells], past.exposure[tells]).tempered(PAST_PHI), hyper)
        return cls(each, deaths, exposure)

    def taught(self) -> Taught:
        """Add up the products: 0.5 x their log evidence, their windows not being independent; their pooled rate the
        level.
        """
        deaths, exposure = self.deaths.sum(), self.exposure.sum()
        level = float(np.log(deaths / exposure)) if deaths > 0 else None
        return Taught(PAST_POWER * self.each.sum(axis=0), level)


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """Ln hazard per month of one product in every age bin: a mixture of Gaussians.

    Attributes
    ----------
    edges : (K + 1,) month
    weight : (H,)
        Sums to 1.
    mode : (H, K)
    covariance : (H, K, K)
    """

    edges: Floats
    weight: Floats
    mode: Floats
    covariance: Floats

    @property
    def centre(self) -> Floats:
        """(K,) mean of ln hazard."""
        return self.weight @ self.mode

    def draws(self, bins: slice, seed: int, count: int = DRAWS) -> Floats:
        """(count, B) draws of ln hazard in consecutive bins, each prior point as often as its weight."""
        edge = np.cumsum(self.weight)
        at = np.searchsorted(edge / edge[-1], (np.arange(count) + 0.5) / count)
        used, which = np.unique(at, return_inverse=True)
        part = self.covariance[used][:, bins, bins]
        value, vectors = np.linalg.eigh(part)
        root = vectors * np.sqrt(np.maximum(value, 0.0))[:, None, :]
        noise = np.random.default_rng(seed).standard_normal((count, part.shape[1]))
        return np.asarray(self.mode[at][:, bins] + np.einsum("ckl,cl->ck", root[which], noise))


def posterior(mine: Lived, s: int, hyper: Hyper, taught: Taught | None) -> Posterior:
    """Weigh every prior point by what past products and the product's own claims say of it.

    Parameters
    ----------
    mine : Lived
        Bins with no exposure are the future.
    s : int
        Stratum.
    hyper : Hyper
    taught : Taught or None
        None: the prior alone, the level centred on the product's own rate.

    Returns
    -------
    Posterior
    """
    mean, prior = hyper.covariance(mine.age)
    level = taught.level if taught is not None and taught.level is not None else float(np.log(mine.rate[s]))
    found = laplace(mine.deaths[s], mine.exposure[s], mean + level, prior)
    log_weight = found.evidence + hyper.log_weight
    if taught is not None:
        log_weight = log_weight + taught.log_weight[hyper.point]
    weight = np.exp(log_weight - log_weight.max())
    return Posterior(mine.edges, weight / weight.sum(), found.mode, found.covariance)
