"""The pump of the audit stream, put together."""

from collections.abc import Sequence

from limen.app.basis import Basis
from limen.app.jobs.upkeep import all_tenants
from limen.identity.tenants.records import Tenant
from limen.integration.streaming.pump import Pump, PumpParts, StreamObserver
from limen.integration.streaming.ways import Send


def audit_pump(basis: Basis, send: Send, observer: StreamObserver) -> Pump:
    """Return what delivers the audit logs of all active tenants by *send*."""

    async def tenants() -> Sequence[Tenant]:
        return [tenant async for tenant in all_tenants(basis.storage) if tenant.is_active]

    storage = basis.storage
    return Pump(
        PumpParts(
            begin=storage.database.begin,
            reading=storage.database.read,
            tenants=tenants,
            take=storage.leases.take,
            keyring=basis.keyring,
            send=send,
            observer=observer,
            clock=basis.clock,
            entropy=basis.entropy,
        )
    )
