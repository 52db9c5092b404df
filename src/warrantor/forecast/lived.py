"""Deaths and exposure in age bins of equal ratio: all the dynamic hazard needs of a tally."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from warrantor.tally import DAYS_PER_MONTH, Floats, Tally

RATIO = 1.5
YOUNGEST = 1.9  # months: below it no further bin is split off


@dataclass(frozen=True, slots=True, eq=False)
class Lived:
    """Claims and time lived by age bin.

    Attributes
    ----------
    edges : (K + 1,) month
        Bin k is (edges[k], edges[k + 1]]; edges[0] = 0.
    deaths : (S, K) count
        First claims in the bin.
    exposure : (S, K) unit-months
        Time lived unclaimed in the bin.
    """

    edges: Floats
    deaths: Floats
    exposure: Floats

    @property
    def age(self) -> Floats:
        """(K,) month; geometric mid-age of each bin, the first bin's its upper edge / e."""
        return np.concatenate((self.edges[1:2] / np.e, np.sqrt(self.edges[1:-1] * self.edges[2:])))

    def tempered(self, phi: float) -> Lived:
        """Count as 1 / phi of what it was: claims that vary phi times as much as Poisson tell that much less."""
        return replace(self, deaths=self.deaths / phi, exposure=self.exposure / phi)

    @property
    def rate(self) -> Floats:
        """(S,) claims per unit-month over all bins, half a claim where none was seen."""
        seen = self.deaths.sum(axis=1)
        lived = np.maximum(self.exposure.sum(axis=1), 1e-300)
        return np.asarray(np.where(seen > 0, seen, 0.5) / lived)


def months(age: Floats, unit: str) -> Floats:
    """Carry ages to months: days by 30.4375; a month, or a unit of the file's own, stays as it is."""
    return np.asarray(age, np.float64) / (DAYS_PER_MONTH if unit == "day" else 1.0)


def in_months(age: float, unit: str) -> float:
    """Carry one age of a tally to months."""
    return float(months(np.array([age]), unit)[0])


def edges_to(start: float, end: float) -> Floats:
    """Bin edges in ratio 1.5 back from `start` and forward until `end` is reached.

    Edges start, start / 1.5, ... while at least 1.9 months, then 0; forward start * 1.5, ... The last edge is at or
    beyond `end`.

    Parameters
    ----------
    start, end : float
        Months.

    Returns
    -------
    (K + 1,) month

    Examples
    --------
    >>> edges_to(12.0, 18.0).round(3).tolist()
    [0.0, 2.37, 3.556, 5.333, 8.0, 12.0, 18.0]
    """
    back = max(int(np.floor(np.log(start / YOUNGEST) / np.log(RATIO) + 1e-9)), 0)
    ahead = max(int(np.ceil(np.log(max(end, start) / start) / np.log(RATIO) - 1e-9)), 0)
    return np.concatenate(([0.0], start * RATIO ** np.arange(-back, ahead + 1.0)))


def lived(tally: Tally, edges: Floats) -> Lived:
    """Count deaths and exposure per bin, for every stratum at once; age 0 is counted apart and left out.

    D_k claims with age in (c_k, c_k+1]; E_k = sum over units of the time lived in the bin. Interval grain places a
    claim in the middle of its month.

    Parameters
    ----------
    tally : Tally
        First claims and exits; strata (S,).
    edges : (K + 1,) month
        From `edges_to`.

    Returns
    -------
    Lived
    """
    s, k = len(tally.strata), len(edges) - 1
    step = 0.5 if tally.grain == "interval" else 0.0
    age, claimed_at = months(tally.age, tally.unit), months(tally.age + step, tally.unit)
    bin_of = np.searchsorted(edges, claimed_at, side="left") - 1
    inside = (bin_of >= 0) & (bin_of < k)
    place = tally.stratum[inside] * k + bin_of[inside]
    deaths = np.bincount(place, tally.claimed[inside], s * k).astype(np.float64).reshape(s, k)
    width = np.diff(edges)
    exposure = np.zeros((s, k))
    for at, weight in ((claimed_at, tally.claimed), (age, tally.left), (age, -tally.entered)):
        overlap = np.clip(at[:, None] - edges[:-1], 0.0, width)
        for j in range(k):
            exposure[:, j] += np.bincount(tally.stratum, weight * overlap[:, j], s)
    return Lived(edges, deaths, np.maximum(exposure, 0.0))
