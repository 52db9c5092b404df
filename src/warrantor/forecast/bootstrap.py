"""Prediction intervals by the fractional-weight bootstrap: how many claims come if the law holds."""

from __future__ import annotations

import numpy as np

from warrantor.finding import Refused
from warrantor.forecast.alike import Alike
from warrantor.forecast.at_risk import AtRisk, ages
from warrantor.forecast.calibrated import calibrated_bounds
from warrantor.forecast.counts import Predictive, mixture
from warrantor.forecast.drawn import aic
from warrantor.forecast.predicted import Predicted, read
from warrantor.forecast.refit import METHODS, Refits, Window, refits
from warrantor.forecast.running import Running
from warrantor.life.fit import fit
from warrantor.life.laws import LAWS
from warrantor.tally import Brackets, Floats, Ints, Tally

MOST_LOST = 0.05
IF_LAW_HOLDS = "Assumes the law holds: how wrong laws have been on past products is not in the interval."


def predict(evidence: Tally | Brackets, at_risk: Running | AtRisk, *, start: float, end: float,
            laws: tuple[str, ...] = ("weibull",), method: str = "direct", calibrated: bool = False, draws: int = 2000,
            level: float = 0.9, seed: int = 0) -> Predicted:
    """Predict how many of the units at risk claim at ages in (start, end], with the laws' own uncertainty.

    F_N(k) = mean_b PoiBin_k(rho(theta*_b)), rho = (F(upper) - F(lower)) / (1 - F(age)), lower = max(start, age), upper
    = min(end, until); theta*_b is fitted with weights Gamma(n, 1) for n units alike. The interval runs from the
    smallest k with F_N >= (1 - level) / 2 to the smallest with F_N >= (1 + level) / 2. The Poisson-binomial is taken as
    the binomial with its mean and variance.

    Parameters
    ----------
    evidence : Tally or Brackets
        First claims and exits so far; windows shortened by the report lag where there is one (`shortened`).
    at_risk : Running or AtRisk
        Units without a claim by their age now and their known ends of watch; `AtRisk`: all of age `start`.
    start, end : float
        Months where ages are days, else the unit of age.
    laws : tuple of str
        Several are mixed by their Akaike weights, and stand one by one beside the mixture.
    method : str
        "direct", or "gpq" (generalised pivotal quantities; weibull, lognormal, loglogistic).
    calibrated : bool
        Bounds of the law at its maximum, at tail probabilities that the refits put right; one law, method "direct".
    draws : int
        B, refits of every law.
    level : float
        Level of the interval.
    seed : int
        Of the weights; every law meets the same.

    Returns
    -------
    Predicted

    Raises
    ------
    Refused
        No window, level, law or method of that name; strata that do not match. A law of which more than one refit in
        twenty fails is refused in its stratum, a stratum without any law in `refused`.

    Source
    ------
    Tian et al. (the direct and the pivotal predictive distribution; intervals of the plug-in law are not correct even
    in large samples). Gotwalt, Xu, Hong and Meeker, arXiv 1808.08199, later Xu et al. (2020) (fractional weights).
    Escobar and Meeker (calibration).

    Examples
    --------
    >>> t = Tally.of(by=(), strata=((),), stratum=np.zeros(4, int), age=np.array([0.0, 3.0, 9.0, 12.0]), unit="month",
    ...              entered=np.array([1000.0, 0, 0, 0]), claimed=np.array([0.0, 6, 8, 0]),
    ...              open=np.array([0.0, 0, 0, 986]))
    >>> found = predict(t, Running.of(t), start=12, end=18, draws=200)
    >>> found.plug_in.round(1).tolist(), bool(found.lower[0] < found.expected[0] < found.upper[0])
    ([[9.8]], True)
    """
    _checked((start, end), laws, method, level, draws)
    if calibrated and (len(laws) > 1 or method != "direct"):
        raise Refused("The calibration puts right the bounds of one law by its own refits: give one law and method "
                      "'direct'.")
    fits = [fit(evidence, law, level) for law in laws]
    begin = ages(evidence.unit, start)
    running = at_risk if isinstance(at_risk, Running) else Running.at(at_risk, begin)
    window = Window(running.placed(evidence.by, evidence.strata), begin, ages(evidence.unit, end))
    alike = Alike.of(evidence, fits[0].rows.scale)
    each = [refits(f, alike, window, method=method, draws=draws, rng=np.random.default_rng(seed)) for f in fits]
    asked = (start, end, level, draws)
    return _told(each, window.risk, asked, method=f"{method}, calibrated" if calibrated else method,
                 claims=fits[0].claims, how=evidence.how)


def _checked(window: tuple[float, float], laws: tuple[str, ...], method: str, level: float, draws: int) -> None:
    """Refuse what is no question."""
    start, end = window
    if not 0.0 <= start < end:
        raise Refused(f"Ages {start:g} to {end:g} are no window: give 0 <= start < end.")
    if not laws or any(law not in LAWS for law in laws) or len(set(laws)) < len(laws):
        raise Refused(f"Laws {', '.join(laws) or 'none'}: name one or more of {', '.join(LAWS)}, each once.")
    if method not in METHODS:
        raise Refused(f"A method {method!r} is not known: ask for 'direct' or 'gpq'.")
    if not 0.0 < level < 1.0:
        raise Refused(f"A level of {level} is no level: give a number between 0 and 1, such as 0.9.")
    if draws < 100:
        raise Refused(f"{draws} draws do not show the tails of a distribution: give 100 at least, 2,000 for an answer.")


