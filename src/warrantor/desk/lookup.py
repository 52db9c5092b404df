"""Until when is my unit covered: what anybody may learn who knows the unit and when it was bought."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from warrantor.desk.entitle import coverage
from warrantor.desk.units import Unit, find

if TYPE_CHECKING:
    from warrantor.desk.store import Store


def covered_until(store: Store, serial: str, proof: str) -> str | None:
    """Return the month until which a unit is covered.

    Parameters
    ----------
    store : Store
        The desk.
    serial : str
        As typed.
    proof : str
        The month it was sold or delivered in, YYYY-MM.

    Returns
    -------
    str or None
        YYYY-MM. None for an unknown serial, for another month, and where there is no cover: nobody learns which.

    Examples
    --------
    >>> from warrantor.desk import open
    >>> with open(getfixture("tmp_path") / "desk.sqlite", key=b"k" * 32) as store:
    ...     covered_until(store, "U1", "2026-11") is None
    True
    """
    # the month first: whoever does not know it has the same one question asked, whatever the unit went through
    if not bought_in(find(store, serial), proof):
        return None
    answer = coverage(store, serial)
    if not answer.covered or answer.end is None:
        return None
    return answer.end.strftime("%Y-%m")


def bought_in(unit: Unit | None, month: str) -> bool:
    """Whether somebody names the month in which a unit was sold or delivered: what its owner knows and few others.

    Examples
    --------
    >>> bought_in(None, "2026-11"), bought_in(None, "")
    (False, False)
    """
    days = (unit.sold_on, unit.delivered_on) if unit is not None else (None, None)  # both are compared in any case
    known = ["" if day is None else day.strftime("%Y-%m") for day in days]
    told = [hmac.compare_digest(one.encode(), month.encode()) and one != "" for one in known]
    return any(told)
