"""The keyring: makes, finds and destroys the keys of tenants and subjects."""

from collections import OrderedDict
from typing import ClassVar, Final

from limen.identity.keyring.envelope import KEY_BYTES, SealingKey
from limen.identity.keyring.rootkeys import EpochKeys, KeyWrapper
from limen.identity.keyring.store import KeyStore, WrappedSubjectKey, WrappedTenantKey
from limen.identity.keyring.vaults import SubjectVault, TenantVault
from limen.identity.keyring.wrapping import close_outer, open_outer, tenant_context
from limen.kernel.clock import Clock
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Corrupted

_FIRST_VERSION: Final = 1


class Keyring:
    """Vaults by tenant and by subject.

    Tenant vaults are cached (the least recently used one goes first); subject keys are read and unwrapped for each use,
    so that an erasure holds at once.
    """

    tenants_cached: ClassVar[int] = 4096

    def __init__(self, store: KeyStore, wrapper: KeyWrapper, epochs: EpochKeys, clock: Clock, entropy: Entropy) -> None:
        """Join the key store with what holds root and epoch keys; :class:`FileKeyring` is both."""
        self._store = store
        self._wrapper = wrapper
        self._epochs = epochs
        self._clock = clock
        self._entropy = entropy
        self._vaults: OrderedDict[str, TenantVault] = OrderedDict()

    async def tenant(self, tenant_id: str) -> TenantVault:
        """Return the vault of a tenant that has a key.

        Raises:
            Corrupted: there is no key, or it does not verify.
            Misconfigured: the root key it is wrapped under is not there.
        """
        vault = self._vaults.get(tenant_id)
        if vault is None:
            vault = await self._load_tenant(tenant_id)
            self._vaults[tenant_id] = vault
        self._vaults.move_to_end(tenant_id)
        if len(self._vaults) > self.tenants_cached:
            self._vaults.popitem(last=False)
        return vault

    async def create_tenant(self, tenant_id: str) -> TenantVault:
        """Return the vault of a new tenant. Where another process was quicker, or it exists, its key is used."""
        key = self._entropy.bytes(KEY_BYTES)
        wrapped = await self._wrapper.wrap(key, tenant_context(tenant_id, _FIRST_VERSION))
        now = self._clock.now()
        await self._store.put_tenant_key(
            WrappedTenantKey(tenant_id, _FIRST_VERSION, wrapped, self._wrapper.key_id, now)
        )
        return await self.tenant(tenant_id)  # read back: what counts is what the store holds

    def forget_tenant(self, tenant_id: str) -> None:
        """Drop the cached vault; for the change feed, when a tenant's keys change."""
        self._vaults.pop(tenant_id, None)

    async def create_subject(self, tenant_id: str, subject_id: str) -> SubjectVault:
        """Return the vault of a new customer or journey. Its key is durable on return: seal and write data after it.

        Where it exists already, or another process was quicker, that key is used.

        Raises:
            ValueError: *subject_id* is empty.
            Corrupted: the tenant has no key, or the subject was destroyed meanwhile.
        """
        if not subject_id:
            msg = "a subject needs an identifier"
            raise ValueError(msg)
        tenant = await self.tenant(tenant_id)
        key = self._entropy.bytes(KEY_BYTES)
        inner = tenant.wrap_subject(subject_id, _FIRST_VERSION, key)
        epoch = await self._epochs.current_epoch()  # last before the write: see SETTLE
        row = WrappedSubjectKey(tenant_id, subject_id, _FIRST_VERSION, b"", epoch.id, self._clock.now())
        if await self._store.put_subject_key(close_outer(row, epoch, inner, self._entropy)):
            return self._vault(row, key)
        vault = await self.subject(tenant_id, subject_id)
        if vault is None:
            msg = "a subject key was destroyed while it was made"
            raise Corrupted(msg)
        return vault

    async def subject(self, tenant_id: str, subject_id: str) -> SubjectVault | None:
        """Return the vault of a customer or journey, or None where it has no key: never made, or erased.

        Raises:
            Corrupted: the key does not verify, or its epoch key is destroyed.
        """
        row = await self._store.get_subject_key(tenant_id, subject_id)
        if row is None:
            return None
        if (row.tenant_id, row.subject_id) != (tenant_id, subject_id):
            msg = "the key store answered for another subject"
            raise Corrupted(msg)
        tenant = await self.tenant(tenant_id)
        epoch = await self._epochs.epoch(row.epoch_id)
        if epoch is None:
            msg = "a subject key is under an epoch key that is destroyed"
            raise Corrupted(msg)
        return self._vault(row, tenant.unwrap_subject(subject_id, row.version, open_outer(row, epoch)))

    async def destroy_subject(self, tenant_id: str, subject_id: str) -> None:
        """Erase a customer or journey: without its key, what it sealed is noise. It may be gone already."""
        await self._store.delete_subject_key(tenant_id, subject_id)

    async def _load_tenant(self, tenant_id: str) -> TenantVault:
        rows = await self._store.get_tenant_keys(tenant_id)
        if not rows:
            msg = "a tenant has no key"
            raise Corrupted(msg)
        keys = {
            row.version: await self._wrapper.unwrap(row.wrapped, tenant_context(tenant_id, row.version)) for row in rows
        }
        return TenantVault(tenant_id, keys, self._entropy)

    def _vault(self, row: WrappedSubjectKey, key: bytes) -> SubjectVault:
        return SubjectVault(row.tenant_id, row.subject_id, SealingKey.load(row.version, key), self._entropy)
