"""Newton's ascent of many small likelihoods at once, each with its own safeguard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from warrantor.life.likelihood import Value
from warrantor.tally import Floats, Ints

MOST_STEPS = 150
BOUND = 2.5
SETTLED = 1e-13
GOOD_ENOUGH = 1e-9
NO_GAIN, PATIENCE = 1e-5, 8


class Objective(Protocol):
    """A likelihood of S strata in P free coordinates."""

    def value(self, theta: Floats) -> Value:
        """Value and derivatives at theta (P, S)."""

    def only(self, keep: Ints) -> Objective:
        """The same for some of the strata."""


class Peak(NamedTuple):
    """Where the ascent of each stratum ended: theta (P, S), the value there, and whether it left the law's space."""

    theta: Floats
    value: Value
    outside: NDArray[np.bool_]


@dataclass(slots=True)
class _Ascent:
    """State of the strata still climbing."""

    ids: Ints
    theta: Floats
    here: Value
    move: Floats
    length: Floats
    idle: Ints


def climb(objective: Objective, start: Floats, reach: Sequence[float]) -> Peak:
    """Raise each stratum's log-likelihood to its maximum by Newton steps, shortened where they do not raise it.

    A direction of wrong curvature is turned round; a stratum stops when its score is balanced to rounding, when
    no step raises
    it any more, when none has raised it by anything that matters for a while (a ridge), or when it has left the law's
    space.

    Parameters
    ----------
    objective : Objective
        Log-likelihood of S strata.
    start : (P, S)
        First coordinates.
    reach : sequence of P floats
        Largest |theta| inside the space.

    Returns
    -------
    Peak
        Not necessarily an optimum: the caller looks at the score and the curvature.
    """
    limit = np.asarray(reach)[:, None]
    here = objective.value(start)
    whole = Peak(start.copy(), Value(*(np.array(v) for v in here)), np.zeros(start.shape[1], bool))
    a = _Ascent(
        np.arange(start.shape[1]),
        start.copy(),
        here,
        newton_step(here),
        np.ones(start.shape[1]),
        np.zeros(start.shape[1], np.int64),
    )
    for _ in range(MOST_STEPS):
        done = _advance(objective, a, limit)
        _keep(whole, a, limit)
        if done.all():
            break
        if done.any():
            left = np.flatnonzero(~done)
            objective = objective.only(left)
            a = _Ascent(
                a.ids[left], a.theta[:, left], _chosen(a.here, left), a.move[:, left], a.length[left], a.idle[left]
            )
    return whole


def newton_step(value: Value) -> Floats:
    """Return the step (P, S) along the curvature's eigenvectors, each uphill, none longer than BOUND."""
    bent = np.where(np.isfinite(value.curvature), -value.curvature, 0.0)
    w, v = np.linalg.eigh(bent)
    steep = np.maximum(np.abs(w), 1e-11 * np.abs(w).max(axis=1, keepdims=True) + 1e-300)
    score = np.where(np.isfinite(value.score), value.score, 0.0)
    step = np.einsum("sij,sj->si", v, np.einsum("sij,si->sj", v, score) / steep)
    longest = np.abs(step).max(axis=1, keepdims=True)
    return np.asarray((step * np.minimum(1.0, BOUND / np.maximum(longest, 1e-300))).T)


def _advance(objective: Objective, a: _Ascent, limit: Floats) -> NDArray[np.bool_]:
    """Try one step; keep it where it raises the likelihood, else shorten it. Return which strata have ended."""
    trial = a.theta + a.length * a.move
    there = objective.value(trial)
    rounding = 4e-15 * (a.here.noise + there.noise)
    higher = (there.loglik >= a.here.loglik - np.nan_to_num(rounding, posinf=0.0)) & np.isfinite(there.loglik)
    before, after = a.here.unbalance, there.unbalance
    stale = higher & (before < GOOD_ENOUGH) & (after >= 0.5 * before)
    better = higher & ~(stale & (after > before))
    a.idle = np.where(there.loglik - a.here.loglik < NO_GAIN, a.idle + 1, 0)
    a.theta = np.where(better, trial, a.theta)
    a.here = _either(better, there, a.here)
    a.move = np.where(better, newton_step(a.here), a.move)
    a.length = np.where(better, 1.0, 0.25 * a.length)
    stuck = np.abs(a.length * a.move).max(axis=0) < 1e-14 * (1.0 + np.abs(a.theta).max(axis=0))
    return np.asarray(
        stale | stuck | (a.idle >= PATIENCE) | (a.here.unbalance < SETTLED) | (np.abs(a.theta) > limit).any(axis=0)
    )


def _either(which: NDArray[np.bool_], one: Value, other: Value) -> Value:
    return Value(*(np.where(which.reshape(-1, *([1] * (p.ndim - 1))), p, q) for p, q in zip(one, other, strict=True)))


def _chosen(value: Value, keep: Ints) -> Value:
    return Value(*(part[keep] for part in value))


def _keep(whole: Peak, a: _Ascent, limit: Floats) -> None:
    whole.theta[:, a.ids] = a.theta
    whole.outside[a.ids] = (np.abs(a.theta) > limit).any(axis=0)
    for kept, now in zip(whole.value, a.here, strict=True):
        kept[a.ids] = now
