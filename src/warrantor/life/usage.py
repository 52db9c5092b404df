"""Usage as a second dimension: mileage or cycles end the cover too, and high-rate units leave it early."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from warrantor.finding import Refused
from warrantor.life.clocks import CLOCKS, Best, Clock, Used, best, covered
from warrantor.life.laws import LAWS
from warrantor.tally import Floats, Ints, Tally

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "warrantor.usage/1"
FEWEST = 10  # claims or readings with usage
DRAWS, PIECES = 1000, 400
SAYS = (
    "A unit uses at a steady rate; rates are lognormal between units. Its cover ends at the length or at the usage.",
    "Claims follow its age or its usage: both clocks are fitted to the same records and weighed by their likelihood.",
    "Readings are taken to be of units that do not differ from the others.",
    "Beyond the length and the usage seen, the law is taken to hold: the intervals hold its parameters' error alone.",
)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Usage:
    """Rates of use and first claims under a guarantee of an age and a usage.

    Attributes
    ----------
    strata : tuple of str
    unit, meter : str
        Of age, and of usage.
    length, limit : float
        Of the guarantee seen, in those; inf where usage ends nothing.
    law : str
        Name in `LAWS`, on either clock.
    level : float
        Level of the intervals.
    units, claims, rates : (S,) count
        All units; first claims; claims and readings that tell a rate.
    fits : tuple of dict of str to Best
        By clock, ages in lengths and usage in limits; empty where refused.
    weights : (S, 2)
        Of the clocks age and usage; nan where refused.
    refused : tuple of str or None
    how : tuple of str
    """

    strata: tuple[str, ...]
    unit: str
    meter: str
    length: float
    limit: float
    law: str
    level: float
    units: Floats
    claims: Floats
    rates: Floats
    fits: tuple[dict[str, Best], ...]
    weights: Floats
    refused: tuple[str | None, ...]
    how: tuple[str, ...] = SAYS
    seen: tuple[Used, ...] = field(repr=False, default=())

    @property
    def rate(self) -> Floats:
        """(S, 2) mean and sd of ln rate, usage per unit of age, clocks weighed; nan where refused."""
        found = np.full((len(self.strata), 2), np.nan)
        for s, fits in enumerate(self.fits):
            for clock, one in fits.items():
                share = self.weights[s, CLOCKS.index(clock)]
                told = np.array([one.theta[0] + np.log(self._meters / self.length), np.exp(one.theta[1])])
                found[s] = share * told + (0.0 if np.isnan(found[s, 0]) else found[s])
        return found

    def parameters(self, clock: str) -> Floats:
        """Parameters (S, P) of the law on the clock "age" or "usage", in its unit; nan where refused."""
        scale = self.length if clock == "age" else self._meters
        moved = {"eta": lambda v: v * scale, "mu": lambda v: v + np.log(scale), "rate": lambda v: v / scale}
        names = LAWS[self.law].names
        found = np.full((len(self.strata), len(names)), np.nan)
        for s, fits in enumerate(self.fits):
            if fits:
                own = Clock(self.law, CLOCKS.index(clock)).parameters(fits[clock].theta)
                found[s] = [moved[n](v) if n in moved else v for n, v in zip(names, own, strict=True)]
        return found

    @property
    def _meters(self) -> float:
        return self.limit if np.isfinite(self.limit) else 1.0

    def covered(self, age: ArrayLike) -> Floats:
        """Share (S, A) of units whose usage has not ended their cover by an age: P(rate <= limit / age)."""
        at = np.asarray(age, np.float64) / self.length
        found = np.full((len(self.strata), len(at)), np.nan)
        for s, fits in enumerate(self.fits):
            if fits:
                found[s] = sum(self.weights[s, i] * covered(fits[clock].theta, at, self._most)
                               for i, clock in enumerate(CLOCKS))
        return found

    @property
    def _most(self) -> float:
        return 1.0 if np.isfinite(self.limit) else np.inf

    def expected(self, length: float, limit: float = np.inf, *, seed: int = 0) -> Floats:
        """First claims per 1000 units sold under any length and usage, whichever is first: (S, 3) mean, lower, upper.

        1000 int F(min(length, limit / r) | r) g(r) dr; a draw takes a clock by its weight and parameters from their
        large-sample distribution.

        Raises
        ------
        Refused
            A length or a limit that is none.
        """
        if not (length > 0 and limit > 0 and np.isfinite(length)):
            raise Refused(f"{length:g} {self.unit} or {limit:g} {self.meter} are no guarantee: give numbers above 0.")
        found = np.full((len(self.strata), 3), np.nan)
        for s, fits in enumerate(self.fits):
            if fits:
                drawn = self._drawn(s, length / self.length, limit / self._meters, np.random.default_rng([seed, s]))
                tails = [(1.0 - self.level) / 2.0, (1.0 + self.level) / 2.0]
                found[s] = [drawn.mean(), *np.quantile(drawn, tails)]
        return found

    def _drawn(self, s: int, length: float, limit: float, rng: np.random.Generator) -> Floats:
        clocks = rng.choice(2, DRAWS, p=self.weights[s])
        out = np.empty(DRAWS)
        at = np.array([length])
        for i, clock in enumerate(CLOCKS):
            one = self.fits[s][clock]
            rows = np.flatnonzero(clocks == i)
            theta = rng.multivariate_normal(one.theta, one.covariance, len(rows))
            out[rows] = [1000.0 * (1.0 - Clock(self.law, i).unclaimed(t, at, limit)[0]) for t in theta]
        return out

    def tally(self) -> Tally:
        """Tally by age with each unclaimed unit's exit spread over where its usage may have ended its cover.

        A unit watched to age a left at b < a with weight g(limit / b) S(b), and at a with the rest. For a life table
        and laws by age; where claims follow usage it is those of the units still covered.

        Raises
        ------
        Refused
            Every stratum was refused.
        """
        parts = [self._spread(s) for s in range(len(self.strata)) if self.fits[s]]
        if not parts:
            raise Refused(next(r for r in self.refused if r))
        rows: dict[str, Any] = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
        kept = tuple((name,) for name, fits in zip(self.strata, self.fits, strict=True) if fits)
        number = np.cumsum([bool(f) for f in self.fits]) - 1
        return Tally.of(by=("stratum",), strata=kept, stratum=number[rows.pop("stratum").astype(np.int64)],
                        unit=self.unit, how=("exits spread over where usage may have ended the cover",), **rows)

    def _spread(self, s: int) -> dict[str, Floats]:
        """Rows of one stratum: entries at 0, claims, exits."""
        seen, i = self.seen[s], int(np.nanargmax(self.weights[s]))
        theta, clock = self.fits[s][CLOCKS[i]].theta, Clock(self.law, i)
        stays, known = ~seen.failed, ~np.isnan(seen.rate)
        a, n = seen.age[stays & ~known], seen.count[stays & ~known]
        edges = np.linspace(0.0, float(a.max(initial=1e-9)), PIECES + 1)
        middle = (edges[:-1] + edges[1:]) / 2.0
        left = -np.diff(covered(theta, edges, seen.limit))
        if left.any():
            left = left * np.exp(clock.log_survival(theta, middle, seen.limit / middle))
        early = np.where(middle < a[:, None], left, 0.0)
        last = clock.still(theta, a, seen.limit)
        share = n / (early.sum(axis=1) + last)
        gone = [(middle, share @ early), (a, share * last),
                (np.minimum(seen.age, seen.limit / seen.rate)[stays & known], seen.count[stays & known])]
        age = np.concatenate(([0.0], seen.age[seen.failed], *(g[0] for g in gone))) * self.length
        zero = np.zeros(len(age))
        claims = 1 + int(seen.failed.sum())
        claimed, out, entered = zero.copy(), zero.copy(), zero.copy()
        entered[0] = seen.count.sum()
        claimed[1:claims] = seen.count[seen.failed]
        out[claims:] = np.concatenate([g[1] for g in gone])
        return {"stratum": np.full(len(age), float(s)), "age": age, "entered": entered, "claimed": claimed, "open": out}

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name; numbers null where refused."""
        rows = []
        own = self.expected(self.length, self.limit)
        for s, name in enumerate(self.strata):
            gone = not self.fits[s]
            rows.append({
                "stratum": name, "units": float(self.units[s]), "claims": float(self.claims[s]),
                "rates": float(self.rates[s]), "ln_rate": None if gone else self.rate[s].tolist(),
                "weights": None if gone else dict(zip(CLOCKS, self.weights[s].tolist(), strict=True)),
                "per_1000": None if gone else own[s].tolist(), "refused": self.refused[s]})
        return {"schema": SCHEMA, "unit": self.unit, "meter": self.meter, "length": self.length, "law": self.law,
                "limit": self.limit if np.isfinite(self.limit) else None, "level": self.level, "strata": rows,
                "how": list(self.how)}

    def to_arrow(self) -> pa.Table:
        """Return one row per stratum; those refused hold no numbers."""
        import pyarrow as pa

        own, gone = self.expected(self.length, self.limit), np.array([not f for f in self.fits], bool)
        columns: dict[str, Any] = {"stratum": list(self.strata)}
        columns |= {name: getattr(self, name) for name in ("units", "claims", "rates")}
        values = {"ln_rate": self.rate[:, 0], "sd_ln_rate": self.rate[:, 1], "by_usage": self.weights[:, 1],
                  "per_1000": own[:, 0], "lower": own[:, 1], "upper": own[:, 2]}
        columns |= {name: pa.array(value, mask=gone) for name, value in values.items()}
        return pa.table(columns | {"refused": pa.array(self.refused, pa.string())})

    def __repr__(self) -> str:
        own = self.expected(self.length, self.limit)
        lines = [f"{name or 'All units'}: refused. {self.refused[s]}" if not self.fits[s] else
                 f"{name or 'All units'}: rates of median {np.exp(self.rate[s, 0]):.3g} {self.meter} per {self.unit}; "
                 f"{own[s, 0]:.1f} first claims per 1000 units ({self.level:.0%} interval {own[s, 1]:.1f} to "
                 f"{own[s, 2]:.1f}); claims follow usage with weight {self.weights[s, 1]:.2f}"
                 for s, name in enumerate(self.strata)]
        return "\n".join([f"<Usage: {self.length:g} {self.unit} or {self.limit:g} {self.meter}>", *lines, *self.how])


