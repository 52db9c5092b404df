"""A hazard that is constant between edges: no shape is supposed, so it judges the laws that suppose one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import chdtri

from warrantor.finding import Refused
from warrantor.life.fitted import counted
from warrantor.life.likelihood import added
from warrantor.tally import Brackets, Floats, Tally

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "warrantor.piecewise/1"
FEWEST, MOST_PIECES, HALVINGS = 10, 10, 120


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Piecewise:
    """One rate a piece in every stratum, and the surface that a `Fit` has.

    Attributes
    ----------
    by : tuple of str
        Names of the stratum columns.
    strata : tuple of tuple of str
        One value per name of `by`.
    unit : str
        Unit of age.
    level : float
        Level of the intervals.
    edges : (K + 1,) unit
        Piece k is (edges[k], edges[k + 1]].
    parameters : (S, K) per unit of age
        Rate of each piece; nan where nobody was watched in it, or the stratum was refused.
    loglik : (S,)
        Maximum of the log-likelihood, comparable with that of a `Fit` of the same tally.
    piece_claims : (S, K) count
        First claims in each piece.
    exposure : (S, K) unit-ages
        Time lived in each piece (interval grain: by those that reached the end of each step).
    units, claims, dead_on_arrival : (S,) count
        All units; first claims at any age; those at age 0, which entered no rate.
    refused : tuple of str or None
        Why a stratum has no rates.
    how : tuple of str
        How the result was obtained.
    """

    by: tuple[str, ...]
    strata: tuple[tuple[str, ...], ...]
    unit: str
    level: float
    grain: str
    edges: Floats
    parameters: Floats
    loglik: Floats
    piece_claims: Floats
    exposure: Floats
    units: Floats
    claims: Floats
    dead_on_arrival: Floats
    refused: tuple[str | None, ...]
    how: tuple[str, ...]

    @property
    def law(self) -> str:
        """The name under which it stands beside the laws."""
        return "piecewise"

    @property
    def names(self) -> tuple[str, ...]:
        """(K,) names of the rates by the edges of their pieces."""
        return tuple(f"rate({a:g},{b:g}]" for a, b in pairwise(self.edges))

    def _column(self, name: str) -> int:
        if name not in self.names:
            raise Refused(f"There is no piece {name!r}; there are {', '.join(self.names)}.")
        return self.names.index(name)

    def __getitem__(self, name: str) -> Floats:
        """(S,) one rate of every stratum."""
        return self.parameters[:, self._column(name)]

    def standard_error(self, name: str) -> Floats:
        """(S,) from the curvature; nan where the piece has no claims, whose curvature is none."""
        k = self._column(name)
        d, e, r = self.piece_claims[:, k], self.exposure[:, k], self.parameters[:, k]
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = r / np.sqrt(d) if self.grain == "exact" else np.sqrt(d / (e * (e + d)))
        return np.asarray(np.where(d > 0, spread, np.nan))

    def interval(self, name: str, level: float | None = None) -> Floats:
        """(S, 2) profile interval of a rate: {r : 2 (logL_max - logL(r)) <= chi2_1(level)}; from 0 without claims."""
        k = self._column(name)
        drop = float(chdtri(1.0, 1.0 - _level(self.level if level is None else level)))
        ends = _ends(self.piece_claims[:, k], self.exposure[:, k], self.grain, drop)
        return np.asarray(np.where(np.isnan(self.parameters[:, k])[:, None], np.nan, ends))

    def cumulative_hazard(self, age: Floats) -> Floats:
        """(S, A) H at each age (A,): sum of rate times the part of the piece lived; nan beyond what was watched."""
        age = np.asarray(age, np.float64)
        total = np.zeros((len(self.strata), len(age)))
        for k, (low, high) in enumerate(pairwise(self.edges)):
            lived = np.clip(age, low, high) - low
            total += np.where(lived > 0, self.parameters[:, k, None] * lived, 0.0)
        known = (age <= self.edges[-1]) & np.array([r is None for r in self.refused])[:, None]
        return np.where(known, total, np.nan)

    def survival(self, age: Floats) -> Floats:
        """(S, A) share of units without a claim by each age (A,); nan beyond what was watched."""
        return np.exp(-self.cumulative_hazard(age))

    def quantile(self, p: Floats) -> Floats:
        """(S, Q) ages by which shares p (Q,) have claimed; nan where that lies beyond what was watched."""
        wanted = -np.log1p(-np.asarray(p, np.float64))
        inner = np.where(np.isfinite(self.edges), self.edges, self.edges[-2])
        h = self.cumulative_hazard(inner)
        out = np.full((len(self.strata), len(wanted)), np.nan)
        for k, (low, high) in enumerate(pairwise(self.edges)):
            with np.errstate(invalid="ignore", divide="ignore"):
                at = low + (wanted - h[:, k, None]) / self.parameters[:, k, None]
                inside = (wanted >= h[:, k, None]) & (at <= high * (1.0 + 1e-15)) & np.isnan(out)
            out = np.where(inside, at, out)
        return np.where(np.isfinite(h[:, :1]) & (wanted == 0.0), 0.0, out)

    def row(self, s: int) -> dict[str, float | None]:
        """Rates and log-likelihood of stratum `s` by name; None where not known."""
        values = [*self.parameters[s], self.loglik[s]]
        return {n: float(v) if np.isfinite(v) else None for n, v in zip((*self.names, "loglik"), values, strict=True)}

    def to_arrow(self) -> pa.Table:
        """Return one row per stratum and piece: edges, claims, exposure, rate and its interval."""
        import pyarrow as pa

        s, k = self.parameters.shape
        ends = np.stack([self.interval(n) for n in self.names], axis=1).reshape(-1, 2)
        columns: dict[str, Any] = {n: np.repeat([v[i] for v in self.strata], k) for i, n in enumerate(self.by)}
        columns |= {"from": np.tile(self.edges[:-1], s), "to": np.tile(self.edges[1:], s)}
        columns |= {"claims": self.piece_claims.ravel(), "exposure": self.exposure.ravel()}
        columns |= {"rate": self.parameters.ravel(), "lower": ends[:, 0], "upper": ends[:, 1]}
        return pa.table(columns | {"refused": [r for r in self.refused for _ in range(k)]})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name; what is not known is None."""
        strata = [{"by": dict(zip(self.by, key, strict=True)), "units": int(self.units[s]),
                   "claims": int(self.claims[s]), "dead_on_arrival": int(self.dead_on_arrival[s]), **self.row(s),
                   "refused": self.refused[s]} for s, key in enumerate(self.strata)]  # fmt: skip
        edges = [e if np.isfinite(e) else None for e in self.edges.tolist()]
        return {"schema": SCHEMA, "unit": self.unit, "edges": edges, "how": list(self.how), "strata": strata}

    def __repr__(self) -> str:
        lines = [f"<Piecewise hazard, {len(self.strata):,} strata, {len(self.names)} pieces, ages in {self.unit}>"]
        for s, key in enumerate(self.strata[:10]):
            said = self.refused[s] or ", ".join(f"{n} {v:.4g}" for n, v in zip(self.names, self.parameters[s],
                                                                                strict=True))  # fmt: skip
            lines.append(f"  {', '.join(key) or 'all'}: {said}")
        return "\n".join(lines)


