"""Events of a claim, claims by centre, by state and by hold, and keys by age are found without reading them all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "desk_4"
down_revision = "desk_3"


def upgrade() -> None:
    """Make the indexes."""
    op.create_index("ix_events_claim", "events", ["claim"])
    op.create_index("ix_claims_centre_whole_queue", "claims", ["centre", "number"])
    op.create_index("ix_claims_state_queue", "claims", ["state", "number"])
    op.create_index("ix_claims_held_queue", "claims", ["number"], sqlite_where=sa.text("held <> ''"),
                    postgresql_where=sa.text("held <> ''"))
    op.create_index("ix_keys_at", "keys", ["at"])
