"""Rotations of keys, put together, and the job that goes on with them."""

from typing import Final

from limen.app.basis import Basis
from limen.app.jobs.upkeep import all_tenants
from limen.identity.keyring.rotate import Rotations
from limen.identity.keyring.rotation import Rotating
from limen.kernel.ids import TenantId

_PAGES: Final = 50
"""Pages of one rotation in one run of the job: ten thousand keys."""


def rotations(basis: Basis, tenant_id: TenantId) -> Rotations:
    """Return the rotations of one tenant's keys."""
    database = basis.storage.database
    rotating = Rotating(basis.storage.keystore, basis.keyring, basis.upkeep, basis.clock)
    return Rotations(
        tenant_id,
        database.begin,
        database.read,
        rotating,
        basis.root.rotate_root,
        basis.storage.leases.take,
        basis.clock,
        basis.entropy,
    )


async def go_on(basis: Basis) -> int:
    """Go on with every rotation that is under way; return how many still are."""
    left = 0
    async for tenant in all_tenants(basis.storage):
        if tenant.is_active or await basis.keyring.held_tenant(tenant.id) is not None:
            left += len(await rotations(basis, tenant.id).advance(_PAGES))
    return left
