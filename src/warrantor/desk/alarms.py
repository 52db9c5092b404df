"""Alarms: what somebody does to the desk that its people should look at, written where the auditor reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from warrantor.desk import tables
from warrantor.desk.actor import THE_MACHINE
from warrantor.desk.writing import Writing

if TYPE_CHECKING:
    from warrantor.desk.store import Store

ALARM = "alarm"
APART = timedelta(hours=1)


def raised(store: Store, block: str, told: Mapping[str, Any]) -> bool:
    """Write an alarm about a block of serials into the log, at most once an hour for each, whichever server sees it.

    Parameters
    ----------
    store : Store
        The desk.
    block : str
        The block's keyed mark.
    told : mapping
        How many asked for how much of it, and when; no serial and no address, for nothing is taken out of the log.

    Returns
    -------
    bool
        Whether it was written: false within an hour of the last one.

    Examples
    --------
    >>> from warrantor.desk import open
    >>> with open(getfixture("tmp_path") / "desk.sqlite", key=b"k" * 32) as store:
    ...     raised(store, "9f2c", {"serials": 20}), raised(store, "9f2c", {"serials": 40})
    (True, False)
    """
    subject, table, at = f"block {block}", tables.audit, store.clock()
    last = select(func.max(table.c.at)).where(table.c.kind == ALARM, table.c.subject == subject)
    with store.turn() as connection:
        before = connection.execute(last).scalar_one_or_none()
        if before is not None and at - before < APART:
            return False
        Writing(connection, store.key, at, THE_MACHINE, ALARM, subject, dict(told)).log()
    return True
