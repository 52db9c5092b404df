"""How many: the distribution of a count whose rate is itself uncertain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warrantor.tally import Floats


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
