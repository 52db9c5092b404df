"""The draws of one stratum: hazards, factors of its lots, counts by month, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from warrantor.finding import Refused
from warrantor.forecast.costs import severity
from warrantor.forecast.drawn import Binned, against, aic, errors, factors, hazards, likeness, untaught, weighed
from warrantor.forecast.exposed import STEP, Exposed, Units, exposed
from warrantor.forecast.months import Months
from warrantor.forecast.outlook import triple
from warrantor.forecast.rush import NO_RUSH, Rush, moved, rush_of
from warrantor.life.fitted import Fit
from warrantor.life.lag import Lag
from warrantor.tally import DAYS_PER_MONTH, Floats, Ints, Tally

if TYPE_CHECKING:
    from warrantor.forecast.past import Lesson

LAWS_MIXED = ("weibull", "lognormal", "loglogistic", "lfp-weibull", "gengamma")
VAGUE = 0.13  # sd of the share of soft faults beyond which it multiplies failures by anything
OF_EACH = 400  # draws of each law alone


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Draws of one stratum.

    Attributes
    ----------
    not_reported, to_occur : (M, D) count
    cost_not_reported, cost_to_occur : (M, D) currency
    after, cost_after : (D,) count, currency
    repeats : float
    weights : dict
        Of the laws.
    by_law : dict
        Mean, lower, upper of the claims of all months under each law.
    """

    not_reported: Floats
    to_occur: Floats
    cost_not_reported: Floats
    cost_to_occur: Floats
    after: Floats
    cost_after: Floats
    repeats: float
    weights: dict[str, float]
    by_law: dict[str, tuple[float, float, float]]


@dataclass(frozen=True, slots=True, eq=False)
class Hazard:
    """Draws of the hazard of first claims by age bin, that of the sale's day first.

    Attributes
    ----------
    past, ahead : (D, A)
        Under the promise the units had so far, and under the one supposed from now on.
    """

    past: Floats
    ahead: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One question of every stratum.

    Attributes
    ----------
    tally : Tally
        By lot, windows shortened.
    soft : Tally or None
    group : (G,) int
        Stratum of each lot, new lots after the tally's own.
    fits : list of Fit
        Of the strata.
    seen : (S,) day
        Age up to which the strata were watched.
    own : (S, 2) day
        Shortest and longest promise.
    months : Months
    lag : Lag or None
    level : float
    lesson : Lesson or None
    length : float or None
        Months of the promise supposed; None: their own.
    seed, draws : int
    """

    tally: Tally
    soft: Tally | None
    group: Ints
    fits: list[Fit]
    seen: Floats
    own: Floats
    months: Months
    lag: Lag | None
    level: float
    lesson: Lesson | None = None
    length: float | None = None
    seed: int = 0
    draws: int = 2000

    def drawn(self, s: int, units: Units) -> Drawn | str:
        """Draw one stratum's claims, or say why not."""
        weights = aic([f.loglik[s] for f in self.fits], [len(f.names) for f in self.fits])
        if weights is None:
            return self.fits[0].refused[s] or "No law fits."
        members = np.flatnonzero(self.group == s)
        try:
            rush = self._rush(s, members)
        except Refused as refusal:
            return str(refusal)
        mine = units.only(np.flatnonzero(np.isin(units.group, members)))
        return _Stratum(self, s, members, weights, rush, mine).drawn()

    def _rush(self, s: int, members: Ints) -> Rush:
        if self.soft is None:
            return NO_RUSH
        low, high = self.own[s]
        if high - low > 6:
            raise Refused("These units have promises of several lengths, and soft faults rush in before each end: ask "
                          "with the guarantee among the strata.")
        if self.seen[s] < low - 2 * STEP:
            raise Refused("No cohort has reached the end of its cover, so the share of soft faults cannot be told. "
                          "Ask without soft, or wait.")
        rush = rush_of(self.tally, self.soft, members[members < len(self.tally.strata)], float(high))
        if rush.share_variance > VAGUE**2:
            raise Refused("Too few claims, or too few units at the end of their cover, tell the share of soft faults: "
                          f"{rush.share:.2f} give or take {np.sqrt(rush.share_variance):.2f}. Ask without soft, or "
                          "wait.")
        return rush


