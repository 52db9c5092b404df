"""What lengthening a promise would bring to a fleet: claims by the old end, by the new one, and the difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from warrantor.finding import Refused
from warrantor.forecast.costs import SAME, UNKNOWN, cost_of
from warrantor.forecast.longer import Longer, Span
from warrantor.forecast.rush import NO_RUSH, NOT_SEPARATED, Rush, rush_of
from warrantor.life.fit import fit
from warrantor.life.fitted import Fit
from warrantor.life.lag import Lag, fit_lag
from warrantor.life.laws import LAWS
from warrantor.tally import DAYS_PER_MONTH, Cohorts, Floats, Ints, Tally, regrouped

if TYPE_CHECKING:
    from warrantor.forecast.past import Lesson

DRAWS = 4000
TAU = 0.3  # the least prior sd we dare state for a log multiplier where fewer than four past products were seen
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
    watched = _watched(tally, cohorts, lag)
    shorter = _closed(tally, watched)
    pooled = shorter.over(lots) if lots else shorter
    fits = [fit(pooled, law, level) for law in MIXED]
    _, group = regrouped(tally.by, tally.strata, pooled.by)
    asked = _Asked(shorter, group, soft, watched, fits, start * DAYS_PER_MONTH, end * DAYS_PER_MONTH, history, seed)
    found = [asked.stratum(s) for s in range(len(pooled.strata))]
    how = (*tally.how, _lag_said(lag), *asked.said())
    return Longer.of(pooled, found, start=start, end=end, level=level, how=how)


def shortened(tally: Tally, cohorts: Cohorts) -> Tally:
    """Return a tally whose unclaimed units leave where their claims cease to be known, not where watching ends.

    A unit open at age A has had its claims reported up to age A - l with probability G(l): its exit is spread over l.

    Parameters
    ----------
    tally : Tally
        All first claims by age in days.
    cohorts : Cohorts
        The same units, same columns.

    Returns
    -------
    Tally
        Exits in `open` and `gone`; `expired` is taken together with `open`.
    """
    return _closed(tally, _watched(tally, cohorts, lag_of(cohorts)))


def _closed(tally: Tally, watched: _Watched) -> Tally:
    """The tally with the unclaimed leaving as `watched` says."""
    none = np.zeros(len(watched.age))
    return Tally.of(by=tally.by, strata=tally.strata, stratum=np.concatenate((tally.stratum, watched.stratum)),
                    age=np.concatenate((tally.age, watched.age)), how=tally.how,
                    entered=np.concatenate((tally.entered, none)), claimed=np.concatenate((tally.claimed, none)),
                    gone=np.concatenate((tally.gone, none)),
                    open=np.concatenate((np.zeros(len(tally)), watched.units)), currency=tally.currency,
                    **{name: np.concatenate((getattr(tally, name), none))  # type: ignore[arg-type]
                       for name in ("claims", "cost", "cost_squared")})


def lag_of(cohorts: Cohorts) -> Lag | None:
    """Fit the report lag of the known claims, allowing for those not known yet; None where there are no claims."""
    if not cohorts.claim_count.sum():
        return None
    as_of = _as_of(cohorts)
    opened = cohorts.start_day[cohorts.claim_cohort] + np.floor((cohorts.claim_age + 0.5) * DAYS_PER_MONTH)
    limit = np.maximum(as_of - opened, cohorts.claim_lag)
    return fit_lag(cohorts.claim_lag, "empirical", limit=limit, count=cohorts.claim_count)


def _as_of(cohorts: Cohorts) -> int:
    if cohorts.as_of is None:
        raise Refused("These cohorts do not say as of which day they were read.")
    return cohorts.as_of.toordinal() - 719163


def _lag_said(lag: Lag | None) -> str:
    if lag is None:
        return "No claims are known, so no report lag was allowed for."
    middle, late = lag.quantile(0.5), lag.quantile(0.99)
    return f"Windows are shortened by the report lag: median {middle} days, 99th percentile {late}."


@dataclass(frozen=True, slots=True, eq=False)
class _Watched:
    """Unclaimed units by stratum, and the age up to which their claims are known."""

    stratum: Ints
    age: Floats
    units: Floats
    cover: Floats


def _watched(tally: Tally, cohorts: Cohorts, lag: Lag | None) -> _Watched:
    """Spread each cohort's unclaimed units over the ages up to which a claim of theirs would be known by as_of."""
    place = {key: i for i, key in enumerate(tally.strata)}
    named = _columns(tally, cohorts)
    pairs = zip(cohorts.stratum, cohorts.guarantee, strict=True)
    keys = [(*cohorts.strata[s], cohorts.guarantees[g]) for s, g in pairs]
    stratum = np.array([place.get(tuple(key[i] for i in named), -1) for key in keys], np.int64)
    left = np.maximum(cohorts.units - cohorts.claimed - cohorts.gone, 0.0) * (stratum >= 0)
    day = np.minimum(cohorts.end_day, _as_of(cohorts)) - cohorts.start_day
    share = np.array([1.0]) if lag is None else lag.share
    slack = _as_of(cohorts) - cohorts.start_day - day
    back = np.maximum(np.arange(len(share)) - slack[:, None], 0)
    age = np.maximum(day[:, None] - back, 0).ravel().astype(np.float64)
    cover = np.repeat((cohorts.end_day - cohorts.start_day).astype(np.float64), len(share))
    keep = np.repeat(left > 0, len(share))
    return _Watched(np.repeat(stratum, len(share))[keep], age[keep], (left[:, None] * share).ravel()[keep], cover[keep])


