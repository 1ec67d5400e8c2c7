"""What processes leave for one another and for later: mail and events, news, leases, answers that were given."""

from sqlalchemy import Column, Index, Integer, String, Table

from limen.storage.schema.columns import Sequence64, blob, identifier, instant, long_text, metadata, tenant_table

outbox = Table(
    "outbox",
    metadata,
    Column("id", String(40), primary_key=True),
    identifier("tenant_id"),
    Column("name", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("subject", String(64), nullable=False),
    long_text("data"),
    blob("sealed"),
    Column("state", String(8), nullable=False),
    Column("attempts", Integer, nullable=False),
    instant("not_before"),
    instant("created_at"),
    Column("lease_owner", String(64), nullable=False),
    Column("error", String(64), nullable=False),
)
Index("ix_outbox_due", outbox.c.state, outbox.c.not_before)

changes = Table(
    "changes",
    metadata,
    Column("seq", Sequence64, primary_key=True, autoincrement=True),
    identifier("tenant_id"),
    Column("kind", String(16), nullable=False),
    Column("key", String(255), nullable=False),
    instant("at"),
    sqlite_autoincrement=True,  # or numbers would be used again after a pruning
)
Index("ix_changes_at", changes.c.at)

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("owner", String(64), nullable=False),
    instant("until"),
)

idempotency = tenant_table(
    "idempotency",
    blob("digest"),
    blob("request_hash"),
    Column("status", Integer, nullable=False),
    blob("sealed_response"),
    instant("expires_at"),
    key=("digest",),
)
Index("ix_idempotency_expires", idempotency.c.tenant_id, idempotency.c.expires_at)
