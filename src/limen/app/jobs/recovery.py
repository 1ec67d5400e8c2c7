"""Recoveries that wait: their notices a day, and their ends, in every tenant.

Leased to spare work, not to be safe: a notice, the instant of the next and the state are one commit, and of two workers
that come to one request one is first.
"""

from limen.access.safety.unit import SafetyParts
from limen.access.safety.waiting import advance_due
from limen.app.basis import Basis
from limen.app.jobs.upkeep import all_tenants
from limen.app.sms import is_ready
from limen.identity.customers.directory import Directory


async def advance_recoveries(basis: Basis) -> int:
    """Move every recovery on that is due; return how many moved."""
    moved, database = 0, basis.storage.database
    async for tenant in all_tenants(basis.storage):
        if not tenant.is_active:
            continue  # nobody is told, and nothing is ready, while a tenant is shut
        directory = Directory(tenant.id, basis.keyring, basis.clock, basis.entropy)
        texts = is_ready(basis.settings)
        parts = SafetyParts(tenant, database.begin, database.read, directory, basis.clock, basis.entropy, texts)
        moved += await advance_due(parts)
    return moved
