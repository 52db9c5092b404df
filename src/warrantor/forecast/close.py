"""A reserve at a close as the product of its drivers, and what changed the estimate by the next close."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.finding import Refused
from warrantor.forecast.roll import DRIVERS, Roll, explain, in_coins, roll_forward
from warrantor.forecast.watched import as_of_day
from warrantor.tally import DAYS_PER_MONTH, Cohorts

if TYPE_CHECKING:
    from warrantor.forecast.reserve import Reserve

SCHEMA = "warrantor.close/1"
HOW = (
    "An estimate is cost per claim (severity) x (claims come and not reported (delay) + units under cover (volume) x "
    "months of cover left (terms) x claims per unit and month (frequency)). "
    "The change in estimate is of units sold by the earlier close: what they cost since, and what they are still to "
    "cost, less what was set aside for them. Each driver is put in its new place in turn; what two do together goes to "
    "the later one. "
    "Accruals are what units sold since have cost and are still to cost, as known at the later close; units that came "
    "in exchange since are among them. "
    "Settlements are the claims that became known between the closes, at their recorded cost; a second claim of a unit "
    "is one more cost and no further first claim, so it stands under severity.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """What was set aside on a day, and the drivers it is the product of.

    Attributes
    ----------
    as_of : date
    currency : str
    best : float
        Currency: the best estimate.
    current : float
        Currency: the part of it reported within 12 months.
    frequency : float
        Claims still to occur per covered unit and month of cover left.
    severity : float
        Currency per claim.
    delay : float
        Claims that have come and are not reported.
    volume : float
        Unclaimed units under cover.
    terms : float
        Mean months of cover these have left.
    """

    as_of: date
    currency: str
    best: float
    current: float
    frequency: float
    severity: float
    delay: float
    volume: float
    terms: float

    @property
    def drivers(self) -> dict[str, float]:
        """The five drivers by name."""
        return {name: float(getattr(self, name)) for name in DRIVERS}

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name."""
        return {"schema": SCHEMA, "as_of": self.as_of.isoformat(), "currency": self.currency, "best": self.best,
                "current": self.current, **self.drivers}

    def to_arrow(self) -> Any:
        """Return one row."""
        import pyarrow as pa

        return pa.Table.from_pylist([{n: v for n, v in self.to_dict().items() if n != "schema"}])

    @classmethod
    def of_dict(cls, told: Mapping[str, Any]) -> Close:
        """Read what `to_dict` wrote."""
        return cls(as_of=date.fromisoformat(told["as_of"]), currency=told["currency"],
                   **{n: float(told[n]) for n in ("best", "current", *DRIVERS)})


def estimate(frequency: float, severity: float, delay: float, volume: float, terms: float) -> float:
    """Cost per claim x claims to come: severity x (delay + volume x terms x frequency), currency.

    Examples
    --------
    >>> estimate(frequency=0.002, severity=60.0, delay=25.0, volume=1000.0, terms=5.0)
    2100.0
    """
    return severity * (delay + volume * terms * frequency)


def close_of(found: Reserve, cohorts: Cohorts) -> Close:
    """Read the drivers of a reserve, all strata together.

    Parameters
    ----------
    found : Reserve
        Not discounted.
    cohorts : Cohorts
        The units it is of.

    Returns
    -------
    Close

    Raises
    ------
    Refused
        A refused stratum, a discounted reserve, or no claim or no cover to come.
    """
    whole = found.over(*found.by)
    if whole.refused[0] is not None or found.currency is None:
        raise Refused(f"As of {found.as_of} there is no reserve to close with: {whole.refused[0]}")
    if found.rate is not None:
        raise Refused("A discounted reserve also changes because time passes, which none of the five drivers is: ask "
                      "for the change without a discount.")
    volume, terms = _cover(cohorts)
    come, to_occur = (float(v) for v in whole.claims[0])
    if not (come + to_occur > 0 and volume > 0 and terms > 0):
        raise Refused(f"As of {found.as_of} no unit is under cover or no claim is to come: there is nothing that a "
                      "driver could change.")
    best = float(whole.best[0, 2])
    return Close(as_of=found.as_of, currency=found.currency, best=best, current=float(whole.current[0, 0]),
                 frequency=to_occur / (volume * terms), severity=best / (come + to_occur), delay=come, volume=volume,
                 terms=terms)


