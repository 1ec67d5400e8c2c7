"""Tenants: who they are, who administers them, how they are set up, and the keys that sign for them."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, text

from limen.storage.schema.columns import blob, identifier, instant, long_text, metadata, of_customer, tenant_table

tenants = Table(
    "tenants",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("slug", String(63), nullable=False, unique=True),
    Column("issuer", Text, nullable=False, unique=True),
    Column("custom_domain", Text, nullable=True, unique=True),
    long_text("name"),
    long_text("settings"),
    instant("created_at"),
    instant("updated_at"),
    Column("version", Integer, nullable=False),
    instant("disabled_at", null=True),
    instant("destroyed_at", null=True),
)

administrators = tenant_table(
    "administrators",
    identifier("customer_id"),
    Column("role", String(16), nullable=False),
    instant("created_at"),
    of_customer(),
    key=("customer_id",),
)

signing_keys = tenant_table(
    "signing_keys",
    Column("kid", String(64), nullable=False),
    Column("alg", String(16), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    long_text("public_jwk"),
    blob("sealed_private"),
    instant("created_at"),
    instant("activates_at"),
    instant("retires_at"),
    instant("removed_at"),
    key=("kid",),
)
Index(
    "ux_signing_keys_one_at_a_time",
    signing_keys.c.tenant_id,
    signing_keys.c.purpose,
    signing_keys.c.alg,
    signing_keys.c.state,
    unique=True,
    sqlite_where=signing_keys.c.state.in_(("pending", "active")),
    postgresql_where=signing_keys.c.state.in_(("pending", "active")),
)

key_rotations = tenant_table(
    "key_rotations",
    identifier("id"),
    Column("kind", String(16), nullable=False),
    Column("state", String(8), nullable=False),
    instant("requested_at"),
    instant("finished_at"),
    Column("cursor", String(64), nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("done", BigInteger, nullable=False),
    key=("id",),
)
Index(
    "ix_key_rotations_running",
    key_rotations.c.tenant_id,
    key_rotations.c.kind,
    unique=True,
    sqlite_where=text("state = 'running'"),
    postgresql_where=text("state = 'running'"),
)

setup_links = tenant_table(
    "setup_links",
    blob("link_hash"),
    Column("purpose", String(32), nullable=False),
    instant("expires_at"),
    Column("used", Boolean, nullable=False),
    key=("link_hash",),
)
