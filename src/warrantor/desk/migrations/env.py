"""Alembic's door: it runs inside the transaction that the desk gives it."""

from __future__ import annotations

from alembic import context

from warrantor.desk.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
