"""One unit stands for another, never two; serials that were erased are known again, by a mark of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from warrantor.finding import Refused

revision = "desk_5"
down_revision = "desk_4"
SHOWN = 20  # numbers that a refusal names
WHERE = sa.text("replaces IS NOT NULL")


def upgrade() -> None:
    """Make the table of erased serials, and keep two units from standing for one.

    Raises
    ------
    Refused
        Two units stand for one already: which of them does, a person must say first.
    """
    _alone()
    op.create_table("vault_erased", sa.Column("mark", sa.LargeBinary(16), primary_key=True))
    op.drop_index("ix_units_replaces", "units")
    op.create_index("uq_units_replaces", "units", ["replaces"], unique=True, sqlite_where=WHERE,
                    postgresql_where=WHERE)


def _alone() -> None:
    twice = op.get_bind().execute(sa.text(
        "SELECT replaces, number FROM units WHERE replaces IN (SELECT replaces FROM units WHERE replaces IS NOT NULL "
        "GROUP BY replaces HAVING count(*) > 1) ORDER BY replaces, number")).all()
    if twice:
        told: dict[int, list[int]] = {}
        for old, number in twice:
            told.setdefault(old, []).append(number)
        named = "; ".join(f"units {', '.join(map(str, new))} for unit {old}" for old, new in list(told.items())[:SHOWN])
        more = f"; and {len(told) - SHOWN} more" if len(told) > SHOWN else ""
        raise Refused(f"Two units stand for one: {named}{more}. Only one can: set replaces of the others to NULL in "
                      "the database, then bring the desk up to date.")