def _columns(tally: Tally, cohorts: Cohorts) -> list[int]:
    """Where the tally's stratum columns stand in (cohort columns, guarantee)."""
    names = [*cohorts.by, "guarantee"]
    lacking = [name for name in tally.by if name not in names]
    if lacking:
        raise Refused(f"The tally is by {', '.join(lacking)} and the cohorts are not: ask both by the same columns.")
    return [names.index(name) for name in tally.by]


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """One question of every group of lots."""

    tally: Tally
    group: Ints
    soft: Tally | None
    watched: _Watched
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
            if _untaught(self.history) else "The error that forecasts of past products showed is carried over.",
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
        cover = self.watched.cover[np.isin(self.watched.stratum, members)]
        if not len(cover) or abs(cover - self.start).max() <= 3.0:
            return None
        shown = " to ".join(dict.fromkeys(f"{d / DAYS_PER_MONTH:.1f}" for d in (cover.min(), cover.max())))
        return (f"These units are promised {shown} months, not {self.start / DAYS_PER_MONTH:g}: ask from the end of "
                "their own promise, with the guarantee among the strata where there are several.")

    def _drawn(self, g: int, members: Ints, weights: Floats, rush: Rush, rng: np.random.Generator) -> Span:
        grid = np.arange(0.0, np.ceil(self.start) + 1.0)
        steps = np.append(np.arange(self.start, self.end - 1.0, DAYS_PER_MONTH), self.end)
        hazard = _hazards(self.fits, weights, g, np.concatenate((grid, steps)), rng)
        lot = self._factors(g, members, int(np.argmax(weights)), rng)
        noise = 1.0 + rng.standard_normal((DRAWS, 1)) / np.sqrt(max(rush.claims, 1.0))
        at_start = hazard[:, [len(grid)]]
        later = at_start - hazard[:, : len(grid)] + noise * (rush.at(steps[:1]) - rush.at(grid))
        still = -np.expm1(-np.maximum(later, 0.0)) @ self._open(members, len(grid))
        seen = self._claimed(members)
        by_start = seen + rng.poisson(still * lot)
        share = np.clip(rush.share + np.sqrt(rush.share_variance) * rng.standard_normal(DRAWS), 0.0, 0.99)
        rise = (hazard[:, len(grid):] - at_start) / (1.0 - share[:, None]) * np.exp(_errors(self.history, rng))[:, None]
        sold, gone = self._sold(members)
        left = np.exp(-rise[:, None, :] * lot[:, :, None])
        alive = np.maximum(sold - gone - by_start, 0.0)[:, :, None]
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

    def _factors(self, g: int, members: Ints, law: int, rng: np.random.Generator) -> Floats:
        """(DRAWS, L) factors of the lots: gamma with mean one before, and after each lot's claims against its law's."""
        if len(members) == 1:
            return np.ones((DRAWS, 1))
        rows = np.isin(self.tally.stratum, members)
        t, one = self.tally, self.fits[law]
        weight = (t.claimed + t.left - t.entered)[rows]
        lived = -LAWS[one.law].log_survival(t.age[rows], one.parameters[g][None, :])
        place = np.searchsorted(members, t.stratum[rows])
        due = np.maximum(np.bincount(place, weight * lived, len(members)), 0.0)
        came = np.bincount(place, np.where(t.age[rows] > 0, t.claimed[rows], 0.0), len(members)).astype(np.float64)
        shape = likeness(came, due)
        return np.asarray(rng.gamma(shape + came, 1.0 / (shape + due), (DRAWS, len(members))))

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


