"""The log-likelihood of every stratum at once: points where H and ln h count, gaps where H(upper) - H(lower)
counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from warrantor.finding import Refused
from warrantor.life.law import Ages, Law, Terms, log_one_minus_exp
from warrantor.tally import Brackets, Floats, Ints, Tally


class Value(NamedTuple):
    """Log-likelihood (S,), score (S, P), curvature (S, P, P), and the sums of absolute terms each was added from."""

    loglik: Floats
    score: Floats
    curvature: Floats
    effort: Floats
    noise: Floats

    @property
    def unbalance(self) -> Floats:
        """(S,) largest |score| relative to its scale: what remains of the sums that should cancel at an optimum."""
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = np.abs(self.score) / self.effort
        return np.asarray(np.where(np.isfinite(ratio), ratio, np.where(self.effort > 0, np.inf, 1.0)).max(axis=1))


def added(at: Ints, column: Floats, strata: int) -> Floats:
    """Sum a column (R,) per stratum (S,), its rows sorted by stratum; a stratum without rows sums to zero."""
    first = np.searchsorted(at, np.arange(strata + 1))
    some = first[1:] > first[:-1]
    out = np.zeros(strata)
    if some.any():
        out[some] = np.add.reduceat(column, first[:-1][some])
    return out


def spread(of_stratum: Floats, at: Ints) -> Floats:
    """Repeat a value per stratum (S,) on its rows (R,), sorted by stratum."""
    return np.repeat(of_stratum, np.diff(np.searchsorted(at, np.arange(len(of_stratum) + 1))))


@dataclass(frozen=True, slots=True)
class Rows:
    """What the records say, in ages divided by the stratum's typical age.

    logL = sum events ln h(age) - sum weight H(age) + sum count ln(1 - exp(H(lower) - H(upper))).

    Attributes
    ----------
    scale : (S,) unit of age
        The typical age of each stratum.
    at, events, weight : (R,)
        Stratum, claims exactly at the age, and claims + exits - entries there.
    ages : Ages
        Ages of the points, (R,).
    gap, count : (G,)
        Stratum and units whose first claim came in (lower, upper].
    lower, upper : Ages
        Bounds of the gaps, (G,); lower 0 from the start.
    """

    scale: Floats
    at: Ints
    ages: Ages
    events: Floats
    weight: Floats
    gap: Ints
    lower: Ages
    upper: Ages
    count: Floats

    @property
    def strata(self) -> int:
        """Number of strata, S."""
        return len(self.scale)

    @classmethod
    def of(cls, evidence: Tally | Brackets) -> Rows:
        """Read a tally or brackets; age 0 enters no law."""
        return (_of_tally if isinstance(evidence, Tally) else _of_brackets)(evidence)  # type: ignore[arg-type]

    @classmethod
    def scaled(
        cls,
        strata: int,
        *,
        at: Ints,
        age: Floats,
        events: Floats,
        weight: Floats,
        gap: Ints,
        lower: Floats,
        upper: Floats,
        count: Floats,
    ) -> Rows:
        """Divide ages by the geometric mean age of the claims (of all rows where nothing was claimed)."""

        def mean_log(rows: Ints, x: Floats, n: Floats) -> Floats:
            return np.asarray(added(rows, n * x, strata), np.float64)

        x = np.log(age)
        middle = np.log(0.5 * (lower + upper))
        seen = np.maximum(count, 0.0)
        total = added(at, events, strata) + added(gap, seen, strata)
        claims = mean_log(at, x, events) + mean_log(gap, middle, seen)
        rows = np.bincount(at, minlength=strata)
        with np.errstate(invalid="ignore", divide="ignore"):
            typical = np.where(total > 0, claims / total, mean_log(at, x, np.ones_like(x)) / rows)
        typical = np.where(np.isfinite(typical), typical, 0.0)
        low = lower / np.exp(typical)[gap]
        return cls(
            np.exp(typical),
            at,
            Ages(np.exp(x - typical[at]), x - typical[at]),
            events,
            weight,
            gap,
            Ages.of(low),
            Ages.of(upper / np.exp(typical)[gap]),
            count,
        )

    def only(self, keep: Ints) -> Rows:
        """Keep the strata numbered in `keep` (sorted)."""
        if len(keep) == self.strata:
            return self
        place = np.full(self.strata, -1)
        place[keep] = np.arange(len(keep))
        p, g = place[self.at] >= 0, place[self.gap] >= 0
        return replace(
            self,
            scale=self.scale[keep],
            at=place[self.at[p]],
            events=self.events[p],
            weight=self.weight[p],
            ages=Ages(self.ages.t[p], self.ages.x[p]),
            gap=place[self.gap[g]],
            count=self.count[g],
            lower=Ages(self.lower.t[g], self.lower.x[g]),
            upper=Ages(self.upper.t[g], self.upper.x[g]),
        )

    def parts(self, most: int) -> Iterator[Rows]:
        """Cut into runs of strata of about `most` rows, so that what is computed on each stays in the cache."""
        points, gaps = (np.searchsorted(a, np.arange(self.strata + 1)) for a in (self.at, self.gap))
        part = (points[:-1] + gaps[:-1]) // most
        cuts = [*np.flatnonzero(np.diff(part, prepend=-1)).tolist(), self.strata]
        if len(cuts) <= 2:
            yield self
            return
        for low, high in pairwise(cuts):
            p, g = slice(points[low], points[high]), slice(gaps[low], gaps[high])
            yield Rows(self.scale[low:high], self.at[p] - low, Ages(self.ages.t[p], self.ages.x[p]), self.events[p],
                       self.weight[p], self.gap[g] - low, Ages(self.lower.t[g], self.lower.x[g]),
                       Ages(self.upper.t[g], self.upper.x[g]), self.count[g])

    @property
    def claims(self) -> Floats:
        """(S,) first claims above age 0; a gap of negative count conditions the others and is no claim."""
        gaps = added(self.gap, np.maximum(self.count, 0.0), self.strata)
        return np.asarray(added(self.at, self.events, self.strata) + gaps, np.float64)

    def share(self) -> Floats:
        """(S,) rough share claimed by the typical age, from claims over time lived."""
        lived = added(self.at, self.weight * self.ages.t, self.strata)
        lived += added(self.gap, 0.5 * np.maximum(self.count, 0.0) * (self.upper.t - self.lower.t), self.strata)
        least = 0.2 * np.maximum(self.claims, 1e-300)
        return np.clip(-np.expm1(-self.claims / np.maximum(lived, least)), 1e-12, 0.95)

    def value(self, law: Law, theta: Floats) -> Value:
        """Log-likelihood per unit of scaled age and its derivatives at theta (P, S)."""
        with np.errstate(all="ignore"):
            return _summed(self._parts(law, theta), self.strata, len(theta))

    def height(self, law: Law, theta: Floats) -> Floats:
        """(S,) log-likelihood alone, as in `value`."""
        with np.errstate(all="ignore"):
            total = np.zeros(self.strata)
            for at, n, terms in self._parts(law, theta):
                total += added(at, n * terms.value, self.strata)
            return np.where(np.isfinite(total), total, -np.inf)

    def _parts(self, law: Law, theta: Floats) -> list[tuple[Ints, Floats, Terms]]:
        """Stratum, weight and term of every row that counts."""
        e = self.events != 0
        parts = []
        for rows, shared in ((np.flatnonzero(e), True), (np.flatnonzero(~e & (self.weight != 0)), False)):
            ages, at = Ages(self.ages.t[rows], self.ages.x[rows]), self.at[rows]
            if shared:
                total, point = law.both(ages, theta[:, at])
                parts.append((at, self.events[rows], point))
            else:
                total = law.accumulated(ages, theta[:, at])
            parts.append((at, -self.weight[rows], total))
        if len(self.gap):
            parts.append((self.gap, self.count, self._gaps(law, theta[:, self.gap])))
        return parts

    def _gaps(self, law: Law, theta: Floats) -> Terms:
        """ln(1 - exp(-D)), D = H(upper) - H(lower): slope r dD, bend r d2D - r (1 + r) dD dD', r = 1 / (exp(D) -
        1).
        """
        inside = self.lower.t > 0
        start = Ages(np.where(inside, self.lower.t, self.upper.t), np.where(inside, self.lower.x, self.upper.x))
        high, low = law.accumulated(self.upper, theta), law.accumulated(start, theta)
        d, slope, bend = (h - np.where(inside, b, 0.0) for h, b in zip(high, low, strict=True))
        r = 1.0 / np.expm1(d)
        pull = r * slope
        return Terms(log_one_minus_exp(d), pull, r * bend - (1.0 + 1.0 / r) * pull[:, None] * pull[None, :])


def _summed(parts: list[tuple[Ints, Floats, Terms]], strata: int, size: int) -> Value:
    loglik, noise = np.zeros(strata), np.zeros(strata)
    score, effort, curvature = np.zeros((strata, size)), np.zeros((strata, size)), np.zeros((strata, size, size))
    for at, n, terms in parts:
        each = n * terms.value
        loglik += added(at, each, strata)
        noise += added(at, np.abs(each), strata)
        for i in range(size):
            each = n * terms.slope[i]
            score[:, i] += added(at, each, strata)
            effort[:, i] += added(at, np.abs(each), strata)
            for j in range(i + 1):
                curvature[:, i, j] += added(at, n * terms.bend[i, j], strata)
                curvature[:, j, i] = curvature[:, i, j]
    return Value(np.where(np.isfinite(loglik), loglik, -np.inf), score, curvature, effort, noise)


def _of_tally(tally: Tally) -> Rows:
    """Exact: events d, weight d + l - e. Interval: d in the gap (a, a + 1], weight l - e + d at a."""
    net = tally.claimed + tally.left - tally.entered
    keep = (tally.age > 0) & ((net != 0) | (tally.claimed != 0))
    at, age = tally.stratum[keep], tally.age[keep]
    none = np.empty(0)
    if tally.grain == "exact":
        return Rows.scaled(
            len(tally.strata),
            at=at,
            age=age,
            events=tally.claimed[keep],
            weight=net[keep],
            gap=np.empty(0, np.int64),
            lower=none,
            upper=none,
            count=none,
        )
    d = tally.claimed != 0
    return Rows.scaled(
        len(tally.strata),
        at=at,
        age=age,
        events=np.zeros_like(age),
        weight=net[keep],
        gap=tally.stratum[d],
        lower=tally.age[d],
        upper=tally.age[d] + 1.0,
        count=tally.claimed[d],
    )


def _of_brackets(b: Brackets) -> Rows:
    """Exact where lower = upper, right where upper is inf, else a gap; entries are taken back from the exposure."""
    late = (b.upper > 0) & (np.where(b.lower == b.upper, b.upper < b.entry, b.upper <= b.entry))
    if late.any():
        raise Refused(f"{int(late.sum()):,} rows claimed before their watch began: such units cannot have been seen.")
    exact = (b.lower == b.upper) & (b.lower > 0)
    lower = np.where(exact, b.lower, np.maximum(b.lower, b.entry))  # nothing is known of ages before the watch
    gaps = np.flatnonzero((lower < b.upper) & np.isfinite(b.upper))
    gap = gaps[np.argsort(b.stratum[gaps], kind="stable")]
    point = exact | ((b.upper > lower) & (lower > 0))
    entered = (b.entry > 0) & (b.upper > 0)
    at = np.concatenate((b.stratum[point], b.stratum[entered]))
    age = np.concatenate((lower[point], b.entry[entered]))
    weight = np.concatenate((b.count[point], -b.count[entered]))
    events = np.concatenate((np.where(exact, b.count, 0.0)[point], np.zeros(int(entered.sum()))))
    order = np.lexsort((age, at))
    at, age = at[order], age[order]
    first = np.flatnonzero((np.diff(at, prepend=-1) != 0) | (np.diff(age, prepend=np.nan) != 0))
    weight, events = (np.add.reduceat(c[order], first) if len(first) else c for c in (weight, events))
    return Rows.scaled(
        len(b.strata),
        at=at[first],
        age=age[first],
        events=events,
        weight=weight,
        gap=b.stratum[gap],
        lower=lower[gap],
        upper=b.upper[gap],
        count=b.count[gap],
    )
