"""Strata that borrow from each other: each keeps what its own claims say, and takes the rest from its group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

from warrantor.finding import Refused
from warrantor.life.between import Between, Posterior, learned, on_one_scale, together, unsettled
from warrantor.life.climb import Peak
from warrantor.life.fit import ascend, fit
from warrantor.life.fitted import Fit
from warrantor.life.law import Ages, Law
from warrantor.life.laws import LAWS
from warrantor.life.likelihood import Rows
from warrantor.life.reasons import afterwards
from warrantor.tally import Brackets, Floats, Ints, Tally, regrouped

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "warrantor.borrowed/1"
FEWEST, TOLD = 3, 1e-3


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Borrowed:
    """One law in every stratum, each borrowing from its group what its own claims do not say.

    Attributes
    ----------
    law : str
        Name in `LAWS`.
    by : tuple of str
        Names of the stratum columns.
    strata, groups : tuple of tuple of str
        The strata, and the groups inside which they borrow.
    group : (S,) int
        Group of each stratum.
    unit : str
        Unit of age.
    level : float
        Level of the intervals.
    names : tuple of str
        Parameters as the field names them.
    own : (S, P)
        Parameters of the stratum alone; nan where its claims give none.
    own_refused : tuple of str or None
        Why a stratum alone gives no law.
    parameters : (S, P)
        At the mode of the posterior.
    borrowed : (S,)
        How little the stratum's own records told beyond its group, 0 to 1: posterior variance over the variance between
        strata, mean over the coordinates.
    spread : (P, P)
        Covariance between strata of one group, on the searched coordinates; zero: they differ no more than chance.
    gain : float
        Log-likelihood gained over one common law a group; 0 where the spread is zero.
    units, claims : (S,) count
        All units; first claims at any age.
    how : tuple of str
        How the result was obtained.
    """

    law: str
    by: tuple[str, ...]
    strata: tuple[tuple[str, ...], ...]
    groups: tuple[tuple[str, ...], ...]
    group: Ints
    unit: str
    level: float
    names: tuple[str, ...]
    own: Floats
    own_refused: tuple[str | None, ...]
    parameters: Floats
    borrowed: Floats
    spread: Floats
    gain: float
    units: Floats
    claims: Floats
    how: tuple[str, ...]
    theta: Floats = field(repr=False)
    covariance: Floats = field(repr=False)
    scale: Floats = field(repr=False)

    def __getitem__(self, name: str) -> Floats:
        """(S,) one parameter of every stratum."""
        return self.parameters[:, self._column(name)]

    def _column(self, name: str) -> int:
        if name not in self.names:
            raise Refused(f"The {self.law} law has no parameter {name!r}; it has {', '.join(self.names)}.")
        return self.names.index(name)

    def interval(self, name: str, level: float | None = None) -> Floats:
        """(S, 2) interval of a parameter: v +- z s on the coordinate searched, carried back."""
        p = LAWS[self.law].parameters[self._column(name)]
        v, g = p.coordinate(self.theta), p.gradient(self.theta)
        reach = self._z(level) * np.sqrt(np.einsum("si,sij,sj->s", g, self.covariance, g))
        return np.sort(np.stack([p.out(v - reach, self.scale), p.out(v + reach, self.scale)], axis=1), axis=1)

    def failed(self, age: Floats) -> Floats:
        """(S, A) share of units with a claim by each age (A,)."""
        return -np.expm1(LAWS[self.law].log_survival(np.asarray(age, np.float64), self.parameters[:, None, :]))

    def survival(self, age: Floats) -> Floats:
        """(S, A) share of units without a claim by each age (A,)."""
        return np.exp(LAWS[self.law].log_survival(np.asarray(age, np.float64), self.parameters[:, None, :]))

    def quantile(self, p: Floats) -> Floats:
        """(S, K) ages by which shares p (K,) have claimed."""
        return LAWS[self.law].quantile(np.asarray(p, np.float64), self.parameters[:, None, :])

    def failed_interval(self, age: float, level: float | None = None) -> Floats:
        """(S, 2) interval of the share with a claim by an age: ln H +- z s, carried back."""
        h = LAWS[self.law].accumulated(Ages.of(age / self.scale), self.theta)
        reach = self._z(level) * self._error(h.slope / h.value)
        ends = h.value[:, None] * np.exp(np.stack((-reach, reach), axis=1))
        return np.asarray(-np.expm1(-ends))

    def quantile_interval(self, p: float, level: float | None = None) -> Floats:
        """(S, 2) interval of the age by which a share p has claimed: ln age +- z s, s from dH / (age h)."""
        law, age = LAWS[self.law], self.quantile(np.array([p]))[:, 0]
        ages = Ages.of(age / self.scale)
        with np.errstate(all="ignore"):
            h, rate = law.both(ages, self.theta)
            reach = self._z(level) * self._error(h.slope / (ages.t * np.exp(rate.value)))
            return np.asarray(age[:, None] * np.exp(np.stack((-reach, reach), axis=1)))

    def _error(self, slope: Floats) -> Floats:
        return np.asarray(np.sqrt(np.einsum("is,sij,js->s", slope, self.covariance, slope)))

    def _z(self, level: float | None) -> float:
        return float(ndtri(0.5 + 0.5 * _level(self.level if level is None else level)))

    def to_arrow(self) -> pa.Table:
        """Return one row per stratum: counts, own and borrowed parameters with intervals, the share borrowed."""
        import pyarrow as pa

        columns: dict[str, Any] = {n: [v[i] for v in self.strata] for i, n in enumerate(self.by)}
        columns |= {"units": self.units, "claims": self.claims}
        for i, name in enumerate(self.names):
            ends = self.interval(name)
            columns |= {name: self.parameters[:, i], f"{name}_lower": ends[:, 0], f"{name}_upper": ends[:, 1]}
            columns[f"{name}_own"] = self.own[:, i]
        return pa.table(columns | {"borrowed": self.borrowed, "own_refused": list(self.own_refused)})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name; what a stratum alone does not say is None."""
        ends = {n: self.interval(n).tolist() for n in self.names}
        strata = [{"by": dict(zip(self.by, key, strict=True)), "units": float(self.units[s]),
                   "claims": float(self.claims[s]), **self.row(s),
                   "intervals": {n: [v if np.isfinite(v) else None for v in ends[n][s]] for n in self.names}}
                  for s, key in enumerate(self.strata)]  # fmt: skip
        return {"schema": SCHEMA, "law": self.law, "unit": self.unit, "level": self.level, "gain": self.gain,
                "spread": self.spread.tolist(), "how": list(self.how), "strata": strata}  # fmt: skip

    def row(self, s: int) -> dict[str, Any]:
        """Parameters of stratum `s` by name, its own ones, and the share borrowed."""
        own = {n: float(v) if np.isfinite(v) else None for n, v in zip(self.names, self.own[s], strict=True)}
        found = {n: float(v) for n, v in zip(self.names, self.parameters[s], strict=True)}
        return {**found, "own": own, "own_refused": self.own_refused[s], "borrowed": float(self.borrowed[s])}

    def __repr__(self) -> str:
        lines = [f"<{self.law} law, {len(self.strata):,} strata that borrow inside {len(self.groups):,} groups>"]
        for s, key in enumerate(self.strata[:10]):
            said = ", ".join(f"{n} {v:.6g}" for n, v in zip(self.names, self.parameters[s], strict=True))
            lines.append(f"  {', '.join(key) or 'all'}: {self.claims[s]:,.0f} claims, {said}, "
                         f"{self.borrowed[s]:.0%} borrowed")  # fmt: skip
        return "\n".join(lines)


