"""The desk's tables: units apart from their serials, claims, what is only ever added, and the log of it all."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

from warrantor.desk.kinds import NUMBER, Amount, Instant

METADATA = MetaData(naming_convention={
    "ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s",
})
ADDED_ONLY = ("audit", "events", "decisions", "costs")  # no row of these is ever changed or taken away


def _number() -> Column[int]:
    return Column("number", NUMBER, primary_key=True, autoincrement=False)


def _of(table: str, name: str, *, index: bool = False, needed: bool = True) -> Column[int]:
    return Column(name, NUMBER, ForeignKey(f"{table}.number"), nullable=not needed, index=index)


def _word(name: str, *, index: bool = False) -> Column[str]:
    """A text that is empty where nothing is known."""
    return Column(name, Text, nullable=False, server_default=text("''"), index=index)


settings = Table("settings", METADATA, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))

units = Table(
    "units", METADATA, _number(), Column("mark", LargeBinary(16)), _word("origin"), _word("product"),
    _word("brand"), _word("lot"), _word("market"), _word("channel"), Column("made_on", Date),
    Column("shipped_on", Date), Column("sold_on", Date), Column("delivered_on", Date), Column("activated_on", Date),
    Column("returned_on", Date), Column("last_seen_on", Date), _word("guarantee"),
    _of("units", "replaces", needed=False),
    Column("version", Integer, nullable=False, server_default=text("1")),
)

Index("uq_units_mark", units.c.mark, unique=True)
Index("uq_units_replaces", units.c.replaces, unique=True,  # two units that stand for one would both be covered
      sqlite_where=text("replaces IS NOT NULL"), postgresql_where=text("replaces IS NOT NULL"))

vault = Table("vault", METADATA, Column("unit", NUMBER, ForeignKey("units.number"), primary_key=True),
              Column("serial", Text, nullable=False))

erased = Table("vault_erased", METADATA, Column("mark", LargeBinary(16), primary_key=True))  # of serials, of no unit

people = Table(
    "people", METADATA, _number(), Column("name", Text, nullable=False, unique=True), Column("role", Text,
                                                                                            nullable=False),
    _word("centre"), _word("password"), _word("issuer"), _word("subject"), Column("active", Boolean, nullable=False),
    Column("made_at", Instant, nullable=False), Column("version", Integer, nullable=False), Column("first", Boolean),
)
Index("uq_people_subject", people.c.issuer, people.c.subject, unique=True,
      sqlite_where=text("subject <> ''"), postgresql_where=text("subject <> ''"))

claims = Table(
    "claims", METADATA, _number(), _of("units", "unit", index=True), Column("state", Text, nullable=False),
    Column("bucket", Text, nullable=False), Column("is_open", Boolean, nullable=False), _word("held"),
    Column("cleared", JSON, nullable=False), _word("answer"), _word("guarantee"), _word("component"),
    _word("symptom"), _word("fault"), Column("user_damage", Boolean, nullable=False),
    Column("proof", Boolean, nullable=False), Column("opened_on", Date, nullable=False),
    Column("reported_on", Date, nullable=False), Column("failed_on", Date), Column("received_on", Date),
    Column("waiting_on", Date), Column("handed_back_on", Date), Column("closed_on", Date), _word("remedy"),
    _of("units", "replacement", needed=False), _word("payer"), _word("centre"),
    _of("people", "customer", needed=False), _of("people", "opened_by"), Column("opened_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False), Column("version", Integer, nullable=False),
    Column("invoice", LargeBinary(16), index=True),
)
Index("uq_claims_open_unit", claims.c.unit, unique=True,
      sqlite_where=text("is_open = 1"), postgresql_where=text("is_open"))
Index("ix_claims_queue", claims.c.bucket, claims.c.number)
Index("ix_claims_centre_queue", claims.c.centre, claims.c.bucket, claims.c.number)
Index("ix_claims_centre_whole_queue", claims.c.centre, claims.c.number)
Index("ix_claims_customer_queue", claims.c.customer, claims.c.number)
Index("ix_claims_state_queue", claims.c.state, claims.c.number)
Index("ix_claims_held_queue", claims.c.number,
      sqlite_where=text("held <> ''"), postgresql_where=text("held <> ''"))
Index("ix_claims_centre_opened", claims.c.centre, claims.c.reported_on)

words = Table(
    "vault_words", METADATA, _number(), _of("claims", "claim", index=True), Column("kind", Text, nullable=False),
    Column("said", Text, nullable=False), Column("at", Instant, nullable=False),
)

papers = Table(
    "vault_papers", METADATA, _number(), _of("claims", "claim", index=True), Column("kind", Text, nullable=False),
    Column("media", Text, nullable=False), Column("size", Integer, nullable=False),
    Column("digest", Text, nullable=False, index=True), Column("content", LargeBinary), _of("people", "person"),
    Column("at", Instant, nullable=False),
)

events = Table(
    "events", METADATA, _number(), _of("units", "unit", index=True), _of("claims", "claim", index=True, needed=False),
    Column("kind", Text, nullable=False), Column("on", Date, nullable=False), Column("until", Date), _word("fault"),
    _word("name"), Column("by", JSON, nullable=False), Column("at", Instant, nullable=False), Column("remedy", Text),
)

decisions = Table(
    "decisions", METADATA, _number(), _of("claims", "claim", index=True), Column("at", Instant, nullable=False),
    _of("people", "person"), Column("action", Text, nullable=False), Column("before", Text, nullable=False),
    Column("after", Text, nullable=False), _word("answer"), _word("guarantee"), Column("rules", JSON, nullable=False),
    Column("inputs", JSON, nullable=False), Column("why", JSON, nullable=False),
)

costs = Table(
    "costs", METADATA, _number(), _of("claims", "claim", index=True), Column("kind", Text, nullable=False),
    _word("what"), Column("quantity", Integer, nullable=False), Column("amount", Amount, nullable=False),
    Column("currency", Text, nullable=False), Column("payer", Text, nullable=False), _of("people", "person"),
    Column("at", Instant, nullable=False),
)

proposals = Table(
    "proposals", METADATA, _number(), Column("kind", Text, nullable=False), Column("state", Text, nullable=False,
                                                                                  index=True),
    _of("claims", "claim", index=True, needed=False), _of("units", "unit", needed=False),
    Column("inputs", JSON, nullable=False), Column("reason", Text, nullable=False), _of("people", "asked_by"),
    Column("asked_at", Instant, nullable=False), _of("people", "answered_by", needed=False),
    Column("answered_at", Instant), _word("answer"), Column("version", Integer, nullable=False),
)

campaigns = Table(
    "campaigns", METADATA, _number(), Column("name", Text, nullable=False, unique=True),
    _of("proposals", "proposal"), _word("product"), _word("lot"), _word("market"), _word("fault"),
    Column("on", Date, nullable=False), Column("until", Date),
)

audit = Table(
    "audit", METADATA, _number(), Column("at", Instant, nullable=False), _of("people", "person", needed=False),
    _word("role"), Column("kind", Text, nullable=False, index=True), _word("subject", index=True),
    Column("body", JSON, nullable=False), Column("before", Text, nullable=False), Column("hash", Text, nullable=False),
)

keys = Table(
    "keys", METADATA, Column("person", NUMBER, primary_key=True, autoincrement=False),
    Column("key", Text, primary_key=True), Column("body", Text, nullable=False), _of("claims", "claim"),
    Column("at", Instant, nullable=False, index=True),
)

counts = Table(
    "counts", METADATA, Column("centre", Text, primary_key=True), Column("bucket", Text, primary_key=True),
    Column("held", Boolean, primary_key=True), Column("claims", Integer, nullable=False),
)

sessions = Table(
    "sessions", METADATA, Column("token", LargeBinary(32), primary_key=True), _of("people", "person", index=True),
    Column("began_at", Instant, nullable=False), Column("seen_at", Instant, nullable=False),
)

jobs = Table(
    "jobs", METADATA, _number(), Column("kind", Text, nullable=False), Column("words", JSON, nullable=False),
    Column("state", Text, nullable=False), _of("people", "person"), Column("asked_at", Instant, nullable=False),
    Column("began_at", Instant), Column("ended_at", Instant), Column("process", Integer), Column("exit", Integer),
    _word("line"),
)
