"""The keyring's jobs. Each can be stopped at any point and started again, and may run in two processes at once."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final, Protocol

from limen.identity.keyring.envelope import KEY_BYTES, key_version
from limen.identity.keyring.keyfile import EpochKey
from limen.identity.keyring.rootkeys import SETTLE, EpochKeys, KeyWrapper
from limen.identity.keyring.store import KeyStore, SubjectCursor, WrappedSubjectKey, WrappedTenantKey
from limen.identity.keyring.vaults import TenantVault
from limen.identity.keyring.wrapping import close_outer, open_outer, tenant_context
from limen.kernel.clock import Clock, Instant
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Corrupted

_PAGE: Final = 200  # about 4 ms of the event loop
_LOOK: Final = b"limen.look"
HeldTenants = Callable[[str], Awaitable[TenantVault | None]]
"""Finds the vault of a tenant; None where its keys are destroyed."""


class SubjectRegister(Protocol):
    """Knows which subjects the data still speaks of. Implemented over the data's database, primary only."""

    async def living(self, tenant_id: str, subject_ids: Sequence[str]) -> frozenset[str] | None:
        """Return those of *subject_ids* that exist as a customer or journey; None where the tenant is unknown.

        Must raise where it cannot tell: whoever is not named loses the key for good.
        """
        ...


class Upkeep:
    """Re-wraps, destroys and sweeps."""

    def __init__(  # noqa: PLR0913 - the keyring's parts, and its vaults
        self,
        store: KeyStore,
        wrapper: KeyWrapper,
        epochs: EpochKeys,
        clock: Clock,
        entropy: Entropy,
        tenants: HeldTenants | None = None,
    ) -> None:
        """Take the same parts as the keyring; with *tenants*, re-wrapping moves to their newest key version too."""
        self._store = store
        self._tenants = tenants
        self._wrapper = wrapper
        self._epochs = epochs
        self._clock = clock
        self._entropy = entropy

    async def keep_epochs(self) -> int:
        """Begin a new epoch if one is due, re-wrap what is under older ones, destroy those; return the keys re-wrapped.

        To be run every hour or so. An epoch key is destroyed by the first run that starts ``SETTLE`` after its
        retirement.
        """
        current = await self._epochs.current_epoch()
        moved = 0
        for epoch in await self._epochs.epochs():
            if epoch.id >= current.id:
                continue
            # Asked before the pass: a slow process may still have written under the old epoch while the pass went by.
            is_settled = 0 < epoch.retired_at <= self._clock.now() - SETTLE
            moved += await self.rewrap_epoch(epoch.id, current.id)
            if is_settled:
                await self._epochs.destroy_epoch(epoch.id)
        return moved

    async def rewrap_epoch(self, old: int, new: int) -> int:
        """Move every subject key from epoch *old* to epoch *new*; return how many. On return, *old* held none.

        The outer wrapping changes, and the inner one where the tenant's key has a newer version. Re-wrapped rows leave
        the old epoch, so a second run goes on where one stopped.

        Raises:
            Corrupted: one of the two epoch keys is destroyed, or a row does not verify.
        """
        source, target = await self._epoch(old), await self._epoch(new)
        moved = 0
        while True:
            seen = 0
            async for page in self._pages(lambda after: self._store.subject_keys_in_epoch(old, after, _PAGE)):
                seen += len(page)
                changes = [(row, await self._moved(row, source, target)) for row in page]
                moved += await self._store.replace_subject_keys(changes)
            if not seen:
                return moved

    async def rewrap_tenants(self) -> int:
        """Wrap every tenant key under the active root key; return how many. Then older root keys may be destroyed.

        Raises:
            Corrupted: a row does not verify.
            Misconfigured: an older root key is already gone.
        """
        moved = 0
        await self._wrapper.wrap(bytes(KEY_BYTES), _LOOK)  # which root key is active is known since the latest wrapping
        while rows := await self._store.tenant_keys_outside(self._wrapper.key_id, _PAGE):
            for row in rows:
                wrapped = await self._rewrapped(row) if row.wrapped else b""  # destroyed, and so it stays
                fresh = replace(row, wrapped=wrapped, root_key_id=self._wrapper.key_id)
                moved += await self._store.replace_tenant_key(row, fresh)
        return moved

    async def rewrapped(self, row: WrappedSubjectKey) -> WrappedSubjectKey | None:
        """Return *row* under its tenant's newest key version and the current epoch; None where it is already.

        Raises:
            Corrupted: the row does not verify, or its epoch key is destroyed.
        """
        source, target = await self._epoch(row.epoch_id), await self._epochs.current_epoch()
        vault = await self._tenants(row.tenant_id) if self._tenants is not None else None
        if vault is None or key_version(open_outer(row, source)) == vault.version:
            return None
        return await self._moved(row, source, target)

    async def sweep_orphans(self, register: SubjectRegister, since: Instant, before: Instant) -> int:
        """Delete the keys made in ``since <= t < before`` whose subject no data speaks of; return how many.

        A key is written before its data, so a crash between the two leaves an orphan. *before* must lie well in the
        past (a day), so that nobody is between the two now.
        """
        swept = 0
        pages = self._pages(lambda after: self._store.subject_keys_created(since, before, after, _PAGE))
        async for page in pages:
            for tenant_id, rows in groupby(page, key=lambda row: row.tenant_id):
                subject_ids = [row.subject_id for row in rows]
                living = await register.living(tenant_id, subject_ids)
                if living is None:  # the wrong database? Better keep an orphan than erase a tenant
                    continue
                orphans = [subject_id for subject_id in subject_ids if subject_id not in living]
                swept += await self._store.delete_subject_keys(tenant_id, orphans) if orphans else 0
        return swept

    async def _rewrapped(self, row: WrappedTenantKey) -> bytes:
        context = tenant_context(row.tenant_id, row.version)
        return await self._wrapper.wrap(await self._wrapper.unwrap(row.wrapped, context), context)

    async def _epoch(self, epoch_id: int) -> EpochKey:
        epoch = await self._epochs.epoch(epoch_id)
        if epoch is None:
            msg = "an epoch key is destroyed"
            raise Corrupted(msg)
        return epoch

    async def _moved(self, row: WrappedSubjectKey, source: EpochKey, target: EpochKey) -> WrappedSubjectKey:
        inner = open_outer(row, source)
        vault = await self._tenants(row.tenant_id) if self._tenants is not None else None
        if vault is not None and key_version(inner) != vault.version:
            key = vault.unwrap_subject(row.subject_id, row.version, inner)
            inner = vault.wrap_subject(row.subject_id, row.version, key)
        return close_outer(row, target, inner, self._entropy)

    async def _pages(
        self, fetch: Callable[[SubjectCursor | None], Awaitable[Sequence[WrappedSubjectKey]]]
    ) -> AsyncIterator[Sequence[WrappedSubjectKey]]:
        after: SubjectCursor | None = None
        while page := await fetch(after):
            yield page
            after = SubjectCursor(page[-1].tenant_id, page[-1].subject_id)
            await self._clock.sleep(0)  # others first
