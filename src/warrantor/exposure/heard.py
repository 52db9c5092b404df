"""Who was heard of late: records + calendar -> Heard, on one day."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from warrantor.exposure.scope import Scope
from warrantor.exposure.strata import integers, numbers, strata_of
from warrantor.finding import Refused
from warrantor.tally import Heard


def heard_of(scope: Scope, by: str | Iterable[str] = (), *, within: int = 30) -> Heard:
    """Count unclaimed units still with their owners on the day, by age and by how long they have been silent.

    Only the last sight of a unit is on record, so the day must be one after which nothing was heard.

    Parameters
    ----------
    scope : Scope
        The records and the day.
    by : str or iterable of str
        Columns of units; `guarantee` and `origin` are added to them.
    within : int
        Days; a unit is heard where it reported home in so many days up to the day.

    Returns
    -------
    Heard
        Sorted by stratum, month of age, cover and silence.

    Raises
    ------
    Refused
        No unit was ever heard, one was heard after the day, `within` below 1, or columns the units do not have.
    """
    names = scope.by(by)
    if within < 1:
        raise Refused(f"within={within} days is no window: give at least 1.")
    if "seen_day" not in scope.units:
        raise Refused("These units were never heard: load them with last_seen_on, or with heartbeats.")
    found = scope.ask("heard", names, within=within)
    strata, (stratum,) = strata_of([found], names)
    spell, month, past = (integers(found, n) for n in ("spell", "age_month", "past"))
    if not (spell >= 0).any():
        raise Refused("No unclaimed unit was ever heard: load the units with last_seen_on, or with heartbeats.")
    if (spell < -1).any():
        raise Refused(f"Units were heard after {scope.as_of}, and who was heard before it is then not on record. "
                      "Ask as of the day the records reach to.")
    order = np.lexsort((spell, past, month, stratum))
    columns = {n: numbers(found, n)[order] for n in ("units", "age_days", "cover_days", "silent_days")}
    how = (f"heard: reported home in the {within} days up to {scope.as_of}; units claimed under cover are left out",)
    return Heard(by=names, strata=strata, stratum=stratum[order], as_of=scope.as_of, how=how, within=within,
                 month=month[order], past=past[order], spell=spell[order], **columns)
