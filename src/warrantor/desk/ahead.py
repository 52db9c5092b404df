"""A desk whose clock stands elsewhere than the wall's says so itself: every program that opens it has its day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from warrantor.desk import tables

if TYPE_CHECKING:
    from warrantor.desk.store import Store

NAME = "ahead"  # seconds


def set_ahead(store: Store, by: timedelta) -> None:
    """Have a desk's clock go ahead of the wall's, here and wherever `keep_ahead` is asked.

    Examples
    --------
    >>> from warrantor.desk import open
    >>> with open(getfixture("tmp_path") / "desk.sqlite", key=b"k" * 32) as store:
    ...     set_ahead(store, timedelta(days=400))
    ...     (store.clock() - datetime.now(UTC)).days in (399, 400)
    True
    """
    table = tables.settings
    with store.turn() as connection:
        connection.execute(table.delete().where(table.c.name == NAME))
        connection.execute(table.insert().values(name=NAME, value=str(by.total_seconds())))
    keep_ahead(store)


def keep_ahead(store: Store) -> None:
    """Have an opened desk's clock go as it was set."""
    table = tables.settings
    with store.reading() as connection:
        held = connection.execute(select(table.c.value).where(table.c.name == NAME)).scalar_one_or_none()
    if held is not None:
        by = timedelta(seconds=float(held))
        store.clock = lambda: datetime.now(UTC) + by