def borrow(
    evidence: Tally | Brackets | Fit,
    law: str = "weibull",
    across: str | Sequence[str] | None = None,
    level: float = 0.9,
) -> Borrowed:
    """Fit one law to every stratum, each borrowing from the others of its group: empirical Bayes.

    theta_s ~ N(mu, Sigma) on the law's free coordinates (Weibull: ln H at a typical age, and ln beta), mu and Sigma by
    maximum marginal likelihood; each stratum then stands at the mode of logL_s + ln N(mu, Sigma). A stratum without
    claims, which alone gives no law, gets its group's. Intervals hold that mu and Sigma are estimates; with several
    groups only mu.

    Parameters
    ----------
    evidence : Tally, Brackets or Fit
        At least 3 strata with claims; of a fit, the records it was made from.
    law : str
        A name in `LAWS`; a fit brings its own.
    across : str or sequence of str, optional
        Stratum columns over which strata borrow, such as "lot": lots of one product then form a group, and the groups'
        centres are normal draws in turn. Every stratum from every other unless given.
    level : float
        Level of the intervals, 0.9 by default.

    Returns
    -------
    Borrowed
        Parameters (S, P), own and borrowed, and the share borrowed.

    Raises
    ------
    Refused
        No such law, column or level; fewer than 3 strata (or groups) with claims; a pooled law that its claims do not
        give; a spread between strata that grows without end.

    Examples
    --------
    >>> from warrantor.life.reduce import tally_of_ages
    >>> ages, lot = [200.0, 400, 900, 300, 500, 900, 250, 800, 900, 90], [0, 0, 0, 1, 1, 1, 2, 2, 2, 3]
    >>> found = borrow(tally_of_ages(ages, [1, 1, 0, 1, 1, 0, 1, 1, 0, 0], lot))
    >>> found.own.shape, bool(found.borrowed.min() > 0.5), found["beta"].shape
    ((4, 2), True, (4,))
    """
    own = evidence if isinstance(evidence, Fit) else fit(evidence, law, _level(level))
    chosen = LAWS[own.law]
    groups, group = _grouped(own, across)
    _enough(own, group, len(groups))
    rows = on_one_scale(own.rows)
    pooled = together(rows, group, len(groups))
    common = _common(pooled, chosen, len(groups))
    between, found = learned(rows, chosen, group, common.theta)
    scale = rows.scale
    gain = float(found.marginal.sum() - common.value.loglik.sum()) if len(groups) == 1 else float("nan")
    said = f"{own.law} law, strata borrow from their group: {between.rounds} rounds of marginal likelihood"
    said += "" if between.settled else ", which had not settled: the spread is an approximation"
    if len(groups) == 1 and gain < TOLD:
        theta, covariance, share = _same(common, len(own.strata))
        between, gain = _none(between), 0.0
        said += "; the strata differ no more than chance, so all have one common law"
    else:
        theta, covariance, share = _spread(between, found, group)
        if len(groups) == 1:
            covariance = found.covariance + unsettled(rows, chosen, between, group, found)
    said += _flat(between, chosen)
    params = np.stack([p.out(p.coordinate(theta), scale) for p in chosen.parameters], axis=1)
    return Borrowed(law=own.law, by=own.by, strata=own.strata, groups=groups, group=group, unit=own.unit,
                    level=_level(level), names=own.names, own=own.parameters, own_refused=own.refused,
                    parameters=params, borrowed=share, spread=between.spread, gain=gain, units=own.units,
                    claims=own.claims, how=(*own.how, said), theta=theta, covariance=covariance,
                    scale=scale)  # fmt: skip


