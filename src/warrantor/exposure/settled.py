"""What became known between two days: claims and their cost, of units sold before and since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from warrantor.exposure.scope import EPOCH, Scope
from warrantor.exposure.strata import numbers, strata_of
from warrantor.exposure.window import costs_of
from warrantor.finding import Refused
from warrantor.tally import Tally

SCHEMA = "warrantor.settled/1"


@dataclass(frozen=True, slots=True)
class Settled:
    """Claims under cover that became known after `since` and by `as_of`.

    Attributes
    ----------
    since, as_of : date
    currency : str
    come, fresh : int
        Units sold by `since` whose first claim was opened by it and not known yet, or was opened later.
    cost : float
        Currency: of all claims of units sold by `since`, those that claim again included.
    cost_again : float
        Currency: the part of `cost` of units that had a known claim by `since`.
    cost_new : float
        Currency: of all claims of units sold later.
    """

    since: date
    as_of: date
    currency: str
    come: int
    fresh: int
    cost: float
    cost_again: float
    cost_new: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name."""
        return {"schema": SCHEMA, "since": self.since.isoformat(), "as_of": self.as_of.isoformat(),
                **{n: getattr(self, n) for n in ("currency", "come", "fresh", "cost", "cost_again", "cost_new")}}

    def to_arrow(self) -> Any:
        """Return one row."""
        import pyarrow as pa

        return pa.Table.from_pylist([{n: v for n, v in self.to_dict().items() if n != "schema"}])


def begun_of(scope: Scope, by: str | Iterable[str], day: date) -> Tally:
    """Count claims by age of the units whose cover had begun by a day.

    Parameters
    ----------
    scope : Scope
        The records, and the day on which claims are known.
    by : str or iterable of str
        Columns of units; `guarantee` and `origin` are added to them.
    day : date
        By which cover had begun.

    Returns
    -------
    Tally
        First claims, all claims and their cost by age in days; it holds neither entries nor exits.
    """
    names = scope.by(by)
    found = scope.ask("begun", names, since=(day - EPOCH).days)
    strata, (stratum,) = strata_of([found], names)
    paid = costs_of(found, "cost", "cost_squared")
    how = (f"claims of units whose cover had begun by {day}, known by {scope.as_of}",)
    return Tally.of(by=names, strata=strata, stratum=stratum, age=numbers(found, "place"),
                    claimed=numbers(found, "units"), claims=numbers(found, "claims"), as_of=scope.as_of, how=how,
                    currency=scope.currency, cost=paid["cost"], cost_squared=paid["cost_squared"])


def settled_of(scope: Scope, since: date) -> Settled:
    """Sum the claims that became known after a day and by the scope's own.

    Parameters
    ----------
    scope : Scope
        The records and the later day.
    since : date
        The earlier day.

    Returns
    -------
    Settled

    Raises
    ------
    Refused
        A day that is not before the scope's, no costs, or a claim without one.
    """
    if since >= scope.as_of:
        raise Refused(f"{since} is not before {scope.as_of}: nothing became known between them.")
    if scope.currency is None:
        raise Refused("The records hold no cost: nothing can be said of settlements.")
    rows = scope.ask("settled", since=(since - EPOCH).days).to_pylist()
    if lacking := sum(r["claims"] - r["priced"] for r in rows):
        raise Refused(f"{lacking:,} claims known after {since} have no cost: what was settled is not known. Load "
                      "their cost, or give the settlements of the ledger with --opening.")

    def total(what: str, *, before: bool, kinds: tuple[str, ...] = ("again", "come", "fresh")) -> Any:
        return sum(r[what] for r in rows if bool(r["sold_before"]) is before and r["kind"] in kinds)

    return Settled(since, scope.as_of, scope.currency, total("units", before=True, kinds=("come",)),
                   total("units", before=True, kinds=("fresh",)), float(total("cost", before=True)),
                   float(total("cost", before=True, kinds=("again",))), float(total("cost", before=False)))
