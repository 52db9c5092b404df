"""A law for each fault, as if it were alone, and what shares of units they leave to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from warrantor.finding import Refused
from warrantor.life.fit import fit
from warrantor.life.fitted import Fit
from warrantor.life.laws import LAWS
from warrantor.tally import COUNTS, Floats, Tally

SCHEMA = "warrantor.fault_laws/1"
NODES = 32
POWER = 8
LEVELS = np.array([0.01, 0.1, 0.4, 1.0, 2.5, 6.0, 12.0, 25.0])


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class FaultLaws:
    """Laws of first claims by fault; each is the life its fault would allow if there were no other.

    Attributes
    ----------
    faults : tuple of str
        K names.
    fit : Fit
        Strata (fault, *by), the strata of the first fault first.
    """

    faults: tuple[str, ...]
    fit: Fit

    def survival(self, age: Floats) -> Floats:
        """(S, A) share of units without a claim of any fault by each age (A,), exp(-sum_k H_k); nan where refused."""
        total = self._hazards(np.asarray(age, np.float64)[None, None, :]).sum(axis=0)
        return np.asarray(np.exp(-total))

    def incidence(self, age: Floats) -> Floats:
        """(K, S, A) share of units first claimed for each fault by each age (A,).

        F_k(a) = int_0^a h_k S du = int_0^{H_k(a)} exp(-y - sum_{j != k} H_j(H_k^-1(y))) dy, which has no pole where
        a hazard starts at infinity. By Gauss and Legendre, 32 nodes on y = low + (high - low) s^8 between the ages
        asked for and those where one fault alone has H of 0.01 to 25. A fault without claims has share 0; nan where
        a law with claims was refused.

        Examples
        --------
        >>> from warrantor.life.reduce import tally_of_ages
        >>> age, fault = np.array([2, 3, 5, 5, 9]), np.array(["a", "b", "a", "", "a"])
        >>> laws = fit_faults({f: tally_of_ages(age, fault == f) for f in "ab"}, "exponential")
        >>> laws.incidence([4.0]).ravel() / (1 - laws.survival([4.0]).ravel())
        array([0.75, 0.25])
        """
        ages = np.asarray(age, np.float64)
        edges = self._edges(ages)
        order = np.argsort(edges, axis=1, kind="stable")
        low, high = (np.take_along_axis(edges, order, axis=1)[:, part] for part in (slice(-1), slice(1, None)))
        place = np.argsort(order, axis=1, kind="stable")[:, -len(ages):] if len(ages) else order[:, :0]
        gained = np.cumsum(self._between(low, high), axis=2)
        whole = np.concatenate((np.zeros((*gained.shape[:2], 1)), gained), axis=2)
        return np.take_along_axis(whole, np.broadcast_to(place, (len(self.faults), *place.shape)), axis=2)

    def _edges(self, ages: Floats) -> Floats:
        """(S, 1 + L K + A) age 0, the ages where one fault alone has a level of H, and the ages asked for, last."""
        params = self._params()
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            own = LAWS[self.fit.law].quantile(-np.expm1(-LEVELS), params[:, :, None, :])
        own = np.where(np.isfinite(own), np.minimum(own, ages.max(initial=0.0)), 0.0)
        strata = params.shape[1]
        return np.concatenate((np.zeros((strata, 1)), own.transpose(1, 0, 2).reshape(strata, -1),
                               np.broadcast_to(ages, (strata, len(ages)))), axis=1)

    def _between(self, low: Floats, high: Floats) -> Floats:
        """(K, S, E) share of units first claimed for each fault between ages low and high (S, E)."""
        node, weight = np.polynomial.legendre.leggauss(NODES)
        s = 0.5 * (node + 1.0)
        steps, weights = s**POWER, 0.5 * weight * POWER * s ** (POWER - 1)
        params, law = self._params(), LAWS[self.fit.law]
        start, stop = self._hazards(low[None]), self._hazards(high[None])
        out = np.empty_like(start)
        for k in range(len(self.faults)):
            y = start[k][..., None] + (stop - start)[k][..., None] * steps
            with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
                reached = np.where(y > 0, law.quantile(-np.expm1(-y), params[k][:, None, None, :]), 0.0)
            others = np.delete(self._hazards(reached.reshape(len(low), -1)[None]), k, axis=0).sum(axis=0)
            inside = np.exp(-y - others.reshape(y.shape))
            out[k] = (stop - start)[k] * (inside * weights).sum(axis=-1)
        return out

    def _params(self) -> Floats:
        k = len(self.faults)
        return self.fit.parameters.reshape(k, len(self.fit.strata) // k, -1)

    def _hazards(self, age: Floats) -> Floats:
        """H_k (K, S, A) at ages (1, S or 1, A); 0 for a fault without claims after age 0."""
        params = self._params()
        with np.errstate(invalid="ignore", divide="ignore"):
            found = LAWS[self.fit.law].cumulative_hazard(age, params[:, :, None, :])
        none = (self.fit.claims <= self.fit.dead_on_arrival).reshape(params.shape[:2])
        return np.where(none[..., None], 0.0, found)

    def to_dict(self) -> dict[str, Any]:
        """Return the fit as plain values, each stratum with its fault."""
        return self.fit.to_dict() | {"schema": SCHEMA, "faults": list(self.faults)}

    def __repr__(self) -> str:
        return f"<laws of {len(self.faults)} faults: {', '.join(self.faults)}>\n{self.fit!r}"


def fit_faults(faults: Mapping[str, Tally], law: str = "weibull", level: float = 0.9) -> FaultLaws:
    """Fit one law to the first claims of every fault in every stratum at once.

    For each fault the units that claim for another leave unclaimed that day, so that the likelihood of all faults
    is the product of theirs: logL = sum_k [sum d_k ln h_k - sum (d + l - e) H_k].

    Parameters
    ----------
    faults : mapping of str to Tally
        First claims of each fault in the same units: `fleet.tally(by, faults=[...])`.
    law : str
        A name in `LAWS`.
    level : float
        Level of the intervals, 0.9 by default.

    Returns
    -------
    FaultLaws

    Raises
    ------
    Refused
        No fault, tallies of different questions, a stratum column called fault, no such law or level.
    """
    if not faults:
        raise Refused("Name at least one fault, with the tally of its first claims.")
    return FaultLaws(faults=tuple(faults), fit=fit(_stacked(faults), law, level))


def _stacked(faults: Mapping[str, Tally]) -> Tally:
    tallies = list(faults.values())
    one = tallies[0]
    if "fault" in one.by:
        raise Refused("A stratum column is called fault already: rename it, or add over it.")
    if any(getattr(t, n) != getattr(one, n) for t in tallies for n in ("by", "strata", "unit", "grain")):
        raise Refused("The tallies of the faults are of different questions: ask with the same strata and day.")
    size = len(one.strata)
    columns = {n: np.concatenate([getattr(t, n) for t in tallies]) for n in ("age", *COUNTS)}
    how = dict.fromkeys(h for t in tallies for h in t.how)
    return Tally(by=("fault", *one.by), strata=tuple((f, *s) for f in faults for s in one.strata), unit=one.unit,
                 stratum=np.concatenate([t.stratum + i * size for i, t in enumerate(tallies)]), grain=one.grain,
                 as_of=one.as_of, how=tuple(how), currency=one.currency, **columns)
