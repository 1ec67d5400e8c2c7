"""The audit log, and where it is streamed to."""

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Index, Integer, String, UniqueConstraint, text

from limen.storage.schema.columns import SMALL, blob, identifier, instant, long_text, tenant_table

audit_segments = tenant_table(
    "audit_segments", identifier("id"), Column("worker", String(64), nullable=False), instant("opened_at"), key=("id",)
)

audit_records = tenant_table(
    "audit_records",
    identifier("segment_id"),
    Column("seq", BigInteger, nullable=False),
    instant("at"),
    Column("event", String(64), nullable=False),
    Column("subject", String(64), nullable=False),
    blob("open_part"),
    blob("commitment"),
    blob("sealed"),
    blob("hash"),
    key=("segment_id", "seq"),
)

_EVERYDAY = " AND ".join(
    f"event != '{event}'"  # one by one: of a list, SQLite makes a table of its own anew for every row that is inserted
    for event in ("code.issued", "code.redeemed", "token.issued", "token.refreshed", "token.exchanged")
)
EVERYDAY = text(_EVERYDAY)
"""What the log is read by in order of time: all but codes and tokens, for the reason below."""
OF_SOMEBODY = text(f"subject != '' AND {_EVERYDAY}")
"""What somebody's history is read from. Not by tokens, of which there are hundreds for each sign-in: an index of those
would cost each of them its share, and every page of a history the reading of them.
"""
Index(
    "ix_audit_records_subject",
    audit_records.c.tenant_id,
    audit_records.c.subject,
    audit_records.c.at,
    sqlite_where=OF_SOMEBODY,
    postgresql_where=OF_SOMEBODY,
)

Index(
    "ix_audit_records_at",
    audit_records.c.tenant_id,
    audit_records.c.at,
    audit_records.c.segment_id,
    audit_records.c.seq,
    sqlite_where=EVERYDAY,
    postgresql_where=EVERYDAY,
)

audit_checkpoints = tenant_table(
    "audit_checkpoints",
    Column("number", BigInteger, nullable=False),
    instant("at"),
    blob("heads"),
    blob("root"),
    blob("previous"),
    Column("kid", String(64), nullable=False),
    blob("signature"),
    key=("number",),
)

audit_prunings = tenant_table(
    "audit_prunings",
    Column("number", BigInteger, nullable=False),
    instant("at"),
    instant("before"),
    blob("starts"),
    Column("checkpoint", BigInteger, nullable=False),
    blob("checkpoint_hash"),
    blob("previous"),
    Column("kid", String(64), nullable=False),
    blob("signature"),
    key=("number",),
)

audit_destinations = tenant_table(
    "audit_destinations",
    identifier("id"),
    Column("label", String(64), nullable=False),
    long_text("document"),
    blob("sealed_secret"),
    instant("created_at"),
    instant("updated_at"),
    Column("version", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("error", String(64), nullable=False),
    instant("retry_at"),
    instant("delivered_at"),
    instant("failing_since"),
    UniqueConstraint("tenant_id", "label"),
    key=("id",),
)


def _of_destination() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["tenant_id", "destination_id"], ["audit_destinations.tenant_id", "audit_destinations.id"], ondelete="CASCADE"
    )


audit_cursors = tenant_table(
    "audit_cursors",
    identifier("destination_id"),
    identifier("segment_id"),
    Column("next_seq", BigInteger, nullable=False),
    _of_destination(),
    key=("destination_id", "segment_id"),
    **SMALL,
)

audit_dead_letters = tenant_table(
    "audit_dead_letters",
    identifier("destination_id"),
    identifier("segment_id"),
    Column("seq", BigInteger, nullable=False),
    instant("at"),
    Column("error", String(64), nullable=False),
    _of_destination(),
    key=("destination_id", "segment_id", "seq"),
    **SMALL,
)
