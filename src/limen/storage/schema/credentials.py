"""What customers prove themselves with."""

from sqlalchemy import Column, Index, Integer, String, UniqueConstraint, and_

from limen.identity.credentials.records import MAX_CONSECUTIVE_FAILURES
from limen.storage.schema.columns import SMALL, blob, identifier, instant, of_customer, tenant_table

passwords = tenant_table(
    "passwords",
    identifier("customer_id"),
    blob("sealed"),
    instant("set_at"),
    Column("failures", Integer, nullable=False),
    Column("known_failures", Integer, nullable=False),
    instant("disabled_at", null=True),
    instant("told_at", null=True),
    Column("label", String(64), nullable=False),
    of_customer(),
    key=("customer_id",),
    **SMALL,
)
_is_old = passwords.c.label != ""
Index("ix_passwords_label", passwords.c.tenant_id, passwords.c.label, sqlite_where=_is_old, postgresql_where=_is_old)
_is_guessed = and_(passwords.c.failures >= MAX_CONSECUTIVE_FAILURES, passwords.c.told_at.is_(None))
Index(
    "ix_passwords_guessed",
    passwords.c.tenant_id,
    passwords.c.customer_id,
    sqlite_where=_is_guessed,
    postgresql_where=_is_guessed,
)

password_history = tenant_table(
    "password_history",
    identifier("customer_id"),
    instant("set_at"),
    blob("sealed"),
    of_customer(),
    key=("customer_id", "set_at"),
)

factors = tenant_table(
    "factors",
    identifier("id"),
    identifier("customer_id"),
    Column("kind", String(16), nullable=False),
    blob("sealed"),
    blob("digest", null=True),
    instant("created_at"),
    instant("last_used_at", null=True),
    instant("last_step"),
    UniqueConstraint("tenant_id", "customer_id", "digest"),
    of_customer(),
    key=("id",),
)

Index("ux_factors_digest", factors.c.tenant_id, factors.c.digest, unique=True)

passkey_offers = tenant_table(
    "passkey_offers",
    identifier("customer_id"),
    instant("declined_at"),
    of_customer(),
    key=("customer_id",),
    **SMALL,
)
