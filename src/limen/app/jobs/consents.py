"""Consent records get their place in their tenant's chain, within a second of the commit; and ends are told.

The process that recorded a decision places it; a slow round over all tenants finds what a process left behind that
ended. Two that do it at once do it one after the other.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from limen.access.jose.keys import KeyPurpose
from limen.app.basis import Basis
from limen.app.jobs.checkpoints import Basics, own_key
from limen.app.jobs.upkeep import all_tenants
from limen.identity.consents.asking import DECIDED
from limen.identity.consents.ending import Ending
from limen.identity.consents.sequence import BATCH, LedgerSigner, sequence
from limen.kernel.ids import TenantId
from limen.storage.database import Change
from limen.storage.opening import Storage

_HELD: Final = 1_000


async def tell_endings(basis: Basis, count: Callable[[str, int], object]) -> None:
    """Tell of consents that ran out or that a new version ended; *count* hears how many of each.

    Leased to spare work, not to be safe: of two workers that come to one consent one is first.
    """
    database = basis.storage.database
    async for tenant in all_tenants(basis.storage):
        if tenant.is_active:
            for event, told in (await Ending(tenant.id, database.begin, database.read, basis.clock).run()).items():
                count(event, told)


class LedgerSigners:
    """What signs for each tenant's consent ledger; the most recently used are held."""

    def __init__(self, basics: Basics) -> None:
        """Find keys, and make them the first time, through *basics*."""
        self._basics = basics
        self._held: OrderedDict[TenantId, LedgerSigner] = OrderedDict()

    @property
    def clock_now(self) -> int:
        """Return the present instant."""
        return self._basics.clock.now()

    async def __call__(self, tenant_id: TenantId) -> LedgerSigner:
        """Return what signs for one tenant."""
        signer = self._held.get(tenant_id)
        if signer is None:
            key, sign = await own_key(tenant_id, KeyPurpose.CONSENTS, self._basics)
            signer = self._held[tenant_id] = LedgerSigner(key.kid, key.alg.value, dict(key.public_jwk), sign)
            if len(self._held) > _HELD:
                self._held.popitem(last=False)
        self._held.move_to_end(tenant_id)
        return signer


class ConsentChains:
    """Places records."""

    def __init__(self, storage: Storage, signers: LedgerSigners) -> None:
        """Hear of this process's own commits."""
        self._storage, self._signers = storage, signers
        self._waiting: set[TenantId] = set()
        storage.database.on_commit.append(self._hear)

    def _hear(self, changes: Sequence[Change], _has_events: bool) -> None:  # noqa: FBT001 - a listener's shape
        self._waiting.update(tenant_id for tenant_id, kind, _ in changes if kind == DECIDED and tenant_id is not None)

    async def run(self) -> None:
        """Place what this process recorded."""
        while self._waiting:
            tenant_id = self._waiting.pop()
            try:
                await self.place(tenant_id)
            except BaseException:
                self._waiting.add(tenant_id)
                raise

    async def run_all(self) -> None:
        """Place what waits, of every tenant that is active."""
        after = ""
        while page := await self._storage.tenants.list(after=after, limit=200):
            for tenant in page:
                if tenant.is_active:
                    await self.place(tenant.id)
            after = page[-1].id

    async def place(self, tenant_id: TenantId) -> int:
        """Place what waits in one tenant; return how many records that were."""
        async with self._storage.database.read(tenant_id) as unit:
            if not await unit.consent_chain.waiting(1):
                return 0
        signer = await self._signers(tenant_id)
        placed, whole = 0, BATCH
        while whole >= BATCH:
            async with self._storage.database.begin(tenant_id) as unit:
                whole = await sequence(unit.consent_chain, tenant_id, signer, self._signers.clock_now)
            placed += whole
        return placed
