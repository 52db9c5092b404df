"""Simulated fleets whose units report home: some fall silent for good or for a while, some were never heard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warrantor.tally import DAYS_PER_MONTH, Floats, Heard, Ints, Tally

UNHEARD = -(10**6)
COVER = 365


@dataclass(frozen=True, slots=True)
class Habits:
    """How units report home.

    Attributes
    ----------
    daily : float
        Chance that a unit in use reports home on a day.
    opt_out : float
        Share that never reports.
    drawer : float
        Rate per month at which a living unit is put away for good.
    resale : float
        Rate per month at which a unit in use is set aside to be sold on.
    away : float
        Mean months until it is used again, exponential.
    """

    daily: float = 0.6
    opt_out: float = 0.1
    drawer: float = 0.005
    resale: float = 0.01
    away: float = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Connected:
    """A simulated fleet of one product, promised 365 days; every failure under cover is claimed that day.

    Attributes
    ----------
    day : int
        Day number up to which the records tell; the first sale is on day 0.
    sold : (N,) day number
    failure : (N,) day of age
        Silences the unit for good.
    seen : (N,) day number
        Last heard; `UNHEARD` where it never was.
    """

    day: int
    sold: Ints
    failure: Floats
    seen: Ints

    @classmethod
    def of(cls, units: int, seed: int, *, habits: Habits | None = None, day: int = 760, beta: float = 1.2,
           by_month_12: float = 0.03, later: float = 1.0) -> Connected:
        """Simulate sales spread evenly over the days, and Weibull failures.

        Parameters
        ----------
        units : int
        seed : int
        habits : Habits, optional
        day : int
            Last day of sales and of the records.
        beta, by_month_12 : float
            Shape, and the share failed by month 12.
        later : float
            What the hazard is multiplied by after month 12.

        Examples
        --------
        >>> fleet = Connected.of(1000, 1)
        >>> fleet.heard(30).units.sum() + fleet.tally().claimed.sum()
        np.float64(1000.0)
        """
        rng = np.random.default_rng(seed)
        sold, target, at_12 = rng.integers(0, day, units), rng.exponential(size=units), -np.log1p(-by_month_12)
        target = np.minimum(target, at_12) + np.maximum(target - at_12, 0.0) / later
        failure = 12.0 * DAYS_PER_MONTH * (target / at_12) ** (1.0 / beta)
        return cls(day, sold, failure, last_seen(sold, failure, day, habits or Habits(), rng))

    @property
    def age(self) -> Ints:
        """(N,) day; age on the last day."""
        return self.day - self.sold

    @property
    def claimed(self) -> Ints:
        """(N,) 1 where a failure under cover is on record."""
        return (self.failure < np.minimum(COVER, self.age) + 1).astype(np.int64)

    def failed_between(self, start: float, end: float) -> float:
        """Failures per 1000 units sold between two ages in days, known or not."""
        return float(1000.0 * np.mean((self.failure > start) & (self.failure <= end)))

    def tally(self) -> Tally:
        """First claims by age in days; the unclaimed leave at the end of cover, or are open."""
        return self._tally(np.minimum(COVER, self.age))

    def censored_at_last_seen(self) -> Tally:
        """The same with the unclaimed leaving when they were last heard: censored by the failure itself."""
        return self._tally(np.maximum(self.seen - self.sold, 0))

    def heard(self, within: int) -> Heard:
        """Unclaimed units by age, cover and silence, as `fleet.heard` counts them."""
        live = self.claimed == 0
        age, never = self.age[live], self.seen[live] == UNHEARD
        silent = np.where(never, 0, self.day - self.seen[live])
        spell = np.where(never, -1, silent // within)
        month, past = np.floor(age / DAYS_PER_MONTH).astype(np.int64), (age > COVER).astype(np.int64)
        key, place = np.unique(np.stack((month, past, spell)), axis=1, return_inverse=True)
        place = place.ravel()
        units = np.bincount(place).astype(np.float64)
        return Heard(by=(), strata=((),), stratum=np.zeros(len(units), np.int64), within=within, month=key[0],
                     past=key[1], spell=key[2], units=units, age_days=np.bincount(place, age).astype(np.float64),
                     cover_days=COVER * units, silent_days=np.bincount(place, silent).astype(np.float64))

    def _tally(self, leave: Ints) -> Tally:
        claimed = self.claimed.astype(np.float64)
        age = np.where(claimed > 0, np.floor(self.failure), leave).astype(np.float64)
        none = np.zeros_like(age)
        return Tally.of(by=(), strata=((),), stratum=np.zeros(2 * len(age), np.int64), age=np.concatenate((none, age)),
                        entered=np.concatenate((none + 1.0, none)), claimed=np.concatenate((none, claimed)),
                        open=np.concatenate((none, 1.0 - claimed)))


def last_seen(sold: Ints, failure: Floats, day: int, habits: Habits, rng: np.random.Generator) -> Ints:
    """Draw the day on which each unit was last heard; `UNHEARD` where it never was.

    Parameters
    ----------
    sold : (N,) day number
    failure : (N,) day of age
        A failure silences a unit for good.
    day : int
        Day number up to which heartbeats are known.
    habits : Habits
    rng : Generator

    Returns
    -------
    (N,) day number

    Examples
    --------
    >>> sold, never, always = np.zeros(4, np.int64), np.full(4, np.inf), Habits(1.0, 0.0, 0.0, 0.0)
    >>> last_seen(sold, never, 100, always, np.random.default_rng(1))
    array([100, 100, 100, 100])
    """
    size = len(sold)
    use = np.floor(np.minimum(np.minimum(failure, _waited(habits.drawer, rng, size)), day - sold))
    last, again = _in_use(use, habits, rng)
    gap, earlier = (rng.geometric(habits.daily, size) - 1 for _ in range(2))
    age = np.where(use - gap < again, np.where(again > use, np.floor(last) - gap, np.floor(last) - earlier), use - gap)
    seen = sold + age.astype(np.int64)
    return np.where((rng.random(size) < habits.opt_out) | (age < 0), UNHEARD, seen)


def _in_use(use: Floats, habits: Habits, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Age (N,) at which the last setting-aside before `use` began, and at which it ended; far before where none did."""
    last, again = np.full(len(use), -1e6), np.zeros(len(use))
    left = np.arange(len(use))
    while len(left):
        aside = again[left] + _waited(habits.resale, rng, len(left))
        left, aside = left[aside <= use[left]], aside[aside <= use[left]]
        last[left] = aside
        again[left] = aside + rng.exponential(habits.away * DAYS_PER_MONTH, len(left))
        left = left[again[left] <= use[left]]
    return last, again


def _waited(rate: float, rng: np.random.Generator, size: int) -> Floats:
    """Ages in days (N,), exponential; beyond every calendar where the rate is zero."""
    drawn: Floats = rng.exponential(size=size)
    return drawn * (DAYS_PER_MONTH / rate) if rate > 0 else np.full(size, 1e6)
