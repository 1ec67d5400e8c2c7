"""What the registry of tenants must be able to do; ``storage`` does it."""

from typing import Protocol

from limen.identity.tenants.records import Tenant
from limen.kernel.ids import TenantId


class TenantStore(Protocol):
    """The registry: the one store that spans tenants. Writes belong to platform administrators alone."""

    async def get(self, tenant_id: TenantId) -> Tenant | None:
        """Return the tenant with this identifier."""
        ...

    async def find(self, slug: str) -> Tenant | None:
        """Return the tenant with this slug."""
        ...

    async def list(self, *, after: str, limit: int) -> list[Tenant]:
        """Return up to *limit* tenants whose identifier sorts behind *after*."""
        ...

    async def add(self, tenant: Tenant) -> bool:
        """Store a new tenant; False if its slug, issuer or domain is taken."""
        ...

    async def update(self, tenant: Tenant, expected_version: int) -> bool:
        """Replace the tenant if its stored version is still *expected_version*. The issuer never changes."""
        ...
