"""Owners whose passwords strangers disabled, in every tenant.

Leased to spare work, not to be safe: of two workers that come to one customer one is first.
"""

from limen.access.account.guessed import Guessed
from limen.app.basis import Basis
from limen.app.jobs.upkeep import all_tenants
from limen.identity.customers.directory import Directory


async def tell_guessed(basis: Basis) -> int:
    """Tell whoever does not know yet; return how many."""
    told, database = 0, basis.storage.database
    async for tenant in all_tenants(basis.storage):
        if not tenant.is_active:
            continue  # nobody could sign in
        directory = Directory(tenant.id, basis.keyring, basis.clock, basis.entropy)
        told += await Guessed(tenant, database.begin, database.read, directory, basis.clock, basis.entropy).run()
    return told
