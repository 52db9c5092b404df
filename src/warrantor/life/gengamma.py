"""The generalised gamma law: Weibull at lambda 1, lognormal at 0, gamma at sigma = lambda; a judge between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammainc, gammaincc, gammainccinv, gammaincinv, gammaln, log_ndtr, ndtri

from warrantor.life.law import Ages, Law, Terms, log_one_minus_exp
from warrantor.life.shapes import HALF_LOG_2PI, NORMAL
from warrantor.tally import Floats

NEARLY_NORMAL = 1e-5
STEP = 0.004
# Fourth-order central differences: f' and f'' from f at -2..2 steps; steps shrink as |z|, which multiplies lambda.
FIRST = np.array([1.0, -8.0, 0.0, 8.0, -1.0]) / 12.0
SECOND = np.array([-1.0, 16.0, -30.0, 16.0, -1.0]) / 12.0


def _stirling(k: Floats) -> Floats:
    """Return what Stirling's formula leaves out: ln Gamma(k) - (k - 1/2) ln k + k - ln(2 pi) / 2."""
    big = np.maximum(k, 30.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        series = 1.0 - (1.0 / 30.0 - (1.0 / 105.0 - (1.0 / 140.0 - 1.0 / (99.0 * big**2)) / big**2) / big**2) / big**2
        plain = gammaln(k) - (k - 0.5) * np.log(k) + k - HALF_LOG_2PI
    return np.asarray(np.where(k > 30.0, series / (12.0 * big), plain))


def _curl(w: Floats) -> Floats:
    """(e^w - 1 - w) / w^2, smooth through 0."""
    near = np.abs(w) < 0.1
    safe = np.where(near, 1.0, w)
    series = 0.5 + w / 6 * (1 + w / 4 * (1 + w / 5 * (1 + w / 6 * (1 + w / 7 * (1 + w / 8 * (1 + w / 9))))))
    return np.where(near, series, (np.expm1(safe) - safe) / safe**2)


def _slant(w: Floats) -> Floats:
    """(e^w - 1) / w, smooth through 0."""
    safe = np.where(w == 0.0, 1.0, w)
    return np.where(w == 0.0, 1.0, np.expm1(safe) / safe)


def log_density(z: Floats, lam: Floats) -> Floats:
    """Return ln f(z) = ln|lambda| + k ln k - ln Gamma(k) + k (lambda z - exp(lambda z)), k = 1 / lambda^2.

    Written to be smooth through lambda = 0.

    Source: the form of the law with location, scale and lambda that is named after Prentice.
    """
    with np.errstate(divide="ignore"):
        left_out = np.where(lam == 0.0, 0.0, _stirling(1.0 / lam**2))
    return np.asarray(-HALF_LOG_2PI - left_out - z**2 * _curl(lam * z))


def hazard_sum(z: Floats, lam: Floats) -> Floats:
    """H(z) = -ln S(z), S the upper (lambda > 0) or lower (lambda < 0) incomplete gamma ratio at k exp(lambda z)."""
    z, lam = np.broadcast_arrays(z, lam)
    near = np.abs(lam) < NEARLY_NORMAL
    away = np.where(near, 1.0, lam)
    k = 1.0 / (away * away)
    x = k * np.exp(away * z)
    lower = gammainc(k, x)
    upper = 1.0 - lower
    late = lower > 0.5  # the upper ratio for itself only where the difference would lose it: it is slow at small k
    upper[late] = gammaincc(k[late], x[late])
    survival, failed = np.where(away > 0, upper, lower), np.where(away > 0, lower, upper)
    h = np.asarray(np.where(failed < 0.5, -np.log1p(-failed), -np.log(survival)))
    if near.any():
        h[near] = -log_ndtr(-z[near]) - np.log1p(_leaning(z[near], lam[near]))
    return h


def _leaning(z: Floats, lam: Floats) -> Floats:
    """S(z; lambda) / S(z; 0) - 1 to second order in lambda, from integrating the expanded density term by term."""
    mills = np.exp(-0.5 * z * z - HALF_LOG_2PI - log_ndtr(-z))
    return np.asarray(mills * lam / 6.0 * (lam / 12.0 * z * ((z * z + 2.0) * z * z + 6.0) - z * z - 2.0))


def _in_lambda(z: Floats, lam: Floats) -> tuple[list[Floats], list[Floats]]:
    """Return H and ln f, each with its first two derivatives in lambda, by fourth-order differences."""
    step = STEP / (1.0 + np.abs(z))
    grid = [lam + j * step for j in range(-2, 3)]
    out = []
    for f in (hazard_sum, log_density):
        values = [f(z, g) for g in grid]
        out.append([values[2], np.tensordot(FIRST, values, 1) / step, np.tensordot(SECOND, values, 1) / step**2])
    return out[0], out[1]


@dataclass(frozen=True, slots=True, repr=False)
class GeneralisedGamma(Law):
    """z = (ln age - mu) / sigma = a + b x with the shape lambda; searched on (a, ln b, lambda)."""

    def _z(self, age: Floats, params: Floats) -> Floats:
        return (Ages.of(np.asarray(age, np.float64)).x - params[..., 0]) / params[..., 1]

    def cumulative_hazard(self, age: Floats, params: Floats) -> Floats:
        """H(age) = -ln S(z; lambda)."""
        z, lam = np.broadcast_arrays(self._z(age, params), params[..., 2])
        with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
            return np.where(np.isneginf(z), 0.0, hazard_sum(z, lam))

    def log_hazard(self, age: Floats, params: Floats) -> Floats:
        """Return ln f(z; lambda) - ln sigma - ln age + H."""
        z = self._z(age, params)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            return (
                log_density(z, params[..., 2])
                - np.log(params[..., 1])
                - Ages.of(np.asarray(age, np.float64)).x
                + hazard_sum(*np.broadcast_arrays(z, params[..., 2]))
            )

    def quantile(self, p: Floats, params: Floats) -> Floats:
        """exp(mu + sigma ln(lambda^2 G^-1(k, p)) / lambda)."""
        lam, p = np.broadcast_arrays(params[..., 2], np.asarray(p, np.float64))
        away = np.abs(lam) >= NEARLY_NORMAL
        k = 1.0 / np.where(away, lam, 1.0) ** 2
        with np.errstate(divide="ignore"):
            x = np.where(lam > 0, gammaincinv(k, p), gammainccinv(k, p))
            normal = ndtri(p)
            near = normal - lam * (normal**2 + 2.0) / 6.0
            z = np.where(away, np.log(x / k) / np.where(away, lam, 1.0), near)
        return np.asarray(np.exp(params[..., 0] + params[..., 1] * z))

    def accumulated(self, ages: Ages, theta: Floats) -> Terms:
        """H with its derivatives in (a, ln b, lambda)."""
        return self.both(ages, theta)[0]

    def intensity(self, ages: Ages, theta: Floats) -> Terms:
        """Return ln h with its derivatives in (a, ln b, lambda)."""
        return self.both(ages, theta)[1]

    def both(self, ages: Ages, theta: Floats) -> tuple[Terms, Terms]:
        """H and ln h = ln f + H, from the same incomplete gamma ratios."""
        bx = np.exp(theta[1]) * ages.x
        z, lam = theta[0] + bx, theta[2]
        h, f = _in_lambda(z, lam)
        tilt, rate = -z * _slant(lam * z), np.exp(f[0] + h[0])
        steeper, across = rate * (tilt + rate), rate * (f[1] + h[1])
        total = _assembled(bx, h, rate, steeper, across)
        sums = [a + b for a, b in zip(f, h, strict=True)]
        point = _assembled(bx, sums, tilt + rate, steeper - np.exp(lam * z), across - z**2 * _pull(lam * z))
        point.slope[1] += 1.0
        return total, point._replace(value=point.value + theta[1] - ages.x)

    def start(self, share: Floats) -> Floats:
        """Halfway between lognormal and Weibull, through (typical age, share)."""
        return np.stack((NORMAL.quantile(share), np.zeros_like(share), np.full_like(share, 0.5)))


def _pull(w: Floats) -> Floats:
    """d/dw of (e^w - 1) / w: what moving lambda does to d ln f / dz, over -z^2."""
    near = np.abs(w) < 0.05
    safe = np.where(near, 1.0, w)
    series = 0.5 + w * (1 / 3 + w * (1 / 8 + w * (1 / 30 + w * (1 / 144 + w * (1 / 840 + w / 5760)))))
    return np.where(near, series, (np.exp(safe) - np.expm1(safe) / safe) / safe)


def _assembled(bx: Floats, values: list[Floats], one: Floats, two: Floats, across: Floats) -> Terms:
    """Carry (f, f_l, f_ll) in lambda and (f_z, f_zz, f_zl) to derivatives in (a, k, lambda)."""
    bend = np.empty((3, 3, *bx.shape))
    bend[0, 0], bend[2, 2] = two, values[2]
    bend[0, 1] = bend[1, 0] = two * bx
    bend[1, 1] = (two * bx + one) * bx
    bend[0, 2] = bend[2, 0] = across
    bend[1, 2] = bend[2, 1] = across * bx
    return Terms(values[0], np.stack((one, one * bx, values[1])), bend)


def log_failed(z: Floats, lam: Floats) -> Floats:
    """Return ln F(z), accurate where few have failed."""
    return log_one_minus_exp(hazard_sum(z, lam))
