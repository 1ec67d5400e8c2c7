"""The tables, once, for SQLite and PostgreSQL.

Identifiers are prefixed text, instants are microseconds, documents are JSON text and everything personal or secret is
an opaque envelope. Every customer-owned row carries (tenant, customer), so that one shard holds all of a customer.

One file for each subject, all over :mod:`.columns`; whoever imports one of them has every table in ``metadata``, and
those of the key store, which is a database of its own, in ``keystore_metadata``.
"""

from limen.storage.schema import (
    audit,
    clients,
    consents,
    credentials,
    customers,
    imports,
    keystore,
    processes,
    rights,
    safety,
    sessions,
    tenants,
    tokens,
    trust,
)
from limen.storage.schema.columns import metadata
from limen.storage.schema.keystore import keystore_metadata

__all__ = [
    "audit",
    "clients",
    "consents",
    "credentials",
    "customers",
    "imports",
    "keystore",
    "keystore_metadata",
    "metadata",
    "processes",
    "rights",
    "safety",
    "sessions",
    "tenants",
    "tokens",
    "trust",
]
