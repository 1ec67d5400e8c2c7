"""The tables, once, for SQLite and PostgreSQL.

Identifiers are prefixed text, instants are microseconds, documents are JSON text and everything personal or secret is
an opaque envelope. Every customer-owned row carries (tenant, customer), so that one shard holds all of a customer.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

Sequence64 = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only where the column is exactly INTEGER."""


def _id(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, String(40), nullable=null)


def _at(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _blob(name: str, *, null: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=null)


_SMALL: Mapping[str, Any] = {"sqlite_with_rowid": False}
"""For short rows that are found by their key alone: SQLite keeps them in the tree of the key, so that each look-up
goes down one tree and not two.
"""


def _tenant_table(name: str, *columns: Any, key: tuple[str, ...], **options: Any) -> Table:
    return Table(name, metadata, _id("tenant_id"), *columns, PrimaryKeyConstraint("tenant_id", *key), **options)


def _of_customer() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["tenant_id", "customer_id"], ["customers.tenant_id", "customers.id"], ondelete="CASCADE"
    )


tenants = Table(
    "tenants",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("slug", String(63), nullable=False, unique=True),
    Column("issuer", Text, nullable=False, unique=True),
    Column("custom_domain", Text, nullable=True, unique=True),
    _text("name"),
    _text("settings"),
    _at("created_at"),
    _at("updated_at"),
    Column("version", Integer, nullable=False),
    _at("disabled_at", null=True),
)

