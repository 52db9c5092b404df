"""The first desk."""

from __future__ import annotations

from alembic import op

from warrantor.desk.tables import ADDED_ONLY, METADATA

revision = "desk_1"
down_revision = None


def upgrade() -> None:
    """Make the tables, and refuse every change of what is only ever added."""
    METADATA.create_all(op.get_bind())
    sqlite = op.get_bind().dialect.name == "sqlite"
    if not sqlite:
        op.execute("CREATE FUNCTION added_only() RETURNS trigger LANGUAGE plpgsql AS "
                   "$$ BEGIN RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME; END $$")
    for table in ADDED_ONLY:
        for what in ("UPDATE", "DELETE"):
            if sqlite:
                op.execute(f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table} "
                           f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are only ever added'); END")
            else:
                op.execute(f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table} "
                           "FOR EACH ROW EXECUTE FUNCTION added_only()")
