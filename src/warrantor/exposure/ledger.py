"""What a trial's units cost and claimed, as known at each look: records + calendar + allotment -> Ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.engine.source import literal, quoted
from warrantor.exposure.question import part
from warrantor.exposure.scope import EPOCH, NEVER, Scope
from warrantor.exposure.strata import integers, numbers, strata_of
from warrantor.finding import Refused
from warrantor.ledger import Asked, Ledger
from warrantor.tally import Floats, Ints
from warrantor.terms.allocation import threshold

if TYPE_CHECKING:
    import pyarrow as pa

HOW = "payments of maker, statutory and goodwill, of claims opened by the end of the longer promise, in both arms"
CLAIMED = "u.unit IN (SELECT mine FROM paid)"


@dataclass(frozen=True, slots=True)
class _Months:
    """Cohorts: the months in which cover began."""

    firsts: tuple[date, ...]
    matures: tuple[date, ...]


def ledger_of(scope: Scope, asked: Asked, *, surveys: bool = False) -> Ledger:
    """Ask the engine what the units of a trial cost and claimed.

    Units are counted once, by hash of their serial; all else is asked of the units that claimed.

    Parameters
    ----------
    scope : Scope
        The records; its day is the last look's.
    asked : Asked
        What the plan and the calendar say.
    surveys : bool
        Whether the engine holds a table `surveys`.

    Returns
    -------
    Ledger

    Raises
    ------
    Refused
        No unit of the trial has begun, the records know no costs, a column is not there, or a unit replaces itself.
    """
    _check(scope, asked)
    by = asked.by
    months = _months(asked)
    _hold(scope, asked, months)
    more = parts_of(scope, asked)
    sold = scope.ask("sold", by, more=parts_of(scope, asked, "TRUE"))
    if not len(sold):
        raise Refused(f"No unit of {', '.join(asked.products)} began between {asked.first_on} and {scope.as_of}: the "
                      "trial has no units yet. Check the plan's products and days of sale against the records.")
    scope.engine.add("weights", _weights(sold, months))
    tables = {"sold": sold} | {question: scope.ask(question, by, more=more) for question in ("matured", "spent")}
    tables |= _counted(scope, asked, surveys=surveys)
    strata, places = strata_of(list(tables.values()), by)
    found = {name: _Rows(table, place) for (name, table), place in zip(tables.items(), places, strict=True)}
    return _ledger(scope, asked, months, strata, found)


@dataclass(frozen=True, slots=True)
class _Rows:
    """An answer with the stratum of each row."""

    table: pa.Table
    stratum: Ints

    def spread(self, column: str, shape: tuple[int, ...], at: Ints) -> Any:
        """Put a column into (strata, 2, places), integers as integers."""
        values = self.table.column(column).to_numpy()
        out = np.zeros(shape, np.float64 if np.issubdtype(values.dtype, np.floating) else np.int64)
        np.add.at(out, (self.stratum, integers(self.table, "arm"), at), values)
        return out


def _ledger(
    scope: Scope, asked: Asked, months: _Months, strata: tuple[tuple[str, ...], ...], found: Mapping[str, _Rows]
) -> Ledger:
    days, at = np.unique(integers(found["sold"].table, "start_day"), return_inverse=True)
    s, c, k = len(strata), len(months.firsts), len(asked.looks)
    sold, *odd = (found["sold"].spread(n, (s, 2, len(days)), at) for n in ("units", "unstarted", "mistaken"))
    done, then = found["matured"], found["spent"]
    of, look = integers(done.table, "cohort"), integers(then.table, "look")

    def stakes(rows: _Rows, prefix: str, places: int, where: Ints, grid: Sequence[float]) -> Floats:
        parts = [rows.spread(f"{prefix}{g}", (s, 2, places), where) for g in range(len(grid))]
        return np.asarray(np.stack(parts, axis=-1), float)

    names = tuple(c.name for c in asked.counted if c.source == "claims" or f"counted {c.name}" in found)
    events, bases = _events(asked, found, names, days, sold)
    totals = {n: done.spread(n, (s, 2, c), of) for n in ("claimed", "claims", "cents", "squared", "unpriced")}
    known = {n: then.spread(n, (s, 2, k), look)
             for n in ("known", "claimants", "late", "goodwill", "spent", "goodwill_spent")}
    return Ledger(by=asked.by, strata=strata, currency=scope.currency, looks=asked.looks, cohorts=months.firsts,
                  matures=months.matures, start_day=days, sold=sold, unstarted=odd[0].sum(axis=2),
                  mistaken=odd[1].sum(axis=2), over=done.spread("over_cap", (s, 2, c), of),
                  down=stakes(done, "down", c, of, asked.stakes), up=stakes(done, "up", c, of, asked.stakes),
                  staked=stakes(then, "s", k, look, asked.alarm_stakes), counted=names, events=events, bases=bases,
                  how=(HOW,), **totals, **known)


def _events(
    asked: Asked, found: Mapping[str, _Rows], names: tuple[str, ...], days: Ints, sold: Ints
) -> tuple[Ints, Ints]:
    """Events at each look and out of how many, (E, S, 2, K)."""
    looks = np.array([(day - EPOCH).days for day in asked.looks])
    begun = np.asarray(sold @ (days[:, None] <= looks).astype(np.int64))
    shape = begun.shape
    events = np.zeros((len(names), *shape), np.int64)
    bases = np.repeat(begun[None], len(names), axis=0)
    for i, name in enumerate(names):
        own = found.get(f"counted {name}", found["spent"])
        place = integers(own.table, "look")
        column = "events" if own is not found["spent"] else f"e{[c.name for c in asked.counted].index(name)}"
        events[i] = own.spread(column, shape, place)
        if "bases" in own.table.column_names:
            bases[i] = own.spread("bases", shape, place)
    return events, bases


def _counted(scope: Scope, asked: Asked, *, surveys: bool) -> dict[str, pa.Table]:
    """Answers on what is not counted with the claims; none of a source that has no records."""
    there = {"returns": ("given_back", "u.returned_day IS NOT NULL")}
    there |= {"surveys": ("answered", CLAIMED)} if surveys else {}
    found = {}
    for one in asked.counted:
        if one.source in there:
            question, among = there[one.source]
            more = parts_of(scope, asked, among) | {"poor": f"{one.poor:.17e}"}
            found[f"counted {one.name}"] = scope.ask(question, asked.by, more=more)
    return found


def _check(scope: Scope, asked: Asked) -> None:
    lacking = [n for n in asked.by if n not in scope.units - (NEVER | {"serial"})]
    if lacking:
        raise Refused(f"units cannot be split by {lacking[0]!r}: the plan's strata must be columns of units.")
    if asked.key not in scope.units:
        raise Refused(f"The plan allots by {asked.key!r}, and units have no such column.")
    if scope.currency is None:
        raise Refused("The records hold no cost: a trial is decided on costs. Load claims with cost and currency.")
    if not asked.looks or asked.looks[-1] != scope.as_of:
        raise Refused("The last look of a ledger is the day on which the records are read.")


def _months(asked: Asked) -> _Months:
    """Cohorts by month, each mature when its last unit is past the longer promise and the lag."""
    last: dict[date, int] = {}
    for start, _, end in asked.ends:
        day = EPOCH + timedelta(days=start)
        first = day.replace(day=1)
        last[first] = max(last.get(first, 0), end)
    firsts = tuple(sorted(last))
    return _Months(firsts, tuple(EPOCH + timedelta(days=last[f] + asked.lag_days) for f in firsts))


def _hold(scope: Scope, asked: Asked, months: _Months) -> None:
    """Give the engine the allotment, both promises' ends, the looks and the chains of exchanged units."""
    import pyarrow as pa

    place = {first: i for i, first in enumerate(months.firsts)}
    rows = [(start, place[(EPOCH + timedelta(days=start)).replace(day=1)], short, long)
            for start, short, long in asked.ends]
    start, cohort, short, long = (np.array(x, np.int32) for x in zip(*rows, strict=True))
    mature = np.array([(d - EPOCH).days for d in months.matures], np.int32)[cohort]
    scope.engine.add("matures", pa.table({"start_day": start, "cohort": cohort, "short_day": short, "long_day": long,
                                          "mature_day": mature}))
    scope.engine.add("looks", pa.table({"look": np.arange(len(asked.looks), dtype=np.int32),
                                        "day": np.array([(d - EPOCH).days for d in asked.looks], np.int32)}))
    scope.engine.add("allotment", pa.table({"salt": [asked.salt], "digits": [threshold(asked.share)]}))
    scope.engine.add("roots", _roots(scope))


