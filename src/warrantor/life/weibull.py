"""The Weibull shortcut: where every claim's age is exact, eta falls out and beta is one root, in all strata at
once.
"""

from __future__ import annotations

import numpy as np

from warrantor.life.climb import Peak
from warrantor.life.likelihood import Rows, Value, added, spread
from warrantor.tally import Floats, Ints

MOST_STEPS = 100


def profile(rows: Rows) -> Peak:
    """Solve eta^beta = sum w t^beta / D and the score in beta, w = claims + exits - entries, D claims.

    1/beta + mean of x over claims - sum w t^beta x / sum w t^beta = 0, x = ln t: Newton, kept inside a bracket
    that shrinks.

    Parameters
    ----------
    rows : Rows
        Without gaps; at least one claim in every stratum.

    Returns
    -------
    Peak
        In (a, ln b) = (-beta ln eta, ln beta) of scaled ages; a stratum without a root is given back unbalanced.
    """
    d, mean = rows.claims, added(rows.at, rows.events * rows.ages.x, rows.strata) / rows.claims
    beta = np.ones(rows.strata)
    low, high = np.full(rows.strata, 1e-5), np.full(rows.strata, 1e5)
    left, some = np.arange(rows.strata), rows
    sums = np.empty((3, rows.strata))
    with np.errstate(all="ignore"):
        for _ in range(MOST_STEPS):
            sums[:, left] = _moments(some, beta[left])
            s0, s1, s2 = sums[:, left]
            gap = 1.0 / beta[left] + mean[left] - s1 / s0
            down = gap > 0
            low[left], high[left] = np.where(down, beta[left], low[left]), np.where(down, high[left], beta[left])
            new = beta[left] + gap / (1.0 / beta[left] ** 2 + s2 / s0 - (s1 / s0) ** 2)
            inside = (new >= low[left]) & (new <= high[left])
            new = np.where(inside, new, np.sqrt(low[left] * high[left]))
            moved = np.abs(new - beta[left]) > 1e-9 * beta[left]
            beta[left] = new
            if not moved.any():
                break
            if moved.mean() < 0.1:
                left, some = left[moved], some.only(np.flatnonzero(moved))
        return _finished(rows, d, d * mean, beta)


def _moments(rows: Rows, beta: Floats, weight: Floats | None = None) -> Floats:
    """(3, S): sum of w t^beta times 1, x, x^2."""
    x = rows.ages.x
    y = (rows.weight if weight is None else weight) * np.exp(spread(beta, rows.at) * x)
    out = np.empty((3, rows.strata))
    for i in range(3):
        out[i] = added(rows.at, y, rows.strata)
        y = y * x if i < 2 else y
    return out


def _finished(rows: Rows, d: Floats, dx: Floats, beta: Floats) -> Peak:
    """Value and derivatives at (a, ln b) from the sums alone; unbalance is judged as for every other law."""
    s = _moments(rows, beta)
    a = np.log(d / s[0])
    heavy = _moments(rows, beta, np.abs(rows.weight))[0] if np.any(rows.weight < 0) else s[0]
    lift = d / s[0]
    e0, e1, e2 = d, lift * beta * s[1], lift * beta**2 * s[2]
    loglik = d * (a + np.log(beta)) + (beta - 1.0) * dx - e0
    score = np.stack((d - e0, d + beta * dx - e1), axis=1)
    effort = np.stack((d + lift * heavy, d + np.abs(beta * dx) + np.abs(e1)), axis=1)
    curvature = np.empty((rows.strata, 2, 2))
    curvature[:, 0, 0] = -e0
    curvature[:, 0, 1] = curvature[:, 1, 0] = -e1
    curvature[:, 1, 1] = beta * dx - e1 - e2
    noise = np.abs(d * a) + np.abs((beta - 1.0) * dx) + e0
    usable = np.isfinite(loglik) & (s[0] > 0)
    value = Value(np.where(usable, loglik, -np.inf), score, curvature, effort, noise)
    return Peak(np.stack((a, np.log(beta))), value, ~usable | (beta > 9e4) | (beta < 2e-5))


def strays(peak: Peak) -> Ints:
    """Strata where the shortcut found no balanced score: entries by the thousand may leave several roots."""
    return np.flatnonzero(~(peak.value.unbalance < 1e-10) | peak.outside)
