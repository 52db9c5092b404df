"""Goodwill says which remedy it gives; a paper handed in for another unit is found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "desk_3"
down_revision = "desk_2"


def upgrade() -> None:
    """Add the remedy of goodwill, and look papers up by their digest."""
    op.add_column("events", sa.Column("remedy", sa.Text()))
    op.create_index("ix_vault_papers_digest", "vault_papers", ["digest"])