def _roots(scope: Scope) -> pa.Table:
    """Follow every exchanged unit to the one that was sold, all chains at once."""
    import pyarrow as pa

    rows = scope.engine.sql("SELECT unit, replaces FROM units WHERE replaces IS NOT NULL")
    unit, before = integers(rows, "unit"), integers(rows, "replaces")
    order = np.argsort(unit)
    unit, root = unit[order], before[order]
    for _ in range(len(unit)):
        at = np.minimum(np.searchsorted(unit, root), max(len(unit) - 1, 0))
        again = unit[at] == root
        if not again.any():
            return pa.table({"unit": unit, "root": root})
        root = np.where(again, root[at], root)
    if len(unit):
        raise Refused("Units replace one another in a circle: correct `replaces` in the records.")
    return pa.table({"unit": unit, "root": root})


def _weights(sold: pa.Table, months: _Months) -> pa.Table:
    """Weigh arms alike: w = min(n0, n1) / n of each arm and cohort; a cohort without one of the arms weighs nothing."""
    import pyarrow as pa

    first = np.array([f.isoformat() for f in months.firsts], "datetime64[M]")
    month = integers(sold, "start_day").astype("datetime64[D]").astype("datetime64[M]")
    units = np.zeros((2, len(first)))
    np.add.at(units, (integers(sold, "arm"), np.searchsorted(first, month)), numbers(sold, "units"))
    weight = units.min(axis=0) / np.maximum(units, 1.0)
    arm, cohort = (x.ravel().astype(np.int32) for x in np.indices(units.shape))
    return pa.table({"arm": arm, "cohort": cohort, "weight": weight.ravel()})