def _told(each: list[Refits], risk: Running, asked: tuple[float, float, float, int], *, method: str, claims: Floats,
          how: tuple[str, ...]) -> Predicted:
    """Mix the laws and read the intervals off."""
    start, end, level, draws = asked
    why = list(zip(*[_reasons(r, risk.total(), draws) for r in each], strict=True))
    alone = [[None if w is not None else of_draws(r, s) for r, w in zip(each, why[s], strict=True)]
             for s in range(len(why))]
    weights = _weights(each, why)
    counts = tuple(_mixed(a, w) for a, w in zip(alone, weights, strict=True))
    bounds = np.stack([_bounds(r, [a[i] for a in alone], level, method) for i, r in enumerate(each)], axis=1)
    expected, lower, upper = read(counts, level)
    if len(each) == 1:
        lower, upper = bounds[:, 0, 0], bounds[:, 0, 1]
    return Predicted(
        by=risk.by, strata=risk.strata, start=start, end=end, level=level, method=method, draws=draws, claims=claims,
        at_risk=risk.total(), expected=expected, lower=lower, upper=upper, laws=tuple(r.law for r in each),
        weights=weights, plug_in=np.stack([_where(r.mean, why, i) for i, r in enumerate(each)], axis=1), bounds=bounds,
        spread=np.stack([_where(r.spread, why, i) for i, r in enumerate(each)], axis=1),
        lost=np.stack([np.where([f is None for f in r.refused], r.lost, 0.0) for r in each], axis=1),
        refused=tuple(_refusal(w) for w in why), why=tuple(why), counts=counts,
        how=(*how, *_said(each, draws, method), IF_LAW_HOLDS))


def _reasons(r: Refits, at_risk: Floats, draws: int) -> list[str | None]:
    """Why a law has no answer in each stratum."""
    return [reason or _late(r.law, units, lost, draws)
            for reason, units, lost in zip(r.refused, at_risk, r.lost, strict=True)]


def _late(law: str, units: float, lost: float, draws: int) -> str | None:
    if units <= 0:
        return "Nobody is at risk: units without a claim, still under watch, would tell."
    if lost > MOST_LOST * draws:
        return (f"{lost:,.0f} of {draws:,} refits of the {law} law failed, more than one in twenty: the claims do not "
                "carry this law. Wait for claims, pool strata, or ask for a law with fewer parameters.")
    return None


def _weights(each: list[Refits], why: list[tuple[str | None, ...]]) -> Floats:
    """(S, L) Akaike weights of the laws that stand."""
    out = np.zeros((len(why), len(each)))
    for s, reasons in enumerate(why):
        loglik = [np.nan if w is not None else float(r.loglik[s]) for r, w in zip(each, reasons, strict=True)]
        found = aic(loglik, [len(LAWS[r.law].parameters) for r in each])
        out[s] = 0.0 if found is None else found
    return out


def of_draws(r: Refits, s: int) -> Predictive:
    """Distribution of the count of stratum `s` over the refits that stand."""
    good = np.isfinite(r.means[s])
    n = int(good.sum())
    return Predictive(r.means[s, good], r.variances[s, good], np.full(n, 1.0 / n))


def _mixed(alone: list[Predictive | None], weight: Floats) -> Predictive | None:
    kept = [(a, w) for a, w in zip(alone, weight, strict=True) if a is not None]
    return mixture([a for a, _ in kept], np.array([w for _, w in kept])) if kept else None


def _bounds(r: Refits, alone: list[Predictive | None], level: float, method: str) -> Ints:
    """(S, 2) interval of one law."""
    if method.endswith("calibrated"):
        return np.array([(-1, -1) if a is None else calibrated_bounds(a, float(r.mean[s]), float(r.variance[s]), level)
                         for s, a in enumerate(alone)], np.int64).reshape(len(alone), 2)
    return np.stack(read(tuple(alone), level)[1:], axis=1)


def _where(column: Floats, why: list[tuple[str | None, ...]], i: int) -> Floats:
    return np.where([w[i] is None for w in why], column, np.nan)


def _refusal(why: tuple[str | None, ...]) -> str | None:
    """Refuse a stratum where every law is."""
    return None if any(w is None for w in why) else why[0]


def _said(each: list[Refits], draws: int, method: str) -> tuple[str, ...]:
    """Say how the intervals were made, and how many refits failed."""
    names = ", ".join(r.law for r in each)
    mixed = "; laws mixed by AIC" if len(each) > 1 else ""
    told = [(r.law, int(np.sum(r.lost[[f is None for f in r.refused]]))) for r in each]
    failed = [f"{n:,} refits of the {law} law failed and are left out" for law, n in told if n]
    return (f"{names}, refitted under {draws:,} fractional weights ({method}){mixed}.", *(f"{f}." for f in failed))
