"""Privacy requests whose deadline comes: each is told of once, and those that are late are counted.

Leased to spare work, not to be safe: of two workers that warn of one request one is first.
"""

from collections.abc import Callable
from typing import Final

from limen.app.basis import Basis
from limen.app.jobs.upkeep import all_tenants
from limen.identity.rights.requests import deadline_told
from limen.kernel.clock import DAY

_BATCH: Final = 100


async def watch_deadlines(basis: Basis, on_overdue: Callable[[int], object]) -> int:
    """Tell of every deadline that comes; return how many. *on_overdue* hears how many requests are late in all."""
    told = late = 0
    now = basis.clock.now()
    async for tenant in all_tenants(basis.storage):
        if not tenant.is_active:
            continue
        until = now + tenant.settings.privacy.warn_days * DAY
        async with basis.storage.database.read(tenant.id) as unit:
            late += await unit.privacy_requests.overdue(now)
            due = await unit.privacy_requests.due(until, _BATCH) if tenant.settings.privacy.warn_days else []
        for request in due:
            async with basis.storage.database.begin(tenant.id) as unit:
                told += await deadline_told(unit, request, now)
    on_overdue(late)
    return told
