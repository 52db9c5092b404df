"""A fitted law: parameters, how sure, and which strata were refused."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from warrantor.finding import Refused
from warrantor.life.climb import Peak
from warrantor.life.law import Law
from warrantor.life.laws import LAWS
from warrantor.life.likelihood import Rows, added
from warrantor.tally import Brackets, Floats, Ints, Tally

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "warrantor.fit/1"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Fit:
    """One law fitted to every stratum.

    Attributes
    ----------
    law : str
        Name in `LAWS`.
    by : tuple of str
        Names of the stratum columns.
    strata : tuple of tuple of str
        One value per name of `by`.
    unit : str
        Unit of age.
    level : float
        Level of the intervals.
    names : tuple of str
        Parameters as the field names them, in the order of the columns below.
    parameters : (S, P)
        nan where refused.
    loglik : (S,)
        Maximum of the log-likelihood; densities per unit of age.
    covariance : (S, P, P)
        Of the parameters, from the curvature at the maximum.
    unbalance : (S,)
        Largest score at the maximum relative to its scale, at most 1e-8.
    units, claims, dead_on_arrival : (S,) count
        All units; first claims at any age; those at age 0, which entered no law.
    refused : tuple of str or None
        Why a stratum has no law.
    how : tuple of str
        How the result was obtained.
    """

    law: str
    by: tuple[str, ...]
    strata: tuple[tuple[str, ...], ...]
    unit: str
    level: float
    names: tuple[str, ...]
    parameters: Floats
    loglik: Floats
    covariance: Floats
    unbalance: Floats
    units: Floats
    claims: Floats
    dead_on_arrival: Floats
    refused: tuple[str | None, ...]
    how: tuple[str, ...]
    theta: Floats = field(repr=False)
    curvature: Floats = field(repr=False)
    rows: Rows = field(repr=False)

    @classmethod
    def blank(cls, evidence: Tally | Brackets, law: Law, level: float, rows: Rows) -> Fit:
        """Start from the counts alone, no stratum fitted yet."""
        s, p = len(evidence.strata), len(law.parameters)
        units, claims, dead = counted(evidence)
        return cls(
            law=law.name,
            by=evidence.by,
            strata=evidence.strata,
            unit=evidence.unit,
            level=level,
            names=law.names,
            parameters=np.full((s, p), np.nan),
            loglik=np.full(s, np.nan),
            covariance=np.full((s, p, p), np.nan),
            unbalance=np.full(s, np.nan),
            units=units,
            claims=claims,
            dead_on_arrival=dead,
            refused=(None,) * s,
            how=(*evidence.how, f"{law.name} law by maximum likelihood; age 0 counted apart"),
            theta=np.full((p, s), np.nan),
            curvature=np.full((s, p, p), np.nan),
            rows=rows,
        )

    def filled(self, where: Ints, peak: Peak) -> Fit:
        """Write the peaks of the strata numbered in `where`, carried to the unit of the ages."""
        law, scale = LAWS[self.law], self.rows.scale[where]
        theta, parameters, covariance = self.theta.copy(), self.parameters.copy(), self.covariance.copy()
        theta[:, where] = peak.theta
        v = [p.coordinate(peak.theta) for p in law.parameters]
        parameters[where] = np.stack([p.out(c, scale) for p, c in zip(law.parameters, v, strict=True)], axis=1)
        turn = np.stack(
            [p.slope(c, scale)[:, None] * p.gradient(peak.theta) for p, c in zip(law.parameters, v, strict=True)],
            axis=1,
        )
        covariance[where] = turn @ np.linalg.inv(-peak.value.curvature) @ turn.transpose(0, 2, 1)
        loglik, unbalance, curvature = self.loglik.copy(), self.unbalance.copy(), self.curvature.copy()
        exact = added(self.rows.at, self.rows.events, self.rows.strata)[where]
        loglik[where] = peak.value.loglik - exact * np.log(scale)
        unbalance[where], curvature[where] = peak.value.unbalance, peak.value.curvature
        return replace(
            self,
            parameters=parameters,
            covariance=covariance,
            loglik=loglik,
            unbalance=unbalance,
            theta=theta,
            curvature=curvature,
        )

    def told(self, reasons: list[str | None]) -> Fit:
        """Write the reasons of the refused strata."""
        return replace(self, refused=tuple(reasons))

    def __getitem__(self, name: str) -> Floats:
        """(S,) one parameter of every stratum."""
        return self.parameters[:, self._column(name)]

    def _column(self, name: str) -> int:
        if name not in self.names:
            raise Refused(f"The {self.law} law has no parameter {name!r}; it has {', '.join(self.names)}.")
        return self.names.index(name)

    def standard_error(self, name: str) -> Floats:
        """(S,) square root of the parameter's variance, in the parameter's own unit."""
        i = self._column(name)
        return np.asarray(np.sqrt(self.covariance[:, i, i]))

    def interval(self, name: str, kind: Literal["profile", "wald"] = "profile", level: float | None = None) -> Floats:
        """(S, 2) interval of a parameter.

        profile: {v : 2 (logL_max - max over the others of logL) <= chi2_1(level)}; a bound the likelihood never
        reaches is the
        edge of the parameter's space. wald: v +- z se on the coordinate searched (logarithm of a positive
        parameter, logit of a
        share), carried back.
        """
        from warrantor.life.bounds import interval

        return interval(self, self._column(name), kind, self.level if level is None else level)

    def survival(self, age: Floats) -> Floats:
        """(S, A) share of units without a claim by each age (A,); nan where refused."""
        return np.exp(LAWS[self.law].log_survival(np.asarray(age, np.float64), self.parameters[:, None, :]))

    def quantile(self, p: Floats) -> Floats:
        """(S, K) ages by which shares p (K,) have claimed; nan where refused."""
        return LAWS[self.law].quantile(np.asarray(p, np.float64), self.parameters[:, None, :])

    def to_arrow(self) -> pa.Table:
        """Return one row per stratum: the strata, counts, parameters with standard errors, log-likelihood,
        refusal.
        """
        import pyarrow as pa

        columns: dict[str, Any] = {name: [s[i] for s in self.strata] for i, name in enumerate(self.by)}
        columns |= {"units": self.units, "claims": self.claims, "dead_on_arrival": self.dead_on_arrival}
        for name in self.names:
            columns |= {name: self[name], f"se_{name}": self.standard_error(name)}
        columns |= {"loglik": self.loglik, "refused": pa.array(self.refused, pa.string())}
        return pa.table(columns)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name: one entry per stratum, numbers null where refused."""
        return {
            "schema": SCHEMA,
            "law": self.law,
            "unit": self.unit,
            "level": self.level,
            "how": list(self.how),
            "strata": [self._stratum(s) for s in range(len(self.strata))],
        }

    def _stratum(self, s: int) -> dict[str, Any]:
        return {
            "by": dict(zip(self.by, self.strata[s], strict=True)),
            "units": whole(self.units[s]),
            "claims": whole(self.claims[s]),
            "dead_on_arrival": whole(self.dead_on_arrival[s]),
            **self.row(s),
            "refused": self.refused[s],
        }

    def row(self, s: int) -> dict[str, float | None]:
        """Parameters and log-likelihood of stratum `s` by name; None where refused."""
        values = [*self.parameters[s], self.loglik[s]]
        return {n: float(v) if np.isfinite(v) else None for n, v in zip((*self.names, "loglik"), values, strict=True)}

    def __repr__(self) -> str:
        gone = sum(r is not None for r in self.refused)
        head = f"<{self.law} law, {len(self.strata):,} strata" + (f", {gone:,} refused" if gone else "")
        return "\n".join([head + f", ages in {self.unit}>", *(self._line(s) for s in range(min(len(self.strata), 10)))])

    def _line(self, s: int) -> str:
        name = ", ".join(f"{n}={v}" for n, v in zip(self.by, self.strata[s], strict=True)) or "all"
        counts = f"  {name}: {self.units[s]:,.0f} units, {self.claims[s]:,.0f} claims"
        if self.refused[s] is not None:
            return f"{counts}: refused. {self.refused[s]}"
        return counts + "".join(f", {n} {v:.6g}" for n, v in zip(self.names, self.parameters[s], strict=True))


def whole(count: float) -> int | float:
    """Return a count as it is: whole where it is, a fraction where units were spread.

    Examples
    --------
    >>> whole(3.0), whole(2.5)
    (3, 2.5)
    """
    return int(count) if float(count).is_integer() else float(count)


def counted(evidence: Tally | Brackets) -> tuple[Floats, Floats, Floats]:
    """Units, first claims and claims at age 0 per stratum, (S,) each."""
    n = len(evidence.strata)
    if isinstance(evidence, Tally):
        zero = np.flatnonzero((evidence.age == 0) & (evidence.grain == "exact"))
        return (
            added(evidence.stratum, evidence.entered, n),
            added(evidence.stratum, evidence.claimed, n),
            _total(evidence.stratum[zero], evidence.claimed[zero], n),
        )
    units = np.maximum(evidence.count, 0.0)
    claimed = units * np.isfinite(evidence.upper)
    return (
        _total(evidence.stratum, units, n),
        _total(evidence.stratum, claimed, n),
        _total(evidence.stratum, claimed * (evidence.upper == 0), n),
    )


def _total(stratum: Ints, column: Floats, strata: int) -> Floats:
    return np.asarray(np.bincount(stratum, column, strata), np.float64)