@dataclass(frozen=True, slots=True, eq=False)
class _Stratum:
    """One stratum, and its units by lot."""

    asked: Asked
    s: int
    members: Ints
    weights: Floats
    rush: Rush
    units: Units

    def drawn(self) -> Drawn:
        """Draw hazards, then counts, then their cost."""
        asked = self.asked
        rng = np.random.default_rng([asked.seed, self.s])
        ages = self._ages()
        known = Binned.of(asked.tally, self._known, ages)
        hazard = self._hazard(hazards(asked.fits, self.weights, self.s, known, rng, draws=asked.draws), ages, rng)
        lot = self._lots(rng, asked.draws)
        centre = hazard.ahead.mean(axis=0) * lot.mean(axis=0)[:, None]
        local = replace(self.units, group=np.searchsorted(self.members, self.units.group))
        load = exposed(local, centre, asked.months, asked.lag)
        count = counts(load, _means(load, hazard, lot, centre), rng)
        by_law = {}
        for f in (f for f in asked.fits if f.refused[self.s] is None):
            few = min(OF_EACH, asked.draws)
            one = self._hazard(weighed(f, self.s, known, rng, few), ages, rng)
            total = counts(load, _means(load, one, lot[:few], centre), rng)[:, :, :-1].sum(axis=(1, 2))
            mean, lower, upper = triple(total, asked.level).tolist()
            by_law[f.law] = (mean, lower, upper)
        return self._told(count, by_law, rng)

    def _ages(self) -> Floats:
        """(A,) edges of the age bins, from 0 to beyond the oldest age asked of and the oldest seen."""
        tally, units = self.asked.tally, self.units
        longest = max((units.end - units.start).max(initial=0), (units.known - units.start).max(initial=0),
                      tally.age[np.isin(tally.stratum, self._known)].max(initial=0.0))
        edges: Floats = STEP * np.arange(int(longest / STEP) + 2, dtype=np.float64)
        return edges

    def _hazard(self, total: Floats, ages: Floats, rng: np.random.Generator) -> Hazard:
        """Turn what the laws say into hazards of first claims by age bin, that of the sale's day first."""
        asked = self.asked
        beyond = np.clip((ages[1:] - asked.seen[self.s]) / STEP, 0.0, 1.0)
        wrong = np.exp(self._errors(len(total)))[:, None]
        rise = np.diff(total, axis=1) * (1.0 + (wrong - 1.0) * beyond)
        pair = (rise, rise) if asked.soft is None else self._rushed(rise, ages, rng)
        sale = self._at_sale(len(total), rng)[:, None]
        return Hazard(*(np.concatenate((sale, one), axis=1) for one in pair))

    def _rushed(self, rise: Floats, ages: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Add the soft claims, as they came under the units' own promise and as they would under the one supposed."""
        share = self.rush.share + np.sqrt(self.rush.share_variance) * rng.standard_normal(len(rise))
        share = np.clip(share, 0.0, 0.99)[:, None]
        failed = np.concatenate((np.zeros((len(rise), 1)), np.cumsum(rise / (1.0 - share), axis=1)), axis=1)
        own = float(self.asked.own[self.s, 1])
        days = own if self.asked.length is None else self.asked.length * DAYS_PER_MONTH
        other = own if abs(days - own) <= 3 else days
        past, ahead = (moved(failed, self.rush, ages, own, end) for end in (own, other))
        return past[:, 1:] - past[:, :-1], ahead[:, 1:] - ahead[:, :-1]

    def _errors(self, draws: int) -> Floats:
        """(D,) ln error of the forecast beyond the ages seen, the same for every stratum."""
        asked, units = self.asked, self.units
        oldest = float((units.end - units.start)[units.end > asked.months.as_of].max(initial=1))
        drawn = errors(asked.lesson, np.random.default_rng([asked.seed, 2**31]), draws)
        if not untaught(asked.lesson) or asked.seen[self.s] <= 0:
            return drawn
        return np.asarray(drawn * np.sqrt(max(1.0, np.log(oldest / asked.seen[self.s]) / np.log(1.5))))

    def _at_sale(self, draws: int, rng: np.random.Generator) -> Floats:
        """(D,) share claimed on the day of the sale itself."""
        parts = [t for t in (self.asked.tally, self.asked.soft) if t is not None]
        dead = sum(float(t.claimed[np.isin(t.stratum, self.members) & (t.age == 0)].sum()) for t in parts)
        sold = float(self.asked.tally.total("entered")[self._known].sum())
        return np.asarray(rng.standard_gamma(dead, draws) / max(sold, 1.0))

    @property
    def _known(self) -> Ints:
        """The lots that have been sold."""
        return self.members[self.members < len(self.asked.tally.strata)]

    def _lots(self, rng: np.random.Generator, draws: int) -> Floats:
        """(D, L) factors of the lots; new ones are drawn as lots of the stratum are."""
        best = self.asked.fits[int(np.argmax(self.weights))]
        known = factors(self.asked.tally, best, self.s, self._known, rng, draws=draws)
        new = len(self.members) - len(self._known)
        if not new:
            return known
        shape = likeness(*against(self.asked.tally, best, self.s, self._known))
        return np.concatenate((known, rng.gamma(shape, 1.0 / shape, (draws, new))), axis=1)

    def _told(self, count: Floats, by_law: dict[str, tuple[float, float, float]], rng: np.random.Generator) -> Drawn:
        parts = [t for t in (self.asked.tally, self.asked.soft) if t is not None]
        claims, first = (sum(float(t.total(n)[self._known].sum()) for t in parts) for n in ("claims", "claimed"))
        seen = severity(parts, self._known)
        cost = np.full(count.shape, np.nan)
        if seen is not None:
            level = seen.levels(len(count), rng)
            cost = np.moveaxis(seen.paid(np.moveaxis(count, 0, -1), level, rng), -1, 0)
        names = [f.law for f in self.asked.fits]
        return Drawn(count[:, 0, :-1].T, count[:, 1, :-1].T, cost[:, 0, :-1].T, cost[:, 1, :-1].T,
                     count[:, :, -1].sum(axis=1), cost[:, :, -1].sum(axis=1), max(claims / first, 1.0),
                     dict(zip(names, self.weights.tolist(), strict=True)), by_law)


def _means(load: Exposed, hazard: Hazard, lot: Floats, centre: Floats) -> Floats:
    """(D, 2, M + 1) expected claims of the past and to come, over the lots."""
    return np.stack((load.past_of(hazard.past, lot), load.ahead_of(hazard.ahead, lot, centre)), axis=1)


def counts(load: Exposed, mean: Floats, rng: np.random.Generator) -> Floats:
    """(D, 2, M + 1) counts: in all binomial with the units' own mean and variance, then dealt out to the months.

    The sum over units of Bernoulli(p) is taken as Binomial(n, p'), n p' = sum p, n p'^2 = sum p^2 at the mean hazard.
    """
    whole = mean.sum(axis=(1, 2))
    if load.square.sum() <= 0:
        return np.zeros(mean.shape)
    n = max(round(float(load.mean.sum()) ** 2 / float(load.square.sum())), 1)
    count = rng.binomial(n, np.minimum(whole / n, 1.0))
    share = (mean / np.maximum(whole, 1e-300)[:, None, None]).reshape(len(mean), -1)
    share = share / np.maximum(share.sum(axis=1), 1e-300)[:, None]
    return rng.multinomial(count, share).reshape(mean.shape).astype(np.float64)
