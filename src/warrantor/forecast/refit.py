"""A law refitted under every draw of the weights, and the count that each refit brings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array

from warrantor.finding import Refused
from warrantor.forecast.alike import Alike
from warrantor.forecast.running import Running
from warrantor.life.fit import ascend
from warrantor.life.fitted import Fit
from warrantor.life.law import Law
from warrantor.life.laws import LAWS
from warrantor.life.reasons import afterwards
from warrantor.life.scale import LocationScale
from warrantor.tally import Floats

ROWS_AT_ONCE = 1 << 21
METHODS = ("direct", "gpq")


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """The ages at which a claim counts: (max(start, age now), min(end, until)] of each row of units."""

    risk: Running
    start: float
    end: float

    def part(self, low: int, high: int) -> Window:
        """Keep the strata [low, high); the rows are sorted by stratum."""
        r = self.risk
        k = slice(*np.searchsorted(r.stratum, (low, high)).tolist())
        return Window(Running(by=r.by, strata=r.strata[low:high], stratum=r.stratum[k] - low, age=r.age[k],
                              until=r.until[k], units=r.units[k]), self.start, self.end)

    def moments(self, law: Law, params: Floats) -> tuple[Floats, Floats]:
        """Mean and variance (S, B) of the count under `params` (S, B, P).

        rho = (F(upper) - F(lower)) / (1 - F(age)), lower = max(start, age), upper = min(end, until); the count is
        Poisson-binomial with mean sum n rho and variance sum n rho (1 - rho).
        """
        r, p = self.risk, params[self.risk.stratum]
        lower = np.maximum(r.age, self.start)
        upper = np.maximum(np.minimum(r.until, self.end), lower)
        with np.errstate(all="ignore"):
            begin = law.cumulative_hazard(lower[:, None], p)
            before = np.where((lower > r.age)[:, None], begin - law.cumulative_hazard(r.age[:, None], p), 0.0)
            inside = law.cumulative_hazard(upper[:, None], p) - begin
            inside = np.where((upper > lower)[:, None], _certain(inside), 0.0)
            rho = np.exp(-_certain(before)) * -np.expm1(-inside)
        units = csr_array((r.units, (r.stratum, np.arange(len(r.units)))), (params.shape[0], len(r.units)))
        lost = np.isnan(params).any(axis=2)
        mean, variance = units @ rho, units @ (rho * (1.0 - rho))
        return np.where(lost, np.nan, mean), np.where(lost, np.nan, variance)


def _certain(rise: Floats) -> Floats:
    """A rise between two infinite hazards is one that nobody outlives."""
    return np.where(np.isnan(rise), np.inf, np.maximum(rise, 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class Refits:
    """Counts that a law brings, at its maximum and under every refit.

    Attributes
    ----------
    law : str
    loglik : (S,)
    mean, variance : (S,) count, count squared
        At the maximum (plug-in).
    means, variances : (S, B)
        Of every draw; nan where the refit failed.
    refused : tuple of str or None
        Why the law has no answer in a stratum.
    """

    law: str
    loglik: Floats
    mean: Floats
    variance: Floats
    means: Floats
    variances: Floats
    refused: tuple[str | None, ...]

    @property
    def lost(self) -> Floats:
        """(S,) refits that failed."""
        return np.asarray(np.isnan(self.means).sum(axis=1), np.float64)

    @property
    def spread(self) -> Floats:
        """(S,) variance of the logarithm of the mean over the draws: what the law knows of its own error."""
        with np.errstate(invalid="ignore", divide="ignore"):
            log = np.where(self.means > 0, np.log(self.means), np.nan)
        n = np.isfinite(log).sum(axis=1)
        middle = np.nansum(log, axis=1) / np.maximum(n, 1)
        square = np.nansum((log - middle[:, None]) ** 2, axis=1)
        return np.asarray(np.where(n > 1, square / np.maximum(n - 1, 1), np.nan))


def refits(found: Fit, alike: Alike, window: Window, *, method: str, draws: int, rng: np.random.Generator) -> Refits:
    """Refit the law of `found` under `draws` weights of every stratum at once, and count what each brings.

    Fractional weights, Gamma(n, 1) for n units alike, rather than units drawn with replacement: with few failures some
    resamples would hold none and tell no law.

    Parameters
    ----------
    found : Fit
        The law at its maximum; strata it refused are not refitted.
    alike : Alike
        The same evidence.
    window : Window
    method : str
        "direct": the refits as they are. "gpq": generalised pivotal quantities, mu** = mu + (mu - mu*) s / s*,
        s** = s^2 / s*, for laws of (ln age - mu) / s.
    draws : int
        B.
    rng : numpy Generator

    Returns
    -------
    Refits

    Source
    ------
    Xu et al. (2020), first Gotwalt, Xu, Hong and Meeker, arXiv 1808.08199 (fractional weights); Tian et al. (the
    direct and the pivotal predictive distribution).
    """
    law = LAWS[found.law]
    if method == "gpq" and not isinstance(law, LocationScale):
        raise Refused(f"The {law.name} law has no location and scale of log age, so no pivotal quantity: ask for "
                      "method 'direct', or for weibull, lognormal or loglogistic.")
    s = alike.strata
    means, variances = np.full((s, draws), np.nan), np.full((s, draws), np.nan)
    for low, high, part in alike.parts(max(ROWS_AT_ONCE // draws, 1)):
        weight = part.weights(rng, draws)
        stand = np.array([r is None for r in found.refused[low:high]], bool)
        params = _refitted(found, law, (low, part), weight, method) if stand.any() else np.full(
            (high - low, draws, len(law.parameters)), np.nan)
        for a, b in _shares(window, low, high, draws):
            means[a:b], variances[a:b] = window.part(a, b).moments(law, params[a - low:b - low])
        means[low:high][~stand], variances[low:high][~stand] = np.nan, np.nan
    mean, variance = window.moments(law, found.parameters[:, None, :])
    return Refits(law.name, found.loglik, mean[:, 0], variance[:, 0], means, variances, found.refused)


def _shares(window: Window, low: int, high: int, draws: int) -> Iterator[tuple[int, int]]:
    """Runs of strata of [low, high) whose rows at risk, once a draw, fit in memory."""
    first = np.searchsorted(window.risk.stratum, np.arange(low, high + 1))
    run = first[:-1] // max(ROWS_AT_ONCE // draws, 1)
    cuts = [*(low + np.flatnonzero(np.diff(run, prepend=-1))).tolist(), high]
    return pairwise(cuts)


def _refitted(found: Fit, law: Law, part: tuple[int, Alike], weight: Floats, method: str) -> Floats:
    """(S, B, P) parameters under every draw; nan where a refit failed or the stratum was refused."""
    low, alike = part
    s, draws = alike.strata, weight.shape[1]
    rows = alike.rows(weight)
    told = np.repeat([r is None for r in found.refused[low:low + s]], draws)
    ask = np.flatnonzero(told)
    some = rows.only(ask)
    peak = ascend(some, law)
    good = np.array([r is None for r in afterwards(peak, some, law)], bool)
    theta = np.full((len(law.reach), s * draws), np.nan)
    theta[:, ask] = np.where(good, peak.theta, np.nan)
    if method == "gpq":
        theta = pivoted(np.repeat(found.theta[:, low:low + s], draws, axis=1), theta)
    out = [p.out(p.coordinate(theta), rows.scale) for p in law.parameters]
    return np.stack(out, axis=1).reshape(s, draws, len(out))


def pivoted(theta: Floats, drawn: Floats) -> Floats:
    """Carry refits to generalised pivotal draws: mu** = mu + (mu - mu*) s / s*, s** = s^2 / s*.

    Parameters
    ----------
    theta, drawn : (2, D)
        (-mu / s, -ln s) at the maximum and of each refit.

    Examples
    --------
    >>> pivoted(np.array([[0.0], [0.5]]), np.array([[-1.0], [0.5]])).round(3).tolist()
    [[1.0], [0.5]]
    """
    with np.errstate(over="ignore", invalid="ignore"):
        s, s_drawn = np.exp(-theta[1]), np.exp(-drawn[1])
        mu, mu_drawn = -theta[0] * s, -drawn[0] * s_drawn
        pivot = mu + (mu - mu_drawn) * s / s_drawn
        log_s = 2.0 * np.log(s) - np.log(s_drawn)
        return np.stack((-pivot * np.exp(-log_s), -log_s))
