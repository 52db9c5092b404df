"""Who a promise was made to, and where it is served."""

from __future__ import annotations

from datetime import date
from typing import Any

from warrantor.terms.guarantee import Guarantee

Step = tuple[str, dict[str, Any]]
ANY = "*"


def eligible(
    guarantee: Guarantee, sold_on: date | None, *, product: str = "", channel: str = "", sold_in: str = "",
    activated_in: str = "", claim_in: str = "",
) -> tuple[Step, ...]:
    """Return why a unit does not have a promise; empty where it has it.

    Who a promise was made to must be shown: what is not known does not fit. Where it is served is asked only when the
    place of the claim is known; it is otherwise taken to be where the unit was sold.

    Parameters
    ----------
    guarantee : Guarantee
        The promise.
    sold_on : date or None
        The day that decides the sale window; None fits only a promise without one.
    product, channel, sold_in, activated_in, claim_in : str
        What is known of the unit and the claim; empty where nothing is.

    Examples
    --------
    >>> from warrantor.terms.period import Term
    >>> here = Guarantee("here", "1", {"host": Term(12, "months")}, products=("Alder",))
    >>> eligible(here, None, product="Birch")
    (('eligibility', {'product': 'Birch', 'asked': ('Alder',)}),)
    """
    asked = (("product", product, guarantee.products, "eligibility"),
             ("sold_in", sold_in, guarantee.sold_in, "eligibility"),
             ("channel", channel, guarantee.channels, "eligibility"),
             ("activated_in", activated_in, guarantee.activated_in, "eligibility"),
             ("sold_in", sold_in, guarantee.territories, "territory"),
             ("claim_in", claim_in or sold_in, guarantee.territories, "territory"))
    told: list[Step] = [(topic, {name: value or None, "asked": among}) for name, value, among, topic in asked
                        if ANY not in among and value not in among]
    served = guarantee.served_in
    if claim_in and ANY not in served and claim_in not in served:
        told.append(("territory", {"claim_in": claim_in, "asked": served}))
    windowed = guarantee.sold_from is not None or guarantee.sold_to is not None
    if windowed and (sold_on is None or not guarantee.in_window(sold_on)):
        told.append(("version", {"sold": sold_on, "from": guarantee.sold_from, "to": guarantee.sold_to}))
    return tuple(told)
