"""Units alike: who entered, claimed or left at the same ages, and so share one weight of a bootstrap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array

from warrantor.finding import Refused
from warrantor.life.law import Ages
from warrantor.life.likelihood import Rows
from warrantor.tally import Brackets, Floats, Ints, Tally


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """Groups of units with the same likelihood, sorted by stratum.

    Attributes
    ----------
    scale : (S,) unit of age
        The typical age of each stratum.
    stratum : (K,) int
    entry, lower, upper : (K,) unit of age
        As in `Brackets`.
    count : (K,) units
    """

    scale: Floats
    stratum: Ints
    entry: Floats
    lower: Floats
    upper: Floats
    count: Floats

    @classmethod
    def of(cls, evidence: Tally | Brackets, scale: Floats) -> Alike:
        """Group the units of a tally or of brackets; those that tell no law (age 0) are left out.

        Raises
        ------
        Refused
            Brackets with counts below zero: an entry taken back has lost its unit.
        """
        b = linked(evidence) if isinstance(evidence, Tally) else evidence
        if np.any(b.count < 0):
            raise Refused("Brackets with counts below zero do not say which unit entered when: give the tally itself, "
                          "or brackets with an entry age for every row.")
        tells = (b.upper > 0) & (b.count > 0) & ((b.lower > 0) | np.isfinite(b.upper))
        exact = b.lower == b.upper
        lower = np.where(exact, b.lower, np.maximum(b.lower, b.entry))
        rows = np.flatnonzero(tells)
        rows = rows[np.argsort(b.stratum[rows], kind="stable")]
        return cls(scale, b.stratum[rows], b.entry[rows], lower[rows], b.upper[rows], b.count[rows])

    @property
    def strata(self) -> int:
        """Number of strata, S."""
        return len(self.scale)

    def parts(self, most: int) -> Iterator[tuple[int, int, Alike]]:
        """Cut into runs of strata [low, high) of at most about `most` groups."""
        first = np.searchsorted(self.stratum, np.arange(self.strata + 1))
        cuts = [*np.flatnonzero(np.diff(first[:-1] // max(most, 1), prepend=-1)).tolist(), self.strata]
        for low, high in pairwise(cuts):
            k = slice(first[low], first[high])
            yield low, high, Alike(self.scale[low:high], self.stratum[k] - low, self.entry[k], self.lower[k],
                                   self.upper[k], self.count[k])

    def weights(self, rng: np.random.Generator, draws: int) -> Floats:
        """(K, B) fractional weights: the sum of n independent Exp(1), which is Gamma(n, 1), for n units alike."""
        return rng.standard_gamma(self.count[:, None], (len(self.count), draws))

    def rows(self, weight: Floats) -> Rows:
        """Lay every draw of the weights (K, B) out as a stratum of its own: number s B + b.

        A claim, an exit and the entry that goes with it carry the same weight.
        """
        draws = weight.shape[1]
        exact = self.lower == self.upper
        point, entered = np.flatnonzero(exact | (self.lower > 0)), np.flatnonzero(self.entry > 0)
        at, age, place = self._points(point, entered)
        n, k = len(at), len(self.count)
        sign = np.concatenate((np.ones(len(point)), -np.ones(len(entered))))
        net = csr_array((sign, (place, np.concatenate((point, entered)))), (n, k)) @ weight
        own = exact[point]
        events = csr_array((np.ones(int(own.sum())), (place[:len(point)][own], point[own])), (n, k)) @ weight
        p, of = _repeated(at, self.strata, draws)
        gap = np.flatnonzero(~exact & np.isfinite(self.upper))
        g, gap_of = _repeated(self.stratum[gap], self.strata, draws)
        t = age / self.scale[at]
        low, up = (v[gap] / self.scale[self.stratum[gap]] for v in (self.lower, self.upper))
        return Rows(np.repeat(self.scale, draws), of, Ages(t[p], np.log(t)[p]), events[p, of % draws],
                    net[p, of % draws], gap_of, Ages.of(low[g]), Ages.of(up[g]), weight[gap[g], gap_of % draws])

    def _points(self, point: Ints, entered: Ints) -> tuple[Ints, Floats, Ints]:
        """Distinct (stratum, age) in order, and which of them each point and each entry is."""
        at = np.concatenate((self.stratum[point], self.stratum[entered]))
        age = np.concatenate((self.lower[point], self.entry[entered]))
        order = np.lexsort((age, at))
        new = (np.diff(at[order], prepend=-1) != 0) | (np.diff(age[order], prepend=np.nan) != 0)
        place = np.empty(len(at), np.int64)
        place[order] = np.cumsum(new) - 1
        return at[order][new], age[order][new], place


def _repeated(at: Ints, strata: int, draws: int) -> tuple[Ints, Ints]:
    """Repeat the rows of each stratum once a draw: which row, and its new stratum, both in the order of the latter."""
    first = np.searchsorted(at, np.arange(strata + 1))
    size = np.repeat(np.diff(first), draws)
    begin = np.concatenate(([0], np.cumsum(size)))
    row = np.arange(begin[-1]) - np.repeat(begin[:-1] - np.repeat(first[:-1], draws), size)
    return row, np.repeat(np.arange(strata * draws), size)


def linked(tally: Tally) -> Brackets:
    """Return the tally as brackets in which every claim and exit has its entry.

    Where units entered at several ages a tally does not say which of them left when: each exit is dealt to the
    entries in proportion to how many of each are still under watch. A weight then stands for a part of the units.

    Raises
    ------
    Refused
        More units leave than have entered.

    Examples
    --------
    >>> t = Tally.of(by=(), strata=((),), stratum=np.zeros(3, int), age=np.array([1.0, 2.0, 9.0]),
    ...              entered=np.array([30.0, 10, 0]), claimed=np.array([0.0, 0, 4]), open=np.array([0.0, 0, 36]))
    >>> b = linked(t)
    >>> b.entry.tolist(), b.count.tolist()
    ([1.0, 2.0, 1.0, 2.0], [3.0, 1.0, 27.0, 9.0])
    """
    step = 0.0 if tally.grain == "exact" else 1.0
    late = np.bincount(tally.stratum, (tally.age > 0) & (tally.entered > 0), len(tally.strata)) > 0
    once = ~late[tally.stratum]
    claims, exits = np.flatnonzero(once & (tally.claimed > 0)), np.flatnonzero(once & (tally.left > 0))
    parts = [np.stack((claims, np.zeros(len(claims)), tally.claimed[claims], np.ones(len(claims)))),
             np.stack((exits, np.zeros(len(exits)), tally.left[exits], np.zeros(len(exits))))]
    parts += [_dealt(tally, np.flatnonzero(tally.stratum == s)) for s in np.flatnonzero(late)]
    row, entry, count, claimed = np.concatenate(parts, axis=1)
    r, lower = row.astype(np.int64), tally.age[row.astype(np.int64)]
    return Brackets(by=tally.by, strata=tally.strata, stratum=tally.stratum[r], unit=tally.unit, entry=entry,
                    lower=lower, upper=np.where(claimed > 0, lower + step, np.inf), count=count)


def _dealt(tally: Tally, rows: Ints) -> Floats:
    """(4, K) row, entry, count, whether a claim: the exits of one stratum dealt to those under watch."""
    into = rows[tally.entered[rows] > 0]
    entry, watched = tally.age[into], np.zeros(len(into))
    found = [np.empty((4, 0))]
    for r in rows:
        watched = watched + np.where(into == r, tally.entered[into], 0.0)
        for count, claim in ((tally.claimed[r], 1.0), (tally.left[r], 0.0)):
            if count > 0:
                if count > watched.sum() * (1.0 + 1e-9):
                    raise Refused(f"At age {tally.age[r]:g} of {', '.join(tally.strata[tally.stratum[r]]) or 'all'} "
                                  f"{count:g} units leave and {watched.sum():g} are under watch: enter them first.")
                part = count * watched / watched.sum()
                some = part > 0
                found.append(np.stack((np.full(some.sum(), float(r)), entry[some], part[some],
                                       np.full(some.sum(), claim))))
                watched = np.maximum(watched - part, 0.0)
    return np.concatenate(found, axis=1)
