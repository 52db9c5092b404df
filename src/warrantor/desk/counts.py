"""How many claims each part of the queue holds, kept as claims move: nobody counts a hundred thousand rows to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from warrantor.desk import tables
from warrantor.desk.actor import Actor

if TYPE_CHECKING:
    from warrantor.desk.writing import Writing

Place = tuple[str, str, bool]  # centre, bucket, held


def moved(writing: Writing, before: Place | None, after: Place) -> None:
    """Count a claim where it now is, and no longer where it was; `before` is None for a new one."""
    if before == after:
        return
    for place, step in ((before, -1), (after, 1)):
        if place is not None:
            _add(writing, place, step)


def _add(writing: Writing, place: Place, step: int) -> None:
    table = tables.counts
    centre, bucket, held = place
    here = (table.c.centre == centre) & (table.c.bucket == bucket) & (table.c.held == held)
    found = writing.connection.execute(table.update().where(here).values(claims=table.c.claims + step))
    if found.rowcount == 0:
        writing.connection.execute(table.insert().values(centre=centre, bucket=bucket, held=held, claims=step))


def counted(connection: Connection, actor: Actor) -> dict[str, int]:
    """Return how many claims each bucket holds for this person, and under `held` those a person must look at."""
    table = tables.counts
    asked = select(table)
    if actor.role == "agent":
        asked = asked.where(table.c.centre.in_(("", actor.centre)))
    found: dict[str, int] = {"held": 0}
    for row in connection.execute(asked):
        found[row.bucket] = found.get(row.bucket, 0) + row.claims
        found["held"] += row.claims if row.held else 0
    return found
