"""The registry of tenants: the one store that spans them."""

from limen.identity.tenants.records import Tenant
from limen.kernel.ids import TenantId
from limen.storage.database import Database
from limen.storage.stores.tenants import SqlTenantRegistry


class SqlTenants:
    """Implements :class:`limen.identity.tenants.store.TenantStore`; each call is a transaction of its own.

    Who changes a tenant and has to tell of it takes the registry of a unit of work instead.
    """

    def __init__(self, database: Database) -> None:
        """Keep the registry in *database*."""
        self._database = database

    async def get(self, tenant_id: TenantId) -> Tenant | None:
        """Return the tenant with this identifier."""
        async with self._database.platform() as connection:
            return await SqlTenantRegistry(connection).get(tenant_id)

    async def find(self, slug: str) -> Tenant | None:
        """Return the tenant with this slug."""
        async with self._database.platform() as connection:
            return await SqlTenantRegistry(connection).find(slug)

    async def list(self, *, after: str, limit: int) -> list[Tenant]:
        """Return up to *limit* tenants behind *after*."""
        async with self._database.platform() as connection:
            return await SqlTenantRegistry(connection).list(after=after, limit=limit)

    async def add(self, tenant: Tenant) -> bool:
        """Store a new tenant; False if its slug, issuer or domain is taken."""
        async with self._database.platform(write=True) as connection:
            return await SqlTenantRegistry(connection).add(tenant)

    async def update(self, tenant: Tenant, expected_version: int) -> bool:
        """Replace the tenant if its stored version is still *expected_version*. The issuer never changes."""
        async with self._database.platform(write=True) as connection:
            return await SqlTenantRegistry(connection).update(tenant, expected_version)