def _cover(cohorts: Cohorts) -> tuple[float, float]:
    """Unclaimed units under cover, and the mean months of cover they have left."""
    day = as_of_day(cohorts)
    left = np.maximum(cohorts.units - cohorts.claimed - cohorts.gone, 0.0)
    left = left * ((cohorts.end_day > day) & (cohorts.start_day <= day))
    units = float(left.sum())
    if units <= 0:
        return 0.0, 0.0
    return units, float(left @ (cohorts.end_day - day)) / units / DAYS_PER_MONTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """What became known of units sold by the earlier close, and how it is seen now.

    Attributes
    ----------
    come, fresh : float
        First claims known since: opened by the earlier close, opened after it.
    cost, cost_new : float
        Currency: claims known since, of units sold by the earlier close and of units sold later.
    still : Reserve
        The reserve at the later close of units sold by the earlier one.
    cohorts : Cohorts
        The fleet on the day of the earlier close, as the records tell it now.
    """

    come: float
    fresh: float
    cost: float
    cost_new: float
    still: Reserve
    cohorts: Cohorts


def moved(period: str, before: Close, after: Reserve, since: Since) -> Roll:
    """Roll a reserve forward from one close to the next, the change in estimate explained by five drivers.

    With the drivers of the earlier close as it was and as it is seen now, change = estimate(now) - estimate(then), now
    = what the units cost since + what they are still to cost; closing = opening + accruals + change - settlements.

    Parameters
    ----------
    period : str
        Its name, such as 2019-Q4.
    before : Close
        The earlier close as it was made, locked or worked out again.
    after : Reserve
        The later close, all units.
    since : Since
        What became known between.

    Returns
    -------
    Roll

    Raises
    ------
    Refused
        Reserves without an answer, in two currencies, or days that are not in order.

    Source: the method notes, 9.3: frequency, severity, delay, volume, terms.
    """
    whole, still = after.over(*after.by), since.still.over(*since.still.by)
    for one in (whole, still):
        if one.refused[0] is not None:
            raise Refused(f"As of {one.as_of} there is no reserve: {one.refused[0]}")
    if after.currency != before.currency or after.as_of <= before.as_of:
        raise Refused(f"A close in {after.currency} as of {after.as_of} does not follow one in {before.currency} as of "
                      f"{before.as_of}.")
    volume, terms = _cover(since.cohorts)
    later = float(still.claims[0].sum())
    known = since.cost + float(still.best[0, 2])
    claims = since.come + since.fresh + later
    if not (claims > 0 and volume > 0 and terms > 0):
        raise Refused(f"Units sold by {before.as_of} brought no claim and bring none: no driver explains the change.")
    now = {"frequency": (since.fresh + later) / (volume * terms), "severity": known / claims, "delay": since.come,
           "volume": volume, "terms": terms}
    return _rolled(period, before, whole, since, now)


def _rolled(period: str, before: Close, whole: Reserve, since: Since, now: dict[str, float]) -> Roll:
    currency = before.currency
    (opening,), (settled,) = in_coins([before.best], currency), in_coins([since.cost + since.cost_new], currency)
    soon, later = in_coins(whole.current[0].tolist(), currency)
    steps = explain(lambda **drivers: Decimal(repr(estimate(**drivers))), before.drivers, now)
    explained = dict(zip(steps, in_coins(map(float, steps.values()), currency), strict=True))
    change, closing = sum(explained.values(), Decimal(0)), soon + later
    return roll_forward(period=period, currency=currency, opening=opening, settlements=settled, change=change,
                        closing=closing, accruals=closing - opening - change + settled, explained=explained,
                        current=soon)
