"""What is owed: the choices of remedy, refunds and their days, who must prove what, and notice in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from warrantor.terms.guarantee import HOST, Guarantee
from warrantor.terms.money import Money
from warrantor.terms.period import Term, days_later, end_of

Step = tuple[str, dict[str, Any]]
PERFORMANCE = "performance"


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is asked for, and what has been tried.

    Attributes
    ----------
    fault : str
        What was found, by the word the guarantee's list uses.
    user_damage : bool
        Broken by whoever had it.
    proof : bool
        There is proof of sale.
    repairs : int
        Repairs that did not help; visits without a fault found are none.
    exchanges : int
        Exchanges of this component so far.
    wait_days : int
        Days this repair has been waited for.
    wait_cause : str
        What for: parts, repairer.
    """

    fault: str = PERFORMANCE
    user_damage: bool = False
    proof: bool = True
    repairs: int = 0
    exchanges: int = 0
    wait_days: int = 0
    wait_cause: str = ""


def remedy(
    guarantee: Guarantee, start: date, end: date, on: date, component: str = HOST, *,
    asked: Complaint | None = None,
) -> tuple[tuple[str, ...], tuple[Step, ...]]:
    """Return the choices a customer has, and the rules that gave them; no choice where nothing is owed.

    Parameters
    ----------
    guarantee : Guarantee
        Whose ladder.
    start, end : date
        The window of the component.
    on : date
        The day of the claim.
    component : str
        What failed.
    asked : Complaint, optional
        A fault of performance with proof of sale, by default.

    Returns
    -------
    tuple of str
        In the order refund, exchange, repair.
    tuple of (str, dict)
        Topic and inputs of the rules applied.

    Examples
    --------
    >>> year = Guarantee("year", "1", {"host": Term(12, "months")})
    >>> remedy(year, date(2019, 1, 15), date(2020, 1, 15), date(2019, 2, 1))[0]
    ('repair',)
    """
    asked = asked or Complaint()
    owed = guarantee.remedies
    if not start <= on <= end:
        return (), (("last_day", {"from": start, "to": end, "claim": on}),)
    if asked.user_damage or (owed.faults and asked.fault not in owed.faults):
        return (), (("faults", {"fault": asked.fault, "user_damage": asked.user_damage}),)
    if owed.without_proof is not None and not asked.proof:
        return owed.without_proof, (("no_proof", {"proof": False}),)
    if component != HOST and owed.accessory_exchanges_before_refund is not None:
        bad = asked.exchanges >= owed.accessory_exchanges_before_refund
        return (("refund",) if bad else ("exchange",)), (("accessory", {"exchanges": asked.exchanges}),)
    return _ladder(guarantee, start, on, asked)


def _ladder(
    guarantee: Guarantee, start: date, on: date, asked: Complaint
) -> tuple[tuple[str, ...], tuple[Step, ...]]:
    owed, age = guarantee.remedies, (on - start).days
    for days, choices in owed.windows:
        last = guarantee.rolled(end_of(start, Term(days, "days"), guarantee.counting))
        if on <= last:
            return choices, (("window", {"day": age, "until_day": days, "last": last}),)
    if owed.repairs_before_exchange is not None and asked.repairs >= owed.repairs_before_exchange:
        return ("exchange",), (("repairs", {"repairs": asked.repairs}),)
    if owed.repairs_before_refund is not None and asked.repairs >= owed.repairs_before_refund:
        return ("refund",), (("repairs", {"repairs": asked.repairs}),)
    longest = owed.waits.get(asked.wait_cause)
    if longest is not None and asked.wait_days > longest:
        return ("exchange",), (("waits", {"cause": asked.wait_cause, "days": asked.wait_days, "most": longest}),)
    return owed.choices, (("remedies", {"day": age}),)


