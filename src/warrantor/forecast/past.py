"""Past products, cut at the start of a window and opened to its end: what was foretold, and what came."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from warrantor.forecast.at_risk import AtRisk, alive, came, cut
from warrantor.forecast.counts import Predictive, log_score
from warrantor.forecast.curves import brought, brought_by
from warrantor.forecast.forecasters import NAMES, foretell
from warrantor.forecast.hazard import Hyper
from warrantor.forecast.lived import RATIO, edges_to, in_months, lived
from warrantor.forecast.posterior import Evidence, Posterior, Taught, posterior
from warrantor.forecast.record import PRIOR, stacked
from warrantor.forecast.transport import Transport, each_left_out, multiplier
from warrantor.tally import COUNTS, Floats, Ints, Tally

STEPS = tuple(k / 2 for k in range(-6, 9))
YOUNGEST, OLDEST = 4.0, 48.0  # months
CLAIMS_SEEN, UNITS_LEFT, LEAST_FORETOLD = 10.0, 50.0, 0.5
FEW = 64
DRAWS = 2000


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """One window of one past product.

    Attributes
    ----------
    product : int
        Stratum of the history.
    start : float
        Months.
    came : float
        O.
    units : (U,) count
    rise : (L + 1, U)
        By law, then by the middle of the dynamic hazard, for each distinct end of watch.
    spread : (L + 1,)
        Variance of ln rise from the parameters alone.
    hazard : Predictive
        What the dynamic hazard foretold, from the prior alone.
    """

    product: int
    start: float
    came: float
    units: Floats
    rise: Floats
    spread: Floats
    hazard: Predictive

    @property
    def foretold(self) -> Floats:
        """(L + 1,) expected claims of each forecaster."""
        return np.asarray(-np.expm1(-self.rise) @ self.units)


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """What a history teaches of one window.

    Attributes
    ----------
    strata : tuple of tuple of str
        The past products.
    evidence : Evidence
    windows : tuple of Window
    ratio : float
        End over start of the window.
    """

    strata: tuple[tuple[str, ...], ...]
    evidence: Evidence
    windows: tuple[Window, ...]
    ratio: float = RATIO

    @classmethod
    def of(cls, tally: Tally, start: float, end: float) -> Past:
        """Learn from uncut past products.

        Parameters
        ----------
        tally : Tally
            Uncut; a stratum a product.
        start, end : float
            Months; the windows learnt from have the same ratio, beginning at start x 1.5^(k/2), k = -6 .. 8, where
            that lies between 4 and 48 months.

        Returns
        -------
        Past
        """
        begin = [start * RATIO**k for k in STEPS]
        cases = [Case.of(tally, b, end / start) for b in begin if YOUNGEST <= b <= OLDEST or b == start]
        opened_up = foretold([c for c in cases if c is not None])
        return cls(tally.strata, Evidence.of(tally, start, Hyper.prior()), opened_up, end / start)

    def only(self, keep: NDArray[np.bool_]) -> Past:
        """Keep the past products where `keep` (S,) is true; what one teaches does not hang on another."""
        e, kept = self.evidence, set(np.flatnonzero(keep).tolist())
        return Past(self.strata, Evidence(np.where(keep[:, None], e.each, 0.0), np.where(keep, e.deaths, 0.0),
                                          np.where(keep, e.exposure, 0.0)),
                    tuple(w for w in self.windows if w.product in kept), self.ratio)

    def lesson(self) -> Lesson:
        """Put together what the products teach."""
        told = (self.evidence.deaths > 0) & (self.evidence.exposure > 0)
        return Lesson(self.evidence.taught(), self.windows, int(told.sum()), int((~told).sum()),
                      self.ratio)


@dataclass(frozen=True, eq=False)
class Lesson:
    """What past products teach the next one.

    Attributes
    ----------
    taught : Taught or None
        Weights of the dynamic hazard's prior points; None: the prior alone.
    windows : tuple of Window
    products : int
        Past products with claims.
    idle : int
        Past products without any, which taught nothing.
    ratio : float
        End over start of the window asked for.
    """

    taught: Taught | None = None
    windows: tuple[Window, ...] = ()
    products: int = 0
    idle: int = 0
    ratio: float = RATIO

    @property
    def prior(self) -> bool:
        """Whether the multipliers are a stated prior, for want of four products with a window."""
        return self.transports[0].prior

    @cached_property
    def transports(self) -> tuple[Transport, ...]:
        """One multiplier per forecaster: each law, then the middle of the dynamic hazard."""
        return tuple(multiplier(*shown, self.ratio) for shown in self._shown)

    @cached_property
    def _shown(self) -> list[tuple[Floats, Floats, Ints, Floats]]:
        """O, E, product and own variance of every window, by forecaster."""
        e = np.array([w.foretold for w in self.windows]).reshape(len(self.windows), len(NAMES) + 1)
        spread = np.array([w.spread for w in self.windows]).reshape(e.shape)
        o, product = np.array([w.came for w in self.windows]), np.array([w.product for w in self.windows], np.int64)
        return [(o, e[:, i], product, spread[:, i]) for i in range(e.shape[1])]

    @property
    def dispersion(self) -> float:
        """Variance of counts over Poisson's, as the middle of the dynamic hazard met it on past products."""
        return self.transports[-1].dispersion

    @cached_property
    def weights(self) -> Floats:
        """(F,) weight of each forecaster of the mixture, by how well it foretold what came."""
        products = np.array([w.product for w in self.windows], np.int64)
        if not len(products):
            return np.asarray(PRIOR / PRIOR.sum())
        without = [each_left_out(*shown, self.ratio) for shown in self._shown]
        score = np.array([scores(w, tuple(t[w.product] for t in without)) for w in self.windows])
        return stacked(score, products)