def _level(level: float) -> float:
    if not 0.0 < level < 1.0:
        raise Refused(f"A level of {level} is no level: give a number between 0 and 1, such as 0.9.")
    return level


def _grouped(own: Fit, across: str | Sequence[str] | None) -> tuple[tuple[tuple[str, ...], ...], Ints]:
    names = own.by if across is None else (across,) if isinstance(across, str) else tuple(across)
    unknown = [n for n in names if n not in own.by]
    if unknown:
        raise Refused(f"There is no stratum column {unknown[0]!r}; there are {', '.join(own.by) or 'none'}.")
    if not names:
        return ((),), np.zeros(len(own.strata), np.int64)
    return regrouped(own.by, own.strata, tuple(n for n in own.by if n not in names))


def _enough(own: Fit, group: Ints, groups: int) -> None:
    """Refuse what cannot tell how strata differ: too few strata with claims, or too few groups."""
    some = own.rows.claims > 0
    if int(some.sum()) < FEWEST:
        raise Refused(f"{int(some.sum())} strata with claims cannot tell how strata differ; it takes {FEWEST}. "
                      "Fit a law to the strata together, or wait for claims.")  # fmt: skip
    if groups > 1 and len(np.unique(group[some])) < FEWEST:
        raise Refused(f"{len(np.unique(group[some]))} groups with claims cannot tell how groups differ; it takes "
                      f"{FEWEST}. Let all strata borrow from each other: leave out `across`.")  # fmt: skip


def _common(pooled: Rows, law: Law, groups: int) -> Peak:
    """One law a group, on the common scale; a group that gives none starts from all of them together."""
    whole = together(pooled, np.zeros(groups, np.int64), 1)
    peak = ascend(whole, law)
    reason = afterwards(peak, whole, law)[0]
    if reason is not None:
        raise Refused(f"All strata together give no {law.name} law to borrow from. {reason}")
    return peak if groups == 1 else Peak(np.repeat(peak.theta, groups, axis=1), peak.value, peak.outside)


def _same(common: Peak, strata: int) -> tuple[Floats, Floats, Floats]:
    cover = np.linalg.inv(-common.value.curvature)
    return np.repeat(common.theta, strata, axis=1), np.repeat(cover, strata, axis=0), np.ones(strata)


def _none(between: Between) -> Between:
    zero = np.zeros_like(between.spread)
    return Between(between.centre, between.unsure, zero, between.apart, between.rounds)


def _spread(between: Between, found: Posterior, group: Ints) -> tuple[Floats, Floats, Floats]:
    """Mode, covariance C + B Var(mu) B' with B = C Sigma^-1, and the share borrowed, mean of C_ii / Sigma_ii."""
    b = found.covariance @ between.precision
    whole = found.covariance + b @ between.unsure[group] @ b.transpose(0, 2, 1)
    return found.mode, whole, np.clip((_variance(found.covariance) / np.diag(between.spread)).mean(axis=1), 0.0, 1.0)


def _variance(covariance: Floats) -> Floats:
    return np.asarray(np.einsum("sii->si", covariance))


def _flat(between: Between, law: Law) -> str:
    """Name the coordinates in which the strata hardly differ."""
    deviation = np.sqrt(np.diag(between.spread))
    still = [p.name for i, d in enumerate(deviation) for p in law.parameters if p.at[0] == i and d < 0.02]
    return f"; no difference between strata is seen in {', '.join(still)}" if still and deviation.any() else ""
