"""How many: the distribution of a count whose rate is itself uncertain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warrantor.tally import Floats

RANKS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Predictive:
    """Distribution of a count as a mixture over draws of what the laws may be.

    Given draw c the count has mean m_c and variance v_c <= m_c (a Poisson-binomial); its cdf is taken as that of the
    binomial with the same two moments, n = m^2 / (m - v), which is exact where all units have one probability, and
    the Poisson where v = m.

    Attributes
    ----------
    mean : (C,) count
    variance : (C,) count squared
    weight : (C,)
        Sums to 1.
    """

    mean: Floats
    variance: Floats
    weight: Floats

    def cdf(self, count: float) -> float:
        """Probability of at most `count`."""
        if count < 0:
            return 0.0
        return float(self.weight @ binomial_cdf(np.floor(count), self.mean, self.variance))

    def quantile(self, p: float) -> int:
        """Smallest count with cdf >= p."""
        below, above = -1, 1
        while self.cdf(above) < p:
            below, above = above, above * 2
        while above - below > 1:
            middle = (above + below) // 2
            below, above = (below, middle) if self.cdf(middle) >= p else (middle, above)
        return above

    def expected(self) -> float:
        """Mean of the count."""
        return float(self.weight @ self.mean)


def binomial_cdf(count: float | Floats, mean: Floats, variance: Floats) -> Floats:
    """Cdf at `count` of a binomial matched to mean m and variance v <= m; Poisson where they agree.

    Examples
    --------
    >>> binomial_cdf(np.array([1.0, 2.0]), np.array([1.0, 1.0]), np.array([0.5, 0.5])).tolist()
    [0.75, 1.0]
    """
    from scipy.special import betainc, gammaincc

    lack = np.maximum(mean - variance, 0.0)
    plain = lack <= 1e-9 * np.maximum(mean, 1e-300)
    share = np.where(plain, 0.5, lack / np.maximum(mean, 1e-300))
    size = np.where(plain, 2.0, mean / share)
    rest = size - count
    inside = rest > 1e-9
    stays = np.clip(1.0 - share, 0.0, 1.0)
    binomial = np.where(inside, betainc(np.where(inside, rest, 1.0), np.asarray(count) + 1.0, stays), 1.0)
    poisson = np.where(mean > 0, gammaincc(np.asarray(count) + 1.0, mean), 1.0)
    return np.asarray(np.where(plain, poisson, binomial))


def log_score(predictive: Predictive, seen: float) -> float:
    """Log probability of the count that came."""
    return float(np.log(max(predictive.cdf(seen) - predictive.cdf(seen - 1.0), 1e-300)))


def mixture(parts: list[Predictive], weight: Floats) -> Predictive:
    """Mix predictive distributions by weight (P,); weights need not sum to 1."""
    share = weight / weight.sum()
    return Predictive(np.concatenate([p.mean for p in parts]), np.concatenate([p.variance for p in parts]),
                      np.concatenate([p.weight * w for p, w in zip(parts, share, strict=True)]))


def averaged(parts: list[Predictive], weight: Floats) -> Predictive:
    """Combine predictive distributions rank by rank: the k-th smallest mean of each with those of the others.

    A mixture of forecasters that are each wide enough is wider than any of them where they disagree; averaging their
    quantiles of ln (m + 1/2), and of v / m, by weight keeps the width of the parts and puts it between them.

    Parameters
    ----------
    parts : list of Predictive
    weight : (P,)
        Need not sum to 1.

    Returns
    -------
    Predictive
        1,000 draws that weigh alike, in rising order.

    Examples
    --------
    >>> one = Predictive(np.array([8.5]), np.array([8.5]), np.ones(1))
    >>> two = Predictive(np.array([35.5]), np.array([35.5]), np.ones(1))
    >>> averaged([one, two], np.array([1.0, 1.0])).mean.round(6)[0].item()
    17.5
    """
    at = (np.arange(RANKS) + 0.5) / RANKS
    level, share = np.zeros(RANKS), np.zeros(RANKS)
    for part, w in zip(parts, weight / weight.sum(), strict=True):
        order = np.argsort(part.mean, kind="stable")
        edge = np.cumsum(part.weight[order])
        middle = (edge - 0.5 * part.weight[order]) / edge[-1]
        mean = part.mean[order]
        level += w * np.interp(at, middle, np.log1p(2.0 * mean))
        share += w * np.interp(at, middle, part.variance[order] / np.maximum(mean, 1e-300))
    mean = 0.5 * np.expm1(level)
    return Predictive(mean, mean * np.clip(share, 0.0, 1.0), np.full(RANKS, 1.0 / RANKS))
