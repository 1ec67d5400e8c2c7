"""Browsers, the sessions in them, and journeys on their way."""

from sqlalchemy import Column, Index, Integer, String, UniqueConstraint

from limen.storage.schema.columns import SMALL, blob, identifier, instant, long_text, of_customer, tenant_table

browsers = tenant_table(
    "browsers", identifier("id"), blob("secret_hash"), instant("created_at"), instant("seen_at"), key=("id",), **SMALL
)
Index("ix_browsers_seen", browsers.c.tenant_id, browsers.c.seen_at)

sessions = tenant_table(
    "sessions",
    identifier("id"),
    Column("sid", String(64), nullable=False),
    identifier("browser_id"),
    identifier("customer_id"),
    long_text("evidence"),
    instant("created_at"),
    instant("seen_at"),
    instant("expires_at"),
    instant("ended_at", null=True),
    blob("sealed"),
    UniqueConstraint("tenant_id", "sid"),
    of_customer(),
    key=("id",),
)
Index("ix_sessions_browser", sessions.c.tenant_id, sessions.c.browser_id)
Index("ix_sessions_customer", sessions.c.tenant_id, sessions.c.customer_id)
Index("ix_sessions_expires", sessions.c.tenant_id, sessions.c.expires_at)

journeys = tenant_table(
    "journeys",
    identifier("id"),
    identifier("begun_as", null=True),
    identifier("browser_id"),
    blob("sealed_state"),
    blob("link_hash", null=True),
    instant("created_at"),
    instant("expires_at"),
    Column("version", Integer, nullable=False),
    instant("finished_at", null=True),
    key=("id",),
)
Index("ix_journeys_begun", journeys.c.tenant_id, journeys.c.begun_as, unique=True)
_is_mailed = journeys.c.link_hash.is_not(None)
Index(
    "ix_journeys_link",
    journeys.c.tenant_id,
    journeys.c.link_hash,
    unique=True,
    sqlite_where=_is_mailed,
    postgresql_where=_is_mailed,
)
Index("ix_journeys_expires", journeys.c.tenant_id, journeys.c.expires_at)
