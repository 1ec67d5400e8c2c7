"""Sweeping what has expired, rotating signing keys, and the keyring's own upkeep."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from limen.access.clients.dynamic.upkeep import BATCH, drop_unused
from limen.access.jose.rotation import Urgency
from limen.access.tokens.keeping import KeyKeeping
from limen.app.basis import Basis
from limen.app.epochs import names_of_over
from limen.identity.tenants.records import Tenant
from limen.kernel.clock import DAY
from limen.kernel.events import AuditEntry
from limen.kernel.ids import CustomerId, JourneyId, TenantId
from limen.storage.opening import Storage
from limen.storage.sweep import Sweeper
from limen.storage.unit import Unit

_ROUNDS: Final = 200
"""Batches of one tenant in one sweep; the next sweep goes on."""
_ORPHANS_FROM: Final = 4 * DAY
_ORPHANS_UNTIL: Final = DAY
"""Keys of these ages are looked at daily: a key whose data never came is found even if three runs were missed."""


async def all_tenants(storage: Storage) -> AsyncIterator[Tenant]:
    """Yield every tenant, active or not."""
    after = ""
    while page := await storage.tenants.list(after=after, limit=200):
        for tenant in page:
            yield tenant
        after = page[-1].id


async def sweep(basis: Basis) -> None:
    """Delete what has expired, and the keys of the journeys among it."""
    sweeper = Sweeper(basis.storage.database, basis.clock)
    async for tenant in all_tenants(basis.storage):
        for _ in range(_ROUNDS):
            swept = await sweeper.sweep(tenant.id)
            if swept.journeys:
                await basis.keyring.destroy_subjects(tenant.id, swept.journeys)
            if not swept.more:
                break
            await basis.clock.sleep(0)
        while await drop_unused(basis.storage.database.begin, tenant.id, basis.clock.now()) >= BATCH:
            await basis.clock.sleep(0)
    while await sweeper.sweep_outbox():
        await basis.clock.sleep(0)
    await sweeper.sweep_leases()
    while await sweeper.empty_dead(basis.settings.outbox.dead_days * DAY):
        await basis.clock.sleep(0)


async def rotate_all(basis: Basis, urgency: Urgency = Urgency.DUE) -> int:
    """Rotate the signing keys of every tenant as its settings ask; return how many keys changed."""
    changed = 0
    async for tenant in all_tenants(basis.storage):
        if not tenant.is_active and await basis.keyring.held_tenant(tenant.id) is None:
            continue  # destroyed
        changed += await rotate_tenant(basis, tenant, urgency)
    return changed


async def rotate_tenant(basis: Basis, tenant: Tenant, urgency: Urgency = Urgency.DUE) -> int:
    """Rotate one tenant's signing keys; return how many changed. Nothing is written where nothing is due."""
    database = basis.storage.database
    keeping = KeyKeeping(tenant, database.begin, database.read, basis.keyring, basis.clock)
    return len((await keeping.rotate(urgency)).changes)


async def rotate_tenant_keys(basis: Basis, slug: str | None = None) -> int:
    """Give a new key version to each tenant whose newest is old enough, or to *slug* at once; return how many got one.

    It seals ten minutes later. Customers' keys move under it when the epoch turns.
    """
    due = basis.clock.now() - basis.settings.keyring.tenant_key_days * DAY
    rotated = 0
    async for tenant in all_tenants(basis.storage):
        if slug is None:
            versions = await basis.storage.keystore.get_tenant_keys(tenant.id)
            if not versions or versions[-1].created_at > due:
                continue
        elif slug != tenant.slug:
            continue
        version = await basis.keyring.rotate_tenant(tenant.id)
        if isinstance(version, int):
            async with basis.storage.database.begin(tenant.id) as unit:
                unit.record(AuditEntry("tenant_key.rotated", subject=tenant.id, data={"version": version}))
            rotated += 1
    return rotated


async def keep_keyring(basis: Basis) -> None:
    """Turn epochs, and wrap tenant keys under the active root key."""
    await basis.upkeep.keep_epochs()
    await basis.upkeep.rewrap_tenants()


async def destroy_epochs(basis: Basis) -> None:
    """Destroy the keys of every tenant's epochs of risk whose counters are over."""
    names = names_of_over(basis.clock.now())
    async for tenant in all_tenants(basis.storage):
        await basis.keyring.destroy_subjects(tenant.id, names)


async def sweep_orphans(basis: Basis) -> int:
    """Delete the keys whose customer or journey was never stored; return how many."""
    now = basis.clock.now()
    register = StoredSubjects(basis.storage)
    return await basis.upkeep.sweep_orphans(register, now - _ORPHANS_FROM, now - _ORPHANS_UNTIL)


class StoredSubjects:
    """A :class:`~limen.identity.keyring.SubjectRegister` over the data's database."""

    def __init__(self, storage: Storage) -> None:
        """Ask *storage*."""
        self._storage = storage

    async def living(self, tenant_id: str, subject_ids: Sequence[str]) -> frozenset[str] | None:
        """Return those of *subject_ids* that exist; None where the tenant is unknown."""
        tenant = await self._storage.tenants.get(TenantId(tenant_id))
        if tenant is None:
            return None
        async with self._storage.database.read(tenant.id) as unit:
            return frozenset([one for one in subject_ids if await _exists(unit, one)])


async def _exists(unit: Unit, subject_id: str) -> bool:
    customer_id = CustomerId.parse(subject_id)
    if customer_id is not None:
        return await unit.customers.get(customer_id) is not None
    journey_id = JourneyId.parse(subject_id)
    if journey_id is not None:
        return await unit.journeys.get(journey_id) is not None
    return True  # whatever it is, it is not ours to erase
