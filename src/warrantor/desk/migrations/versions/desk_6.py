"""Whether a password is a first one: set by an admin, to be changed before anything else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "desk_6"
down_revision = "desk_5"


def upgrade() -> None:
    """Add the column; nobody's password is a first one."""
    op.add_column("people", sa.Column("first", sa.Boolean()))
