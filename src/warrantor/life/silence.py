"""Silence is not failure: who was heard, by age, and how many of the silent come back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from warrantor.tally import DAYS_PER_MONTH, Floats, Heard

LONGEST_SPELL = 40
RATES = np.geomspace(0.03, 3.0, 120)  # returns per month
SURE = 10.0  # gain in weighted squares above which some of the silent are taken to come back


@dataclass(frozen=True, slots=True, eq=False)
class Ears:
    """One stratum by month of age and cover: units, and how many of them were heard.

    Attributes
    ----------
    age, unseen, cover : (R,) day
        Mean age on the day; age up to which a failure would be seen as silence; age at which cover ends.
    past : (R,) bool
        Whether cover has ended.
    units, heard : (R,) count
    """

    age: Floats
    unseen: Floats
    cover: Floats
    past: NDArray[np.bool_]
    units: Floats
    heard: Floats

    @classmethod
    def of(cls, heard: Heard, s: int) -> Ears:
        """Read stratum `s`.

        A unit that failed v days before the day was still heard in the window with chance pi(within - v), so its
        failure is silence only after about the mean of (within - days since heard) days, half a day for the day of
        failure itself. Months of age not wholly beyond the first `within` days are left out: their units had less time
        to be heard.
        """
        rows = (heard.stratum == s) & (heard.month * DAYS_PER_MONTH >= heard.within)
        key, place = np.unique(2 * heard.month[rows] + heard.past[rows], return_inverse=True)

        def add(values: Floats) -> Floats:
            return np.bincount(place, values, len(key)).astype(np.float64)

        now = heard.spell[rows] == 0
        units, ear = add(heard.units[rows]), add(heard.units[rows] * now)
        age = add(heard.age_days[rows]) / units
        since = float((heard.silent_days[rows] * now).sum()) / max(float(ear.sum()), 1.0)
        return cls(age=age, unseen=np.maximum(age - (heard.within - 0.5 - since), 0.0),
                   cover=add(heard.cover_days[rows]) / units, past=key % 2 == 1, units=units, heard=ear)

    @property
    def months(self) -> Floats:
        """(R,) month; the age."""
        return self.age / DAYS_PER_MONTH

    @property
    def silent_alive(self) -> float:
        """Share of unclaimed units under cover that were not heard: claims tell who died, so these live."""
        under = ~self.past
        return float(1.0 - self.heard[under].sum() / max(float(self.units[under].sum()), 1.0))


@dataclass(frozen=True, slots=True)
class Homecoming:
    """How silence ends, told by units under cover, where claims tell who died.

    Attributes
    ----------
    rate : float
        Returns per month of those who come back; nan where none can be seen to.
    share : float
        Of units silent for one to two windows, the share that comes back; 0 where none can be seen to.
    """

    rate: float
    share: float


def returns_of(heard: Heard, s: int) -> Homecoming:
    """Tell those who come back from those silent for good, by how counts fall with the length of silence.

    Among living units watched long enough, the number last heard k windows ago is B + A exp(-rate within (k - 1)),
    k = 1, 2, ...: as many fall silent each month, A of them come back at `rate`, B never do. Least squares weighted by
    the counts, A and B not below zero, `rate` on a grid.

    Parameters
    ----------
    heard : Heard
    s : int
        The stratum.

    Returns
    -------
    Homecoming

    Examples
    --------
    >>> from warrantor.world.connected import Connected, Habits
    >>> fleet = Connected.of(50_000, 1, habits=Habits(drawer=0.0, resale=0.02))
    >>> returns_of(fleet.heard(30), 0).share > 0.9
    True
    """
    rows = (heard.stratum == s) & (heard.past == 0)
    oldest = heard.month[rows].max(initial=0) * DAYS_PER_MONTH
    spells = int(min(LONGEST_SPELL, 0.75 * oldest // heard.within - 1))
    if spells < 3:
        return Homecoming(float("nan"), 0.0)
    rows &= heard.month * DAYS_PER_MONTH >= (spells + 1) * heard.within
    k = np.arange(1, spells + 1)
    counts = np.array([heard.units[rows & (heard.spell == i)].sum() for i in k])
    weight = 1.0 / np.maximum(counts, 1.0)
    flat = float((weight * (counts - counts.sum() / spells) ** 2).sum())
    fade = np.exp(-RATES[:, None] * (heard.within / DAYS_PER_MONTH) * (k - 1))
    ends = [_ended(row, counts, weight) for row in fade]
    best = int(np.argmin([e[2] for e in ends]))
    a, b, misfit = ends[best]
    if flat - misfit < SURE:
        return Homecoming(float("nan"), 0.0)
    return Homecoming(float(RATES[best]), a / (a + b))


def _ended(fade: Floats, counts: Floats, weight: Floats) -> tuple[float, float, float]:
    """A, B and the weighted squares of B + A fade against the counts."""
    from scipy.optimize import nnls

    root = np.sqrt(weight)
    (a, b), left = nnls(np.stack((fade, np.ones_like(fade)), axis=1) * root[:, None], counts * root)
    return float(a), float(b), float(left**2)