def scores(w: Window, transports: tuple[Transport, ...]) -> list[float]:
    """Log score of each forecaster of the mixture in one past window, past errors learnt from the other products."""
    carried = [brought(t.quantiles(200, v, e), r, w.units)
               for t, v, e, r in zip(transports, w.spread, w.foretold, w.rise, strict=True)]
    return [log_score(p, w.came) for p in (w.hazard, *carried)]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """The past products that had lived enough for a window: 10 claims seen, 50 units left, somebody watched beyond
    its start.

    Attributes
    ----------
    start, ratio : float
        Months; end / start.
    product : (N,) int
        Strata of the history.
    seen : Tally
        Cut at the start, a stratum a case.
    risk : AtRisk
    came : (N,) count
    """

    start: float
    ratio: float
    product: Ints
    seen: Tally
    risk: AtRisk
    came: Floats

    @classmethod
    def of(cls, tally: Tally, start: float, ratio: float) -> Case | None:
        """Cut every past product at `start` months and open it by each row's own age."""
        at = start / in_months(1.0, tally.unit)
        seen, risk = cut(tally, at), alive(tally, at)
        enough = (seen.total("claimed") >= CLAIMS_SEEN) & (risk.total() >= UNITS_LEFT) & opened(risk, at)
        if not enough.any():
            return None
        return cls(start, ratio, np.flatnonzero(enough), seen.only(enough), only(risk, enough).within(at, at * ratio),
                   came(tally, at, at * ratio)[enough])


def foretold(cases: list[Case]) -> tuple[Window, ...]:
    """Forecast all windows; the laws of all cases are fitted in one call, on ages in quarter months."""
    if not cases:
        return ()
    seen, risk = stacked_up(cases)
    scale = in_months(1.0, seen.unit)
    start = np.concatenate([np.full(len(c.product), c.start / scale) for c in cases])
    laws = foretell(coarse(seen), risk, start, start * cases[0].ratio)
    first = np.bincount(risk.stratum, risk.units * -np.expm1(-laws.rise[0]), len(start))
    found, at = [], 0
    for c in cases:
        mine = lived(c.seen, edges_to(c.start, c.start * c.ratio))
        for i in range(len(c.product)):
            if first[at] >= LEAST_FORETOLD:  # false where the law was refused
                rows = risk.stratum == at
                found.append(_window(c, i, posterior(mine, i, Hyper.prior(FEW), None), risk.until[rows] * scale,
                                     (laws.rise[:, rows], laws.spread[:, at])))
            at += 1
    return tuple(found)


