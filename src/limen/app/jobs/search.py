"""Search indexes and profiles follow the settings of their tenants.

Leased to spare work, not to be safe: a page of customers and the place to go on from are one commit.
"""

from collections.abc import Callable
from typing import Final

from limen.app.basis import Basis
from limen.app.jobs.upkeep import all_tenants
from limen.identity.customers.directory import Directory
from limen.identity.customers.indexing import Indexing
from limen.identity.customers.schema_changes import SchemaChanges
from limen.identity.profiles.schema import searched

_PAGES: Final = 250
"""Of one tenant in one run, 200 customers each; the next run goes on."""


async def follow_indexes(basis: Basis, tell_left: Callable[[int], None]) -> None:
    """Build and remove what is due in every active tenant; tell how many customers are still to be walked in all."""
    left, database = 0, basis.storage.database
    async for tenant in all_tenants(basis.storage):
        if not tenant.is_active:
            continue
        directory = Directory(tenant.id, basis.keyring, basis.clock, basis.entropy)
        wanted = searched(tenant.settings.profile)
        indexing = Indexing(tenant.id, database.begin, database.read, directory, basis.clock, wanted)
        await indexing.follow()
        left += await indexing.walk(_PAGES)
    tell_left(left)


async def follow_schemas(basis: Basis) -> None:
    """Bring up the profiles of every active tenant whose schema changed, and let go of values whose time is over."""
    database = basis.storage.database
    async for tenant in all_tenants(basis.storage):
        if tenant.is_active:
            directory = Directory(tenant.id, basis.keyring, basis.clock, basis.entropy)
            settings = tenant.settings.profile
            changes = SchemaChanges(tenant.id, database.begin, database.read, directory, basis.clock, settings)
            await changes.walk(_PAGES)
