"""Simulated fleets whose truth is known: every unit's failure, and its claims under its promise and a longer one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from warrantor.tally import DAYS_PER_MONTH, Floats, Ints
from warrantor.terms import Guarantees, load_guarantees
from warrantor.world.spec import ProductSpec, WorldSpec, guarantees_text

EPOCH = date(1970, 1, 1)
NEVER = 10**6  # a day number beyond every calendar here


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """A simulated fleet, unit by unit, and every claim it will ever make under its own promise.

    Attributes
    ----------
    spec : WorldSpec
    product : (N,) int
        Index into `spec.products`.
    lot : (N,) int
        Month of production, 1 = the month of the first sale; earlier months are zero and below.
    made, sold, returned : (N,) day number
        `returned` is far in the future where the unit is never given back.
    failure : (N,) day of age
        Age at first failure, as a fraction of days.
    soft : (N,) bool
        Whether the first failure is one a customer lives with for a while.
    delay, eager : (N,) month, share
        Delay of a soft report, and where in the rush the unit's owner stands.
    claim_unit, claim_day, claim_known : (K,) int, day number, day number
        Claims under the unit's own promise: opened, reported.
    claim_fault : (K,) int
        Index into the faults, hard ones first.
    claim_cost : (K,) currency
    """

    spec: WorldSpec
    product: Ints
    lot: Ints
    made: Ints
    sold: Ints
    returned: Ints
    failure: Floats
    soft: NDArray[np.bool_]
    delay: Floats
    eager: Floats
    claim_unit: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    claim_day: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    claim_known: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    claim_fault: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    claim_cost: Floats = field(default_factory=lambda: np.empty(0))

    def first_claim(self, months: int) -> Ints:
        """Age in days (N,) of each unit's first claim, were it promised so many months; NEVER where there is none."""
        return first_claim(self, ends(self.sold, months))

    def per_thousand(self, months: int, by: int) -> Floats:
        """Claims per 1000 units sold (products,) by month `by` under a promise of `months`: the realised truth."""
        claimed = self.first_claim(months) <= ends(self.sold, by)
        sold = np.bincount(self.product, minlength=len(self.spec.products))
        return 1000.0 * np.bincount(self.product, claimed, len(self.spec.products)) / sold


def simulate(spec: WorldSpec, seed: int | None = None) -> World:
    """Simulate a fleet.

    First failures are Weibull up to month 12; beyond it the product's hazard is multiplied by exp(wander z). A soft
    failure at T is claimed at min(T + D, max(T, U)), U uniform in the rush before cover ends: all are claimed in time.

    Parameters
    ----------
    spec : WorldSpec
    seed : int, optional
        The specification's own by default.

    Returns
    -------
    World

    Examples
    --------
    >>> from dataclasses import replace
    >>> from warrantor.world.spec import load_world
    >>> small = load_world()
    >>> small = replace(small, products=tuple(replace(p, units=2000) for p in small.products))
    >>> len(simulate(small, 1).sold)
    6000
    """
    rng = np.random.default_rng(spec.seed if seed is None else seed)
    return _claimed(units(spec, rng), rng)


def units(spec: WorldSpec, rng: np.random.Generator) -> World:
    """Draw every unit with its days, its first failure and its owner; no claim yet."""
    product = np.repeat(np.arange(len(spec.products)), [p.units for p in spec.products])
    size = len(product)
    first = (spec.first_sale - EPOCH).days
    sold = first + rng.integers(0, (spec.as_of - EPOCH).days - first + 1, size)
    lag = spec.tables["sale_lag"]
    made = sold - np.floor(lag["median"] * np.exp(lag["sigma"] * rng.standard_normal(size))).astype(np.int64)
    lot = _month_number(made) - _month_number(np.array([first]))[0] + 1
    failure = np.concatenate([_failures(p, spec, lot[product == i], rng) for i, p in enumerate(spec.products)])
    back = spec.tables["returns"]
    returned = np.where(rng.random(size) < back["share"], sold + rng.integers(0, back["within"] + 1, size), NEVER)
    soft = rng.random(size) < spec.tables["soft"]["share"]
    delay = rng.exponential(spec.tables["soft"]["delay"], size)
    return World(spec, product, lot, made, sold, returned, failure, soft, delay, rng.random(size))


