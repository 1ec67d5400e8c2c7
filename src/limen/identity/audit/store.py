"""What checkpoints and readers of the audit log ask of storage."""

from typing import Protocol

from limen.identity.audit.chain import AuditRecord, Head, SealedPart
from limen.identity.audit.checkpoints import Checkpoint
from limen.identity.keyring import SubjectVault
from limen.kernel.clock import Instant
from limen.kernel.events import AuditEntry
from limen.kernel.ids import SegmentId, TenantId

Place = tuple[Instant, str, int]
"""Where a record stands among all of a tenant's: its instant, its segment, and its number there."""


class PersonalSealer(Protocol):
    """Seals the personal part of an entry under its subject's key."""

    async def __call__(
        self, tenant_id: TenantId, entry: AuditEntry, vault: SubjectVault | None = None
    ) -> SealedPart | None:
        """Return the sealed part, or None where there is nothing personal or the subject's key is gone.

        The subject's *vault* spares asking for the key, where it is at hand.
        """
        ...


class AuditStore(Protocol):
    """One tenant's audit log inside one transaction: appended elsewhere, read here, never changed."""

    async def last_checkpoint(self) -> Checkpoint | None:
        """Return the newest checkpoint."""
        ...

    async def heads(self) -> list[Head]:
        """Return the committed head of every segment."""
        ...

    async def add_checkpoint(self, checkpoint: Checkpoint) -> bool:
        """Store a signed checkpoint; False if its number is taken."""
        ...

    async def segment(self, segment_id: SegmentId) -> list[AuditRecord]:
        """Return a whole segment in order."""
        ...

    async def hash_at(self, segment_id: SegmentId, seq: int) -> bytes | None:
        """Return the hash of one record; None where it is not there."""
        ...

    async def for_subject(self, subject: str, *, limit: int, before: Place | None = None) -> list[AuditRecord]:
        """Return the newest records that concern *subject*, or the newest that stand *before* a place.

        Those of codes and tokens are left out: there are hundreds for each sign-in.
        """
        ...
