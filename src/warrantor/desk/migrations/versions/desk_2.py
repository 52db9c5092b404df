"""Papers of claims; the mark of a claim's invoice; what a centre opened on a day is found without reading it all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from warrantor.desk.kinds import NUMBER, Instant

revision = "desk_2"
down_revision = "desk_1"


def upgrade() -> None:
    """Make the table of papers, and look claims up by invoice and by centre and day."""
    op.create_table(
        "vault_papers", sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("claim", NUMBER, sa.ForeignKey("claims.number", name="fk_vault_papers_claim"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False), sa.Column("media", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False), sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary()),
        sa.Column("person", NUMBER, sa.ForeignKey("people.number", name="fk_vault_papers_person"), nullable=False),
        sa.Column("at", Instant(), nullable=False)
    )
    op.create_index("ix_vault_papers_claim", "vault_papers", ["claim"])
    op.add_column("claims", sa.Column("invoice", sa.LargeBinary(16)))
    op.create_index("ix_claims_invoice", "claims", ["invoice"])
    op.create_index("ix_claims_centre_opened", "claims", ["centre", "reported_on"])
