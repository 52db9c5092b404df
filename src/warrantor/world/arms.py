"""A simulated trial: every unit's claims under either promise, its arm by lot, and the truth; as known on any day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from warrantor.finding import Refused
from warrantor.tally import Floats, Ints
from warrantor.terms.allocation import allotted
from warrantor.world.records import claims_table, serials, units_table
from warrantor.world.simulate import EPOCH, NEVER, World, ends, faults, first_claim, units
from warrantor.world.spec import WorldSpec

SCHEMA = "warrantor.trialtruth/1"
CONVENTIONAL, EXTENDED = 0, 1
PROMISE = """[[guarantee]]
name = "{name}"
version = "1"
markets = ["CN"]
start = ["sold_on"]
[guarantee.terms.host]
months = {months}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialTruth:
    """What is true of a simulated trial, because every unit's cost under either promise was made.

    Attributes
    ----------
    units : (conventional, extended) count
    cost : (conventional, extended) currency a unit
        Had all units been of that arm: every claim opened by the end of the longer promise, goodwill and repeats
        included, at its last corrected cost.
    claimed : (conventional, extended) share
        Of all units with a claim, had all been of that arm.
    realised_cost : (conventional, extended) currency a unit
        Of the units that the lot put there.
    goodwill : (conventional, extended) currency a unit
        Of `realised_cost`.
    """

    units: tuple[int, int]
    cost: tuple[float, float]
    claimed: tuple[float, float]
    realised_cost: tuple[float, float]
    goodwill: tuple[float, float]

    @property
    def difference(self) -> float:
        """True cost difference a unit, extended less conventional."""
        return self.cost[EXTENDED] - self.cost[CONVENTIONAL]

    @property
    def realised(self) -> float:
        """Difference between the arms as the lot drew them."""
        return self.realised_cost[EXTENDED] - self.realised_cost[CONVENTIONAL]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        arms = {name: list(getattr(self, name)) for name in ("units", "cost", "claimed", "realised_cost", "goodwill")}
        return {"schema": SCHEMA, "difference": self.difference, "realised": self.realised, **arms}

    def __repr__(self) -> str:
        return (f"Simulated trial, {sum(self.units):,} units: true difference {self.difference:.4f} a unit, "
                f"realised {self.realised:.4f}")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TrialWorld:
    """A simulated trial, unit by unit, with every claim the maker pays by the end of the longer promise.

    Attributes
    ----------
    world : World
        The units, and the claims in the order of their first report.
    arm : (N,) 0 or 1
    goodwill : (K,) bool
        Whether a claim came after its unit's promise and was paid all the same.
    corrected_day : (K,) day number
        On which the claim's cost was corrected; far in the future where never.
    corrected_cost : (K,) currency
    truth : TrialTruth
    """

    world: World
    arm: Ints
    goodwill: NDArray[np.bool_]
    corrected_day: Ints
    corrected_cost: Floats
    truth: TrialTruth

    def __repr__(self) -> str:
        return f"{self.truth!r}; {len(self.goodwill):,} claims"


@dataclass(frozen=True, slots=True, eq=False)
class _Owners:
    """What is fixed of each unit before its arm is known, of a first claim and a second: costs, first told and last.

    Also whether the unit claims again, after how many days, and whether goodwill would be shown to either claim.
    """

    again: NDArray[np.bool_]
    gap: Ints
    granted: NDArray[np.bool_]
    cost: Floats
    final: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Claims:
    """Claims of units under one promise: unit, 0 for its first claim and 1 for its second, age in days, goodwill."""

    unit: Ints
    turn: Ints
    age: Ints
    goodwill: NDArray[np.bool_]