def fit_piecewise(evidence: Tally | Brackets, edges: Sequence[float] | None = None, level: float = 0.9) -> Piecewise:
    """Fit one rate a piece to every stratum: claims over time lived, in closed form.

    Exact grain: rate = d / E, logL = sum_k d_k ln r_k - r_k E_k (Poisson). Interval grain, edges on whole ages:
    rate = ln(1 + d / W), logL = sum_k d_k ln(1 - exp(-r_k)) - r_k W_k, W the steps survived in the piece.

    Parameters
    ----------
    evidence : Tally
        Any number of strata; brackets that overlap have no closed form and are refused.
    edges : sequence of float, optional
        From 0, rising, to the last age watched or beyond (inf allowed). Unless given: chosen from the claims of all
        strata together, as many pieces (10 at most) as leave each at least 10 claims and about the same number.
    level : float
        Level of the intervals, 0.9 by default.

    Returns
    -------
    Piecewise
        Rates (S, K); a stratum without claims is refused with the reason, the others stand.

    Raises
    ------
    Refused
        Brackets, a level outside (0, 1), edges that do not rise from 0 or end before the records do.

    Examples
    --------
    >>> from warrantor.life.reduce import tally_of_ages
    >>> found = fit_piecewise(tally_of_ages([10.0, 20, 30, 40], [1, 0, 1, 0]), edges=[0, 25, 40])
    >>> found.parameters.round(4)  # 1 claim in 10 + 20 + 25 + 25, 1 in 5 + 15
    array([[0.0125, 0.05  ]])
    """
    _level(level)
    if isinstance(evidence, Brackets):
        raise Refused("Ages in brackets give no closed rate a piece. Fit a law, or use turnbull().")
    whole = _default(evidence) if edges is None else _checked(evidence, np.asarray(edges, np.float64))
    d, e = _sums(evidence, whole)
    units, claims, dead = counted(evidence)
    refused = _reasons(units, d, e)
    stands = np.array([r is None for r in refused], bool)[:, None]
    with np.errstate(all="ignore"):
        rate = np.where(stands & (e > 0), d / e if evidence.grain == "exact" else np.log1p(d / e), np.nan)
        hit = np.log(rate) if evidence.grain == "exact" else np.log(-np.expm1(-rate))
        loglik = (np.where(d > 0, d * hit, 0.0) - np.where(e > 0, rate * e, 0.0)).sum(axis=1)
    said = f"chosen from the claims of all strata, at least {FEWEST} a piece" if edges is None else "given"
    return Piecewise(by=evidence.by, strata=evidence.strata, unit=evidence.unit, level=level, grain=evidence.grain,
                     edges=whole, parameters=rate, loglik=np.where(stands[:, 0], loglik, np.nan), piece_claims=d,
                     exposure=e, units=units, claims=claims, dead_on_arrival=dead, refused=refused,
                     how=(*evidence.how, f"constant hazard in {len(whole) - 1} pieces, edges {said}"))  # fmt: skip


