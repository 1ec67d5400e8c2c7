"""Purposes, and the ledger of decisions about them."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, UniqueConstraint, text

from limen.storage.schema.columns import blob, identifier, instant, long_text, of_customer, tenant_table

purposes = tenant_table(
    "purposes",
    identifier("id"),
    Column("name", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("channel", String(16), nullable=False),
    long_text("party"),
    Column("current", Integer, nullable=False),
    Column("counts_from", Integer, nullable=False),
    instant("created_at"),
    instant("retired_at", null=True),
    UniqueConstraint("tenant_id", "name"),
    key=("id",),
)

purpose_versions = tenant_table(
    "purpose_versions",
    identifier("purpose_id"),
    Column("number", Integer, nullable=False),
    long_text("terms"),
    instant("published_at"),
    key=("purpose_id", "number"),
)

consent_ledger = tenant_table(
    "consent_ledger",
    identifier("id"),
    instant("at"),
    identifier("customer_id"),
    Column("purpose", String(64), nullable=False),
    long_text("party"),
    blob("open_part"),
    blob("commitment"),
    blob("sealed"),
    blob("leaf"),
    UniqueConstraint("tenant_id", "customer_id", "at"),
    key=("id",),
)
Index("ix_consent_ledger_at", consent_ledger.c.tenant_id, consent_ledger.c.at)

standing_consents = tenant_table(
    "standing_consents",
    identifier("customer_id"),
    Column("purpose", String(64), nullable=False),
    long_text("party"),
    identifier("record_id"),
    Column("version", Integer, nullable=False),
    instant("expires_at"),
    of_customer(),
    key=("customer_id", "purpose", "party"),
)
"""What was given and not taken back, to be found when it ends by itself: by its last instant, or by its version."""
_ends = text("expires_at > 0")
Index(
    "ix_standing_consents_expires",
    standing_consents.c.tenant_id,
    standing_consents.c.expires_at,
    sqlite_where=_ends,
    postgresql_where=_ends,
)
Index(
    "ix_standing_consents_version",
    standing_consents.c.tenant_id,
    standing_consents.c.purpose,
    standing_consents.c.version,
)

consent_chain = tenant_table(
    "consent_chain",
    Column("seq", BigInteger, nullable=False),
    identifier("record_id"),
    blob("leaf"),
    blob("hash"),
    UniqueConstraint("tenant_id", "record_id"),
    key=("seq",),
)

consent_tiles = tenant_table(
    "consent_tiles",
    Column("level", Integer, nullable=False),
    Column("number", BigInteger, nullable=False),
    blob("root"),
    key=("level", "number"),
)

consent_checkpoints = tenant_table(
    "consent_checkpoints",
    Column("number", BigInteger, nullable=False),
    instant("at"),
    Column("size", BigInteger, nullable=False),
    blob("root"),
    blob("head"),
    blob("previous"),
    Column("kid", String(64), nullable=False),
    blob("signature"),
    UniqueConstraint("tenant_id", "size"),
    key=("number",),
)
