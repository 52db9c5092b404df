"""The mean of outcomes between 0 and 1, in the order they came, with no law assumed: hedged betting."""

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
    x = np.asarray(outcomes, float)
    if not x.size or not ((x >= 0) & (x <= 1)).all():
        raise Refused("Betting on a bounded mean needs outcomes, each between 0 and 1.")
    stake, m = predicted_stakes(x, level / 2), (np.arange(1, GRID) / GRID)[:, None]
    up = np.log1p(np.minimum(stake, 0.5 / m) * (x - m)).sum(axis=1)
    down = np.log1p(-np.minimum(stake, 0.5 / (1 - m)) * (x - m)).sum(axis=1)
    kept = np.flatnonzero(np.maximum(up, down) < np.log(2 / level)) + 1
    if not kept.size:
        raise Refused(f"Every mean on the grid of {1 / GRID:g} is refuted: the outcomes lie too near one value.")
    return (int(kept[0]) - 1) / GRID, (int(kept[-1]) + 1) / GRID
