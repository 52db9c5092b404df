"""What each law foretells of a window, before past errors are laid on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warrantor.forecast.at_risk import AtRisk
from warrantor.life.fit import fit
from warrantor.life.fitted import Fit
from warrantor.life.law import Ages
from warrantor.life.laws import LAWS
from warrantor.tally import Floats, Tally

NAMES = ("weibull", "lfp-weibull")
WIDEST = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Foretold:
    """Cumulative hazard from the start of the window, by law.

    Attributes
    ----------
    rise : (L, R)
        H(until) - H(start) of each row at risk; nan where the law is refused.
    spread : (L, S)
        Variance of ln rise over the whole window from the parameters alone (delta method), at most 2^2.
    """

    rise: Floats
    spread: Floats


def foretell(seen: Tally, risk: AtRisk, start: Floats, end: Floats) -> Foretold:
    """Fit each law to what was seen up to `start` and carry it over the window.

    A limited population that the data cannot tell from an unlimited one is the plain law.

    Parameters
    ----------
    seen : Tally
        Cut at `start`.
    risk : AtRisk
        Ends of watch within the window.
    start, end : (S,)
        In the unit of the tally.

    Returns
    -------
    Foretold
    """
    rises: list[Floats] = []
    spreads: list[Floats] = []
    for name in NAMES:
        found = fit(seen, name)
        law, params = LAWS[name], found.parameters[risk.stratum]
        with np.errstate(invalid="ignore", over="ignore"):
            change = law.cumulative_hazard(risk.until, params) - law.cumulative_hazard(start[risk.stratum], params)
        spread = variance(found, start, end)
        if rises:
            change = np.where(np.isnan(change), rises[0], change)
            spread = np.where(np.isnan(spread), spreads[0], spread)
        rises.append(np.maximum(change, 0.0))
        spreads.append(spread)
    return Foretold(np.stack(rises), np.stack(spreads))


def variance(found: Fit, start: Floats, end: Floats) -> Floats:
    """(S,) variance of ln (H(end) - H(start)): g' C g, g its gradient in the law's free coordinates, C =
    -curvature^-1.
    """
    out = np.full(len(found.strata), np.nan)
    good = np.flatnonzero([r is None for r in found.refused])
    if not len(good):
        return out
    law, theta, scale = LAWS[found.law], found.theta[:, good], found.rows.scale[good]
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        high, low = (law.accumulated(Ages.of(a / scale), theta) for a in (end[good], start[good]))
        gradient = ((high.slope - low.slope) / np.maximum(high.value - low.value, 1e-300)).T
        found_there = np.einsum("sp,spq,sq->s", gradient, np.linalg.pinv(-found.curvature[good]), gradient)
    out[good] = np.clip(np.where(np.isfinite(found_there), found_there, np.inf), 0.0, WIDEST**2)
    return out
