"""Accounts whose customers asked for them to be deleted, and did not think again in time.

Leased to spare work, not to be safe: of two workers that come to one request one is first.
"""

from limen.access.account.deletion import Erasing, carry_out_due
from limen.app.basis import Basis
from limen.app.jobs.upkeep import all_tenants
from limen.identity.customers.directory import Directory


async def carry_out_deletions(basis: Basis) -> int:
    """Erase everybody whose waiting period is over; return how many."""
    erased, database = 0, basis.storage.database
    async for tenant in all_tenants(basis.storage):
        if not tenant.is_active:
            continue  # while a tenant is shut, nobody can think again
        directory = Directory(tenant.id, basis.keyring, basis.clock, basis.entropy)
        erased += await carry_out_due(Erasing(tenant.id, database.begin, database.read, directory, basis.clock))
    return erased
