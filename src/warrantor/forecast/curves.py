"""Cumulative hazard from the start of the window to each unit's end of watch, and the count it brings."""

from __future__ import annotations

import numpy as np

from warrantor.forecast.at_risk import AtRisk
from warrantor.forecast.counts import Predictive
from warrantor.tally import Floats

GRID = 240


def brought(log_factor: Floats, rise: Floats, units: Floats) -> Predictive:
    """Count brought by units whose cumulative hazard rises by exp(log_factor) x rise.

    p_u = 1 - exp(-exp(c) R_u); m = sum n_u p_u, v = sum n_u p_u (1 - p_u), worked on a grid of c and read off by
    interpolation of ln m and v / m, which are smooth in c.

    Parameters
    ----------
    log_factor : (C,)
        Draws of c.
    rise : (U,)
        R_u, one per distinct end of watch.
    units : (U,) count

    Returns
    -------
    Predictive
        Draws weigh alike.
    """
    if not np.any(rise * units > 0):
        none = np.zeros(1)
        return Predictive(none, none, np.ones(1))
    c = np.clip(log_factor, -700.0, 300.0)
    grid = np.linspace(c.min(), c.max() + 1e-9, GRID)
    p = -np.expm1(-np.exp(grid)[:, None] * rise)
    m = p @ units
    v = (p * (1.0 - p)) @ units
    with np.errstate(divide="ignore"):
        mean = np.exp(np.interp(c, grid, np.log(np.maximum(m, 1e-300))))
    return Predictive(mean, mean * np.interp(c, grid, v / np.maximum(m, 1e-300)), np.full(len(c), 1.0 / len(c)))


def brought_by(log_hazard: Floats, lived: Floats, units: Floats) -> Predictive:
    """Count brought where the hazard is level in each bin.

    Parameters
    ----------
    log_hazard : (C, B)
        Draws of ln hazard per month.
    lived : (U, B) month
        Time from the start of the window to each end of watch, by bin.
    units : (U,) count

    Returns
    -------
    Predictive
    """
    if log_hazard.shape[1] == 1:
        return brought(log_hazard[:, 0], lived[:, 0], units)
    p = -np.expm1(-np.exp(np.clip(log_hazard, -700.0, 300.0)) @ lived.T)
    return Predictive(p @ units, (p * (1.0 - p)) @ units, np.full(len(p), 1.0 / len(p)))


def expected(risk: AtRisk, rise: Floats) -> Floats:
    """(S,) expected claims where each row's cumulative hazard rises by `rise` (R,)."""
    return np.bincount(risk.stratum, risk.units * -np.expm1(-rise), len(risk.strata)).astype(np.float64, copy=False)