def likeness(came: Floats, due: Floats) -> float:
    """How alike lots are: the shape of the gamma their factors come from, by maximum likelihood on a grid.

    came ~ Poisson(due z), z ~ Gamma(shape, shape): logL = sum lgG(a + O) - lgG(a) + a ln a - (a + O) ln(a + E).

    Parameters
    ----------
    came, due : (L,) count
        O, claims of each lot; E, what the common law says of it.

    Returns
    -------
    float
        From 0.5 (as different as can be) to 1e4 (alike).

    Examples
    --------
    >>> likeness(np.full(20, 100.0), np.full(20, 100.0)) > 1000 > likeness(np.array([10.0, 300.0]), np.full(2, 100.0))
    True
    """
    from scipy.special import gammaln

    a = np.geomspace(0.5, 1e4, 60)[:, None]
    fitted = gammaln(a + came) - gammaln(a) + a * np.log(a) - (a + came) * np.log(a + due)
    return float(a[np.argmax(fitted.sum(axis=1)), 0])


def aic(loglik: list[float], parameters: list[int]) -> Floats | None:
    """Akaike weights of laws with these log-likelihoods; None where none was fitted."""
    score = np.array(loglik) - np.array(parameters)
    if np.isnan(score).all():
        return None
    weight = np.where(np.isnan(score), 0.0, np.exp(score - np.nanmax(score)))
    return np.asarray(weight / weight.sum())


def _hazards(fits: list[Fit], weights: Floats, s: int, age: Floats, rng: np.random.Generator) -> Floats:
    """Cumulative hazards (DRAWS, A): a law drawn by weight, its parameters from their large-sample distribution."""
    law = rng.choice(len(fits), DRAWS, p=weights)
    found = np.empty((DRAWS, len(age)))
    for i, one in enumerate(fits):
        mine = np.flatnonzero(law == i)
        if len(mine):
            spread = np.linalg.inv(-one.curvature[s])
            theta = rng.multivariate_normal(one.theta[:, s], spread, len(mine), method="cholesky").T
            of = LAWS[one.law]
            drawn = [p.out(p.coordinate(theta), one.rows.scale[s]) for p in of.parameters]
            found[mine] = -of.log_survival(age, np.stack(drawn, axis=1)[:, None, :])
    return found


def _untaught(history: Lesson | None) -> bool:
    return history is None or history.prior


def _errors(history: Lesson | None, rng: np.random.Generator) -> Floats:
    """(DRAWS,) ln multipliers: the errors a Weibull made on past products, or the stated prior."""
    if history is None or history.prior:
        return TAU * rng.standard_normal(DRAWS)
    return np.asarray(rng.permutation(history.transports[0].quantiles(DRAWS)))
