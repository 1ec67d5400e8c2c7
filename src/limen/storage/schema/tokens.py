"""What applications were allowed, and the codes and tokens that come of it."""

from sqlalchemy import Column, Index, Integer, String, UniqueConstraint

from limen.storage.schema.columns import blob, identifier, instant, long_text, of_customer, tenant_table

grants = tenant_table(
    "grants",
    identifier("id"),
    identifier("customer_id"),
    identifier("client_key"),
    long_text("scopes"),
    instant("created_at"),
    instant("updated_at"),
    UniqueConstraint("tenant_id", "customer_id", "client_key"),
    of_customer(),
    key=("id",),
)
Index("ix_grants_client", grants.c.tenant_id, grants.c.client_key)

codes = tenant_table(
    "codes",
    blob("code_hash"),
    identifier("grant_id"),
    identifier("session_id"),
    identifier("customer_id"),
    identifier("client_key"),
    long_text("redirect_uri"),
    Column("challenge", String(43), nullable=False),
    long_text("nonce"),
    long_text("scopes"),
    long_text("authentication"),
    instant("created_at"),
    instant("expires_at"),
    instant("redeemed_at", null=True),
    identifier("family_id", null=True),
    long_text("confirmation"),
    of_customer(),
    key=("code_hash",),
)
Index("ix_codes_expires", codes.c.tenant_id, codes.c.expires_at)
Index("ix_codes_customer", codes.c.tenant_id, codes.c.customer_id)

families = tenant_table(
    "families",
    identifier("id"),
    identifier("grant_id"),
    identifier("session_id"),
    identifier("customer_id"),
    identifier("client_key"),
    long_text("scopes"),
    long_text("authentication"),
    Column("generation", Integer, nullable=False),
    blob("current_hash", null=True),
    blob("previous_hash", null=True),
    instant("rotated_at"),
    instant("created_at"),
    instant("idle_until"),
    instant("expires_at"),
    instant("revoked_at", null=True),
    long_text("confirmation"),
    of_customer(),
    key=("id",),
)
Index("ix_families_session", families.c.tenant_id, families.c.session_id)
Index("ix_families_customer", families.c.tenant_id, families.c.customer_id)
Index("ix_families_client", families.c.tenant_id, families.c.client_key)
Index("ix_families_expires", families.c.tenant_id, families.c.expires_at)
Index(
    "ix_families_revoked",
    families.c.tenant_id,
    families.c.revoked_at,
    sqlite_where=families.c.revoked_at.is_not(None),
    postgresql_where=families.c.revoked_at.is_not(None),
)

waiting_requests = tenant_table(
    "waiting_requests",
    identifier("id"),
    Column("kind", String(64), nullable=False),
    blob("code_hash"),
    blob("user_hash", null=True),
    identifier("client_key"),
    identifier("customer_id", null=True),
    Column("state", String(16), nullable=False),
    Column("interval_seconds", Integer, nullable=False),
    instant("polled_at", null=True),
    blob("sealed"),
    instant("created_at"),
    instant("expires_at"),
    instant("answered_at", null=True),
    UniqueConstraint("tenant_id", "code_hash"),
    UniqueConstraint("tenant_id", "user_hash"),
    of_customer(),
    key=("id",),
)
Index("ix_waiting_requests_customer", waiting_requests.c.tenant_id, waiting_requests.c.customer_id)
Index("ix_waiting_requests_expires", waiting_requests.c.tenant_id, waiting_requests.c.expires_at)

pushed_requests = tenant_table(
    "pushed_requests",
    blob("reference"),
    identifier("client_key"),
    blob("sealed"),
    identifier("browser_id", null=True),
    instant("created_at"),
    instant("expires_at"),
    instant("used_at", null=True),
    key=("reference",),
)
Index("ix_pushed_requests_expires", pushed_requests.c.tenant_id, pushed_requests.c.expires_at)

revoked_tokens = tenant_table(
    "revoked_tokens", Column("token_id", String(64), nullable=False), instant("expires_at"), key=("token_id",)
)
Index("ix_revoked_tokens_expires", revoked_tokens.c.tenant_id, revoked_tokens.c.expires_at)

replays = tenant_table(
    "replays",
    Column("kind", String(32), nullable=False),
    blob("digest"),
    instant("expires_at"),
    key=("kind", "digest"),
)
Index("ix_replays_expires", replays.c.tenant_id, replays.c.expires_at)

VOID = 0
"""The expiry of a code whose session, grant or customer ended before it was redeemed."""