def fit_usage(
    age: ArrayLike, failed: ArrayLike, used: ArrayLike, *, length: float, limit: float = np.inf,
    count: ArrayLike | None = None, stratum: Sequence[str] | None = None, law: str = "weibull", unit: str = "day",
    meter: str = "km", level: float = 0.9,
) -> Usage:
    """Fit rates of use and a law of first claims under a guarantee of an age and a usage.

    A claim at age t of rate r adds ln f(t | r) + ln g(r); an unclaimed unit watched to a, of known rate,
    ln S(min(a, limit / r) | r) + ln g(r); of unknown rate ln int S(min(a, limit / r) | r) g(r) dr. So the units that
    used up the limit, of high rates mostly, are not counted as under cover, and the rates of the claimed are not taken
    for those of all. S(t | r) is S0(t), or S0(r t) where claims follow usage.

    Parameters
    ----------
    age : (N,) unit of age
        At the first claim, or up to which the unclaimed were watched, the usage limit aside.
    failed : (N,) bool
    used : (N,) meter
        Usage at that age; nan where not known, as of most unclaimed units.
    length, limit : float
        The guarantee: age, and usage; inf where usage ends nothing.
    count : (N,) count, optional
    stratum : sequence of str, optional
    law : str
        exponential, weibull, lognormal or loglogistic.
    unit, meter : str
        Of age and of usage, for what is said.
    level : float
        Level of the intervals.

    Returns
    -------
    Usage

    Raises
    ------
    Refused
        No such law, a length, limit or level that is none, or claims beyond the guarantee.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> rate, life = np.exp(rng.normal(4.0, 0.5, 20000)), 3000.0 * rng.weibull(1.3, 20000)
    >>> end = np.minimum(1095.0, 60000.0 / rate)
    >>> claimed = life <= end
    >>> read = np.arange(20000) < 2000  # readings of a tenth of the units
    >>> age = np.where(claimed, life, 1095.0)
    >>> found = fit_usage(age, claimed, np.where(claimed | read, rate * age, np.nan), length=1095.0, limit=60000.0)
    >>> bool(abs(found.rate[0, 0] - 4.0) < 0.03), bool(found.weights[0, 0] > 0.99)
    (True, True)
    >>> found.covered([730.0]).round(1).tolist()  # the share that has not used up the limit after two years
    [[0.8]]
    """
    checked(law, length, limit, level)
    t, dead, u = np.asarray(age, np.float64), np.asarray(failed).astype(bool), np.asarray(used, np.float64)
    n = np.ones(len(t)) if count is None else np.asarray(count, np.float64)
    _inside(t, dead, u, length, limit)
    names = np.array([""] * len(t) if stratum is None else list(stratum), object)
    strata = tuple(dict.fromkeys(names.tolist()))
    place: Ints = np.array([strata.index(x) for x in names], np.int64)
    meters = limit if np.isfinite(limit) else 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where((t > 0) & (u > 0), (u / meters) / (t / length), np.nan)
    rows = [Used.of(t[at] / length, rate[at], dead[at], n[at], 1.0 if np.isfinite(limit) else np.inf)
            for at in ((place == s) & (t > 0) for s in range(len(strata)))]
    found = [_fitted(one, law) for one in rows]
    fits = tuple({} if isinstance(f, str) else f for f in found)
    return Usage(
        strata=strata, unit=unit, meter=meter, length=float(length), limit=float(limit), law=law, level=level,
        units=np.bincount(place, n, len(strata)).astype(np.float64),
        claims=np.bincount(place, n * dead, len(strata)).astype(np.float64),
        rates=np.array([one.count[~np.isnan(one.rate)].sum() for one in rows]), fits=fits, seen=tuple(rows),
        weights=np.array([_weights(f) for f in fits]).reshape(len(fits), 2),
        refused=tuple(f if isinstance(f, str) else None for f in found))