def simulate_trial(spec: WorldSpec, seed: int | None = None) -> TrialWorld:
    """Simulate a trial: failures once, claims under both promises, the arm by the rule of `terms.allocation`.

    A soft failure is claimed at the latest in the rush before the end of the unit's own promise, so the longer one
    moves claims. After the conventional promise a share of failures (and repeats) up to the end of the longer one is
    paid in goodwill, at the failure. Costs have a Pareto tail; a unit's total never passes the cap.

    Parameters
    ----------
    spec : WorldSpec
        One product, and the tables allotment (salt, share, months), goodwill (share), correction (share, delay, low,
        high) and in cost mean, tail and cap.
    seed : int, optional
        The specification's own by default.

    Returns
    -------
    TrialWorld

    Raises
    ------
    Refused
        The lot put every unit into one arm.

    Examples
    --------
    >>> from warrantor.world.spec import ProductSpec, WorldSpec
    >>> tables = {"sale_lag": {"median": 40, "sigma": 0.7}, "report_lag": {"mean": 9},
    ...           "returns": {"share": 0.01, "within": 30}, "repeat": {"share": 0.1, "gap": 60},
    ...           "soft": {"share": 0.3, "delay": 4.0, "rush": 1.5}, "cost": {"mean": 60, "tail": 2.2, "cap": 600},
    ...           "faults": {"hard": {"E01": 1.0}, "soft": {"S01": 1.0}}, "goodwill": {"share": 0.2},
    ...           "correction": {"share": 0.05, "delay": 40, "low": 0.5, "high": 1.2},
    ...           "allotment": {"salt": "one", "share": "1/2", "months": [12, 18]}}
    >>> one = ProductSpec("Dogwood", "", 5000, 1.0, 0.03, {})
    >>> simulate_trial(WorldSpec("simulated", 1, date(2024, 1, 1), 6, 0.0, (one,), tables)).truth
    Simulated trial, 5,000 units: true difference 0.8586 a unit, realised 0.2314
    """
    rng = np.random.default_rng(spec.seed if seed is None else seed)
    world = units(spec, rng)
    owners = _owners(spec, len(world.sold), rng)
    lot = spec.tables["allotment"]
    share = Fraction(lot["share"])
    arm = np.array([allotted(lot["salt"], serial, share) for serial in serials(world).tolist()])
    short, long = (ends(world.sold, months) for months in lot["months"])
    either = [_claims(world, owners, cover, long) for cover in (short, long)]
    lived = [np.flatnonzero(arm[c.unit] == a) for a, c in enumerate(either)]
    mine = _Claims(*(np.concatenate([getattr(c, n)[kept] for c, kept in zip(either, lived, strict=True)])
                     for n in _Claims.__slots__))
    if not 0 < arm.sum() < len(arm):
        raise Refused(f"All {len(arm):,} units fall into one arm: simulate more units, or another share.")
    world, corrected = _recorded(world, mine, owners, rng)
    return TrialWorld(world, arm, corrected.goodwill, corrected.day, corrected.cost, _truth(arm, either, mine, owners))


def write_trial(found: TrialWorld, folder: str | Path, *, until: date) -> tuple[Path, Path, Path]:
    """Write units.csv, claims.csv and guarantees.toml with what was known by a day; return their paths.

    Parameters
    ----------
    found : TrialWorld
    folder : str or Path
        Made where it is not there.
    until : date
        Units sold by then; claims reported by then, and of those the corrections that had become known.

    Examples
    --------
    >>> print(promises([12, 18]).splitlines()[2])
    name = "conventional"
    """
    home = Path(folder)
    home.mkdir(parents=True, exist_ok=True)
    paths = home / "units.csv", home / "claims.csv", home / "guarantees.toml"
    csv.write_csv(trial_units(found, until), paths[0])
    csv.write_csv(trial_claims(found, until), paths[1])
    paths[2].write_text(promises(found.world.spec.tables["allotment"]["months"]), encoding="utf-8")
    return paths


def trial_units(found: TrialWorld, until: date) -> pa.Table:
    """Return one row a unit sold by a day, with the promise of its arm."""
    table = units_table(found.world)
    arms = np.array(["conventional@1", "extended@1"])[found.arm]
    last = (until - EPOCH).days
    back = found.world.returned
    day = pa.array(np.minimum(back, 40_000).astype("datetime64[D]"), pa.date32())
    told = pc.if_else(pa.array(back <= last), day, None)
    table = table.set_column(table.column_names.index("returned_on"), "returned_on", told)
    return table.append_column("guarantee", pa.array(arms)).filter(pa.array(found.world.sold <= last))


def trial_claims(found: TrialWorld, until: date) -> pa.Table:
    """Return a row a version of each claim known by a day, in the order in which they became known."""
    last = (until - EPOCH).days
    first = claims_table(found.world, last)
    here = found.world.claim_known <= last
    first = first.set_column(first.column_names.index("payer"), "payer",
                             pa.array(np.where(found.goodwill[here], "goodwill", "maker")))
    later = found.corrected_day[here] <= last
    second = first.filter(pa.array(later))
    second = second.set_column(second.column_names.index("cost"), "cost", pa.array(found.corrected_cost[here][later]))
    known = pa.array(np.concatenate((found.world.claim_known[here], found.corrected_day[here][later]))
                     .astype("datetime64[D]"), pa.date32())
    return pa.concat_tables([first, second]).append_column("known_on", known).sort_by(
        [("known_on", "ascending"), ("claim", "ascending")])