def _level(level: float) -> float:
    if not 0.0 < level < 1.0:
        raise Refused(f"A level of {level} is no level: give a number between 0 and 1, such as 0.9.")
    return level


def _last(tally: Tally) -> float:
    """Age by which the last unit was seen; at interval grain a claim may come at the end of its step."""
    step = 0.0 if tally.grain == "exact" else 1.0
    seen = np.where((tally.claimed != 0) | (tally.left != 0), tally.age + step * (tally.claimed != 0), 0.0)
    return float(seen.max(initial=0.0))


def _default(tally: Tally) -> Floats:
    """Walk up the ages of all claims, closing a piece whenever it holds its part of them."""
    step = 0.0 if tally.grain == "exact" else 1.0
    ages, place = np.unique(tally.age + step, return_inverse=True)
    pooled = np.bincount(place.ravel(), np.where(tally.age + step > 0, tally.claimed, 0.0), len(ages))
    running = np.cumsum(np.nan_to_num(pooled))
    total = running[-1] if len(running) else 0.0
    part = total / np.clip(total // FEWEST, 1, MOST_PIECES)
    edges, before = [0.0], 0.0
    while total > 0 and total - before >= 2 * part * (1.0 - 1e-12):
        i = int(np.searchsorted(running, before + part * (1.0 - 1e-12)))
        if total - running[i] < FEWEST:
            break
        edges, before = [*edges, float(ages[i])], float(running[i])
    return np.array([*edges, _last(tally) or 1.0])


def _checked(tally: Tally, edges: Floats) -> Floats:
    if edges.ndim != 1 or len(edges) < 2 or edges[0] != 0 or not np.all(np.diff(edges) > 0):
        raise Refused("Edges rise from 0: give at least two, such as [0, 90, 365].")
    if edges[-1] < _last(tally):
        raise Refused(f"The last edge, {edges[-1]:g}, comes before the last age watched, {_last(tally):g}. "
                      "Give a later one, or inf.")  # fmt: skip
    if tally.grain == "interval" and np.any(edges[np.isfinite(edges)] % 1.0):
        raise Refused("Ages are known to whole steps: edges must be whole too.")
    return edges


def _sums(tally: Tally, edges: Floats) -> tuple[Floats, Floats]:
    """Claims (S, K) and time lived (S, K) in the pieces: sum of (claims + exits - entries) x the part lived."""
    net, s = tally.claimed + tally.left - tally.entered, len(tally.strata)
    d, e = np.empty((s, len(edges) - 1)), np.empty((s, len(edges) - 1))
    step = 0.0 if tally.grain == "exact" else 1.0
    for k, (low, high) in enumerate(pairwise(edges)):
        inside = (tally.age + step > low) & (tally.age + step <= high)
        d[:, k] = added(tally.stratum, np.where(inside, tally.claimed, 0.0), s)
        lived = np.clip(tally.age, low, high) - low
        e[:, k] = added(tally.stratum, net * lived, s)
        e[np.abs(e[:, k]) <= 1e-13 * added(tally.stratum, np.abs(net) * lived, s), k] = 0.0  # what should cancel
    return d, e


def _reasons(units: Floats, d: Floats, e: Floats) -> tuple[str | None, ...]:
    lived, some = (e > 0).any(axis=1), (d > 0).any(axis=1)
    told = {
        "A count is missing: there is nothing to fit.": ~np.isfinite(units + d.sum(axis=1) + e.sum(axis=1)),
        "No units: there is nothing to fit.": units <= 0,
        "More units left than entered: the records contradict themselves.": (e < 0).any(axis=1),
        "Nothing was watched above age 0: there is no time lived to fit rates to.": ~lived & ~some,
        "No claims above age 0: the records bound the hazard from above but give no rate. Wait for claims.": ~some,
        "Every unit watched in a piece claimed in its first step: the rate has no upper limit. Use wider pieces or "
        "finer ages.": ((d > 0) & ~(e > 0)).any(axis=1),
    }
    wrong = np.stack(list(told.values()))
    texts = list(told)
    return tuple(texts[int(w.argmax())] if w.any() else None for w in wrong.T)


def _ends(d: Floats, e: Floats, grain: str, drop: float) -> Floats:
    """(S, 2) where twice the fall of the log-likelihood is `drop`: halving on the ratio to the estimate."""
    ends = np.zeros((len(d), 2))
    with np.errstate(all="ignore"):
        for i, side in enumerate((-1.0, 1.0)):
            low, high = np.zeros(len(d)), np.full(len(d), 60.0)
            for _ in range(HALVINGS):
                middle = 0.5 * (low + high)
                over = _fall(d, e, side * middle, grain) > drop
                low, high = np.where(over, low, middle), np.where(over, middle, high)
            ends[:, i] = (d / e if grain == "exact" else np.log1p(d / e)) * np.exp(side * low)
    none = d <= 0
    ends[none, 0], ends[none, 1] = 0.0, 0.5 * drop / np.where(e[none] > 0, e[none], np.nan)
    return ends


def _fall(d: Floats, e: Floats, log_ratio: Floats, grain: str) -> Floats:
    """2 (logL_max - logL) where the rate is exp(log_ratio) times the estimate."""
    if grain == "exact":
        return np.asarray(2.0 * d * (np.expm1(log_ratio) - log_ratio))
    best = np.log1p(d / e)
    rate = best * np.exp(log_ratio)
    return np.asarray(2.0 * (d * (np.log(-np.expm1(-best)) - np.log(-np.expm1(-rate))) + (rate - best) * e))
