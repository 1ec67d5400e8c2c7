"""What customers asked for and chose about their data."""

from sqlalchemy import Column, Index, Integer, String, UniqueConstraint, text

from limen.storage.schema.columns import SMALL, blob, identifier, instant, long_text, of_customer, tenant_table

deletion_requests = tenant_table(
    "deletion_requests",
    identifier("customer_id"),
    blob("link_hash"),
    instant("created_at"),
    instant("due_at"),
    Column("reason", String(16), nullable=False),
    UniqueConstraint("tenant_id", "link_hash"),
    of_customer(),
    key=("customer_id",),
    **SMALL,
)
Index("ix_deletion_requests_due", deletion_requests.c.tenant_id, deletion_requests.c.due_at)

inactivity_notices = tenant_table(
    "inactivity_notices",
    identifier("customer_id"),
    instant("told_at"),
    of_customer(),
    key=("customer_id",),
    **SMALL,
)
Index("ix_inactivity_notices_told", inactivity_notices.c.tenant_id, inactivity_notices.c.told_at)

privacy_requests = tenant_table(
    "privacy_requests",
    identifier("id"),
    identifier("customer_id"),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("law", String(8), nullable=False),
    Column("asked_by", String(16), nullable=False),
    instant("created_at"),
    instant("due_at"),
    instant("extended_at", null=True),
    instant("warned_at", null=True),
    instant("closed_at", null=True),
    blob("sealed"),
    Column("version", Integer, nullable=False),
    key=("id",),
)
"""No foreign key: that a request was answered in time is shown after an erasure too."""
_unanswered = text("closed_at IS NULL")
Index(
    "ix_privacy_requests_open",
    privacy_requests.c.tenant_id,
    privacy_requests.c.customer_id,
    privacy_requests.c.kind,
    unique=True,
    sqlite_where=_unanswered,
    postgresql_where=_unanswered,
)
Index("ix_privacy_requests_customer", privacy_requests.c.tenant_id, privacy_requests.c.customer_id)
Index("ix_privacy_requests_due", privacy_requests.c.tenant_id, privacy_requests.c.due_at, privacy_requests.c.id)

archives = tenant_table(
    "archives",
    identifier("customer_id"),
    Column("locale", String(16), nullable=False),
    instant("asked_at"),
    instant("expires_at"),
    instant("ready_at", null=True),
    blob("sealed"),
    of_customer(),
    key=("customer_id",),
)
Index("ix_archives_expires", archives.c.tenant_id, archives.c.expires_at)

preferences = tenant_table(
    "preferences",
    identifier("customer_id"),
    blob("sealed"),
    instant("updated_at"),
    of_customer(),
    key=("customer_id",),
    **SMALL,
)

processing_limits = tenant_table(
    "processing_limits",
    identifier("customer_id"),
    Column("kind", String(16), nullable=False),
    instant("at"),
    long_text("actor"),
    blob("sealed"),
    of_customer(),
    key=("customer_id", "kind"),
    **SMALL,
)
