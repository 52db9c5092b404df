"""A forecast frozen before its window opened, and what came over what was expected."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.finding import Refused
from warrantor.forecast.costs import SAME, UNKNOWN, Severity
from warrantor.forecast.counts import Predictive
from warrantor.forecast.score import observed_over_expected, randomised_pit
from warrantor.forecast.transport import Transport, multiplier

if TYPE_CHECKING:
    from warrantor.forecast.predicted import Predicted

FROZEN, OBSERVED = "warrantor.frozen/1", "warrantor.observed/1"
DIGITS = 8
COSTS = 4000
ASSUMED = "Assumes the new product errs as the past ones did, and no new failure mode after the ages seen."
NO_RUSH = ("Soft faults that customers put off, and their rush before the new end of cover, are not in the forecast: "
           "they can put what comes a fifth above it.")
SAYS = ("It says whether the forecast transported. It says nothing of what the promise did to how customers claim, and "
        "nothing of cause: there is no other arm.")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Frozen:
    """The forecast of a count, as it stood before its window opened; `hash` binds every part of it.

    Attributes
    ----------
    name : str
        The product.
    start, end : float
        Months of age; claims in (start, end] count.
    as_of : date
        The day up to which claims were known.
    sold_by : date
        Units whose cover began by then are in it.
    units : float
        Of them at risk on that day.
    level : float
        Of the interval.
    counts : Predictive
        The distribution, past products' errors included.
    products : int
        Past products learnt from.
    prior : bool
        Fewer than four: their error is a stated prior.
    currency : str or None
    cost : tuple of float or None
        Currency: mean, lower and upper of what the claims cost, repeats included; None where costs are not known.
    how : tuple of str
    """

    name: str
    start: float
    end: float
    as_of: date
    sold_by: date
    units: float
    level: float
    counts: Predictive
    products: int
    prior: bool
    currency: str | None
    cost: tuple[float, float, float] | None
    how: tuple[str, ...]

    @property
    def expected(self) -> float:
        """Mean of the distribution, claims."""
        return self.counts.expected()

    @property
    def interval(self) -> tuple[int, int]:
        """Smallest counts with cdf >= (1 - level) / 2 and >= (1 + level) / 2."""
        return self.counts.quantile((1 - self.level) / 2), self.counts.quantile((1 + self.level) / 2)

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON of every part."""
        text = json.dumps(self._parts(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def _parts(self) -> dict[str, Any]:
        return {"schema": FROZEN, "name": self.name, "from": self.start, "to": self.end,
                "as_of": self.as_of.isoformat(), "sold_by": self.sold_by.isoformat(), "units": self.units,
                "level": self.level, "products": self.products, "prior": self.prior, "how": list(self.how),
                "currency": self.currency, "cost": None if self.cost is None else list(self.cost),
                "counts": {n: getattr(self.counts, n).tolist() for n in ("mean", "variance", "weight")}}

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name, the expectation, the interval and the hash."""
        lower, upper = self.interval
        return {**self._parts(), "expected": self.expected, "lower": lower, "upper": upper, "hash": self.hash}

    def to_arrow(self) -> Any:
        """Return one row."""
        import pyarrow as pa

        return pa.Table.from_pylist([{n: v for n, v in self.to_dict().items() if n not in ("counts", "schema")}])

    @classmethod
    def of_dict(cls, told: Mapping[str, Any]) -> Frozen:
        """Read what `to_dict` wrote.

        Raises
        ------
        Refused
            It is no frozen forecast, or not as it was when it was frozen.
        """
        if told.get("schema") != FROZEN:
            raise Refused(f"This is no frozen forecast ({FROZEN}): `warrantor trial freeze` writes one.")
        counts = Predictive(*(np.array(told["counts"][n], np.float64) for n in ("mean", "variance", "weight")))
        found = cls(start=told["from"], end=told["to"], counts=counts, how=tuple(told["how"]),
                    as_of=date.fromisoformat(told["as_of"]), sold_by=date.fromisoformat(told["sold_by"]),
                    cost=None if told["cost"] is None else tuple(told["cost"]),
                    **{n: told[n] for n in ("name", "units", "level", "products", "prior", "currency")})
        if found.hash != told["hash"]:
            raise Refused(f"The forecast of {found.name} is not as it was frozen: its parts give {found.hash[:12]}, it "
                          f"says {told['hash'][:12]}. Put the file back as it was.")
        return found

    def __repr__(self) -> str:
        lower, upper = self.interval
        head = (f"<Frozen {self.hash[:12]}: {self.name}, months {self.start:g} to {self.end:g}, as of {self.as_of}: "
                f"about {self.expected:,.1f} claims ({self.level:.0%} interval {lower:,} to {upper:,})>")
        return "\n".join([head, *self.how])


def freeze(found: Predicted, *, as_of: date, sold_by: date, oldest: float, past: Transport | None = None,
           paid: Severity | None = None, currency: str | None = None, seed: int = 0) -> tuple[Frozen, ...]:
    """Freeze the forecasts of a window, multiplied by the error that forecasts of past products showed.

    Parameters
    ----------
    found : Predicted
        Of `predict`; a stratum a product.
    as_of : date
        The day up to which claims were known.
    sold_by : date
        Units whose cover began by then are at risk.
    oldest : float
        Months: age of the oldest unit on `as_of`.
    past : Transport, optional
        What past products taught; a stated prior where none is given.
    paid : Severity, optional
        What claims cost so far; the cost is not foretold without it.
    currency : str, optional
        Of the cost.
    seed : int
        Of the order in which multipliers meet draws, and of the draws of the cost.

    Returns
    -------
    tuple of Frozen
        One for each stratum.

    Raises
    ------
    Refused
        A unit has passed the start of the window already, or a stratum has no forecast.
    """
    if oldest > found.start:
        raise Refused(f"The oldest unit is {oldest:.1f} months old: its claims after month {found.start:g} may be "
                      "known already, and a forecast that has seen them is none. Freeze as of an earlier day.")
    refused = [f"{', '.join(key)}: {why}" for key, why in zip(found.strata, found.refused, strict=True) if why]
    if refused:
        raise Refused(f"There is nothing to freeze. {refused[0]}")
    none = np.zeros(0)
    from warrantor.forecast.bootstrap import IF_LAW_HOLDS

    lesson = past or multiplier(none, none, np.zeros(0, np.int64), none, found.end / max(found.start, 1e-9))
    told = found.times(lesson, seed)
    how = (*(line for line in told.how if line != IF_LAW_HOLDS), ASSUMED, NO_RUSH,
           UNKNOWN if paid is None else SAME)
    shared: dict[str, Any] = {
        "start": found.start, "end": found.end, "as_of": as_of, "sold_by": sold_by, "level": told.level,
        "products": lesson.products, "prior": lesson.prior, "currency": None if paid is None else currency, "how": how}
    each = []
    for s, key in enumerate(found.strata):
        counts = _rounded(told.counts[s])
        each.append(Frozen(name=", ".join(key) or "All units", units=float(told.at_risk[s]), counts=counts,
                           cost=_cost(counts, paid, told.level, seed), **shared))
    return tuple(each)


def _cost(counts: Predictive, paid: Severity | None, level: float, seed: int) -> tuple[float, float, float] | None:
    """Mean and interval of the cost: a draw takes a mean, a count about it, a level of cost, and the claims' costs."""
    if paid is None:
        return None
    rng = np.random.default_rng([seed, 1])
    drawn = rng.choice(len(counts.mean), COSTS, p=counts.weight / counts.weight.sum())
    mean, variance = counts.mean[drawn], counts.variance[drawn]
    size = np.maximum(np.round(mean**2 / np.maximum(mean - variance, 1e-9 * np.maximum(mean, 1e-9))), 1.0)
    first = rng.binomial(size.astype(np.int64), np.minimum(mean / size, 1.0)).astype(np.float64)
    cost = paid.paid(first, paid.levels(COSTS, rng), rng)
    low, high = np.quantile(cost, ((1 - level) / 2, (1 + level) / 2))
    return tuple(float(f"{v:.{DIGITS}g}") for v in (cost.mean(), low, high))  # type: ignore[return-value]


def _rounded(counts: Predictive | None) -> Predictive:
    """Eight digits, so that what is written is what is used."""
    if counts is None:
        raise Refused("A stratum has no distribution of claims: there is nothing to freeze.")
    mean, variance = (np.array([float(f"{v:.{DIGITS}g}") for v in part]) for part in (counts.mean, counts.variance))
    return Predictive(mean, variance, counts.weight)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Observed:
    """What came over what a frozen forecast expected.

    Attributes
    ----------
    name, hash : str
        The product, and the frozen forecast's own hash.
    start, end : float
        Months of age.
    as_of : date
        The day up to which claims are known now.
    observed : int
        Claims.
    expected : float
        Claims, mean of the frozen forecast.
    ratio, lower, upper : float
        observed / expected with its exact Poisson interval; the forecast's own error is not in it.
    level : float
        Of that interval.
    forecast : tuple of int
        The frozen interval, the forecast's own error in it.
    pit : float
        Randomised: uniform where forecasts are right.
    cost : float or None
        Currency: what the claims of the window cost, repeats included.
    foretold : tuple of float or None
        Currency: mean, lower and upper of the frozen cost.
    currency : str or None
    how : tuple of str
    """

    name: str
    hash: str
    start: float
    end: float
    as_of: date
    observed: int
    expected: float
    ratio: float
    lower: float
    upper: float
    level: float
    forecast: tuple[int, int]
    pit: float
    cost: float | None
    foretold: tuple[float, float, float] | None
    currency: str | None
    how: tuple[str, ...]

    @property
    def transported(self) -> bool:
        """Whether what came lies in the frozen interval."""
        return self.forecast[0] <= self.observed <= self.forecast[1]

    def sentence(self) -> str:
        """Say whether the forecast transported."""
        low, high = self.forecast
        side = "" if self.transported else ", and more came" if self.observed > high else ", and fewer came"
        verb = "transported" if self.transported else "did not transport"
        return (f"{self.name}: {self.observed:,} claims in months {self.start:g} to {self.end:g} where "
                f"{self.expected:,.1f} were expected: {self.ratio:.3f} times as many ({self.level:.0%} interval "
                f"{self.lower:.3f} to {self.upper:.3f}). The forecast {verb}: its interval was {low:,} to "
                f"{high:,}{side}.{self._paid()}")

    def _paid(self) -> str:
        if self.cost is None or self.foretold is None:
            return ""
        mean, low, high = self.foretold
        return (f" They cost {self.currency} {self.cost:,.0f} where {mean:,.0f} was foretold ({low:,.0f} to "
                f"{high:,.0f}).")

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name."""
        plain = {n: getattr(self, n) for n in ("name", "hash", "observed", "expected", "ratio", "lower", "upper",
                                               "level", "pit", "transported", "cost", "currency")}
        return {"schema": OBSERVED, **plain, "from": self.start, "to": self.end, "as_of": self.as_of.isoformat(),
                "foretold": None if self.foretold is None else list(self.foretold),
                "forecast": list(self.forecast), "how": list(self.how)}

    def to_arrow(self) -> Any:
        """Return one row."""
        import pyarrow as pa

        return pa.Table.from_pylist([{n: v for n, v in self.to_dict().items() if n != "schema"}])

    def __repr__(self) -> str:
        return "\n".join(["<Observed>", self.sentence(), *self.how])


def observe(frozen: Frozen, came: int, *, as_of: date, cost: float | None = None, level: float = 0.95) -> Observed:
    """Compare what came with a frozen forecast.

    O / E with [chi2_{a/2; 2O}, chi2_{1-a/2; 2O+2}] / 2E; u = F(O - 1) + V (F(O) - F(O - 1)) of the frozen
    distribution, V the first 13 hex digits of sha256 of the forecast's hash and O over 16^13: nobody draws it.

    Parameters
    ----------
    frozen : Frozen
    came : int
        O, claims of its units in its window, all of them known.
    as_of : date
        The day up to which claims are known now.
    cost : float, optional
        Currency: what all claims of those units in the window cost.
    level : float
        Of the interval of O / E.

    Returns
    -------
    Observed

    Raises
    ------
    Refused
        Nothing was expected, a count below zero, no level, or a day before the forecast's.

    Source: the method notes, 2.3 A.

    Examples
    --------
    >>> from datetime import date
    >>> plain = Frozen(name="Cedar", start=12, end=18, as_of=date(2019, 12, 31), sold_by=date(2019, 12, 31), units=9e3,
    ...                level=0.9, counts=Predictive(np.full(1, 41.3), np.full(1, 41.3), np.ones(1)), products=0,
    ...                prior=True, currency=None, cost=None, how=())
    >>> found = observe(plain, 58, as_of=date(2021, 8, 31))
    >>> [round(v, 5) for v in (found.ratio, found.lower, found.upper)], found.transported
    ([1.40436, 1.06639, 1.81546], False)
    """
    if came < 0 or came != int(came):
        raise Refused(f"{came} claims are no count: give a whole number of 0 or more.")
    if not 0.0 < level < 1.0:
        raise Refused(f"A level of {level} is no level: give a number between 0 and 1, such as 0.95.")
    if as_of <= frozen.as_of:
        raise Refused(f"The forecast was made as of {frozen.as_of}; as of {as_of} nothing of its window can be known.")
    ratio, lower, upper = observed_over_expected(came, frozen.expected, level)
    drawn = int(hashlib.sha256(f"{frozen.hash}|{int(came)}".encode()).hexdigest()[:13], 16) / 16**13
    return Observed(name=frozen.name, hash=frozen.hash, start=frozen.start, end=frozen.end, as_of=as_of,
                    observed=int(came), expected=frozen.expected, ratio=ratio, lower=lower, upper=upper, level=level,
                    forecast=frozen.interval, pit=randomised_pit(frozen.counts, came, drawn),
                    cost=cost, foretold=frozen.cost, currency=frozen.currency, how=(*frozen.how, SAYS))
