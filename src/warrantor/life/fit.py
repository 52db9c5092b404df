"""One law for every stratum, fitted at once by maximum likelihood, or refused with the reason."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from warrantor.finding import Refused
from warrantor.life import weibull
from warrantor.life.climb import Peak, climb
from warrantor.life.fitted import Fit
from warrantor.life.law import Law
from warrantor.life.laws import GENGAMMA, LAWS, LOGNORMAL, WEIBULL
from warrantor.life.likelihood import Rows, Value
from warrantor.life.limited import Limited
from warrantor.life.reasons import BALANCED, NEAR, afterwards, beforehand
from warrantor.tally import Brackets, Floats, Ints, Tally

CACHED = 1 << 16


def fit(evidence: Tally | Brackets, law: str = "weibull", level: float = 0.9) -> Fit:
    """Fit one law to every stratum by maximum likelihood.

    logL = sum_a d_a ln h(a) - (d_a + l_a - e_a) H(a) where ages are exact; count x ln(S(lower) - S(upper)),
    given survival to
    entry, where they are bracketed. Age 0 is counted apart and enters no law.

    Parameters
    ----------
    evidence : Tally or Brackets
        Any number of strata.
    law : str
        A name in `LAWS`.
    level : float
        Level of the intervals, 0.9 by default.

    Returns
    -------
    Fit
        Parameters (S, P), log-likelihood on the time scale, covariance; a stratum that cannot tell is refused,
        the others stand.

    Raises
    ------
    Refused
        No such law, or a level outside (0, 1).

    Examples
    --------
    >>> from warrantor.tally import Tally
    >>> t = Tally.of(by=(), strata=((),), stratum=np.zeros(4, int), age=np.array([0.0, 230.0, 990.0, 2050.0]),
    ...              entered=np.array([9.0, 0, 0, 0]), claimed=np.array([0, 1, 1, 0]), open=np.array([0, 0, 0, 7]))
    >>> fit(t, "exponential")["rate"].round(7)
    array([0.0001285])
    """
    if law not in LAWS:
        raise Refused(f"There is no law {law!r}. Choose one of {', '.join(LAWS)}.")
    if not 0.0 < level < 1.0:
        raise Refused(f"A level of {level} is no level: give a number between 0 and 1, such as 0.9.")
    chosen = LAWS[law]
    rows = Rows.of(evidence)
    fitted = Fit.blank(evidence, chosen, level, rows)
    reasons = beforehand(fitted, rows, chosen)
    ask = np.flatnonzero([r is None for r in reasons])
    if len(ask):
        peak = ascend(rows.only(ask), chosen)
        late = afterwards(peak, rows.only(ask), chosen)
        for s, reason in zip(ask, late, strict=True):
            reasons[s] = reason
        good = np.flatnonzero([r is None for r in late])
        fitted = fitted.filled(ask[good], _chosen(peak, good))
    return fitted.told(reasons)


def ascend(rows: Rows, law: Law) -> Peak:
    """Find the highest peak of each stratum, some strata at a time: what is computed on them stays in the cache."""
    peaks = [_ascended(part, law) for part in rows.parts(CACHED)]
    if len(peaks) == 1:
        return peaks[0]
    value = Value(*(np.concatenate(parts) for parts in zip(*(p.value for p in peaks), strict=True)))
    return Peak(np.concatenate([p.theta for p in peaks], axis=1), value, np.concatenate([p.outside for p in peaks]))


def _ascended(rows: Rows, law: Law) -> Peak:
    """Take the shortcut where there is one, else Newton from one or more starts."""
    if law is WEIBULL and not len(rows.gap):
        peak = weibull.profile(rows)
        again = weibull.strays(peak)
        return (
            _patched(
                peak, again, climb(Likelihood(rows.only(again), law), law.start(rows.only(again).share()), law.reach)
            )
            if len(again)
            else peak
        )
    starts = _starts(rows, law)
    best = climb(Likelihood(rows, law), starts[0], law.reach)
    for start in starts[1:]:
        lost = ~_stands(best) & (best.value.unbalance > NEAR)
        again = np.arange(rows.strata) if isinstance(law, Limited) else np.flatnonzero(lost)
        if len(again):
            other = climb(Likelihood(rows.only(again), law), start[:, again], law.reach)
            best = _patched(best, again, _higher(_chosen(best, again), other))
    return best


def _stands(peak: Peak) -> NDArray[np.bool_]:
    return np.asarray((peak.value.unbalance < BALANCED) & ~peak.outside)


def _chosen(peak: Peak, keep: Ints) -> Peak:
    return Peak(peak.theta[:, keep], _at(peak.value, keep), peak.outside[keep])


def _starts(rows: Rows, law: Law) -> list[Floats]:
    """One start for the laws with one peak; several for those that can have more."""
    share = rows.share()
    if law is GENGAMMA:
        below = climb(Likelihood(rows, LOGNORMAL), LOGNORMAL.start(share), LOGNORMAL.reach).theta
        tame = np.concatenate((np.clip(below, -30.0, 30.0), np.full((1, rows.strata), 0.3)))
        return [tame, law.start(share)]
    if isinstance(law, Limited):
        later = np.clip(1.2 * share * rows.claims / np.maximum(rows.claims - 0.5, 0.5), 1e-12, 0.95)
        return [law.start(share), law.start(np.minimum(later, 0.4)), law.start(np.full_like(share, 0.45))]
    return [law.start(share)]


class Likelihood:
    """The objective of a plain fit: rows under a law."""

    def __init__(self, rows: Rows, law: Law) -> None:
        self.rows, self.law = rows, law

    def value(self, theta: Floats) -> Value:
        """Log-likelihood and derivatives at theta (P, S)."""
        return self.rows.value(self.law, theta)

    def only(self, keep: Ints) -> Likelihood:
        """The same for some of the strata."""
        return Likelihood(self.rows.only(keep), self.law)


def _at(value: Value, keep: Ints) -> Value:
    return Value(*(part[keep] for part in value))


def _patched(peak: Peak, where: Ints, other: Peak) -> Peak:
    theta, outside = peak.theta.copy(), peak.outside.copy()
    theta[:, where], outside[where] = other.theta, other.outside
    parts = [part.copy() for part in peak.value]
    for part, new in zip(parts, other.value, strict=True):
        part[where] = new
    return Peak(theta, Value(*parts), outside)


def _higher(one: Peak, two: Peak) -> Peak:
    """Keep the balanced peak inside the space; of two such, the higher."""

    def rank(p: Peak) -> Floats:
        return np.where(_stands(p), p.value.loglik, -np.inf)

    second, first = rank(two), rank(one)
    wins = np.flatnonzero((second > first) | (np.isneginf(first) & (two.value.loglik > one.value.loglik)))
    return _patched(one, wins, _chosen(two, wins))
