"""The mean of outcomes between 0 and 1, in the order they came, with no law assumed: betting, and in closed form."""

from __future__ import annotations

import numpy as np

from warrantor.finding import Refused
from warrantor.tally import Floats
from warrantor.trial.evidence import check_level

GRID = 1000


def predicted_stakes(x: Floats, level: float) -> Floats:
    """Stake of each outcome from those before it, (N,).

    l_t = sqrt(2 ln(1/a) / (t ln(1 + t) s2_{t-1})), s2 the variance so far, begun by one of 1/2 and 1/4.

    Source
    ------
    Waudby-Smith and Ramdas (2024).

    Examples
    --------
    >>> predicted_stakes(np.array([0.0, 1.0]), 0.05).round(4).tolist()
    [5.8801, 4.1775]
    """
    check_level(level)
    t = np.arange(1, x.size + 1)
    mean = (0.5 + np.cumsum(x)) / (t + 1)
    variance = np.append(0.25, (0.25 + np.cumsum((x - mean) ** 2)) / (t + 1))[:-1]
    return np.asarray(np.sqrt(2 * np.log(1 / level) / (t * np.log1p(t) * variance)))


def bounded_interval(outcomes: Floats, *, level: float = 0.05) -> tuple[float, float]:
    """Confidence interval, valid at every look, of the mean of outcomes between 0 and 1, on a grid of 0.001.

    A mean m stays while max(prod (1 + l (x - m)), prod (1 - l (x - m))) / 2 < 1 / level, stakes at most 1 / (2 m) and
    1 / (2 (1 - m)). Ends are the first refuted means outside.

    Parameters
    ----------
    outcomes : (N,)
        In the order they came.
    level : float

    Raises
    ------
    Refused
        No outcome, or one outside 0 to 1.

    Source
    ------
    Waudby-Smith and Ramdas (2024).

    Examples
    --------
    >>> bounded_interval(np.zeros(500))[0]
    0.0
    """
    x = _outcomes(outcomes)
    stake, m = predicted_stakes(x, level / 2), (np.arange(1, GRID) / GRID)[:, None]
    up = np.log1p(np.minimum(stake, 0.5 / m) * (x - m)).sum(axis=1)
    down = np.log1p(-np.minimum(stake, 0.5 / (1 - m)) * (x - m)).sum(axis=1)
    kept = np.flatnonzero(np.maximum(up, down) < np.log(2 / level)) + 1
    if not kept.size:
        raise Refused(f"Every mean on the grid of {1 / GRID:g} is refuted: the outcomes lie too near one value.")
    return (int(kept[0]) - 1) / GRID, (int(kept[-1]) + 1) / GRID


def bernstein_interval(outcomes: Floats, *, level: float = 0.05) -> tuple[Floats, Floats]:
    """Confidence sequence of the mean of outcomes between 0 and 1 after each, in closed form: empirical Bernstein.

    Lower end (sum l x - ln(2/a) - sum (x - m)^2 psi(l)) / sum l, psi(l) = -ln(1 - l) - l, stakes l of
    `predicted_stakes` at most 1/2, m the mean of the outcomes before, 0 before the first; the upper end is that of
    1 - x, turned. Wider than `bounded_interval`, and has no grid.

    Parameters
    ----------
    outcomes : (N,)
        In the order they came.
    level : float

    Returns
    -------
    lower, upper : (N,)
        All hold at once with probability 1 - level.

    Raises
    ------
    Refused
        No outcome, or one outside 0 to 1.

    Source
    ------
    Waudby-Smith and Ramdas (2024).

    Examples
    --------
    >>> low, high = bernstein_interval(np.tile([0.0, 0.1], 500))
    >>> round(float(low[-1]), 3), round(float(high[-1]), 3)
    (0.042, 0.059)
    """
    x = _outcomes(outcomes)
    low, high = (_bernstein_below(side, level / 2) for side in (x, 1.0 - x))
    return np.maximum(low, 0.0), np.minimum(1.0 - high, 1.0)


def _bernstein_below(x: Floats, level: float) -> Floats:
    """Lower ends (N,), one-sided."""
    stake = np.minimum(predicted_stakes(x, level), 0.5)
    before = np.append(0.0, np.cumsum(x) / np.arange(1, x.size + 1))[:-1]
    spread = np.cumsum((x - before) ** 2 * (-np.log1p(-stake) - stake))
    return np.asarray((np.cumsum(stake * x) + np.log(level) - spread) / np.cumsum(stake))


def _outcomes(outcomes: Floats) -> Floats:
    """Refuse outcomes that are none."""
    x = np.asarray(outcomes, float)
    if not x.size or not ((x >= 0) & (x <= 1)).all():
        raise Refused("Betting on a bounded mean needs outcomes, each between 0 and 1.")
    return x
