"""Applications, and what they ask for access to."""

from sqlalchemy import Column, Index, Integer, String, Table, UniqueConstraint

from limen.storage.schema.columns import identifier, instant, long_text, tenant_table

clients = tenant_table(
    "clients",
    identifier("key"),
    Column("client_id", String(255), nullable=False),
    long_text("document"),
    instant("created_at"),
    instant("updated_at"),
    Column("version", Integer, nullable=False),
    instant("unused_until", null=True),
    UniqueConstraint("tenant_id", "client_id"),
    key=("key",),
)
Index("ix_clients_unused", clients.c.tenant_id, clients.c.unused_until)

initial_tokens = tenant_table(
    "initial_tokens",
    identifier("id"),
    long_text("hash"),
    long_text("label"),
    Column("uses_left", Integer, nullable=False),
    instant("created_at"),
    instant("expires_at"),
    UniqueConstraint("tenant_id", "hash"),
    key=("id",),
)
Index("ix_initial_tokens_expires", initial_tokens.c.tenant_id, initial_tokens.c.expires_at)


def _catalogue(name: str) -> Table:
    """Things that a tenant's administrator registers, each known by its label."""
    return tenant_table(
        name,
        identifier("id"),
        long_text("label"),
        long_text("document"),
        instant("created_at"),
        instant("updated_at"),
        Column("version", Integer, nullable=False),
        UniqueConstraint("tenant_id", "label"),
        key=("id",),
    )


resource_servers = _catalogue("resource_servers")
detail_types = _catalogue("detail_types")
