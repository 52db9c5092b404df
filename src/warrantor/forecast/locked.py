"""Closes that were locked: a period's reserve as it was booked, which nothing restates."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from warrantor.finding import Refused
from warrantor.forecast.chain import add, entries
from warrantor.forecast.close import Close

SCHEMA = "warrantor.closes/1"
NAME = "closes.json"


def locked(folder: Path) -> dict[str, Close]:
    """Return the locked closes of a fleet by the name of their period, in the order they were locked.

    Raises
    ------
    Refused
        The file is no record of closes, or was changed after it was written.
    """
    return {e["period"]: Close.of_dict(e["close"]) for e in entries(folder / NAME, SCHEMA, "record of closes")}


def lock(folder: Path, period: str, close: Close, made: Mapping[str, Any]) -> bool:
    """Lock a period's close beside the fleet; a close that is locked already stays as it was.

    Parameters
    ----------
    folder : Path
        The fleet's.
    period : str
        Its name, such as 2019-Q4.
    close : Close
    made : mapping
        Version, seed, draws, level and hashes of the records it was made with.

    Returns
    -------
    bool
        Whether it was written now; False where the same close is locked already.

    Raises
    ------
    Refused
        The period is locked with another estimate, a later period is, or the name is empty.
    """
    held = entries(folder / NAME, SCHEMA, "record of closes")
    old = locked(folder)
    if not period.strip():
        raise Refused("A locked period needs a name, such as 2019-Q4.")
    if period in old:
        if old[period] == close:
            return False
        raise Refused(f"{period} is locked at {old[period].currency} {old[period].best:,.2f} as of "
                      f"{old[period].as_of}; now it would be {close.currency} {close.best:,.2f} as of {close.as_of}. "
                      "Nothing is restated: the difference is a change in estimate of the next period.")
    if late := [name for name, one in old.items() if one.as_of >= close.as_of]:
        raise Refused(f"{late[-1]} is locked as of {old[late[-1]].as_of}: a close as of {close.as_of} cannot be locked "
                      "after it.")
    add(folder / NAME, SCHEMA, held, [{"period": period, "close": close.to_dict(), "made": dict(made)}])
    return True
