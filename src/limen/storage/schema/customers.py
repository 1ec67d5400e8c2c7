"""Customers: the sealed profile, what finds it, and what it was asked."""

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, SmallInteger, String, Table, UniqueConstraint, text

from limen.storage.schema.columns import (
    SMALL,
    blob,
    identifier,
    instant,
    long_text,
    metadata,
    of_customer,
    postgres_only,
    tenant_table,
)

customers = tenant_table(
    "customers",
    identifier("id"),
    Column("subject", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    blob("sealed_profile"),
    instant("created_at"),
    instant("updated_at"),
    instant("valid_after"),
    instant("proof_after"),
    Column("version", Integer, nullable=False),
    Column("seen_on", Integer),
    UniqueConstraint("tenant_id", "subject"),
    key=("id",),
)
"""``seen_on`` is the day of the last sign-in, since 1970 in UTC. It has no index, so that a sign-in writes none."""
postgres_only(Index("ix_customers_id", customers.c.id, postgresql_using="hash"))
"""A page of customers is found by hash, in one page of an index each however many there are: the tree of the key is two
deep with ten thousand of them, and four with a million.
"""
_was_ended = customers.c.valid_after > text("0")
Index(
    "ix_customers_valid_after",
    customers.c.tenant_id,
    customers.c.valid_after,
    sqlite_where=_was_ended,
    postgresql_where=_was_ended,
)
"""Of those whose sessions were ended at once: hardly anybody, and a new customer writes nothing into it."""
Index("ix_customers_created", customers.c.tenant_id, customers.c.created_at, customers.c.id)
_is_barred = customers.c.state != text("'active'")
Index(
    "ix_customers_barred",
    customers.c.tenant_id,
    customers.c.created_at,
    customers.c.id,
    sqlite_where=_is_barred,
    postgresql_where=_is_barred,
)

search_indexes = tenant_table(
    "search_indexes",
    Column("number", SmallInteger, nullable=False),
    Column("field", String(64), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("key_version", Integer, nullable=False),
    Column("normalisation", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    instant("since"),
    Column("customers", Integer, nullable=False),
    Column("walked", Integer, nullable=False),
    Column("walked_to", String(40), nullable=False),
    key=("number",),
)

search_tokens = Table(
    "search_tokens",
    metadata,
    identifier("tenant_id"),
    Column("number", SmallInteger, nullable=False),
    blob("token"),
    identifier("customer_id"),
    of_customer(),
    PrimaryKeyConstraint("customer_id", "number"),
    **SMALL,
)
Index("ix_search_tokens_token", search_tokens.c.number, search_tokens.c.token, search_tokens.c.customer_id)
"""Neither key begins with the tenant, which would be a third of it: tokens are made with the tenant's key, and no two
tenants have one customer.
"""

contact_index = tenant_table(
    "contact_index",
    Column("kind", String(16), nullable=False),
    blob("blind"),
    Column("index_version", Integer, nullable=False),
    Column("normalisation", String(32), nullable=False),
    identifier("customer_id"),
    instant("verified_at"),
    instant("held_until", null=True),
    of_customer(),
    key=("kind", "blind"),
    **SMALL,
)
Index("ix_contact_index_customer", contact_index.c.tenant_id, contact_index.c.customer_id)
_is_held = contact_index.c.held_until.is_not(None)
Index(
    "ix_contact_index_held",
    contact_index.c.tenant_id,
    contact_index.c.held_until,
    sqlite_where=_is_held,
    postgresql_where=_is_held,
)

merged_customers = tenant_table(
    "merged_customers",
    identifier("id"),
    identifier("customer_id"),
    instant("merged_at"),
    of_customer(),
    key=("id",),
)
Index("ix_merged_customers_customer", merged_customers.c.tenant_id, merged_customers.c.customer_id)

profile_progress = tenant_table(
    "profile_progress",
    identifier("customer_id"),
    Column("sign_ins", Integer, nullable=False),
    instant("skipped_at"),
    of_customer(),
    key=("customer_id",),
)

profile_schemas = tenant_table(
    "profile_schemas",
    Column("number", Integer, nullable=False),
    blob("digest"),
    long_text("attributes"),
    instant("created_at"),
    Column("customers", Integer, nullable=False),
    Column("walked", Integer, nullable=False),
    Column("walked_to", String(40), nullable=False),
    instant("done_at", null=True),
    key=("number",),
)

profile_faults = tenant_table(
    "profile_faults",
    identifier("customer_id"),
    Column("attribute", String(64), nullable=False),
    Column("code", String(40), nullable=False),
    Column("number", Integer, nullable=False),
    of_customer(),
    key=("customer_id", "attribute"),
)
