"""Intervals of a parameter: where the profile likelihood falls below its limit, or Wald's approximation of it."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from warrantor.finding import Refused
from warrantor.life.climb import climb
from warrantor.life.fitted import Fit
from warrantor.life.law import Law, Parameter
from warrantor.life.laws import LAWS
from warrantor.life.likelihood import Rows, Value
from warrantor.tally import Floats, Ints

MOST_STEPS = 60
MOST_DOUBLINGS = 14


def interval(fit: Fit, column: int, kind: str, level: float) -> Floats:
    """(S, 2) interval of the parameter in `column`; nan where the stratum was refused."""
    if kind not in ("profile", "wald"):
        raise Refused(f"An interval of kind {kind!r} is not known: ask for 'profile' or 'wald'.")
    out = np.full((len(fit.strata), 2), np.nan)
    stand = np.flatnonzero([r is None for r in fit.refused])
    if not len(stand):
        return out
    law, theta = LAWS[fit.law], fit.theta[:, stand]
    parameter, z = LAWS[fit.law].parameters[column], float(ndtri(0.5 + 0.5 * level))
    v, g = parameter.coordinate(theta), parameter.gradient(theta)
    reach = z * np.sqrt(np.einsum("si,sij,sj->s", g, np.linalg.inv(-fit.curvature[stand]), g))
    ends = (v - reach, v + reach)
    if kind == "profile":
        rows = fit.rows.only(stand)
        peak = rows.value(law, theta).loglik
        low, high = (
            _end(rows, law, parameter, theta=theta, peak=peak, reach=reach, side=side, z=z) for side in (-1.0, 1.0)
        )
        ends = (low, high)
    scale = fit.rows.scale[stand]
    out[stand] = np.sort(np.stack([parameter.out(e, scale) for e in ends], axis=1), axis=1)
    return out


def _end(
    rows: Rows, law: Law, parameter: Parameter, *, theta: Floats, peak: Floats, reach: Floats, side: float, z: float
) -> Floats:
    """Coordinate (S,) on one side where sqrt(2 (peak - profile)) = z: false position in a bracket that first
    doubles.
    """
    v = parameter.coordinate(theta)
    result = np.full(len(v), side * np.inf)
    left = np.arange(len(v))
    inner, f_inner = np.zeros(len(v)), np.full(len(v), -z)
    outer, f_outer = reach.copy(), np.full(len(v), np.nan)
    step, doubled = reach.copy(), np.zeros(len(v), np.int64)
    warm, kept = theta.copy(), np.zeros(len(v))
    for _ in range(MOST_STEPS):
        some = rows.only(left)
        start = warm[:, left]
        found, at = _profile(some, law, parameter, start, v[left] + side * step[left])
        f = np.sqrt(2.0 * np.maximum(peak[left] - found, 0.0)) - z
        f = np.where(np.isfinite(f), f, np.inf)
        warm[:, left] = np.where(np.isfinite(at), at, start)
        over = f >= 0
        f_inner[left] = np.where(over, np.where(kept[left] > 0, 0.5, 1.0) * f_inner[left], f)
        f_outer[left] = np.where(over, f, np.where(kept[left] < 0, 0.5, 1.0) * f_outer[left])
        inner[left], outer[left] = np.where(over, inner[left], step[left]), np.where(over, step[left], outer[left])
        kept[left] = np.where(over, 1.0, -1.0)
        done = (np.abs(f) < 1e-9) | (np.abs(outer[left] - inner[left]) < 1e-12 * reach[left]) & ~np.isnan(f_outer[left])
        result[left[done]] = (v + side * step)[left[done]]
        doubled[left] += np.isnan(f_outer[left])
        step[left] = _next(inner[left], f_inner[left], outer[left], f_outer[left], step[left])
        left = left[~done & (doubled[left] < MOST_DOUBLINGS)]
        if not len(left):
            break
    result[left] = (v + side * 0.5 * (inner + outer))[left]
    return result


def _next(inner: Floats, f_inner: Floats, outer: Floats, f_outer: Floats, step: Floats) -> Floats:
    """Return the next try: twice as far where nothing bounds it, else false position, or the middle where f is
    infinite.
    """
    with np.errstate(invalid="ignore"):
        straight = inner - f_inner * (outer - inner) / (f_outer - f_inner)
    middle = np.where(np.isfinite(straight), straight, 0.5 * (inner + outer))
    return np.where(np.isnan(f_outer), 2.0 * step, middle)


def _profile(rows: Rows, law: Law, parameter: Parameter, start: Floats, v: Floats) -> tuple[Floats, Floats]:
    """Maximum (S,) over the other coordinates with this one held at v (S,), and the theta (P, S) there."""
    held = Held(rows, law, parameter, v)
    if not held.free:
        theta = held.whole(np.empty((0, len(v))))
        return rows.value(law, theta).loglik, theta
    peak = climb(held, start[held.free], [law.reach[i] for i in held.free])
    return peak.value.loglik, held.whole(peak.theta)


class Held:
    """The likelihood with one parameter's coordinate held: a function of the others."""

    def __init__(self, rows: Rows, law: Law, parameter: Parameter, v: Floats) -> None:
        self.rows, self.law, self.parameter, self.v = rows, law, parameter, v
        self.free = [i for i in range(len(law.reach)) if i != parameter.at[0]]

    def only(self, keep: Ints) -> Held:
        """The same for some of the strata."""
        return Held(self.rows.only(keep), self.law, self.parameter, self.v[keep])

    def whole(self, others: Floats) -> Floats:
        """Theta (P, S) from the other coordinates (P - 1, S)."""
        theta = np.empty((len(self.law.reach), len(self.v)))
        theta[self.free] = others
        at = self.parameter.at
        with np.errstate(over="ignore"):
            theta[at[0]] = self.v if len(at) == 1 else -self.v * np.exp(theta[at[1]])
        return theta

    def value(self, others: Floats) -> Value:
        """Carry derivatives to the free coordinates; a location held moves a = -v exp(k) along with k: da/dk = a."""
        theta = self.whole(others)
        full = self.rows.value(self.law, theta)
        turn = np.zeros((len(self.v), len(theta), len(self.free)))
        turn[:, self.free, range(len(self.free))] = 1.0
        curvature = full.curvature
        if len(self.parameter.at) == 2:
            a, k = self.parameter.at
            turn[:, a, self.free.index(k)] = theta[a]
        with np.errstate(invalid="ignore", over="ignore"):
            curvature = turn.transpose(0, 2, 1) @ curvature @ turn
            if len(self.parameter.at) == 2:
                j = self.free.index(self.parameter.at[1])
                curvature[:, j, j] += full.score[:, self.parameter.at[0]] * theta[self.parameter.at[0]]
            score = np.einsum("sij,si->sj", turn, full.score)
            effort = np.einsum("sij,si->sj", np.abs(turn), full.effort)
        return Value(full.loglik, score, curvature, effort, full.noise)
