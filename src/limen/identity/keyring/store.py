"""What the keyring asks of its key store: a database of its own, apart from the data its keys seal.

Rows hold wrapped keys only. The database joins nothing and knows nothing of customers; it needs its own short-lived
backups (see *Personal data* in the architecture page). Every write is durable when its method returns, because the data
that a key seals is written after it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import msgspec

from limen.kernel.clock import Instant
from limen.kernel.masked import Masked


@dataclass(frozen=True, slots=True)
class WrappedTenantKey:
    """One version of a tenant's key. Key: (tenant_id, version).

    Attributes:
        tenant_id: whose key.
        version: counts from 1; the newest seals, each opens what it sealed.
        wrapped: the key as the :class:`~limen.identity.keyring.rootkeys.KeyWrapper` returned it; opaque.
        root_key_id: the root key it is wrapped under.
        created_at: when it was made.
    """

    tenant_id: str
    version: int
    wrapped: bytes = field(repr=False)
    root_key_id: str
    created_at: Instant


class WrappedSubjectKey(Masked, msgspec.Struct, frozen=True):
    """The key of one customer or one journey. Key: (tenant_id, subject_id).

    Attributes:
        tenant_id: the subject's tenant.
        subject_id: the internal identifier of a customer or journey.
        version: the key's number, written into the envelopes it seals.
        wrapped: the key under the tenant key, and that under the epoch key.
        epoch_id: the epoch key outside.
        created_at: when the key was made; re-wrapping keeps it.
    """

    tenant_id: str
    subject_id: str
    version: int
    wrapped: bytes
    epoch_id: int
    created_at: Instant

    def __repr__(self) -> str:
        """Show no key, however it is wrapped."""
        return f"WrappedSubjectKey({self.subject_id}, {self.version})"


class SubjectCursor(NamedTuple):
    """Where a page ended; pages are ordered by (tenant_id, subject_id)."""

    tenant_id: str
    subject_id: str


class KeyStore(Protocol):
    """Wrapped keys, durable before a method returns."""

    async def get_tenant_keys(self, tenant_id: str) -> Sequence[WrappedTenantKey]:
        """Return all versions of the tenant's key, oldest first; empty where there is none."""
        ...

    async def put_tenant_key(self, key: WrappedTenantKey) -> bool:
        """Insert *key*; return False, changing nothing, where (tenant_id, version) exists."""
        ...

    async def replace_tenant_key(self, old: WrappedTenantKey, new: WrappedTenantKey) -> bool:
        """Put *new* in place of *old* (same key) if the row still holds ``old.wrapped``; tell whether it did."""
        ...

    async def tenant_keys_outside(self, root_key_id: str, limit: int) -> Sequence[WrappedTenantKey]:
        """Return at most *limit* tenant keys that are not under *root_key_id*, in any order."""
        ...

    async def get_subject_key(self, tenant_id: str, subject_id: str) -> WrappedSubjectKey | None:
        """Return the subject's key, or None. Must read the primary: a replica would revive an erased subject."""
        ...

    async def put_subject_key(self, key: WrappedSubjectKey) -> bool:
        """Insert *key*; return False, changing nothing, where (tenant_id, subject_id) exists."""
        ...

    async def put_new_subject_keys(self, keys: Sequence[WrappedSubjectKey]) -> None:
        """Insert *keys* of subjects that nobody knows yet, in one transaction; fail where one of them exists."""
        ...

    async def delete_subject_keys(self, tenant_id: str, subject_ids: Collection[str]) -> int:
        """Delete the rows for good (SQLite: ``secure_delete``), in one transaction; return how many there were."""
        ...

    async def replace_subject_keys(self, changes: Sequence[tuple[WrappedSubjectKey, WrappedSubjectKey]]) -> int:
        """In one transaction put each *new* in the place of its *old* where the row still holds ``old.wrapped``.

        A row that is gone or different is left alone: re-wrapping must never bring back an erased key. Each pair has
        the same (tenant_id, subject_id). Returns the number of rows replaced.
        """
        ...

    async def subject_keys_in_epoch(
        self, epoch_id: int, after: SubjectCursor | None, limit: int
    ) -> Sequence[WrappedSubjectKey]:
        """Return at most *limit* keys of *epoch_id*, ordered by (tenant_id, subject_id), beyond *after*."""
        ...

    async def subject_keys_created(
        self, since: Instant, before: Instant, after: SubjectCursor | None, limit: int
    ) -> Sequence[WrappedSubjectKey]:
        """Return at most *limit* keys with ``since <= created_at < before``, ordered as above, beyond *after*."""
        ...

    async def count_subject_keys(self, tenant_id: str, before: Instant) -> int:
        """Return how many keys of a tenant were made before an instant."""
        ...

    async def tenants_subject_keys(
        self, tenant_id: str, before: Instant, after: str, limit: int
    ) -> Sequence[WrappedSubjectKey]:
        """Return at most *limit* keys of a tenant made before an instant, in order, beyond the subject *after*."""
        ...

    async def count_tenant_keys(self) -> int:
        """Return how many versions of tenants' keys there are, emptied ones included."""
        ...
