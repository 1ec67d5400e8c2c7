"""Search indexes and profiles follow the settings of their tenants.

Leased to spare work, not to be safe: a page of customers and the place to go on from are one commit. A tenant that has
nothing of the kind is asked again when its settings change.
"""

from collections.abc import AsyncIterator, Callable
from typing import Final

from limen.app.basis import Basis
from limen.app.jobs.upkeep import all_tenants
from limen.identity.consents.lapsed import Lapsed
from limen.identity.customers.directory import Directory
from limen.identity.customers.indexing import Indexing
from limen.identity.customers.schema_changes import SchemaChanges
from limen.identity.profiles.schema import searched
from limen.identity.tenants.records import Tenant
from limen.kernel.ids import TenantId

_PAGES: Final = 250
"""Of one tenant in one run, 200 customers each; the next run goes on."""


class Following:
    """Has indexes and profiles follow, run after run."""

    def __init__(self, basis: Basis, tell_left: Callable[[int], None]) -> None:
        """Tell *tell_left* how many customers search indexes still have to walk in all."""
        self._basis, self._tell_left = basis, tell_left
        self._without_indexes: dict[TenantId, int] = {}
        self._without_schema: dict[TenantId, int] = {}

    async def indexes(self) -> None:
        """Build and remove what is due in every active tenant."""
        left, database, clock = 0, self._basis.storage.database, self._basis.clock
        async for tenant in self._active(self._without_indexes):
            wanted = searched(tenant.settings.profile)
            indexing = Indexing(tenant.id, database.begin, database.read, self._directory(tenant), clock, wanted)
            if not wanted and not await indexing.all():
                self._without_indexes[tenant.id] = tenant.version
                continue
            await indexing.follow()
            left += await indexing.walk(_PAGES)
        self._tell_left(left)

    async def schemas(self) -> None:
        """Bring up the profiles of every active tenant whose schema changed; let go of values whose time is over."""
        database, clock = self._basis.storage.database, self._basis.clock
        async for tenant in self._active(self._without_schema):
            settings = tenant.settings.profile
            directory = self._directory(tenant)
            lapsed = Lapsed(tenant.id, database.read, clock)
            changes = SchemaChanges(tenant.id, database.begin, database.read, directory, clock, settings, lapsed)
            if not settings.attributes and not changes.lets_go and not await changes.versions():
                self._without_schema[tenant.id] = tenant.version
                continue
            await changes.walk(_PAGES)

    async def _active(self, done: dict[TenantId, int]) -> AsyncIterator[Tenant]:
        async for tenant in all_tenants(self._basis.storage):
            if tenant.is_active and done.get(tenant.id) != tenant.version:
                yield tenant

    def _directory(self, tenant: Tenant) -> Directory:
        return Directory(tenant.id, self._basis.keyring, self._basis.clock, self._basis.entropy)
