"""Accounts to which nobody signs in any more, in every tenant that has a rule for them.

Leased to spare work, not to be safe: of two workers that come to one customer one is first.
"""

from collections.abc import Callable

from limen.access.account.inactivity import Inactivity
from limen.app.basis import Basis
from limen.app.jobs.upkeep import all_tenants
from limen.identity.customers.directory import Directory


async def watch_inactivity(basis: Basis, count: Callable[[str, int], object]) -> None:
    """Tell whom it concerns, and ask for the deletions that are due; *count* hears how many of each."""
    database = basis.storage.database
    async for tenant in all_tenants(basis.storage):
        if not tenant.is_active:
            continue  # nobody could sign in
        directory = Directory(tenant.id, basis.keyring, basis.clock, basis.entropy)
        rule = Inactivity(tenant, database.begin, database.read, directory, basis.clock, basis.entropy)
        for what, how_many in (await rule.run()).items():
            count(what, how_many)