def parts_of(scope: Scope, asked: Asked, among: str = CLAIMED) -> dict[str, str]:
    """Parts of the questions' texts; `among` says of which units the arm is asked."""
    versions = "replaced_day" in scope.claims
    paid = part("paid", known_day="c.known_day" if versions else "c.reported_day",
                replaced_day="c.replaced_day" if versions else "CAST(NULL AS INTEGER)")
    own = {"key": quoted(asked.key), "products": ", ".join(literal(p) for p in asked.products),
           "first_day": str((asked.first_on - EPOCH).days),
           "last_day": str((min(asked.last_on, scope.as_of) - EPOCH).days),
           "by_of_u": ", ".join(f"u.{quoted(n)}" for n in asked.by)}
    claim = _logs("s", asked.alarm_stakes, "CAST(coalesce(p.cents, 0) AS DOUBLE) / 1e2")
    return {"paid": paid, "drawn": part("drawn", **own, among=among), "cap": f"{asked.cap:.17e}",
            "conventional": literal(asked.versions[0]), "extended": literal(asked.versions[1]),
            "counted": ", ".join(_count(i, c.faults) for i, c in enumerate(asked.counted)) or "0 AS e",
            "unit_stakes": ", ".join(_summed(name, log) for side, sign in (("down", ""), ("up", "-"))
                                     for name, log in _logs(side, asked.stakes, "y", sign)),
            "claim_logs": ", ".join(f"{log} AS {name}" for name, log in claim),
            "claim_stakes": ", ".join(_summed(name, name) for name, _ in claim)}


def _count(number: int, faults: Sequence[str]) -> str:
    """Column that counts claims of some faults while both promises covered the unit."""
    which = f" AND coalesce(fault, '') IN ({', '.join(literal(f) for f in faults)})" if faults else ""
    return f"CAST(sum(CASE WHEN late = 0{which} THEN 1 ELSE 0 END) AS BIGINT) AS e{number}"


def _logs(prefix: str, grid: Sequence[float], money: str, sign: str = "") -> list[tuple[str, str]]:
    """Names and SQL of ln(1 + l y) at every stake, as decimals of twelve places."""
    return [(f"{prefix}{g}", f"CAST(ln(1e0 + {sign}{stake:.17e} * {money}) AS DECIMAL(28, 12))")
            for g, stake in enumerate(grid)]


def _summed(name: str, decimal: str) -> str:
    """Column of a sum that no order of adding changes."""
    return f"CAST(sum({decimal}) AS DOUBLE) AS {name}"
