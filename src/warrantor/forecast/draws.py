"""Draws of the hazard itself, for whoever carries them over cohorts of many ages."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from warrantor.forecast.at_risk import AtRisk, cut
from warrantor.forecast.extend import checked, taught
from warrantor.forecast.forecasters import foretell
from warrantor.forecast.hazard import Hyper
from warrantor.forecast.lived import edges_to, in_months, lived
from warrantor.forecast.past import FEW, Lesson, Past
from warrantor.forecast.posterior import posterior
from warrantor.tally import Floats, Tally

YOUNG = 1e-9
LEAST = 1e-300


def hazard_draws(tally: Tally, edges: Floats, *, start: float, history: Tally | Past | None = None, draws: int = 2000,
                 seed: int = 0) -> Floats:
    """Draw the mixed hazard of every stratum between the given ages.

    The forecasters of `extend` are combined rank by rank, as there. Before `start` the error of past forecasts does not
    apply; beyond it one multiplier holds throughout.

    Parameters
    ----------
    tally : Tally
        First claims and exits; what lies beyond `start` is hidden first.
    edges : (B + 1,) month
        Rising ages; the first may be 0, the last lies beyond `start` or not.
    start : float
        Months up to which the tally tells.
    history : Tally or Past, optional
        Past products, uncut; None: the prior alone. A Past was learnt for the window start .. edges[-1].
    draws : int
    seed : int

    Returns
    -------
    (S, draws, B) claims per unit-month
        Mean hazard in each (edges[b], edges[b + 1]]; the draws rise in what they bring. All nan where nothing was seen
        and no history tells the level.

    Examples
    --------
    >>> t = Tally.of(by=(), strata=((),), stratum=np.zeros(3, int), age=np.array([0.0, 6.0, 12.0]), unit="month",
    ...              entered=np.array([1000.0, 0, 0]), claimed=np.array([0.0, 12, 0]), open=np.array([0.0, 0, 988]))
    >>> hazard_draws(t, np.array([0.0, 12.0, 15.0, 18.0]), start=12.0, draws=500).shape
    (1, 500, 3)
    """
    edges = np.asarray(edges, np.float64)
    end = max(float(edges[-1]), start * 1.0001)
    checked(start, end, 0.9)
    lesson, scale = taught(history, start, end), 1.0 / in_months(1.0, tally.unit)
    seen = cut(tally, start * scale)
    laws = _law_hazards(seen, edges, start, scale)
    spread = _spreads(seen, start * scale, end * scale)
    mine, hyper, few = lived(seen, edges_to(start, end)), Hyper.prior(), Hyper.prior(FEW)
    tempered = mine.tempered(lesson.dispersion)
    found = np.full((len(tally.strata), draws, len(edges) - 1), np.nan)
    for s in np.flatnonzero((mine.deaths.sum(axis=1) > 0) | (lesson.taught is not None)):
        into = _overlap(mine.edges, edges)
        whole = np.exp(posterior(tempered, int(s), hyper, lesson.taught).draws(slice(None), seed, draws)) @ into.T
        middle = np.exp(posterior(mine, int(s), few, None).centre) @ into.T
        curves = [*laws[:, s], middle]
        found[s] = _ranked(whole, curves, [*spread[:, s], 0.0], edges > start * (1 + 1e-9), lesson)
    return found


def _ranked(whole: Floats, curves: list[Floats], spread: list[float], beyond: NDArray[np.bool_],
            lesson: Lesson) -> Floats:
    """Combine the forecasters' draws rank by rank: geometric means by weight."""
    good = [bool(np.isfinite(c).all() and np.isfinite(v)) for c, v in zip(curves, spread, strict=True)]
    weight = np.where(np.append(True, good), lesson.weights, 0.0)
    weight = weight / weight.sum()
    order = np.argsort(whole[:, beyond[1:]].sum(axis=1), kind="stable")
    level = weight[0] * np.log(np.maximum(whole[order], LEAST))
    for w, curve, v, t in zip(weight[1:], curves, spread, lesson.transports, strict=True):
        if w > 0:
            factor = t.quantiles(len(whole), v)[:, None]
            level += w * np.log(np.maximum(curve, LEAST)) + w * np.where(beyond[1:], factor, 0.0)
    return np.asarray(np.exp(level))


def _overlap(bins: Floats, edges: Floats) -> Floats:
    """(B, K) share of each asked interval that lies in each bin; beyond the last bin its hazard holds on."""
    lower, upper = bins[:-1], np.append(bins[1:-1], np.inf)
    shared = np.clip(np.minimum(edges[1:, None], upper) - np.maximum(edges[:-1, None], lower), 0.0, None)
    return np.asarray(shared / np.diff(edges)[:, None])


def _law_hazards(seen: Tally, edges: Floats, start: float, scale: float) -> Floats:
    """(L, S, B) mean hazard of each law between the edges."""
    s, b = len(seen.strata), len(edges)
    floor = np.maximum(edges, YOUNG * start) * scale
    rows = AtRisk(by=seen.by, strata=seen.strata, stratum=np.repeat(np.arange(s), b), until=np.tile(floor, s),
                  units=np.ones(s * b))
    rise = foretell(seen, rows, np.full(s, floor[0]), np.full(s, floor[-1])).rise.reshape(-1, s, b)
    return np.asarray(np.diff(rise, axis=2) / np.diff(edges))


def _spreads(seen: Tally, start: float, end: float) -> Floats:
    s = len(seen.strata)
    rows = AtRisk(by=seen.by, strata=seen.strata, stratum=np.arange(s), until=np.full(s, end), units=np.ones(s))
    return foretell(seen, rows, np.full(s, start), np.full(s, end)).spread
