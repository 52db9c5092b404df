"""What lengthening a promise would bring to a fleet: claims by the old end, by the new one, and the difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from warrantor.finding import Refused
from warrantor.forecast.costs import SAME, UNKNOWN, cost_of
from warrantor.forecast.drawn import TAU, aic, errors, factors, hazards, untaught
from warrantor.forecast.longer import Longer, Span
from warrantor.forecast.rush import NO_RUSH, NOT_SEPARATED, Rush, rush_of
from warrantor.forecast.watched import Watched, closed, lag_of, lag_said, watched_of
from warrantor.life.fit import fit
from warrantor.life.fitted import Fit
from warrantor.tally import DAYS_PER_MONTH, Cohorts, Floats, Ints, Tally, regrouped

if TYPE_CHECKING:
    from warrantor.forecast.past import Lesson

DRAWS = 4000
MIXED = ("weibull", "lognormal", "loglogistic")


def extend_cohorts(tally: Tally, cohorts: Cohorts, *, start: float = 12.0, end: float = 18.0, soft: Tally | None = None,
                   lots: str | None = None, history: Lesson | None = None, level: float = 0.9, seed: int = 0) -> Longer:
    """Forecast what a promise of `end` months would bring to units sold under one of `start`.

    Laws are fitted to claims up to the end of cover with windows shortened by the report lag (a claim opened l days
    before as_of is known with probability G(l)). With soft faults told apart: H(t) = H_hard(t) / (1 - q). The effect of
    the longer promise is every failure in (start, end], claimed under it: units unclaimed at `start` x
    (1 - exp(-(H(end) - H(start)) M)), M the error of such forecasts.

    Parameters
    ----------
    tally : Tally
        First claims by age in days; of hard faults only where `soft` is given. Any strata; the guarantee may be one.
    cohorts : Cohorts
        The same units by start day.
    start, end : float
        Months.
    soft : Tally, optional
        First claims of soft faults, same strata.
    lots : str, optional
        Stratum column whose cells share a law up to a factor, shrunk towards one by how little they differ; without
        it a bad lot that has grown old raises the forecast of the good ones that are young. Added over in the answer.
    history : Lesson, optional
        How wrong forecasts of past products were; without at least four the stated prior sd of 0.3 is used.
    level : float
        Level of the intervals.
    seed : int
        Of the draws.

    Returns
    -------
    Longer

    Raises
    ------
    Refused
        Ages that are not days, or strata that do not match.
    """
    if tally.unit != "day":
        raise Refused("A fleet's tally has ages in days; this one has " + tally.unit + ".")
    lag = lag_of(cohorts)
    watched = watched_of(tally, cohorts, lag)
    shorter, milder = closed(tally, watched), None if soft is None else closed(soft, watched_of(soft, cohorts, lag))
    pooled = shorter.over(lots) if lots else shorter
    fits = [fit(pooled, law, level) for law in MIXED]
    _, group = regrouped(tally.by, tally.strata, pooled.by)
    asked = _Asked(shorter, group, milder, watched, fits, start * DAYS_PER_MONTH, end * DAYS_PER_MONTH, history, seed)
    found = [asked.stratum(s) for s in range(len(pooled.strata))]
    how = (*shorter.how, lag_said(lag), *asked.said())
    return Longer.of(pooled, found, start=start, end=end, level=level, how=how)


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """One question of every group of lots."""

    tally: Tally
    group: Ints
    soft: Tally | None
    watched: Watched
    fits: list[Fit]
    start: float
    end: float
    history: Lesson | None
    seed: int

    def said(self) -> tuple[str, ...]:
        """Say what was assumed."""
        return (
            NOT_SEPARATED if self.soft is None else "Soft faults told apart: failures = hard / (1 - share of soft).",
            f"Laws mixed by AIC: {', '.join(MIXED)}.",
            f"Fewer than four past products: how wrong such forecasts are is a stated prior, sd {TAU} on the log scale."
            if untaught(self.history) else "The error that forecasts of past products showed is carried over.",
            UNKNOWN if np.isnan(self.tally.total("cost")).any() else SAME,
            "Assumes no new failure mode after the last observed month.",
        )

    def stratum(self, g: int) -> Span | str:
        """Draw one group's counts, or say why not."""
        weights = aic([f.loglik[g] for f in self.fits], [len(f.names) for f in self.fits])
        if weights is None:
            return self.fits[0].refused[g] or "No law fits."
        members = np.flatnonzero(self.group == g)
        other = self._promised_otherwise(members)
        if other is not None:
            return other
        try:
            rush = NO_RUSH if self.soft is None else rush_of(self.tally, self.soft, members, self.start)
        except Refused as refusal:
            return str(refusal)
        return self._drawn(g, members, weights, rush, np.random.default_rng([self.seed, g]))

    def _promised_otherwise(self, members: Ints) -> str | None:
        """Say that the units are not promised `start` months; whole months are up to three days off their mean."""
        cover = self.watched.cover[np.isin(self.watched.stratum, members) & ~np.isnan(self.watched.cover)]
        if not len(cover) or abs(cover - self.start).max() <= 3.0:
            return None
        shown = " to ".join(dict.fromkeys(f"{d / DAYS_PER_MONTH:.1f}" for d in (cover.min(), cover.max())))
        return (f"These units are promised {shown} months, not {self.start / DAYS_PER_MONTH:g}: ask from the end of "
                "their own promise, with the guarantee among the strata where there are several.")

    def _drawn(self, g: int, members: Ints, weights: Floats, rush: Rush, rng: np.random.Generator) -> Span:
        grid = np.arange(0.0, np.ceil(self.start) + 1.0)
        steps = np.append(np.arange(self.start, self.end - 1.0, DAYS_PER_MONTH), self.end)
        hazard = hazards(self.fits, weights, g, np.concatenate((grid, steps)), rng, draws=DRAWS)
        lot = factors(self.tally, self.fits[int(np.argmax(weights))], g, members, rng, draws=DRAWS)
        noise = 1.0 + rng.standard_normal((DRAWS, 1)) / np.sqrt(max(rush.claims, 1.0))
        at_start = hazard[:, [len(grid)]]
        later = at_start - hazard[:, : len(grid)] + noise * (rush.at(steps[:1]) - rush.at(grid))
        still = -np.expm1(-np.maximum(later, 0.0)) @ self._open(members, len(grid))
        seen = self._claimed(members)
        by_start = seen + rng.poisson(still * lot)
        share = np.clip(rush.share + np.sqrt(rush.share_variance) * rng.standard_normal(DRAWS), 0.0, 0.99)
        rise = (hazard[:, len(grid):] - at_start) / (1.0 - share[:, None])
        sold, gone = self._sold(members)
        alive = np.maximum(sold - gone - by_start, 0.0)[:, :, None]
        foretold = float(np.mean(alive[:, :, 0] * -np.expm1(-rise[:, -1:] * lot))) * len(members)
        rise = rise * np.exp(errors(self.history, rng, DRAWS, foretold))[:, None]
        left = np.exp(-rise[:, None, :] * lot[:, :, None])
        extra = rng.poisson(alive * -np.diff(left, axis=2)).sum(axis=1).cumsum(axis=1)
        cost = cost_of(extra[:, -1], self._parts(), members, rng)
        return Span(float(sold.sum()), float(seen.sum()), by_start.sum(axis=1), extra, cost, steps[1:] / DAYS_PER_MONTH,
                    dict(zip(MIXED, weights.tolist(), strict=True)), rush.share)

    def _open(self, members: Ints, ages: int) -> Floats:
        """(A, L) unclaimed units by the whole day of age up to which their claims are known, cover not ended there."""
        own = np.isin(self.watched.stratum, members) & (np.minimum(self.watched.cover, self.start) > self.watched.age)
        place = np.searchsorted(members, self.watched.stratum[own])
        cell = self.watched.age[own].astype(np.int64) * len(members) + place
        counted = np.bincount(cell, self.watched.units[own], ages * len(members))
        return counted.reshape(ages, len(members)).astype(np.float64, copy=False)

    def _claimed(self, members: Ints) -> Floats:
        """(L,) first claims known so far, of hard and soft faults, up to the end of cover."""
        return np.asarray(sum(
            np.bincount(t.stratum, t.claimed * (t.age <= self.start + 1.0), len(t.strata))[members]
            for t in self._parts()
        ))

    def _parts(self) -> list[Tally]:
        return [t for t in (self.tally, self.soft) if t is not None]

    def _sold(self, members: Ints) -> tuple[Floats, Floats]:
        """(L,) units, and those gone without a claim."""
        soft = 0.0 if self.soft is None else self.soft.total("claimed")[members]
        return self.tally.total("entered")[members], self.tally.total("gone")[members] - soft