def refund_amount(
    guarantee: Guarantee, price: Money, sold_on: date, on: date, *, repair_days: int = 0,
    same_model_in_stock: bool = True,
) -> Money:
    """Return what is paid back when the unit is given up.

    The full price, unless a unit of the same product could be had in exchange: then a share of the price for each
    day of use, the start day and the days in repair not counted, is kept back; never more than the price.

    Examples
    --------
    >>> from warrantor.terms.guarantee import Remedies
    >>> used = Guarantee("u", "1", {}, remedies=Remedies(depreciation_per_day=Decimal("0.005")))
    >>> str(refund_amount(used, Money.of(3000, "CNY"), date(2019, 1, 1), date(2019, 1, 11)))
    '2850.00 CNY'
    """
    rate = guarantee.remedies.depreciation_per_day
    if rate is None or not same_model_in_stock:
        return price.rounded()
    used = max(0, (on - sold_on).days - repair_days)
    return (price - price * min(Decimal(1), rate * used)).rounded()


def refund_due_by(guarantee: Guarantee, agreed: date) -> date | None:
    """Return the last day to pay, the day of agreement being the first; None where no rule says.

    Examples
    --------
    >>> from warrantor.terms.guarantee import Remedies
    >>> refund_due_by(Guarantee("u", "1", {}, remedies=Remedies(refund_days=14)), date(2026, 3, 1))
    datetime.date(2026, 3, 14)
    """
    days = guarantee.remedies.refund_days
    return None if days is None else end_of(agreed, Term(days, "days"), "include_start")


def reject_until(guarantee: Guarantee, delivered_on: date, repair: tuple[date, date] | None = None) -> date | None:
    """Return the last day to reject the unit; None where there is no such right.

    Counted from the day after delivery. The clock stops on the day a repair is asked for and until the unit is back;
    then what was left runs on, or the least that is left after a repair, whichever is longer.

    Source
    ------
    Consumer Rights Act 2015 (United Kingdom), section 22, as told in its explanatory notes 128-131.

    Examples
    --------
    >>> from warrantor.terms.guarantee import Remedies
    >>> right = Guarantee("u", "1", {}, remedies=Remedies(reject_days=30, reject_min_after_repair=7))
    >>> reject_until(right, date(2026, 1, 10), (date(2026, 2, 8), date(2026, 2, 18)))
    datetime.date(2026, 2, 25)
    """
    days = guarantee.remedies.reject_days
    if days is None:
        return None
    last = end_of(delivered_on, Term(days, "days"))
    if repair is None or repair[0] > last:
        return last
    left = (last - repair[0]).days + 1
    return days_later(repair[1], max(left, guarantee.remedies.reject_min_after_repair or 0))


def burden_of_proof(
    guarantee: Guarantee, delivered_on: date, apparent: date, term: Term | None = None
) -> Literal["seller", "consumer"]:
    """Return who must prove that the fault was there, or was not, at delivery.

    Parameters
    ----------
    guarantee : Guarantee
        Whose presumption.
    delivered_on, apparent : date
        When it was delivered, when the fault came to light.
    term : Term, optional
        The presumption of the member state, where it is longer.

    Examples
    --------
    >>> year = Guarantee("u", "1", {}, burden_of_proof=Term(12, "months"))
    >>> burden_of_proof(year, date(2026, 8, 5), date(2027, 8, 6))
    'consumer'
    """
    presumed = term or guarantee.burden_of_proof
    if presumed is None:
        return "consumer"
    return "seller" if apparent <= end_of(delivered_on, presumed, guarantee.counting) else "consumer"


def notice_in_time(guarantee: Guarantee, returned: date, notice: date) -> bool:
    """Whether it was said in time that a repair did not help; cover does not lapse until it is fixed.

    Examples
    --------
    >>> from warrantor.terms.guarantee import Remedies
    >>> told = Guarantee("u", "1", {}, remedies=Remedies(unresolved_notice_days=60))
    >>> notice_in_time(told, date(2026, 1, 20), date(2026, 3, 21))
    True
    """
    days = guarantee.remedies.unresolved_notice_days
    return days is not None and notice <= end_of(returned, Term(days, "days"))


def battery_defect(guarantee: Guarantee, capacity: Decimal) -> bool:
    """Whether a battery with this share of its rated capacity is defective under the guarantee.

    Examples
    --------
    >>> battery_defect(Guarantee("u", "1", {}, min_capacity=Decimal("0.80")), Decimal("0.79"))
    True
    """
    return guarantee.min_capacity is not None and capacity < guarantee.min_capacity
