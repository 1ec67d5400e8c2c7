"""The keyring: makes, finds and destroys the keys of tenants and subjects."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Final

import msgspec

from limen.identity.keyring.ahead import KeysAhead
from limen.identity.keyring.envelope import KEY_BYTES, derived_key
from limen.identity.keyring.keysets import MOST as MOST_KEYS
from limen.identity.keyring.keysets import joined, loaded, parsed
from limen.identity.keyring.rootkeys import SETTLE, EpochKeys, KeyWrapper
from limen.identity.keyring.store import KeyStore, SubjectCursor, WrappedSubjectKey, WrappedTenantKey
from limen.identity.keyring.vaults import SubjectVault, TenantVault
from limen.identity.keyring.wrapping import close_all, close_outer, open_outer, tenant_context
from limen.kernel.clock import SECOND, Clock, Instant
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Conflict, Corrupted, NotFound, Refusal

_FIRST_VERSION: Final = 1
_TRUSTED_SECONDS: Final = SETTLE / SECOND / 2
"""So long a cached vault is used: a new key version is held everywhere before the first process seals under it."""
_PAGE: Final = 200
_TRIES: Final = 5
NewId = Callable[[Clock, Entropy], str]


CACHED_SECONDS: Final = 3_600.0
"""So long a tenant's key is held at most without asking who holds the root key, unless the settings say otherwise."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A vault, since when it is trusted, and for each wrapped key what it was unwrapped to, and when."""

    vault: TenantVault
    since: float
    unwrapped: Mapping[bytes, tuple[bytes, float]]


