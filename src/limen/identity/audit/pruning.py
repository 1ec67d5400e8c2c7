"""Taking the oldest records out of a log that goes on verifying: a signed statement of what was taken.

A *pruning* says from which record on each segment is still there, with the hash of the one before it, and from which
checkpoint on. It is numbered, linked to the pruning before it and signed by the ledger key, like a checkpoint. Only
whole beginnings go, only what a checkpoint covers, and never the newest checkpoint. So a log that lacks more than its
prunings say is found as before.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from limen.identity.audit.chain import GENESIS, Head
from limen.identity.audit.checkpoints import Checkpoint
from limen.kernel.clock import Instant
from limen.kernel.encoding import canonical_json, framed, sha256
from limen.kernel.ids import SegmentId, TenantId


@dataclass(frozen=True, slots=True)
class Pruning:
    """What was taken at one instant. ``signature`` is Ed25519 over :func:`pruning_bytes`.

    Attributes:
        before: nothing that is taken was recorded at or after this instant.
        starts: where each segment that lost something begins now, as canonical JSON.
        checkpoint: up to which number checkpoints were taken, 0 for none; ``checkpoint_hash`` names the last of them.
        previous: the hash of the pruning before this one.
    """

    tenant_id: TenantId
    number: int
    at: Instant
    before: Instant
    starts: bytes
    checkpoint: int
    checkpoint_hash: bytes
    previous: bytes
    kid: str = ""
    signature: bytes = b""

    def listed(self) -> list[Head]:
        """Return where segments begin: the number of the first record, and the hash of the one before it.

        Raises:
            ValueError: the list is none. Ours always is one: somebody else wrote it.
        """
        try:
            return [
                Head(self.tenant_id, SegmentId(str(name)), int(first), bytes.fromhex(hashed))
                for name, first, hashed in json.loads(self.starts)
            ]
        except (TypeError, OverflowError, RecursionError) as error:
            raise ValueError("no list of starts") from error


@dataclass(frozen=True, slots=True)
class Floor:
    """Up to where checkpoints were taken, and the hash by which the next one names the last of them."""

    number: int = 0
    hash: bytes = GENESIS


@dataclass(frozen=True, slots=True)
class Pruned:
    """What all prunings of a tenant took together."""

    starts: dict[str, Head] = field(default_factory=dict)
    floors: dict[int, bytes] = field(default_factory=lambda: {0: GENESIS})

    @property
    def floor(self) -> int:
        """Return the number of the last checkpoint that was taken; 0 for none."""
        return max(self.floors)

    def start(self, head: Head) -> Head:
        """Return where the segment of *head* begins: at its beginning, unless something was taken."""
        return self.starts.get(str(head.segment_id)) or Head(head.tenant_id, head.segment_id)

    def takes(self, head: Head) -> bool:
        """Tell whether the record that *head* stands behind was taken."""
        start = self.start(head)
        return start.next_seq > head.next_seq or (start.next_seq == head.next_seq > 0 and start.hash == head.hash)

    def add(self, pruning: Pruning) -> bool:
        """Take one more pruning into account; False where it takes back what an earlier one took, or is none.

        Raises:
            ValueError: as :meth:`Pruning.listed`.
        """
        for start in pruning.listed():
            if start.next_seq <= self.start(start).next_seq:
                return False
            self.starts[str(start.segment_id)] = start
        if pruning.checkpoint < self.floor:
            return False
        return self.floors.setdefault(pruning.checkpoint, pruning.checkpoint_hash) == pruning.checkpoint_hash


def covered(end: Head, last: Checkpoint) -> int:
    """Return how many records of the segment of *end* may go, of those up to *end*: what *last* covers."""
    signed = next((head.next_seq for head in last.listed() if head.segment_id == end.segment_id), 0)
    return min(end.next_seq, signed)


def next_pruning(
    last: Pruning | None, before: Instant, starts: Sequence[Head], floor: Floor, made: tuple[TenantId, Instant]
) -> Pruning:
    """Return the unsigned pruning that follows *last*, of what is older than *before*; *made* is whose, and when."""
    tenant_id, at = made
    ordered = sorted(starts, key=lambda head: head.segment_id)
    return Pruning(
        tenant_id=tenant_id,
        number=last.number + 1 if last else 1,
        at=at,
        before=before,
        starts=canonical_json([[str(head.segment_id), head.next_seq, head.hash.hex()] for head in ordered]),
        checkpoint=floor.number,
        checkpoint_hash=floor.hash,
        previous=pruning_digest(last) if last else GENESIS,
    )


def pruning_bytes(pruning: Pruning) -> bytes:
    """Return what the ledger key signs."""
    return framed(
        "limen-pruning-v1", pruning.tenant_id, str(pruning.number), str(pruning.at), str(pruning.before),
        pruning.starts, str(pruning.checkpoint), pruning.checkpoint_hash, pruning.previous,
    )  # fmt: skip


def pruning_digest(pruning: Pruning) -> bytes:
    """Return the hash by which the next pruning names this one."""
    return sha256(pruning_bytes(pruning))
