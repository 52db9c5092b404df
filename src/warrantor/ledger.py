"""What a trial's units have cost and how often they claimed, as known on each planned day."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from warrantor.tally import Floats, Ints

SCHEMA = "warrantor.ledger/1"
CONVENTIONAL, EXTENDED = 0, 1


@dataclass(frozen=True, slots=True)
class Counted:
    """A kind of event that is counted in both arms at ages that both promises cover.

    Attributes
    ----------
    name : str
    source : "claims", "returns" or "surveys"
    faults : tuple of str
        Only claims of these; empty for all.
    poor : float
        Answers at this score or below are poor.
    """

    name: str
    source: Literal["claims", "returns", "surveys"]
    faults: tuple[str, ...] = ()
    poor: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a ledger is asked for; a trial's plan and the calendar of its promises say all of it.

    Attributes
    ----------
    products, by : tuple of str
        Whose units, and the columns that they are split by.
    salt, key : str
        Of the allotment; the column that is hashed.
    share : Fraction
        Allotted to the extended arm.
    versions : (str, str)
        Guarantee versions of the arms: conventional, extended.
    first_on, last_on : date
        First and last day on which cover of the trial's units began.
    ends : tuple of (int, int, int)
        Start day, last day that both promises cover, last day of the longer one; days since 1970-01-01.
    lag_days : int
        Days after the longer promise's end by which claims are known.
    looks : tuple of date
        Days whose knowledge is told, the last of them today's.
    stakes : tuple of float
        Of the difference, on a unit's total.
    alarm_stakes : tuple of float
        Of the overspend alarm, on a claim's cost.
    cap : float
        Currency: the most a unit can cost.
    counted : tuple of Counted
    """

    products: tuple[str, ...]
    by: tuple[str, ...]
    salt: str
    key: str
    share: Fraction
    versions: tuple[str, str]
    first_on: date
    last_on: date
    ends: tuple[tuple[int, int, int], ...]
    lag_days: int
    looks: tuple[date, ...]
    stakes: tuple[float, ...]
    alarm_stakes: tuple[float, ...]
    cap: float
    counted: tuple[Counted, ...]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Ledger:
    """Sums by arm, stratum and cohort (month of start), known at each look; S strata, 2 arms, C cohorts, K looks.

    A cohort's totals are those known on the day on which its last unit passed the longer promise and the lag, so that
    what is said of it never changes. They hold every payment of the maker under any title (guarantee, goodwill,
    repeat, exchange), in both arms, of claims opened by the end of the longer promise; an exchanged unit's costs are
    those of the unit that was allotted. Everything adds over strata.

    Attributes
    ----------
    by : tuple of str
    strata : tuple of tuple of str
    currency : str or None
    looks : tuple of date
        K days; each tells what was known then.
    cohorts, matures : tuple of date
        First day of each cohort's month, and the day on which it is mature.
    start_day : (D,) day number
    sold : (S, 2, D) count
        Units by the day on which their cover began, begun by the last look.
    unstarted, mistaken : (S, 2) count
        Of them: units without a known start, that stand at their sale day; units whose promise is not their arm's.
    claimed, claims : (S, 2, C) count
        Of matured cohorts: units with a claim, and claims; zero where not mature.
    cents, squared : (S, 2, C)
        Hundredths of currency: sum of unit totals; sum of their squares.
    over : (S, 2, C) count
        Units whose total is above the cap; they stand at the cap in `down` and `up`.
    unpriced : (S, 2, C) count
        Claims without a cost.
    down, up : (S, 2, C, G)
        Sums of ln(1 -+ l w Y) in the extended arm, ln(1 +- l w Y) in the conventional, w = min(n0, n1) / n of the arm.
    known, claimants, late, goodwill : (S, 2, K) count
        Claims known at each look, units with one, those opened after the shorter promise's end, those paid in goodwill.
    spent, goodwill_spent : (S, 2, K)
        Hundredths of currency.
    staked : (S, 2, K, H)
        Sums of ln(1 + l x) over the known claims' costs.
    counted : tuple of str
        Names of the events; of those whose records are there.
    events, bases : (E, S, 2, K) count
        Events known at each look, and out of how many: units begun, or answers.
    how : tuple of str
    """

    by: tuple[str, ...]
    strata: tuple[tuple[str, ...], ...]
    currency: str | None
    looks: tuple[date, ...]
    cohorts: tuple[date, ...]
    matures: tuple[date, ...]
    start_day: Ints
    sold: Ints
    unstarted: Ints
    mistaken: Ints
    claimed: Ints
    claims: Ints
    cents: Ints
    squared: Floats
    over: Ints
    unpriced: Ints
    down: Floats
    up: Floats
    known: Ints
    claimants: Ints
    late: Ints
    goodwill: Ints
    spent: Ints
    goodwill_spent: Ints
    staked: Floats
    counted: tuple[str, ...]
    events: Ints
    bases: Ints
    how: tuple[str, ...] = field(default=())

    @property
    def units(self) -> Ints:
        """Units of each cohort, (S, 2, C)."""
        months = self.start_day.astype("datetime64[D]").astype("datetime64[M]")
        firsts = np.array([d.isoformat() for d in self.cohorts], "datetime64[M]")
        inside = months[:, None] == firsts
        return np.asarray(self.sold @ inside.astype(np.int64))

    @property
    def matured(self) -> Ints:
        """Cohorts matured by each look, (K,), in the order of the months."""
        days = np.array([d.toordinal() for d in self.matures])
        return np.array([(days <= look.toordinal()).sum() for look in self.looks], np.int64)

    @property
    def begun(self) -> Ints:
        """Units begun by each look, (2, K)."""
        start = self.start_day + date(1970, 1, 1).toordinal()
        before = start[:, None] <= np.array([look.toordinal() for look in self.looks])
        return np.asarray(self.sold.sum(axis=0) @ before.astype(np.int64))

    @property
    def hash(self) -> str:
        """SHA-256 of every count and every hundredth, in one order: the same facts have the same hash on any engine."""
        whole = ("sold", "unstarted", "mistaken", "claimed", "claims", "cents", "over", "unpriced", "known",
                 "claimants", "late", "goodwill",
                 "spent", "goodwill_spent", "events", "bases")
        days = {name: [d.isoformat() for d in getattr(self, name)] for name in ("looks", "cohorts", "matures")}
        facts = {name: getattr(self, name).tolist() for name in (*whole, "start_day")}
        told = {"by": self.by, "strata": self.strata, "currency": self.currency, "counted": self.counted}
        text = json.dumps({**told, **days, **facts}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Return the sums over strata as plain values, with the hash of all of them."""
        over = {n: getattr(self, n).sum(axis=0).tolist() for n in ("units", "claimed", "claims", "cents", "known",
                                                                   "claimants", "late", "goodwill", "spent")}
        days = {n: [d.isoformat() for d in getattr(self, n)] for n in ("looks", "cohorts", "matures")}
        return {"schema": SCHEMA, "hash": self.hash, "currency": self.currency, **days, **over,
                "counted": list(self.counted), "events": self.events.sum(axis=1).tolist(), "how": list(self.how)}

    def to_arrow(self) -> Any:
        """Return a row an arm, stratum and cohort."""
        import pyarrow as pa

        s, a, c = (x.ravel() for x in np.indices(self.claims.shape))
        columns = {name: [self.strata[i][j] for i in s] for j, name in enumerate(self.by)}
        sums = {n: getattr(self, n).ravel() for n in ("units", "claimed", "claims", "over")}
        return pa.table({**columns, "arm": np.array(["conventional", "extended"])[a],
                         "cohort": [self.cohorts[i] for i in c], "matures": [self.matures[i] for i in c], **sums,
                         "cost": self.cents.ravel() / 100, "cost_squared": self.squared.ravel() / 10_000})

    def __repr__(self) -> str:
        if not self.looks:
            return "<Ledger without a look>"
        n, k = self.begun[:, -1], self.known.sum(axis=0)[:, -1]
        return (f"<Ledger on {self.looks[-1]}: {n[0]:,} conventional and {n[1]:,} extended units, {k[0]:,} and "
                f"{k[1]:,} claims known, {self.matured[-1]} of {len(self.cohorts)} cohorts matured>")
