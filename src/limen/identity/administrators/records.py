"""Scopes, roles, and the actor of a change."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

ADMINISTRATIVE = "limen:"
"""What every administrative scope begins with; no other scope may."""

TENANTS_READ, TENANTS_WRITE = "limen:tenants:read", "limen:tenants:write"
CLIENTS_READ, CLIENTS_WRITE = "limen:clients:read", "limen:clients:write"
CUSTOMERS_READ, CUSTOMERS_WRITE = "limen:customers:read", "limen:customers:write"
RESOURCES_READ, RESOURCES_WRITE = "limen:resources:read", "limen:resources:write"
CONSENTS_READ, CONSENTS_WRITE = "limen:consents:read", "limen:consents:write"
PRIVACY_READ, PRIVACY_WRITE = "limen:privacy:read", "limen:privacy:write"
KEYS_READ, KEYS_WRITE = "limen:keys:read", "limen:keys:write"
SECURITY_READ, SECURITY_WRITE = "limen:security:read", "limen:security:write"
AUDIT_READ, AUDIT_WRITE = "limen:audit:read", "limen:audit:write"
AUDIT_PERSONAL = "limen:audit:personal"

SCOPES: dict[str, str] = {
    TENANTS_READ: "Read tenants (platform administrators, default tenant only)",
    TENANTS_WRITE: "Make and change tenants (platform administrators, default tenant only)",
    CLIENTS_READ: "Read the tenant's clients",
    CLIENTS_WRITE: "Register, change and delete the tenant's clients",
    CUSTOMERS_READ: "Read the tenant's customers",
    CUSTOMERS_WRITE: "Make, change and erase the tenant's customers",
    RESOURCES_READ: "Read the tenant's resource servers and types of authorization details",
    RESOURCES_WRITE: "Register, change and delete resource servers and types of authorization details",
    CONSENTS_READ: "Read purposes and what customers decided, and ask what is allowed",
    CONSENTS_WRITE: "Make and publish purposes, and record what customers decided",
    PRIVACY_READ: "Read privacy requests, restrictions and legal holds",
    PRIVACY_WRITE: "Answer privacy requests, set and lift restrictions and legal holds",
    KEYS_READ: "Read which signing keys the tenant has",
    KEYS_WRITE: "Rotate the tenant's signing keys",
    AUDIT_READ: "Read the tenant's audit log, and where it is streamed to",
    AUDIT_WRITE: "Say where the tenant's audit log is streamed to",
    AUDIT_PERSONAL: "Open the personal part of audit records, which is itself recorded",
    SECURITY_READ: "See attacks on the tenant while they happen",
    SECURITY_WRITE: "Block networks and raise the bar while the tenant is attacked",
}
"""Scope to meaning."""

_PLATFORM_ONLY = frozenset({TENANTS_READ, TENANTS_WRITE})


class Role(StrEnum):
    """What a customer administers."""

    PLATFORM = "platform"
    TENANT = "tenant"


def scopes_of(granted: Iterable[str], *, is_platform: bool) -> frozenset[str]:
    """Return the administrative scopes among *granted* that count: those over tenants only for the platform."""
    known = SCOPES.keys() & frozenset(granted)
    return frozenset(known if is_platform else known - _PLATFORM_ONLY)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks for a change.

    Attributes:
        name: as the audit log has it: ``admin:…``, ``client:…``, ``system``.
        request_id: the request it is asked in.
        scopes: the administrative scopes it holds; None holds all of them (the command line).
    """

    name: str = "system"
    request_id: str = ""
    scopes: frozenset[str] | None = None

    def holds(self, scopes: Iterable[str]) -> bool:
        """Tell whether the actor holds each administrative scope among *scopes*.

        Nobody hands out, or takes over, more than they have: whoever registers a client with a scope can use it.
        """
        wanted = {scope for scope in scopes if scope.startswith(ADMINISTRATIVE)}
        return self.scopes is None or wanted <= self.scopes

    def may_change(self, role: str | None) -> bool:
        """Tell whether the actor may change a customer with this *role*.

        Whoever sets a customer's address can recover the account and become them; so only an equal may.
        """
        if role is None:
            return True
        return self.holds({TENANTS_WRITE} if role == Role.PLATFORM else {CLIENTS_WRITE, CUSTOMERS_WRITE})


SYSTEM = Actor()
"""Limen itself, or whoever holds its command line."""
