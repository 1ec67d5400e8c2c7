"""What checkpoints and readers of the audit log ask of storage."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from limen.identity.audit.chain import AuditRecord, Head, SealedPart
from limen.identity.audit.checkpoints import Checkpoint
from limen.identity.audit.pruning import Floor, Pruning
from limen.identity.keyring import SubjectVault
from limen.kernel.clock import Instant
from limen.kernel.events import AuditEntry
from limen.kernel.ids import SegmentId, TenantId

Place = tuple[Instant, str, int]
"""Where a record stands among all of a tenant's: its instant, its segment, and its number there."""


FREQUENT: Final = frozenset({"code.issued", "code.redeemed", "token.issued", "token.refreshed", "token.exchanged"})
"""Events that there are hundreds of for each sign-in; no index leads to them."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Which records are looked for, by what their columns hold.

    Attributes:
        subject: whose; empty for anybody's.
        events: which events; empty for all but the ``FREQUENT`` ones.
        since: from this instant on.
        until: before this instant; 0 for no bound.
    """

    subject: str = ""
    events: frozenset[str] = frozenset()
    since: Instant = 0
    until: Instant = 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was found in a part of the log: the newest first, and the place to go on behind; None at the end."""

    records: Sequence[AuditRecord]
    behind: Place | None


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

    async def prunings(self, after: int, limit: int) -> list[Pruning]:
        """Return up to *limit* prunings behind the number *after*, in order."""
        ...

    async def last_pruning(self) -> Pruning | None:
        """Return the newest pruning."""
        ...

    async def add_pruning(self, pruning: Pruning) -> bool:
        """Store a signed pruning; False if its number is taken. What it takes is deleted afterwards."""
        ...

    async def older(self, before: Instant) -> list[Head]:
        """Return the head behind the records from before an instant, of each segment that begins with such."""
        ...

    async def floor(self, before: Instant) -> Floor:
        """Return the last checkpoint but the newest from before an instant."""
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

    async def search(self, sought: Sought, *, limit: int, before: Place | None = None) -> Stretch:
        """Return up to *limit* of the newest records that are *sought*, and stand *before* a place.

        No index leads to an event: ten thousand records are looked through for some, and there may be more behind.
        """
        ...
