"""The first desk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from warrantor.desk.kinds import NUMBER, Amount, Instant

revision = "desk_1"
down_revision = None
ADDED_ONLY = ("audit", "events", "decisions", "costs")


def _counts() -> None:
    op.create_table(
        "counts", sa.Column("centre", sa.Text(), primary_key=True), sa.Column("bucket", sa.Text(), primary_key=True),
        sa.Column("held", sa.Boolean(), primary_key=True), sa.Column("claims", sa.Integer(), nullable=False)
    )


def _people() -> None:
    op.create_table(
        "people", sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text(), nullable=False), sa.Column("role", sa.Text(), nullable=False),
        sa.Column("centre", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("password", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("issuer", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("subject", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("active", sa.Boolean(), nullable=False), sa.Column("made_at", Instant(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False), sa.UniqueConstraint("name", name="uq_people_name")
    )
    op.create_index("uq_people_subject", "people", ["issuer", "subject"],
                    unique=True, sqlite_where=sa.text("subject <> ''"), postgresql_where=sa.text("subject <> ''"))


def _settings() -> None:
    op.create_table(
        "settings", sa.Column("name", sa.Text(), primary_key=True), sa.Column("value", sa.Text(), nullable=False)
    )


def _units() -> None:
    op.create_table(
        "units", sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("mark", sa.LargeBinary(16)),
        sa.Column("origin", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("product", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("brand", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("lot", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("market", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("channel", sa.Text(), nullable=False, server_default=sa.text("''")), sa.Column("made_on", sa.Date()),
        sa.Column("shipped_on", sa.Date()), sa.Column("sold_on", sa.Date()), sa.Column("delivered_on", sa.Date()),
        sa.Column("activated_on", sa.Date()), sa.Column("returned_on", sa.Date()),
        sa.Column("last_seen_on", sa.Date()),
        sa.Column("guarantee", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("replaces", NUMBER, sa.ForeignKey("units.number", name="fk_units_replaces")),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1"))
    )
    op.create_index("ix_units_replaces", "units", ["replaces"])
    op.create_index("uq_units_mark", "units", ["mark"], unique=True)


def _audit() -> None:
    op.create_table(
        "audit", sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("person", NUMBER, sa.ForeignKey("people.number", name="fk_audit_person")),
        sa.Column("role", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("body", sa.JSON(), nullable=False), sa.Column("before", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False)
    )
    op.create_index("ix_audit_kind", "audit", ["kind"])
    op.create_index("ix_audit_subject", "audit", ["subject"])


def _claims() -> None:
    op.create_table(
        "claims", sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("unit", NUMBER, sa.ForeignKey("units.number", name="fk_claims_unit"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False), sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("held", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("cleared", sa.JSON(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("guarantee", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("component", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("symptom", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("fault", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("user_damage", sa.Boolean(), nullable=False), sa.Column("proof", sa.Boolean(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False), sa.Column("reported_on", sa.Date(), nullable=False),
        sa.Column("failed_on", sa.Date()), sa.Column("received_on", sa.Date()), sa.Column("waiting_on", sa.Date()),
        sa.Column("handed_back_on", sa.Date()), sa.Column("closed_on", sa.Date()),
        sa.Column("remedy", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("replacement", NUMBER, sa.ForeignKey("units.number", name="fk_claims_replacement")),
        sa.Column("payer", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("centre", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("customer", NUMBER, sa.ForeignKey("people.number", name="fk_claims_customer")),
        sa.Column("opened_by", NUMBER, sa.ForeignKey("people.number", name="fk_claims_opened_by"), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False), sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False)
    )
    op.create_index("ix_claims_centre_queue", "claims", ["centre", "bucket", "number"])
    op.create_index("ix_claims_customer_queue", "claims", ["customer", "number"])
    op.create_index("ix_claims_queue", "claims", ["bucket", "number"])
    op.create_index("ix_claims_unit", "claims", ["unit"])
    op.create_index("uq_claims_open_unit", "claims", ["unit"],
                    unique=True, sqlite_where=sa.text("is_open = 1"), postgresql_where=sa.text("is_open"))


def _jobs() -> None:
    op.create_table(
        "jobs", sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text(), nullable=False), sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("person", NUMBER, sa.ForeignKey("people.number", name="fk_jobs_person"), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False), sa.Column("began_at", Instant()),
        sa.Column("ended_at", Instant()), sa.Column("process", sa.Integer()), sa.Column("exit", sa.Integer()),
        sa.Column("line", sa.Text(), nullable=False, server_default=sa.text("''"))
    )


def _sessions() -> None:
    op.create_table(
        "sessions", sa.Column("token", sa.LargeBinary(32), primary_key=True),
        sa.Column("person", NUMBER, sa.ForeignKey("people.number", name="fk_sessions_person"), nullable=False),
        sa.Column("began_at", Instant(), nullable=False), sa.Column("seen_at", Instant(), nullable=False)
    )
    op.create_index("ix_sessions_person", "sessions", ["person"])


def _vault() -> None:
    op.create_table(
        "vault",
        sa.Column("unit", NUMBER, sa.ForeignKey("units.number", name="fk_vault_unit"), primary_key=True,
                  autoincrement=False),
        sa.Column("serial", sa.Text(), nullable=False)
    )


def _costs() -> None:
    op.create_table(
        "costs", sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("claim", NUMBER, sa.ForeignKey("claims.number", name="fk_costs_claim"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("quantity", sa.Integer(), nullable=False), sa.Column("amount", Amount(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False), sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("person", NUMBER, sa.ForeignKey("people.number", name="fk_costs_person"), nullable=False),
        sa.Column("at", Instant(), nullable=False)
    )
    op.create_index("ix_costs_claim", "costs", ["claim"])


def _decisions() -> None:
    op.create_table(
        "decisions", sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("claim", NUMBER, sa.ForeignKey("claims.number", name="fk_decisions_claim"), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("person", NUMBER, sa.ForeignKey("people.number", name="fk_decisions_person"), nullable=False),
        sa.Column("action", sa.Text(), nullable=False), sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("guarantee", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("rules", sa.JSON(), nullable=False), sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("why", sa.JSON(), nullable=False)
    )
    op.create_index("ix_decisions_claim", "decisions", ["claim"])


def _events() -> None:
    op.create_table(
        "events", sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("unit", NUMBER, sa.ForeignKey("units.number", name="fk_events_unit"), nullable=False),
        sa.Column("claim", NUMBER, sa.ForeignKey("claims.number", name="fk_events_claim")),
        sa.Column("kind", sa.Text(), nullable=False), sa.Column("on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date()), sa.Column("fault", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("name", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("by", sa.JSON(), nullable=False), sa.Column("at", Instant(), nullable=False)
    )
    op.create_index("ix_events_unit", "events", ["unit"])


def _keys() -> None:
    op.create_table(
        "keys", sa.Column("person", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("key", sa.Text(), primary_key=True), sa.Column("body", sa.Text(), nullable=False),
        sa.Column("claim", NUMBER, sa.ForeignKey("claims.number", name="fk_keys_claim"), nullable=False),
        sa.Column("at", Instant(), nullable=False)
    )


def _proposals() -> None:
    op.create_table(
        "proposals", sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text(), nullable=False), sa.Column("state", sa.Text(), nullable=False),
        sa.Column("claim", NUMBER, sa.ForeignKey("claims.number", name="fk_proposals_claim")),
        sa.Column("unit", NUMBER, sa.ForeignKey("units.number", name="fk_proposals_unit")),
        sa.Column("inputs", sa.JSON(), nullable=False), sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", NUMBER, sa.ForeignKey("people.number", name="fk_proposals_asked_by"), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("answered_by", NUMBER, sa.ForeignKey("people.number", name="fk_proposals_answered_by")),
        sa.Column("answered_at", Instant()),
        sa.Column("answer", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("version", sa.Integer(), nullable=False)
    )
    op.create_index("ix_proposals_claim", "proposals", ["claim"])
    op.create_index("ix_proposals_state", "proposals", ["state"])


def _vault_words() -> None:
    op.create_table(
        "vault_words", sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("claim", NUMBER, sa.ForeignKey("claims.number", name="fk_vault_words_claim"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False), sa.Column("said", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False)
    )
    op.create_index("ix_vault_words_claim", "vault_words", ["claim"])


def _campaigns() -> None:
    op.create_table(
        "campaigns", sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("proposal", NUMBER, sa.ForeignKey("proposals.number", name="fk_campaigns_proposal"), nullable=False),
        sa.Column("product", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("lot", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("market", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("fault", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("on", sa.Date(), nullable=False), sa.Column("until", sa.Date()),
        sa.UniqueConstraint("name", name="uq_campaigns_name")
    )


def upgrade() -> None:
    """Make the tables, and refuse every change of what is only ever added."""
    for make in (_counts, _people, _settings, _units, _audit, _claims, _jobs, _sessions, _vault, _costs, _decisions,
                 _events, _keys, _proposals, _vault_words, _campaigns):
        make()
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
