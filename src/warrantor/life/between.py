"""How strata differ: their coordinates are normal draws around a centre, whose spread the records themselves tell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp

from warrantor.finding import Refused
from warrantor.life.climb import climb
from warrantor.life.law import Ages, Law
from warrantor.life.likelihood import Rows, Value
from warrantor.tally import Floats, Ints

MOST_ROUNDS, NODES, LEAST = 80, {1: 7, 2: 5, 3: 3}, 1e-10
ENOUGH, WIDEST = 1e-4, 400.0


class Posterior(NamedTuple):
    """What is known of each stratum: mode (P, S), mean (S, P), covariance (S, P, P), ln of its marginal (S,)."""

    mode: Floats
    mean: Floats
    covariance: Floats
    marginal: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Between:
    """Centres and spread of the strata's coordinates.

    Attributes
    ----------
    centre : (G, P)
        Mean of each group.
    unsure : (G, P, P)
        Covariance of the centres.
    spread : (P, P)
        Covariance of strata around their group's centre; zero where they differ no more than chance.
    apart : (P, P)
        Covariance of the groups' centres around their own mean; zero for one group.
    rounds : int
        Rounds of the search.
    settled : bool
        Whether the last round gained nothing that matters.
    """

    centre: Floats
    unsure: Floats
    spread: Floats
    apart: Floats
    rounds: int = 0
    settled: bool = False

    @property
    def precision(self) -> Floats:
        """(P, P) inverse of the spread."""
        return np.asarray(np.linalg.inv(self.spread))


class Penalised:
    """The likelihood of rows times a normal density of mean (P, S) and precision (P, P), constants left out."""

    def __init__(self, rows: Rows, law: Law, mean: Floats, precision: Floats) -> None:
        self.rows, self.law, self.mean, self.precision = rows, law, mean, precision

    def value(self, theta: Floats) -> Value:
        """Log-posterior and derivatives at theta (P, S)."""
        v = self.rows.value(self.law, theta)
        off = theta - self.mean
        pull = self.precision @ off
        effort = np.abs(self.precision) @ (np.abs(theta) + np.abs(self.mean))
        return Value(v.loglik - 0.5 * (off * pull).sum(axis=0), v.score - pull.T, v.curvature - self.precision,
                     v.effort + effort.T, v.noise + 0.5 * np.abs(off * pull).sum(axis=0))  # fmt: skip

    def height(self, theta: Floats) -> Floats:
        """(S,) log-posterior alone."""
        off = theta - self.mean
        return np.asarray(self.rows.height(self.law, theta) - 0.5 * (off * (self.precision @ off)).sum(axis=0))

    def only(self, keep: Ints) -> Penalised:
        """The same for some of the strata."""
        return Penalised(self.rows.only(keep), self.law, self.mean[:, keep], self.precision)


def on_one_scale(rows: Rows) -> Rows:
    """Divide all ages by one typical age, so that coordinates of different strata mean the same."""
    claims = rows.claims
    ln = np.log(rows.scale)
    centre = float((claims * ln).sum() / claims.sum())
    move = ln - centre

    def moved(ages: Ages, at: Ints) -> Ages:
        return Ages(ages.t * np.exp(move)[at], ages.x + move[at])

    return replace(rows, scale=np.full(rows.strata, np.exp(centre)), ages=moved(rows.ages, rows.at),
                   lower=moved(rows.lower, rows.gap), upper=moved(rows.upper, rows.gap))  # fmt: skip


def together(rows: Rows, group: Ints, groups: int) -> Rows:
    """Join the strata of each group to one."""
    at, gap = group[rows.at], group[rows.gap]
    i, j = np.argsort(at, kind="stable"), np.argsort(gap, kind="stable")

    def sorted_(ages: Ages, order: Ints) -> Ages:
        return Ages(ages.t[order], ages.x[order])

    return Rows(np.full(groups, rows.scale[0]), at[i], sorted_(rows.ages, i), rows.events[i], rows.weight[i], gap[j],
                sorted_(rows.lower, j), sorted_(rows.upper, j), rows.count[j])  # fmt: skip


def posterior(rows: Rows, law: Law, between: Between, group: Ints, start: Floats) -> Posterior:
    """Climb every stratum to its mode, then integrate around it: adaptive Gauss-Hermite, all strata at once.

    m_s = integral exp(logL_s) N(theta; centre, spread) by nodes mode + L u, L L' the inverse curvature at the mode.
    """
    mean, size = between.centre[group].T, len(start)
    target = Penalised(rows, law, mean, between.precision)
    peak = climb(target, start, law.reach)
    curve = -peak.value.curvature
    low = np.linalg.eigvalsh(curve)[:, 0]
    curve = curve + np.maximum(0.0, 1e-8 - low)[:, None, None] * np.eye(size)
    root = np.linalg.cholesky(np.linalg.inv(curve))
    u, w = np.polynomial.hermite_e.hermegauss(NODES.get(size, 3))
    nodes = np.array(list(product(u, repeat=size)))
    weight = np.log(np.array(list(product(w, repeat=size)))).sum(axis=1) + 0.5 * (nodes**2).sum(axis=1)
    reach = np.einsum("sij,nj->nis", root, nodes)
    height = np.stack([target.height(peak.theta + r) for r in reach]) + weight[:, None]
    whole = logsumexp(height, axis=0)
    share = np.exp(height - whole)
    shift = np.einsum("ns,nis->si", share, reach)
    spread = np.einsum("ns,nis,njs->sij", share, reach, reach) - shift[:, :, None] * shift[:, None, :]
    sign_root = np.log(np.einsum("sii->si", root)).sum(axis=1)
    constant = -0.5 * size * np.log(2 * np.pi) - 0.5 * np.linalg.slogdet(between.spread)[1]
    return Posterior(peak.theta, peak.theta.T + shift, spread, whole + sign_root + constant)


def learned(rows: Rows, law: Law, group: Ints, start: Floats) -> tuple[Between, Posterior]:
    """Raise the marginal likelihood by expectation and maximisation over the spread, Newton over the centres.

    spread = mean_s [C_s + (m_s - mu)(m_s - mu)'] with posterior mean m_s and covariance C_s; mu moves
    by [sum_s (Q - Q C_s Q)]^-1 sum_s Q (m_s - mu), Q the inverse spread. With several groups their
    centres are normal draws in turn, and the same step is taken one floor up.
    """
    groups, size = start.shape[1], len(start)
    apart = 0.25 * np.eye(size) if groups > 1 else np.zeros((size, size))
    at = Between(start.T.copy(), np.zeros((groups, size, size)), 0.1 * np.eye(size), apart)
    found = posterior(rows, law, at, group, start[:, group])
    for turn in range(1, MOST_ROUNDS + 1):  # noqa: B007  told below
        one = _stepped(at, found, group)
        middle = posterior(rows, law, one, group, found.mode)
        two = _stepped(one, middle, group)
        last = posterior(rows, law, two, group, middle.mode)
        far = _leapt(at, one, two)
        if not np.all(np.isfinite(two.spread)) or np.trace(two.spread) > WIDEST:
            raise Refused(
                f"How the strata's {law.name} laws differ cannot be told: their spread grows without end. "
                "A stratum whose claims all share one age does that: set it aside, or take a law with fewer parameters."
            )
        tried = posterior(rows, law, far, group, last.mode) if far is not None else last
        before = float(found.marginal.sum())
        wins = far is not None and groups == 1 and tried.marginal.sum() > last.marginal.sum()
        at, found = (far, tried) if wins and far is not None else (two, last)
        gained = abs(float(found.marginal.sum()) - before)
        if gained < ENOUGH:
            break
    unsure = _stepped(at, found, group).unsure
    return replace(at, unsure=unsure, rounds=turn, settled=gained < ENOUGH), found


def _leapt(at: Between, one: Between, two: Between) -> Between | None:
    """Leap along two steps by the ratio of their lengths to their change, on centres and the log root."""
    x, y, z = (np.concatenate((b.centre.ravel(), _flat(b.spread))) for b in (at, one, two))
    r, v = y - x, z - 2.0 * y + x
    length = float(np.linalg.norm(r) / max(float(np.linalg.norm(v)), 1e-300))
    if length <= 1.0 or not np.isfinite(length):
        return None
    length = min(length, 50.0)
    new = x + 2.0 * length * r + length**2 * v
    return _unflat(new, two)


def _flat(spread: Floats) -> Floats:
    root = np.linalg.cholesky(spread)
    root[np.diag_indices(len(root))] = np.log(np.diag(root))
    return np.asarray(root[np.tril_indices(len(root))])


def unsettled(rows: Rows, law: Law, between: Between, group: Ints, found: Posterior) -> Floats:
    """(S, P, P) covariance that an unknown centre and spread add: J V J', in one group.

    J the slope of each stratum's mean in (centre, log root of the spread), V the inverse curvature of the marginal
    likelihood there, both by central differences; a direction in which it hardly bends is taken as known to 1.
    """
    at = np.concatenate((between.centre.ravel(), _flat(between.spread)))
    size = len(at)
    step = 0.05 * np.eye(size)
    ends = [[posterior(rows, law, _unflat(at + sign * d, between), group, found.mode) for sign in (1.0, -1.0)]
            for d in step]  # fmt: skip
    slope = np.stack([(up.mean - down.mean) / 0.1 for up, down in ends], axis=2)
    bend = np.empty((size, size))
    here = float(found.marginal.sum())
    single = np.array([[float(e.marginal.sum()) - here for e in pair] for pair in ends])
    for i in range(size):
        bend[i, i] = -single[i].sum() / 0.05**2
        for j in range(i):
            both = posterior(rows, law, _unflat(at + step[i] + step[j], between), group, found.mode)
            bend[i, j] = bend[j, i] = -(float(both.marginal.sum()) - here - single[i, 0] - single[j, 0]) / 0.05**2
    w, v = np.linalg.eigh(0.5 * (bend + bend.T))
    cover = (v / np.maximum(w, 1.0)) @ v.T
    return np.asarray(slope @ cover @ slope.transpose(0, 2, 1))


def _unflat(at: Floats, like: Between) -> Between:
    size, edge = like.spread.shape[0], like.centre.size
    root = np.zeros((size, size))
    root[np.tril_indices(size)] = at[edge:]
    root[np.diag_indices(size)] = np.exp(np.clip(np.diag(root), -11.0, 3.0))
    spread = root @ root.T + LEAST * np.eye(size)
    return replace(like, centre=at[:edge].reshape(like.centre.shape), spread=spread)


def _stepped(between: Between, found: Posterior, group: Ints) -> Between:
    q, groups, size = between.precision, len(between.centre), between.spread.shape[0]
    told = np.zeros((groups, size, size))
    np.add.at(told, group, q - q @ found.covariance @ q)
    pull = np.zeros((groups, size))
    np.add.at(pull, group, (found.mean - between.centre[group]) @ q)
    middle = between.centre.mean(axis=0)
    if groups > 1:
        above = np.linalg.inv(between.apart)
        told, pull = told + above, pull - (between.centre - middle) @ above
    unsure = np.asarray(np.linalg.inv(told), np.float64)
    step = np.einsum("gij,gj->gi", unsure, pull)
    step *= np.minimum(1.0, 1.0 / np.maximum(np.abs(step).max(axis=1, keepdims=True), 1e-300))
    centre = between.centre + step
    own = found.covariance @ q
    mean = found.mean + np.einsum("sij,sj->si", own, step[group])
    off = mean - centre[group]
    spread = (found.covariance + off[:, :, None] * off[:, None, :]).mean(axis=0)
    apart = between.apart
    if groups > 1:
        keep = np.eye(size) - own
        spread = spread + (keep @ unsure[group] @ keep.transpose(0, 2, 1)).mean(axis=0)
        rest = centre - centre.mean(axis=0)
        apart = (unsure + rest[:, :, None] * rest[:, None, :]).mean(axis=0) + LEAST * np.eye(size)
    return Between(centre, unsure, spread + LEAST * np.eye(size), apart)