class Keyring:
    """Vaults by tenant and by subject.

    Tenant vaults are cached (the least recently used one goes first); subject keys are read and unwrapped for each use,
    so that an erasure holds at once.
    """

    tenants_cached: ClassVar[int] = 4096

    def __init__(  # noqa: PLR0913 - the parts
        self,
        store: KeyStore,
        wrapper: KeyWrapper,
        epochs: EpochKeys,
        clock: Clock,
        entropy: Entropy,
        cached_seconds: float = CACHED_SECONDS,
    ) -> None:
        """Join the key store with what holds root and epoch keys; :class:`FileKeyring` is both.

        For *cached_seconds* a tenant's key is used that was unwrapped once, while the key store still has it.
        """
        self._cached_seconds = cached_seconds
        self._store = store
        self._wrapper = wrapper
        self._epochs = epochs
        self._clock = clock
        self._entropy = entropy
        self._vaults: OrderedDict[str, _Held] = OrderedDict()
        self._ahead: dict[NewId, KeysAhead] = {}

    async def tenant(self, tenant_id: str) -> TenantVault:
        """Return the vault of a tenant that has a key.

        Raises:
            Corrupted: there is no key, or it does not verify.
            Misconfigured: the root key it is wrapped under is not there.
            Outage: it is not cached, or not any more, and who holds the root key does not answer.
        """
        vault = self._trusted(tenant_id) or await self._load_tenant(tenant_id)
        if vault is None:
            msg = "a tenant has no key"
            raise Corrupted(msg)
        return vault

    async def held_tenant(self, tenant_id: str) -> TenantVault | None:
        """Return the vault of a tenant, or None where it has no key: never made, or destroyed.

        Raises:
            As :meth:`tenant`.
        """
        return self._trusted(tenant_id) or await self._load_tenant(tenant_id)

    async def create_tenant(self, tenant_id: str) -> TenantVault:
        """Return the vault of a new tenant. Where another process was quicker, or it exists, its key is used."""
        key = self._entropy.bytes(KEY_BYTES)
        wrapped = await self._wrapper.wrap(key, tenant_context(tenant_id, _FIRST_VERSION))
        now = self._clock.now()
        await self._store.put_tenant_key(
            WrappedTenantKey(tenant_id, _FIRST_VERSION, wrapped, self._wrapper.key_id, now)
        )
        return await self.tenant(tenant_id)  # read back: what counts is what the store holds

    async def rotate_tenant(self, tenant_id: str) -> int | Conflict:
        """Add a version of the tenant's key, which seals from ``SETTLE`` on; return its number.

        Older versions stay: they open what they sealed, and the oldest makes sub-keys and blind indexes. Refused with
        ``tenant_key_destroyed``, or ``tenant_key_not_settled`` where the newest version was made less than ``SETTLE``
        ago, this one by another process included.
        """
        rows = await self._store.get_tenant_keys(tenant_id)
        now = self._clock.now()
        if not _live(rows):
            return Conflict("tenant_key_destroyed")
        version = rows[-1].version + 1
        if version > _FIRST_VERSION + 1 and not _is_settled(rows[-1], now):
            return Conflict("tenant_key_not_settled")
        wrapped = await self._wrapper.wrap(self._entropy.bytes(KEY_BYTES), tenant_context(tenant_id, version))
        if not await self._store.put_tenant_key(
            WrappedTenantKey(tenant_id, version, wrapped, self._wrapper.key_id, now)
        ):
            return Conflict("tenant_key_not_settled")
        self.forget_tenant(tenant_id)
        return version

    async def destroy_tenant(self, tenant_id: str) -> int:
        """Destroy every key of a tenant for good: whatever it sealed is noise. Return how many subject keys went.

        An emptied row stays for each version, so that no key can be made in its place. It may be done twice, and goes
        on where it was stopped.
        """
        for row in _live(await self._store.get_tenant_keys(tenant_id)):
            await self._store.replace_tenant_key(row, replace(row, wrapped=b""))
        self.forget_tenant(tenant_id)
        # A key of nobody, which is deleted with the others: the store overwrites what it emptied when it deletes.
        await self._store.put_subject_key(WrappedSubjectKey(tenant_id, "-", 0, b"", 0, self._clock.now()))
        gone, after = -1, SubjectCursor(tenant_id, "")
        while True:
            page = await self._store.subject_keys_created(0, self._clock.now() + 1, after, _PAGE)
            mine = [key.subject_id for key in page if key.tenant_id == tenant_id]
            gone += await self._store.delete_subject_keys(tenant_id, mine)
            if not mine or len(mine) < len(page):
                return gone
            after = SubjectCursor(tenant_id, mine[-1])
            await self._clock.sleep(0)

    def forget_tenant(self, tenant_id: str) -> None:
        """Drop the cached vault; for the change feed, when a tenant's keys change."""
        self._vaults.pop(tenant_id, None)
        for ahead in self._ahead.values():
            ahead.forget(tenant_id)

    async def new_subject(self, tenant_id: str, new_id: NewId) -> SubjectVault:
        """Return the vault of a new subject called by *new_id*, whose ``subject_id`` is what it is to be called.

        As :meth:`create_subject`, for subjects that come in numbers and that no person is: their keys may be made
        seconds ahead, several in one commit. *new_id* is one and the same function for all of a kind.

        Raises:
            Corrupted: the tenant has no key.
        """
        ahead = self._ahead.get(new_id)
        if ahead is None:
            ahead = self._ahead[new_id] = KeysAhead(partial(self.new_subjects, new_id), self._clock)
        return await ahead.take(tenant_id)

    def return_subject(self, vault: SubjectVault, new_id: NewId) -> None:
        """Give back the vault of a new subject that came to nothing: nothing that it sealed is stored anywhere.

        The next one who asks :meth:`new_subject` is given it, within seconds.
        """
        ahead = self._ahead.get(new_id)
        if ahead is not None:
            ahead.give_back(vault)

    async def new_subjects(self, new_id: NewId, tenant_id: str, count: int) -> list[SubjectVault]:
        """Return the vaults of *count* new subjects; their keys are durable, in one commit, when it returns.

        Raises:
            Corrupted: the tenant has no key.
        """
        tenant = await self.tenant(tenant_id)
        keys = {new_id(self._clock, self._entropy): self._entropy.bytes(KEY_BYTES) for _ in range(count)}
        inner = {name: tenant.wrap_subject(name, _FIRST_VERSION, key) for name, key in keys.items()}
        epoch, now = await self._epochs.current_epoch(), self._clock.now()  # last before the write: see SETTLE
        rows = [WrappedSubjectKey(tenant_id, name, _FIRST_VERSION, b"", epoch.id, now) for name in keys]
        pairs = ((row, inner[row.subject_id]) for row in rows)
        await self._store.put_new_subject_keys(close_all(pairs, epoch, self._entropy))
        return [self._vault(tenant, row, keys[row.subject_id]) for row in rows]

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
            return self._vault(tenant, row, key)
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
        tenant = self._trusted(tenant_id) or await self.tenant(tenant_id)
        return self._vault(tenant, row, await self._unwrapped(tenant, row))

    async def subject_key(self, tenant_id: str, subject_id: str, purpose: str) -> bytes | None:
        """Return the sub-key for *purpose* of a subject that is no person; None where it has no key, or none any more.

        It follows from the first key that the subject had, which a rotation keeps.

        Raises:
            Corrupted: the key does not verify, or its epoch key is destroyed.
        """
        row = await self._store.get_subject_key(tenant_id, subject_id)
        if row is None:
            return None
        keys = parsed(row.version, await self._unwrapped(await self.tenant(tenant_id), row))
        return derived_key(keys[-1][1], tenant_id, subject_id, purpose)

    async def rotate_subject(self, tenant_id: str, subject_id: str, version: int = 0) -> int | Refusal:
        """Give a customer a new key in front of those there are; return its number, *version* where that is higher.

        What they sealed is opened as before. Somebody who holds the vault of a moment ago may go on with it. Refused
        with ``NotFound("subject_key_not_found")``, ``Conflict("too_many_versions")``, or ``Conflict("key_changed")``
        where others were quicker time and again.
        """
        for _ in range(_TRIES):
            row = await self._store.get_subject_key(tenant_id, subject_id)
            if row is None:
                return NotFound("subject_key_not_found")
            fresh = await self.with_new_key(row, max(version, row.version + 1))
            if fresh is None:
                return Conflict("too_many_versions")
            if await self._store.replace_subject_keys([(row, fresh)]):
                return fresh.version
        return Conflict("key_changed")

    async def with_new_key(self, row: WrappedSubjectKey, version: int) -> WrappedSubjectKey | None:
        """Return *row* with a new key of *version*, which is higher than its own; None where it has too many.

        Raises:
            Corrupted: the row does not verify.
        """
        tenant = await self.tenant(row.tenant_id)
        keys = parsed(row.version, await self._unwrapped(tenant, row))
        if len(keys) >= MOST_KEYS:
            return None
        raw = joined([(version, self._entropy.bytes(KEY_BYTES)), *keys])
        inner = tenant.wrap_subject(row.subject_id, version, raw)
        epoch = await self._epochs.current_epoch()  # last before the write: see SETTLE
        return close_outer(msgspec.structs.replace(row, version=version), epoch, inner, self._entropy)

    async def _unwrapped(self, tenant: TenantVault, row: WrappedSubjectKey) -> bytes:
        epoch = await self._epochs.epoch(row.epoch_id)
        if epoch is None:
            msg = "a subject key is under an epoch key that is destroyed"
            raise Corrupted(msg)
        return tenant.unwrap_subject(row.subject_id, row.version, open_outer(row, epoch))

    async def destroy_subject(self, tenant_id: str, subject_id: str) -> None:
        """Erase a customer or journey: without its key, what it sealed is noise. It may be gone already."""
        await self.destroy_subjects(tenant_id, [subject_id])

    async def destroy_subjects(self, tenant_id: str, subject_ids: Collection[str]) -> None:
        """Erase many at once: one commit, for sweeps."""
        await self._store.delete_subject_keys(tenant_id, subject_ids)

    def _trusted(self, tenant_id: str) -> TenantVault | None:
        """Return the vault of a tenant where it is cached, and may still be used: every request asks several times."""
        held = self._vaults.get(tenant_id)
        if held is None or self._clock.monotonic() - held.since >= _TRUSTED_SECONDS:
            return None
        self._vaults.move_to_end(tenant_id)
        return held.vault

    async def _load_tenant(self, tenant_id: str) -> TenantVault | None:
        """Return the vault of a tenant as the key store has it now, and cache it; None where it has no key."""
        held, at = self._vaults.get(tenant_id), self._clock.monotonic()
        rows, known = _live(await self._store.get_tenant_keys(tenant_id)), held.unwrapped if held is not None else {}
        if not rows:
            self._vaults.pop(tenant_id, None)
            return None
        now = self._clock.now()
        sealing = max((row.version for row in rows if _is_settled(row, now)), default=rows[0].version)
        unwrapped: dict[bytes, tuple[bytes, float]] = {}
        for row in rows:
            key, since = known.get(row.wrapped, (b"", 0.0))
            if not key or at - since >= self._cached_seconds:
                key, since = await self._wrapper.unwrap(row.wrapped, tenant_context(tenant_id, row.version)), at
            unwrapped[row.wrapped] = key, since
        vault = TenantVault(tenant_id, {row.version: unwrapped[row.wrapped][0] for row in rows}, self._entropy, sealing)
        self._vaults[tenant_id] = _Held(vault, at, unwrapped)
        self._vaults.move_to_end(tenant_id)
        if len(self._vaults) > self.tenants_cached:
            self._vaults.popitem(last=False)
        return vault

    def _vault(self, tenant: TenantVault, row: WrappedSubjectKey, raw: bytes) -> SubjectVault:
        newest, older = loaded(row.version, raw)
        return SubjectVault(tenant, row.subject_id, newest, self._entropy, older)


def _live(rows: Sequence[WrappedTenantKey]) -> list[WrappedTenantKey]:
    """Return the versions that are not destroyed."""
    return [row for row in rows if row.wrapped]


def _is_settled(row: WrappedTenantKey, now: Instant) -> bool:
    return row.created_at <= now - SETTLE
