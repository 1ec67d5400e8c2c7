"""Where audit entries are chained: one lane per writer of this process, one segment per tenant in it.

The head of a segment advances only after ``COMMIT``. After anything else, or after an outcome that is not known, the
lane forgets the segment and the next write opens a new one. So it does where the wall clock was set back: within a
segment time never goes back, and by its first and last record a search knows whether it reaches into a time.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from limen.identity.audit.chain import AuditRecord, Head, SealedPart, extend, opening
from limen.identity.audit.checkpoints import Checkpoint
from limen.kernel.clock import Clock, Instant
from limen.kernel.entropy import Entropy
from limen.kernel.events import AuditEntry
from limen.kernel.ids import SegmentId, TenantId

Pending = tuple[AuditEntry, SealedPart | None]


class Extension(msgspec.Struct, frozen=True):
    """Records to store with a change, and the head to keep once they are committed."""

    head: Head
    records: list[AuditRecord]
    opens: bool
    at: Instant


class Lane:
    """The audit segments of one writer. The writer holds :meth:`turn` from :meth:`extend` to its commit."""

    def __init__(self, clock: Clock, entropy: Entropy, worker: str) -> None:
        """Start with no segment; *worker* names this process start in the opening records."""
        self._clock, self._entropy, self.worker = clock, entropy, worker
        self._heads: dict[TenantId, Head] = {}
        self._until: dict[TenantId, Instant] = {}
        self._turns: defaultdict[TenantId, asyncio.Lock] = defaultdict(asyncio.Lock)

    def turn(self, tenant_id: TenantId) -> asyncio.Lock:
        """Return the lock that puts the lane's commits of one tenant in order."""
        return self._turns[tenant_id]

    def knows(self, tenant_id: TenantId) -> bool:
        """Tell whether a segment is open for the tenant; one that ends later than now is none any more."""
        if self._clock.now() < self._until.get(tenant_id, 0):
            self.forget(tenant_id)
        return tenant_id in self._heads

    def extend(self, tenant_id: TenantId, entries: Sequence[Pending], last: Checkpoint | None) -> Extension:
        """Chain *entries* behind the tenant's head; *last* is named if a segment must be opened first.

        Whoever writes has asked :meth:`knows` before: only of a clock that was set back since, the end of the segment
        counts for now.
        """
        now = max(self._clock.now(), self._until.get(tenant_id, 0))
        head = self._heads.get(tenant_id)
        opens = head is None
        if head is None:
            head = Head(tenant_id, SegmentId.new(self._clock, self._entropy))
            first = opening(last.number if last else 0, last.root if last else b"", self.worker)
            entries = [(first, None), *entries]
        head, records = extend(head, now, entries)
        return Extension(head, records, opens, now)

    def committed(self, extension: Extension) -> None:
        """Advance: the records are durable."""
        tenant_id = extension.head.tenant_id
        self._heads[tenant_id], self._until[tenant_id] = extension.head, extension.at

    def forget(self, tenant_id: TenantId) -> None:
        """Drop the segment: what became of it is not known."""
        self._heads.pop(tenant_id, None)
        self._until.pop(tenant_id, None)