def _window(c: Case, i: int, middle: Posterior, until: Floats, laws: tuple[Floats, Floats]) -> Window:
    rises, spread = laws
    units = c.risk.units[c.risk.stratum == i]
    bins = middle.draws(slice(int(np.searchsorted(middle.edges, c.start * (1 - 1e-12))), None), 0, FEW * 5)
    hazard = brought_by(bins, time_in(middle.edges, c.start, until)[:, -bins.shape[1]:], units)
    return Window(int(c.product[i]), c.start, float(c.came[i]), units, np.vstack((rises, rise(middle, until, c.start))),
                  np.append(spread, 0.0), hazard)


def stacked_up(cases: list[Case]) -> tuple[Tally, AtRisk]:
    """Set the cases side by side, a stratum each."""
    base = np.concatenate(([0], np.cumsum([len(c.product) for c in cases])))
    names = tuple((str(i),) for i in range(int(base[-1])))
    tallies = [replace(c.seen, by=("case",), strata=names, stratum=c.seen.stratum + b)
               for c, b in zip(cases, base, strict=False)]
    columns: dict[str, Any] = {n: np.concatenate([getattr(t, n) for t in tallies]) for n in ("stratum", "age", *COUNTS)}
    at = np.concatenate([c.risk.stratum + b for c, b in zip(cases, base, strict=False)])
    risk = AtRisk(by=("case",), strata=names, stratum=at,
                  until=np.concatenate([c.risk.until for c in cases]),
                  units=np.concatenate([c.risk.units for c in cases]))
    return replace(tallies[0], **columns), risk


def coarse(tally: Tally) -> Tally:
    """Move exact ages to the middle of their quarter month: the laws of past windows need no more, and fit ten times
    as fast.
    """
    if tally.grain != "exact":
        return tally
    step = 0.25 / in_months(1.0, tally.unit)
    moved = np.where(tally.age > 0, (np.ceil(tally.age / step) - 0.5) * step, 0.0)
    return Tally.of(by=tally.by, strata=tally.strata, stratum=tally.stratum, age=moved,
                    unit=tally.unit, grain=tally.grain, as_of=tally.as_of, how=tally.how,
                    **{n: getattr(tally, n) for n in COUNTS if not n.startswith("cost")})


def rise(p: Posterior, until: Floats, start: float) -> Floats:
    """Cumulative hazard from `start` to each age `until` (months) at the middle of the posterior."""
    return np.asarray(time_in(p.edges, start, until) @ np.exp(p.centre))


def time_in(edges: Floats, start: float, until: Floats) -> Floats:
    """(U, K) months lived between `start` and each age `until` in each bin."""
    lower, upper = np.maximum(edges[:-1], start), edges[1:]
    return np.clip(until[:, None] - lower, 0.0, np.maximum(upper - lower, 0.0))


def opened(risk: AtRisk, start: float) -> NDArray[np.bool_]:
    """(S,) whether anybody was watched beyond `start`."""
    return np.bincount(risk.stratum, risk.units * (risk.until > start), len(risk.strata)) > 0


def only(risk: AtRisk, keep: NDArray[np.bool_]) -> AtRisk:
    """Keep the strata where `keep` is true."""
    rows = keep[risk.stratum]
    strata = tuple(s for s, k in zip(risk.strata, keep, strict=True) if k)
    return AtRisk(by=risk.by, strata=strata, stratum=(np.cumsum(keep) - 1)[risk.stratum[rows]], until=risk.until[rows],
                  units=risk.units[rows])