customers = _tenant_table(
    "customers",
    _id("id"),
    Column("subject", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    _blob("sealed_profile"),
    _at("created_at"),
    _at("updated_at"),
    _at("valid_after"),
    _at("proof_after"),
    Column("version", Integer, nullable=False),
    UniqueConstraint("tenant_id", "subject"),
    key=("id",),
)
Index("ix_customers_valid_after", customers.c.tenant_id, customers.c.valid_after)
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

search_indexes = _tenant_table(
    "search_indexes",
    Column("number", SmallInteger, nullable=False),
    Column("field", String(64), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("key_version", Integer, nullable=False),
    Column("normalisation", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    _at("since"),
    Column("customers", Integer, nullable=False),
    Column("walked", Integer, nullable=False),
    Column("walked_to", String(40), nullable=False),
    key=("number",),
)

search_tokens = Table(
    "search_tokens",
    metadata,
    _id("tenant_id"),
    Column("number", SmallInteger, nullable=False),
    _blob("token"),
    _id("customer_id"),
    _of_customer(),
    PrimaryKeyConstraint("customer_id", "number"),
    **_SMALL,
)
Index("ix_search_tokens_token", search_tokens.c.number, search_tokens.c.token, search_tokens.c.customer_id)
"""Neither key begins with the tenant, which would be a third of it: tokens are made with the tenant's key, and no two
tenants have one customer.
"""

contact_index = _tenant_table(
    "contact_index",
    Column("kind", String(16), nullable=False),
    _blob("blind"),
    Column("index_version", Integer, nullable=False),
    Column("normalisation", String(32), nullable=False),
    _id("customer_id"),
    _at("verified_at"),
    _at("held_until", null=True),
    _of_customer(),
    key=("kind", "blind"),
    **_SMALL,
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

merged_customers = _tenant_table(
    "merged_customers",
    _id("id"),
    _id("customer_id"),
    _at("merged_at"),
    _of_customer(),
    key=("id",),
)
Index("ix_merged_customers_customer", merged_customers.c.tenant_id, merged_customers.c.customer_id)

passwords = _tenant_table(
    "passwords",
    _id("customer_id"),
    _blob("sealed"),
    _at("set_at"),
    Column("failures", Integer, nullable=False),
    _at("disabled_at", null=True),
    Column("label", String(64), nullable=False),
    _of_customer(),
    key=("customer_id",),
    **_SMALL,
)
_is_old = passwords.c.label != ""
Index("ix_passwords_label", passwords.c.tenant_id, passwords.c.label, sqlite_where=_is_old, postgresql_where=_is_old)

profile_progress = _tenant_table(
    "profile_progress",
    _id("customer_id"),
    Column("sign_ins", Integer, nullable=False),
    _at("skipped_at"),
    _of_customer(),
    key=("customer_id",),
)

profile_schemas = _tenant_table(
    "profile_schemas",
    Column("number", Integer, nullable=False),
    _blob("digest"),
    _text("attributes"),
    _at("created_at"),
    Column("customers", Integer, nullable=False),
    Column("walked", Integer, nullable=False),
    Column("walked_to", String(40), nullable=False),
    _at("done_at", null=True),
    key=("number",),
)

profile_faults = _tenant_table(
    "profile_faults",
    _id("customer_id"),
    Column("attribute", String(64), nullable=False),
    Column("code", String(40), nullable=False),
    Column("number", Integer, nullable=False),
    _of_customer(),
    key=("customer_id", "attribute"),
)

password_history = _tenant_table(
    "password_history",
    _id("customer_id"),
    _at("set_at"),
    _blob("sealed"),
    _of_customer(),
    key=("customer_id", "set_at"),
)

recovery_requests = _tenant_table(
    "recovery_requests",
    _id("id"),
    _id("customer_id"),
    Column("state", String(16), nullable=False),
    _blob("sealed"),
    Column("notices_left", Integer, nullable=False),
    _at("created_at"),
    _at("due_at"),
    _at("closed_at", null=True),
    _of_customer(),
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
Index(
    "ix_recovery_requests_due", recovery_requests.c.tenant_id, recovery_requests.c.closed_at, recovery_requests.c.due_at
)

account_links = _tenant_table(
    "account_links",
    _blob("link_hash"),
    _id("customer_id"),
    Column("kind", String(16), nullable=False),
    Column("target", String(64), nullable=False),
    _blob("sealed"),
    _at("created_at"),
    _at("expires_at"),
    _at("used_at", null=True),
    _of_customer(),
    key=("link_hash",),
)
Index("ix_account_links_customer", account_links.c.tenant_id, account_links.c.customer_id)
Index("ix_account_links_expires", account_links.c.tenant_id, account_links.c.expires_at)

trusted_devices = _tenant_table(
    "trusted_devices",
    _id("id"),
    _id("customer_id"),
    _id("browser_id"),
    _blob("sealed"),
    _at("created_at"),
    _at("used_at"),
    _at("expires_at"),
    UniqueConstraint("tenant_id", "customer_id", "browser_id"),
    _of_customer(),
    key=("id",),
)
Index("ix_trusted_devices_expires", trusted_devices.c.tenant_id, trusted_devices.c.expires_at)

factors = _tenant_table(
    "factors",
    _id("id"),
    _id("customer_id"),
    Column("kind", String(16), nullable=False),
    _blob("sealed"),
    _blob("digest", null=True),
    _at("created_at"),
    _at("last_used_at", null=True),
    _at("last_step"),
    UniqueConstraint("tenant_id", "customer_id", "digest"),
    _of_customer(),
    key=("id",),
)

Index("ux_factors_digest", factors.c.tenant_id, factors.c.digest, unique=True)

passkey_offers = _tenant_table(
    "passkey_offers",
    _id("customer_id"),
    _at("declined_at"),
    _of_customer(),
    key=("customer_id",),
    **_SMALL,
)

risk_histories = _tenant_table(
    "risk_histories",
    _id("customer_id"),
    _blob("sealed"),
    _at("seen_at"),
    _of_customer(),
    key=("customer_id",),
)
risk_counters = _tenant_table(
    "risk_counters",
    _blob("key"),
    Column("customers", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    _at("expires_at"),
    key=("key",),
    **_SMALL,
)
Index("ix_risk_counters_expires", risk_counters.c.tenant_id, risk_counters.c.expires_at)
CROWDED = text("customers >= 5")
"""What is counted at all (``trust.risk.store.CROWD``). Nearly every row is a value that few showed, and nobody asks for
those: a score's look-ups go through an index that stays in memory, where that of all rows would not.
"""
Index(
    "ix_risk_counters_crowded",
    risk_counters.c.tenant_id,
    risk_counters.c.key,
    sqlite_where=CROWDED,
    postgresql_where=CROWDED,
)

tolls = _tenant_table(
    "tolls",
    Column("kind", String(16), nullable=False),
    _blob("key"),
    _at("began"),
    Column("count", Integer, nullable=False),
    _at("expires_at"),
    key=("kind", "key", "began"),
)
Index("ix_tolls_expires", tolls.c.tenant_id, tolls.c.expires_at)

administrators = _tenant_table(
    "administrators",
    _id("customer_id"),
    Column("role", String(16), nullable=False),
    _at("created_at"),
    _of_customer(),
    key=("customer_id",),
)

clients = _tenant_table(
    "clients",
    _id("key"),
    Column("client_id", String(255), nullable=False),
    _text("document"),
    _at("created_at"),
    _at("updated_at"),
    Column("version", Integer, nullable=False),
    _at("unused_until", null=True),
    UniqueConstraint("tenant_id", "client_id"),
    key=("key",),
)
Index("ix_clients_unused", clients.c.tenant_id, clients.c.unused_until)

initial_tokens = _tenant_table(
    "initial_tokens",
    _id("id"),
    _text("hash"),
    _text("label"),
    Column("uses_left", Integer, nullable=False),
    _at("created_at"),
    _at("expires_at"),
    UniqueConstraint("tenant_id", "hash"),
    key=("id",),
)
Index("ix_initial_tokens_expires", initial_tokens.c.tenant_id, initial_tokens.c.expires_at)


def _catalogue(name: str) -> Table:
    """Things that a tenant's administrator registers, each known by its label."""
    return _tenant_table(
        name,
        _id("id"),
        _text("label"),
        _text("document"),
        _at("created_at"),
        _at("updated_at"),
        Column("version", Integer, nullable=False),
        UniqueConstraint("tenant_id", "label"),
        key=("id",),
    )


resource_servers = _catalogue("resource_servers")
detail_types = _catalogue("detail_types")

signing_keys = _tenant_table(
    "signing_keys",
    Column("kid", String(64), nullable=False),
    Column("alg", String(16), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    _text("public_jwk"),
    _blob("sealed_private"),
    _at("created_at"),
    _at("activates_at"),
    _at("retires_at"),
    _at("removed_at"),
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

browsers = _tenant_table(
    "browsers", _id("id"), _blob("secret_hash"), _at("created_at"), _at("seen_at"), key=("id",), **_SMALL
)
Index("ix_browsers_seen", browsers.c.tenant_id, browsers.c.seen_at)

sessions = _tenant_table(
    "sessions",
    _id("id"),
    Column("sid", String(64), nullable=False),
    _id("browser_id"),
    _id("customer_id"),
    _text("evidence"),
    _at("created_at"),
    _at("seen_at"),
    _at("expires_at"),
    _at("ended_at", null=True),
    _blob("sealed"),
    UniqueConstraint("tenant_id", "sid"),
    _of_customer(),
    key=("id",),
)
deletion_requests = _tenant_table(
    "deletion_requests",
    _id("customer_id"),
    _blob("link_hash"),
    _at("created_at"),
    _at("due_at"),
    UniqueConstraint("tenant_id", "link_hash"),
    _of_customer(),
    key=("customer_id",),
    **_SMALL,
)
Index("ix_deletion_requests_due", deletion_requests.c.tenant_id, deletion_requests.c.due_at)

privacy_requests = _tenant_table(
    "privacy_requests",
    _id("id"),
    _id("customer_id"),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("law", String(8), nullable=False),
    Column("asked_by", String(16), nullable=False),
    _at("created_at"),
    _at("due_at"),
    _at("extended_at", null=True),
    _at("warned_at", null=True),
    _at("closed_at", null=True),
    _blob("sealed"),
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

archives = _tenant_table(
    "archives",
    _id("customer_id"),
    Column("locale", String(16), nullable=False),
    _at("asked_at"),
    _at("expires_at"),
    _at("ready_at", null=True),
    _blob("sealed"),
    _of_customer(),
    key=("customer_id",),
)
Index("ix_archives_expires", archives.c.tenant_id, archives.c.expires_at)

preferences = _tenant_table(
    "preferences",
    _id("customer_id"),
    _blob("sealed"),
    _at("updated_at"),
    _of_customer(),
    key=("customer_id",),
    **_SMALL,
)

processing_limits = _tenant_table(
    "processing_limits",
    _id("customer_id"),
    Column("kind", String(16), nullable=False),
    _at("at"),
    _text("actor"),
    _blob("sealed"),
    _of_customer(),
    key=("customer_id", "kind"),
    **_SMALL,
)

Index("ix_sessions_browser", sessions.c.tenant_id, sessions.c.browser_id)
Index("ix_sessions_customer", sessions.c.tenant_id, sessions.c.customer_id)
Index("ix_sessions_expires", sessions.c.tenant_id, sessions.c.expires_at)

journeys = _tenant_table(
    "journeys",
    _id("id"),
    _id("browser_id"),
    _blob("sealed_state"),
    _blob("link_hash", null=True),
    _at("created_at"),
    _at("expires_at"),
    Column("version", Integer, nullable=False),
    _at("finished_at", null=True),
    key=("id",),
)
Index("ix_journeys_link", journeys.c.tenant_id, journeys.c.link_hash, unique=True)
Index("ix_journeys_expires", journeys.c.tenant_id, journeys.c.expires_at)

grants = _tenant_table(
    "grants",
    _id("id"),
    _id("customer_id"),
    _id("client_key"),
    _text("scopes"),
    _at("created_at"),
    _at("updated_at"),
    UniqueConstraint("tenant_id", "customer_id", "client_key"),
    _of_customer(),
    key=("id",),
)
Index("ix_grants_client", grants.c.tenant_id, grants.c.client_key)

codes = _tenant_table(
    "codes",
    _blob("code_hash"),
    _id("grant_id"),
    _id("session_id"),
    _id("customer_id"),
    _id("client_key"),
    _text("redirect_uri"),
    Column("challenge", String(43), nullable=False),
    _text("nonce"),
    _text("scopes"),
    _text("authentication"),
    _at("created_at"),
    _at("expires_at"),
    _at("redeemed_at", null=True),
    _id("family_id", null=True),
    _text("confirmation"),
    _of_customer(),
    key=("code_hash",),
)
Index("ix_codes_expires", codes.c.tenant_id, codes.c.expires_at)
Index("ix_codes_customer", codes.c.tenant_id, codes.c.customer_id)

families = _tenant_table(
    "families",
    _id("id"),
    _id("grant_id"),
    _id("session_id"),
    _id("customer_id"),
    _id("client_key"),
    _text("scopes"),
    _text("authentication"),
    Column("generation", Integer, nullable=False),
    _blob("current_hash", null=True),
    _blob("previous_hash", null=True),
    _at("rotated_at"),
    _at("created_at"),
    _at("idle_until"),
    _at("expires_at"),
    _at("revoked_at", null=True),
    _text("confirmation"),
    _of_customer(),
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

waiting_requests = _tenant_table(
    "waiting_requests",
    _id("id"),
    Column("kind", String(64), nullable=False),
    _blob("code_hash"),
    _blob("user_hash", null=True),
    _id("client_key"),
    _id("customer_id", null=True),
    Column("state", String(16), nullable=False),
    Column("interval_seconds", Integer, nullable=False),
    _at("polled_at", null=True),
    _blob("sealed"),
    _at("created_at"),
    _at("expires_at"),
    _at("answered_at", null=True),
    UniqueConstraint("tenant_id", "code_hash"),
    UniqueConstraint("tenant_id", "user_hash"),
    _of_customer(),
    key=("id",),
)
Index("ix_waiting_requests_customer", waiting_requests.c.tenant_id, waiting_requests.c.customer_id)
Index("ix_waiting_requests_expires", waiting_requests.c.tenant_id, waiting_requests.c.expires_at)

pushed_requests = _tenant_table(
    "pushed_requests",
    _blob("reference"),
    _id("client_key"),
    _blob("sealed"),
    _id("browser_id", null=True),
    _at("created_at"),
    _at("expires_at"),
    _at("used_at", null=True),
    key=("reference",),
)
Index("ix_pushed_requests_expires", pushed_requests.c.tenant_id, pushed_requests.c.expires_at)

revoked_tokens = _tenant_table(
    "revoked_tokens", Column("token_id", String(64), nullable=False), _at("expires_at"), key=("token_id",)
)
Index("ix_revoked_tokens_expires", revoked_tokens.c.tenant_id, revoked_tokens.c.expires_at)

purposes = _tenant_table(
    "purposes",
    _id("id"),
    Column("name", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("channel", String(16), nullable=False),
    _text("party"),
    Column("current", Integer, nullable=False),
    Column("counts_from", Integer, nullable=False),
    _at("created_at"),
    _at("retired_at", null=True),
    UniqueConstraint("tenant_id", "name"),
    key=("id",),
)

purpose_versions = _tenant_table(
    "purpose_versions",
    _id("purpose_id"),
    Column("number", Integer, nullable=False),
    _text("terms"),
    _at("published_at"),
    key=("purpose_id", "number"),
)

consent_ledger = _tenant_table(
    "consent_ledger",
    _id("id"),
    _at("at"),
    _id("customer_id"),
    Column("purpose", String(64), nullable=False),
    _text("party"),
    _blob("open_part"),
    _blob("commitment"),
    _blob("sealed"),
    _blob("leaf"),
    UniqueConstraint("tenant_id", "customer_id", "at"),
    key=("id",),
)
Index("ix_consent_ledger_at", consent_ledger.c.tenant_id, consent_ledger.c.at)

consent_chain = _tenant_table(
    "consent_chain",
    Column("seq", BigInteger, nullable=False),
    _id("record_id"),
    _blob("leaf"),
    _blob("hash"),
    UniqueConstraint("tenant_id", "record_id"),
    key=("seq",),
)

consent_tiles = _tenant_table(
    "consent_tiles",
    Column("level", Integer, nullable=False),
    Column("number", BigInteger, nullable=False),
    _blob("root"),
    key=("level", "number"),
)

consent_checkpoints = _tenant_table(
    "consent_checkpoints",
    Column("number", BigInteger, nullable=False),
    _at("at"),
    Column("size", BigInteger, nullable=False),
    _blob("root"),
    _blob("head"),
    _blob("previous"),
    Column("kid", String(64), nullable=False),
    _blob("signature"),
    UniqueConstraint("tenant_id", "size"),
    key=("number",),
)

key_rotations = _tenant_table(
    "key_rotations",
    _id("id"),
    Column("kind", String(16), nullable=False),
    Column("state", String(8), nullable=False),
    _at("requested_at"),
    _at("finished_at"),
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

audit_segments = _tenant_table(
    "audit_segments", _id("id"), Column("worker", String(64), nullable=False), _at("opened_at"), key=("id",)
)

audit_records = _tenant_table(
    "audit_records",
    _id("segment_id"),
    Column("seq", BigInteger, nullable=False),
    _at("at"),
    Column("event", String(64), nullable=False),
    Column("subject", String(64), nullable=False),
    _blob("open_part"),
    _blob("commitment"),
    _blob("sealed"),
    _blob("hash"),
    key=("segment_id", "seq"),
)

_EVERYDAY = "event NOT IN ('code.issued', 'code.redeemed', 'token.issued', 'token.refreshed', 'token.exchanged')"
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

audit_checkpoints = _tenant_table(
    "audit_checkpoints",
    Column("number", BigInteger, nullable=False),
    _at("at"),
    _blob("heads"),
    _blob("root"),
    _blob("previous"),
    Column("kid", String(64), nullable=False),
    _blob("signature"),
    key=("number",),
)

audit_prunings = _tenant_table(
    "audit_prunings",
    Column("number", BigInteger, nullable=False),
    _at("at"),
    _at("before"),
    _blob("starts"),
    Column("checkpoint", BigInteger, nullable=False),
    _blob("checkpoint_hash"),
    _blob("previous"),
    Column("kid", String(64), nullable=False),
    _blob("signature"),
    key=("number",),
)

audit_destinations = _tenant_table(
    "audit_destinations",
    _id("id"),
    Column("label", String(64), nullable=False),
    _text("document"),
    _blob("sealed_secret"),
    _at("created_at"),
    _at("updated_at"),
    Column("version", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("error", String(64), nullable=False),
    _at("retry_at"),
    _at("delivered_at"),
    _at("failing_since"),
    UniqueConstraint("tenant_id", "label"),
    key=("id",),
)


def _of_destination() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["tenant_id", "destination_id"], ["audit_destinations.tenant_id", "audit_destinations.id"], ondelete="CASCADE"
    )


audit_cursors = _tenant_table(
    "audit_cursors",
    _id("destination_id"),
    _id("segment_id"),
    Column("next_seq", BigInteger, nullable=False),
    _of_destination(),
    key=("destination_id", "segment_id"),
    **_SMALL,
)

audit_dead_letters = _tenant_table(
    "audit_dead_letters",
    _id("destination_id"),
    _id("segment_id"),
    Column("seq", BigInteger, nullable=False),
    _at("at"),
    Column("error", String(64), nullable=False),
    _of_destination(),
    key=("destination_id", "segment_id", "seq"),
    **_SMALL,
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", String(40), primary_key=True),
    _id("tenant_id"),
    Column("name", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("subject", String(64), nullable=False),
    _text("data"),
    _blob("sealed"),
    Column("state", String(8), nullable=False),
    Column("attempts", Integer, nullable=False),
    _at("not_before"),
    _at("created_at"),
    Column("lease_owner", String(64), nullable=False),
    Column("error", String(64), nullable=False),
)
Index("ix_outbox_due", outbox.c.state, outbox.c.not_before)

changes = Table(
    "changes",
    metadata,
    Column("seq", Sequence64, primary_key=True, autoincrement=True),
    _id("tenant_id"),
    Column("kind", String(16), nullable=False),
    Column("key", String(255), nullable=False),
    _at("at"),
    sqlite_autoincrement=True,  # or numbers would be used again after a pruning
)
Index("ix_changes_at", changes.c.at)

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("owner", String(64), nullable=False),
    _at("until"),
)

replays = _tenant_table(
    "replays",
    Column("kind", String(32), nullable=False),
    _blob("digest"),
    _at("expires_at"),
    key=("kind", "digest"),
)
Index("ix_replays_expires", replays.c.tenant_id, replays.c.expires_at)

imports = _tenant_table(
    "imports",
    _id("id"),
    Column("digest", String(64), nullable=False),
    Column("format", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("present", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    _text("left_out"),
    _at("started_at"),
    _at("updated_at"),
    _at("finished_at", null=True),
    key=("id",),
)
Index("ix_imports_digest", imports.c.tenant_id, imports.c.digest)
Index("ix_imports_updated", imports.c.tenant_id, imports.c.updated_at)

import_refusals = _tenant_table(
    "import_refusals",
    _id("import_id"),
    Column("row", BigInteger, nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("field", String(64), nullable=False),
    Column("code", String(64), nullable=False),
    ForeignKeyConstraint(["tenant_id", "import_id"], ["imports.tenant_id", "imports.id"], ondelete="CASCADE"),
    key=("import_id", "row", "field"),
    **_SMALL,
)

idempotency = _tenant_table(
    "idempotency",
    _blob("digest"),
    _blob("request_hash"),
    Column("status", Integer, nullable=False),
    _blob("sealed_response"),
    _at("expires_at"),
    key=("digest",),
)
Index("ix_idempotency_expires", idempotency.c.tenant_id, idempotency.c.expires_at)

setup_links = _tenant_table(
    "setup_links",
    _blob("link_hash"),
    Column("purpose", String(32), nullable=False),
    _at("expires_at"),
    Column("used", Boolean, nullable=False),
    key=("link_hash",),
)

VOID = 0
"""The expiry of a code whose session, grant or customer ended before it was redeemed."""

keystore_metadata = MetaData()
"""The key store is a database of its own, with backups of its own."""

tenant_keys = Table(
    "tenant_keys",
    keystore_metadata,
    _id("tenant_id"),
    Column("version", Integer, nullable=False),
    _blob("wrapped"),
    Column("root_key_id", String(64), nullable=False),
    _at("created_at"),
    PrimaryKeyConstraint("tenant_id", "version"),
)

subject_keys = Table(
    "subject_keys",
    keystore_metadata,
    _id("tenant_id"),
    Column("subject_id", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    _blob("wrapped"),
    Column("epoch_id", BigInteger, nullable=False),
    _at("created_at"),
    PrimaryKeyConstraint("tenant_id", "subject_id"),
    **_SMALL,
)
Index("ix_subject_keys_epoch", subject_keys.c.epoch_id, subject_keys.c.tenant_id, subject_keys.c.subject_id)
