"""A key store in memory, and one keyring on a fresh file with its parts in reach."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from limen.identity.keyring import (
    FileKeyring,
    Keyring,
    KeyringSettings,
    SubjectCursor,
    Upkeep,
    WrappedSubjectKey,
    WrappedTenantKey,
)
from limen.kernel.clock import Instant
from limen.kernel.secret import Secret
from tests.support.clock import ManualClock
from tests.support.entropy import SeededEntropy


@dataclass
class MemoryKeyStore:
    """A ``KeyStore`` of two dictionaries, open to the test that wants to tamper."""

    tenants: dict[tuple[str, int], WrappedTenantKey] = field(default_factory=dict)
    subjects: dict[SubjectCursor, WrappedSubjectKey] = field(default_factory=dict)

    async def get_tenant_keys(self, tenant_id: str) -> Sequence[WrappedTenantKey]:
        return [self.tenants[key] for key in sorted(self.tenants) if key[0] == tenant_id]

    async def put_tenant_key(self, key: WrappedTenantKey) -> bool:
        return self.tenants.setdefault((key.tenant_id, key.version), key) is key

    async def replace_tenant_key(self, old: WrappedTenantKey, new: WrappedTenantKey) -> bool:
        found = self.tenants.get((old.tenant_id, old.version))
        if found is None or found.wrapped != old.wrapped:
            return False
        self.tenants[old.tenant_id, old.version] = new
        return True

    async def tenant_keys_outside(self, root_key_id: str, limit: int) -> Sequence[WrappedTenantKey]:
        return [row for row in self.tenants.values() if row.root_key_id != root_key_id][:limit]

    async def get_subject_key(self, tenant_id: str, subject_id: str) -> WrappedSubjectKey | None:
        return self.subjects.get(SubjectCursor(tenant_id, subject_id))

    async def put_subject_key(self, key: WrappedSubjectKey) -> bool:
        return self.subjects.setdefault(SubjectCursor(key.tenant_id, key.subject_id), key) is key

    async def put_new_subject_keys(self, keys: Sequence[WrappedSubjectKey]) -> None:
        for key in keys:
            assert await self.put_subject_key(key)

    async def delete_subject_keys(self, tenant_id: str, subject_ids: Collection[str]) -> int:
        return sum(self.subjects.pop(SubjectCursor(tenant_id, one), None) is not None for one in subject_ids)

    async def replace_subject_keys(self, changes: Sequence[tuple[WrappedSubjectKey, WrappedSubjectKey]]) -> int:
        done = 0
        for old, new in changes:
            cursor = SubjectCursor(old.tenant_id, old.subject_id)
            found = self.subjects.get(cursor)
            if found is not None and found.wrapped == old.wrapped:
                self.subjects[cursor] = new
                done += 1
        return done

    async def subject_keys_in_epoch(
        self, epoch_id: int, after: SubjectCursor | None, limit: int
    ) -> Sequence[WrappedSubjectKey]:
        return self._page(after, limit, [row for row in self.subjects.values() if row.epoch_id == epoch_id])

    async def subject_keys_created(
        self, since: Instant, before: Instant, after: SubjectCursor | None, limit: int
    ) -> Sequence[WrappedSubjectKey]:
        return self._page(after, limit, [row for row in self.subjects.values() if since <= row.created_at < before])

    async def count_subject_keys(self, tenant_id: str, before: Instant) -> int:
        return len(await self.tenants_subject_keys(tenant_id, before, "", 10**9))

    async def tenants_subject_keys(
        self, tenant_id: str, before: Instant, after: str, limit: int
    ) -> Sequence[WrappedSubjectKey]:
        mine = [one for one in self.subjects.values() if one.tenant_id == tenant_id and one.created_at < before]
        return sorted((one for one in mine if one.subject_id > after), key=lambda one: one.subject_id)[:limit]

    async def count_tenant_keys(self) -> int:
        return len(self.tenants)

    @staticmethod
    def _page(
        after: SubjectCursor | None, limit: int, rows: Sequence[WrappedSubjectKey]
    ) -> Sequence[WrappedSubjectKey]:
        start = after or SubjectCursor("", "")
        return sorted(
            (row for row in rows if (row.tenant_id, row.subject_id) > start),
            key=lambda row: (row.tenant_id, row.subject_id),
        )[:limit]


@dataclass
class Bench:
    """Everything a test of the keyring needs."""

    path: Path
    clock: ManualClock
    entropy: SeededEntropy
    store: MemoryKeyStore

    def file(self, *roots: str) -> FileKeyring:
        """Return a keyring file as one more process would open it."""
        settings = KeyringSettings(self.path, tuple(Secret(root) for root in roots))
        return FileKeyring.ensure(settings, self.clock, self.entropy)

    def keyring(self, file: FileKeyring) -> Keyring:
        """Return a keyring with a cold cache."""
        return Keyring(self.store, file, file, self.clock, self.entropy)

    def upkeep(self, file: FileKeyring) -> Upkeep:
        """Return the jobs on the same parts."""
        return Upkeep(self.store, file, file, self.clock, self.entropy)