def ends(sold: Ints, months: int) -> Ints:
    """Age in days (N,) on the last covered day of a promise of so many months, by the calendar of `terms`."""
    text = f'[[guarantee]]\nname = "m"\nversion = "1"\n[guarantee.terms.host]\nmonths = {months}'
    return _ends(load_guarantees(text), "m@1", sold)


def first_claim(world: World, end: Ints) -> Ints:
    """Age in days (N,) of the first claim under cover that ends at age `end`; NEVER where there is none."""
    soft = world.spec.tables["soft"]
    rush = end - soft["rush"] * DAYS_PER_MONTH * world.eager
    patient = np.minimum(world.failure + world.delay * DAYS_PER_MONTH, np.maximum(world.failure, rush))
    asked = np.floor(np.where(world.soft, patient, world.failure)).astype(np.int64)
    return np.where((asked <= end) & (world.sold + asked < world.returned), asked, NEVER)


def _ends(guarantees: Guarantees, key: str, sold: Ints) -> Ints:
    """Look the end day up in the calendar: one row a start day, never one a unit."""
    calendar = guarantees.calendar(int(sold.min()), int(sold.max()))
    table = np.array([(start, end) for version, start, end in calendar if version == key])
    age: Ints = table[sold - table[0, 0], 1] - sold
    return age


def _failures(product: ProductSpec, spec: WorldSpec, lot: Ints, rng: np.random.Generator) -> Floats:
    """Ages at first failure in days: H(t) = c t^beta to month 12; from there on it grows exp(wander z) as fast."""
    at_12 = -np.log1p(-product.by_month_12)
    factor = np.exp(spec.wander * rng.standard_normal())
    target = rng.exponential(size=len(lot))
    if product.bad_lot:
        target = np.where(lot == product.bad_lot["lot"], target / product.bad_lot["hazard"], target)
    plain = np.minimum(target, at_12) + np.maximum(target - at_12, 0.0) / factor
    age: Floats = 12.0 * (plain / at_12) ** (1.0 / product.beta) * DAYS_PER_MONTH
    return age


def _claimed(world: World, rng: np.random.Generator) -> World:
    """Add every claim under the units' own promises: the first, and the repeats of some."""
    spec = world.spec
    promises = load_guarantees(guarantees_text())
    end = np.empty_like(world.sold)
    for i, p in enumerate(spec.products):
        own = world.product == i
        end[own] = _ends(promises, p.guarantee, world.sold[own])
    first = first_claim(world, end)
    unit = np.flatnonzero(first < NEVER)
    fault = faults(world.soft[unit], spec, rng)
    again = rng.random(len(unit)) < spec.tables["repeat"]["share"]
    gap = 1 + np.floor(rng.exponential(spec.tables["repeat"]["gap"], len(unit))).astype(np.int64)
    second = first[unit] + gap
    repeats = again & (second <= end[unit])
    units = np.concatenate((unit, unit[repeats]))
    age = np.concatenate((first[unit], second[repeats]))
    day = world.sold[units] + age
    known = day + np.floor(rng.exponential(spec.tables["report_lag"]["mean"], len(units))).astype(np.int64)
    sigma = np.sqrt(np.log1p(spec.tables["cost"]["cv"] ** 2))
    cost = spec.tables["cost"]["mean"] * np.exp(sigma * rng.standard_normal(len(units)) - sigma**2 / 2)
    return replace(world, claim_unit=units, claim_day=day, claim_known=known, claim_cost=cost.round(2),
                   claim_fault=np.concatenate((fault, fault[repeats])))


def faults(soft: NDArray[np.bool_], spec: WorldSpec, rng: np.random.Generator) -> Ints:
    """Draw a fault of the right kind for each claim; hard codes first."""
    kinds = spec.tables["faults"]
    hard = rng.choice(len(spec.hard), len(soft), p=list(kinds["hard"].values()))
    mild = len(spec.hard) + rng.choice(len(spec.soft), len(soft), p=list(kinds["soft"].values()))
    chosen: Ints = np.where(soft, mild, hard)
    return chosen


def _month_number(day: Ints) -> Ints:
    return day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
