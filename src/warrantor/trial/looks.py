"""Boundaries of a few planned looks: O'Brien-Fleming-like spending of Lan and DeMets."""

from __future__ import annotations

import numpy as np
from scipy import optimize, special

from warrantor.finding import Refused
from warrantor.tally import Floats
from warrantor.trial.evidence import check_level

_NODES, _FAR = 400, 9.0


def spent(fraction: Floats, level: float, *, two_sided: bool = True) -> Floats:
    """Share of false alarms spent by each information fraction t.

    Two-sided 4 - 4 Phi(z_{1-a/4} / sqrt t); one-sided 2 - 2 Phi(z_{1-a/2} / sqrt t).

    Source
    ------
    Lan and DeMets (1983).

    Examples
    --------
    >>> float(spent(1.0, 0.05).round(6))
    0.05
    """
    check_level(level)
    tails = 4.0 if two_sided else 2.0
    return np.asarray(tails * special.ndtr(special.ndtri(level / tails) / np.sqrt(np.asarray(fraction, float))))


def boundaries(fractions: Floats, level: float, *, two_sided: bool = True) -> Floats:
    """Standard normal boundary at each planned look, (K,).

    Parameters
    ----------
    fractions : (K,)
        Information at each look over that at the last; information is matured cost variance, not the calendar.
    level : float
    two_sided : bool

    Raises
    ------
    Refused
        Fractions that do not rise to at most 1.

    Source
    ------
    Lan and DeMets (1983); recursion of Armitage, McPherson and Rowe (1969).

    Examples
    --------
    >>> boundaries(np.arange(1, 6) / 5, 0.05).round(3).tolist()
    [4.877, 3.357, 2.68, 2.29, 2.031]
    """
    t = np.atleast_1d(np.asarray(fractions, float))
    if not (t[0] > 0 and (np.diff(t) > 0).all() and t[-1] <= 1 + 1e-12):
        raise Refused("The information at planned looks must rise from above 0 to at most 1.")
    spend = np.diff(spent(t, level, two_sided=two_sided), prepend=0.0)
    point, mass, found, before = np.zeros(1), np.ones(1), [], 0.0
    unit, weight = np.polynomial.legendre.leggauss(_NODES)
    for now, share in zip(t, spend, strict=True):
        step = np.sqrt(now - before)
        edge = _edge(point, mass, step, share, two_sided=two_sided)
        found.append(edge / np.sqrt(now))
        low = -edge if two_sided else -_FAR * np.sqrt(now)
        grid = low + (edge - low) * (unit + 1) / 2
        density = np.exp(-0.5 * ((grid[:, None] - point) / step) ** 2) / (step * np.sqrt(2 * np.pi))
        point, mass, before = grid, (density @ mass) * weight * (edge - low) / 2, now
    return np.array(found)


def _edge(point: Floats, mass: Floats, step: float, share: float, *, two_sided: bool) -> float:
    """Edge whose crossing at this look has the given probability."""

    def over(edge: float) -> float:
        out = special.ndtr((point - edge) / step)
        if two_sided:
            out = out + special.ndtr((-edge - point) / step)
        return float(mass @ out) - share

    return float(optimize.brentq(over, 0.0, point.max() + 40 * step, xtol=1e-12))
