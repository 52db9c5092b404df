"""The forecasters of a window, made and mixed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warrantor.forecast.at_risk import AtRisk
from warrantor.forecast.counts import Predictive, averaged
from warrantor.forecast.curves import brought, brought_by
from warrantor.forecast.forecasters import Foretold, foretell
from warrantor.forecast.hazard import Hyper
from warrantor.forecast.lived import Lived, edges_to, in_months, lived
from warrantor.forecast.past import FEW, Lesson, rise, time_in
from warrantor.forecast.posterior import posterior
from warrantor.tally import Floats, Tally

DRAWS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A window asked of every stratum."""

    seen: Tally
    risk: AtRisk
    laws: Foretold
    mine: Lived
    start: float
    end: float
    lesson: Lesson
    hyper: Hyper
    seed: int

    @classmethod
    def of(cls, seen: Tally, risk: AtRisk, window: tuple[float, float], lesson: Lesson, seed: int = 0) -> Asked:
        """Fit the laws to every stratum at once and bin what was lived."""
        start, end = window
        each = np.full(len(seen.strata), 1.0 / in_months(1.0, seen.unit))
        return cls(seen, risk, foretell(seen, risk, start * each, end * each), lived(seen, edges_to(start, end)), start,
                   end, lesson, Hyper.prior(), seed)

    def mixed(self, s: int) -> Mix:
        """Make the forecasters of one stratum."""
        rows = self.risk.stratum == s
        until, units = self.risk.until[rows] * in_months(1.0, self.seen.unit), self.risk.units[rows]
        whole = posterior(self.mine.tempered(self.lesson.dispersion), s, self.hyper, self.lesson.taught)
        middle = posterior(self.mine, s, Hyper.prior(FEW), None)
        rises = np.vstack((self.laws.rise[:, rows], rise(middle, until, self.start)))
        spread, foretold = np.append(self.laws.spread[:, s], 0.0), -np.expm1(-rises) @ units
        stands = np.append(True, np.isfinite(rises).all(axis=1) & np.isfinite(spread))
        weight = np.where(stands, self.lesson.weights, 0.0)
        ahead = slice(int(np.searchsorted(self.mine.edges, self.start * (1 - 1e-12))), None)
        drawn, rng = whole.draws(ahead, self.seed), np.random.default_rng((self.seed, 1))
        burst = self.lesson.transports[-1].bursts(float(foretold[-1]), rng, len(drawn))
        return Mix(whole.edges[ahead], drawn + burst[:, None], until, units, rises,
                   tuple(t.quantiles(DRAWS, v, e) if np.isfinite(v) else None
                         for t, v, e in zip(self.lesson.transports, spread, foretold, strict=True)),
                   weight / weight.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Mix:
    """The forecasters of one stratum, ready for any part of the window."""

    edges: Floats
    log_hazard: Floats
    until: Floats
    units: Floats
    rises: Floats
    factors: tuple[Floats | None, ...]
    weight: Floats

    def upto(self, month: float, thin: int = 1) -> Predictive:
        """Count of claims from the start of the window up to an age in months, on every `thin`-th draw."""
        until = np.minimum(self.until, month)
        parts = [brought_by(self.log_hazard[::thin], time_in(self.edges, self.edges[0], until), self.units)]
        kept = [self.weight[0]]
        share = _part(self.until, self.edges[0], month)
        for factor, up, w in zip(self.factors, self.rises, self.weight[1:], strict=True):
            if w > 0 and factor is not None:
                parts.append(brought(factor[::thin], up * share, self.units))
                kept.append(w)
        return averaged(parts, np.array(kept))


def _part(until: Floats, start: float, month: float) -> Floats:
    """Share of each unit's rise that falls before an age: the hazard is level over the window, as its bins are."""
    length = np.maximum(until - start, 0.0)
    return np.where(length > 0, np.minimum(length, month - start) / np.where(length > 0, length, 1.0), 0.0)
