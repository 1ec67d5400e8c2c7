"""Removing clients that registered themselves and that nobody has allowed anything since."""

from typing import Final

from limen.access.clients.registration import Begin
from limen.kernel.clock import Instant
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import TenantId

BATCH: Final = 200


async def drop_unused(begin: Begin, tenant_id: TenantId, now: Instant) -> int:
    """Remove a batch of a tenant's unused clients; return how many."""
    async with begin(tenant_id) as unit:
        unused = await unit.clients.unused(now, limit=BATCH)
        for client in unused:
            await unit.clients.delete(client.key)
            unit.record(AuditEntry("client.expired", client=client.client_id))
            unit.announce(Event("client.deleted", subject=client.key, data={"client_id": client.client_id}))
            unit.change("client", client.client_id)
    return len(unused)
