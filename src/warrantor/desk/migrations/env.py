"""Alembic's door: it runs inside the transaction that the desk gives it, and does nothing when merely imported."""

from __future__ import annotations

from alembic import context

from warrantor.desk.tables import METADATA

if hasattr(context, "config"):
    context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
    context.run_migrations()
