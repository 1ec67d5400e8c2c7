"""Administrators: who may change tenants, clients and customers, and what nobody may do to somebody above them.

Owns the administrative scopes, the two roles (*platform* for all tenants, *tenant* for one) and the actor that every
administrative use case is told. Leaves the proof of who asks to ``integration.api`` and to the command line.
"""

from limen.identity.administrators.records import (
    ADMINISTRATIVE,
    AUDIT_PERSONAL,
    AUDIT_READ,
    AUDIT_WRITE,
    CLIENTS_READ,
    CLIENTS_WRITE,
    CONSENTS_READ,
    CONSENTS_WRITE,
    CUSTOMERS_READ,
    CUSTOMERS_WRITE,
    KEYS_READ,
    KEYS_WRITE,
    PRIVACY_READ,
    PRIVACY_WRITE,
    RESOURCES_READ,
    RESOURCES_WRITE,
    SCOPES,
    SECURITY_READ,
    SECURITY_WRITE,
    SYSTEM,
    TENANTS_READ,
    TENANTS_WRITE,
    Actor,
    Role,
    scopes_of,
)
from limen.identity.administrators.store import AdministratorStore

__all__ = [
    "ADMINISTRATIVE",
    "AUDIT_PERSONAL",
    "AUDIT_READ",
    "AUDIT_WRITE",
    "CLIENTS_READ",
    "CLIENTS_WRITE",
    "CONSENTS_READ",
    "CONSENTS_WRITE",
    "CUSTOMERS_READ",
    "CUSTOMERS_WRITE",
    "KEYS_READ",
    "KEYS_WRITE",
    "PRIVACY_READ",
    "PRIVACY_WRITE",
    "RESOURCES_READ",
    "RESOURCES_WRITE",
    "SCOPES",
    "SECURITY_READ",
    "SECURITY_WRITE",
    "SYSTEM",
    "TENANTS_READ",
    "TENANTS_WRITE",
    "Actor",
    "AdministratorStore",
    "Role",
    "scopes_of",
]