def promises(months: list[int]) -> str:
    """Return the TOML of both promises; which of them a unit has, its own guarantee cell says."""
    named = zip(("conventional", "extended"), months, strict=True)
    return "# The promises of a simulated trial.\n" + "\n".join(PROMISE.format(name=n, months=m) for n, m in named)


def _owners(spec: WorldSpec, size: int, rng: np.random.Generator) -> _Owners:
    """Draw what is fixed of each unit; the second claim is paid from what the first left under the cap."""
    made, told = spec.tables["cost"], spec.tables["correction"]
    again = rng.random(size) < spec.tables["repeat"]["share"]
    gap = 1 + np.floor(rng.exponential(spec.tables["repeat"]["gap"], size)).astype(np.int64)
    granted = rng.random((size, 2)) < spec.tables["goodwill"]["share"]
    scale = made["mean"] * (made["tail"] - 1.0) / made["tail"]
    drawn = scale * (1.0 + rng.pareto(made["tail"], (size, 2)))
    factor = rng.uniform(told["low"], told["high"], (size, 2))
    factor = np.where(rng.random((size, 2)) < told["share"], factor, 1.0)
    cost, final = (np.empty((size, 2)) for _ in range(2))
    left = np.full(size, float(made["cap"]))
    for turn in range(2):
        cost[:, turn] = np.minimum(drawn[:, turn], left).round(2)
        final[:, turn] = np.minimum(cost[:, turn] * factor[:, turn], left).round(2)
        left = (left - np.maximum(cost[:, turn], final[:, turn])).round(2)
    return _Owners(again, gap, granted, cost, final)


def _claims(world: World, owners: _Owners, cover: Ints, long: Ints) -> _Claims:
    """Every claim paid by the end of the longer promise under cover that ends at age `cover`."""
    covered = first_claim(world, cover)
    failed = np.floor(world.failure).astype(np.int64)
    late = (covered == NEVER) & (failed > cover) & owners.granted[:, 0]
    first = np.where(late, failed, covered)
    first = np.where((first <= long) & (world.sold + first < world.returned), first, NEVER)
    second = first + owners.gap
    beyond = second > cover
    paid = owners.again & (second <= long) & (world.sold + second < world.returned)
    paid &= ~beyond | owners.granted[:, 1]
    one, two = np.flatnonzero(first < NEVER), np.flatnonzero(paid)
    return _Claims(np.concatenate((one, two)), np.repeat([0, 1], [len(one), len(two)]),
                   np.concatenate((first[one], second[two])), np.concatenate((late[one], beyond[two])))


def _truth(arm: Ints, either: list[_Claims], mine: _Claims, owners: _Owners) -> TrialTruth:
    """Means over all units under either promise, and over the units of each arm."""
    size, n = len(arm), np.bincount(arm, minlength=2)
    cost = [float(owners.final[c.unit, c.turn].sum()) / size for c in either]
    claimed = [len(np.unique(c.unit)) / size for c in either]
    spent = owners.final[mine.unit, mine.turn]
    realised = np.bincount(arm[mine.unit], spent, 2) / n
    goodwill = np.bincount(arm[mine.unit], spent * mine.goodwill, 2) / n
    return TrialTruth(units=(int(n[0]), int(n[1])), cost=(cost[0], cost[1]), claimed=(claimed[0], claimed[1]),
                      realised_cost=(float(realised[0]), float(realised[1])),
                      goodwill=(float(goodwill[0]), float(goodwill[1])))


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """Of each claim in the order reported: goodwill, the day of its correction, its last cost."""

    goodwill: NDArray[np.bool_]
    day: Ints
    cost: Floats


def _recorded(world: World, mine: _Claims, owners: _Owners, rng: np.random.Generator) -> tuple[World, _Told]:
    """Report the claims, first versions in the order in which they became known; correct the costs that change."""
    spec, told = world.spec, world.spec.tables["correction"]
    day = world.sold[mine.unit] + mine.age
    known = day + np.floor(rng.exponential(spec.tables["report_lag"]["mean"], len(day))).astype(np.int64)
    delay = 1 + np.floor(rng.exponential(told["delay"], len(day))).astype(np.int64)
    fault = faults(world.soft[mine.unit], spec, rng)
    cost, final = owners.cost[mine.unit, mine.turn], owners.final[mine.unit, mine.turn]
    order = np.argsort(known, kind="stable")
    world = replace(world, claim_unit=mine.unit[order], claim_day=day[order], claim_known=known[order],
                    claim_cost=cost[order], claim_fault=fault[order])
    changed = np.where(final != cost, known + delay, NEVER)
    return world, _Told(mine.goodwill[order], changed[order], final[order])
