"""What keeps an account its owner's: recoveries, links in notices, trusted devices."""

from sqlalchemy import Column, Index, Integer, String, UniqueConstraint

from limen.storage.schema.columns import blob, identifier, instant, of_customer, tenant_table

recovery_requests = tenant_table(
    "recovery_requests",
    identifier("id"),
    identifier("customer_id"),
    Column("state", String(16), nullable=False),
    blob("sealed"),
    Column("notices_left", Integer, nullable=False),
    instant("created_at"),
    instant("due_at"),
    instant("closed_at", null=True),
    of_customer(),
    key=("id",),
)
_is_open = recovery_requests.c.closed_at.is_(None)
Index(
    "ux_recovery_requests_one_open",
    recovery_requests.c.tenant_id,
    recovery_requests.c.customer_id,
    unique=True,
    sqlite_where=_is_open,
    postgresql_where=_is_open,
)
Index("ix_recovery_requests_customer", recovery_requests.c.tenant_id, recovery_requests.c.customer_id)
Index(
    "ix_recovery_requests_due", recovery_requests.c.tenant_id, recovery_requests.c.closed_at, recovery_requests.c.due_at
)

account_links = tenant_table(
    "account_links",
    blob("link_hash"),
    identifier("customer_id"),
    Column("kind", String(16), nullable=False),
    Column("target", String(64), nullable=False),
    blob("sealed"),
    instant("created_at"),
    instant("expires_at"),
    instant("used_at", null=True),
    of_customer(),
    key=("link_hash",),
)
Index("ix_account_links_customer", account_links.c.tenant_id, account_links.c.customer_id)
Index("ix_account_links_expires", account_links.c.tenant_id, account_links.c.expires_at)

trusted_devices = tenant_table(
    "trusted_devices",
    identifier("id"),
    identifier("customer_id"),
    identifier("browser_id"),
    blob("sealed"),
    instant("created_at"),
    instant("used_at"),
    instant("expires_at"),
    UniqueConstraint("tenant_id", "customer_id", "browser_id"),
    of_customer(),
    key=("id",),
)
Index("ix_trusted_devices_expires", trusted_devices.c.tenant_id, trusted_devices.c.expires_at)
