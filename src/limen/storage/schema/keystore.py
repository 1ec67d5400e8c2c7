"""The key store: a database of its own, with backups of its own."""

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, PrimaryKeyConstraint, String, Table

from limen.storage.schema.columns import SMALL, blob, identifier, instant

keystore_metadata = MetaData()

tenant_keys = Table(
    "tenant_keys",
    keystore_metadata,
    identifier("tenant_id"),
    Column("version", Integer, nullable=False),
    blob("wrapped"),
    Column("root_key_id", String(64), nullable=False),
    instant("created_at"),
    PrimaryKeyConstraint("tenant_id", "version"),
)

subject_keys = Table(
    "subject_keys",
    keystore_metadata,
    identifier("tenant_id"),
    Column("subject_id", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    blob("wrapped"),
    Column("epoch_id", BigInteger, nullable=False),
    instant("created_at"),
    PrimaryKeyConstraint("tenant_id", "subject_id"),
    **SMALL,
)
Index("ix_subject_keys_epoch", subject_keys.c.epoch_id, subject_keys.c.tenant_id, subject_keys.c.subject_id)