def checked(law: str, length: float, limit: float, level: float) -> None:
    """Refuse words that make no question."""
    known = ("exponential", "weibull", "lognormal", "loglogistic")
    if law not in known:
        raise Refused(f"There is no law {law!r} on two clocks. Choose one of {', '.join(known)}.")
    if not (0.0 < length < np.inf and limit > 0.0):
        raise Refused(f"A guarantee of {length:g} or a usage of {limit:g} is none: give numbers above 0.")
    if not 0.0 < level < 1.0:
        raise Refused(f"A level of {level} is no level: give a number between 0 and 1, such as 0.9.")


def _inside(age: Floats, failed: np.ndarray[Any, Any], used: Floats, length: float, limit: float) -> None:
    late = int((failed & ((age > length) | (used > limit))).sum())
    if late:
        raise Refused(f"{late} claims lie beyond {length:g} or a usage of {limit:g}: they were made under another "
                      "guarantee than the one named.")
    if not (age >= 0).all() or (used < 0).any():
        raise Refused("An age or a usage is missing or below zero.")


def _fitted(seen: Used, law: str) -> dict[str, Best] | str:
    """Fit both clocks to one stratum, or say why not."""
    from warrantor.life.fit import fit
    from warrantor.life.reduce import tally_of_ages

    known = ~np.isnan(seen.rate)
    if not known.any():
        return "No usage is known of any unit. Usage at the claims, or readings of unclaimed units, would tell."
    if seen.count[known].sum() < FEWEST:
        return f"Usage is known of {seen.count[known].sum():,.0f} units; {FEWEST} at least are needed."
    logs, n = np.log(seen.rate[known]), seen.count[known]
    middle = float(n @ logs / n.sum())
    sd = float(np.sqrt(n @ (logs - middle) ** 2 / n.sum()))
    if not sd > 1e-9:
        return "All units known use at one rate, so how rates differ cannot be told."
    found = {}
    for power, clock in enumerate(CLOCKS):
        alone = fit(tally_of_ages(seen.age * np.exp(power * middle), seen.failed, count=seen.count), law)
        if alone.refused[0]:
            return alone.refused[0]
        own = [v if name == "mu" else np.log(v) for name, v in zip(LAWS[law].names, alone.parameters[0], strict=True)]
        try:
            found[clock] = best(Clock(law, power), seen, np.array([middle, np.log(sd), *own]))
        except Refused as why:
            return str(why)
    return found


def _weights(fits: dict[str, Best]) -> Floats:
    """Weigh the clocks by likelihood: they have equally many parameters."""
    if not fits:
        return np.full(2, np.nan)
    value = np.array([fits[clock].loglik for clock in CLOCKS])
    share = np.exp(value - value.max())
    return np.asarray(share / share.sum())
