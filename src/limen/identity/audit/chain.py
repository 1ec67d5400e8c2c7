"""The chain itself: pure functions from entries to linked records."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from limen.kernel.clock import Instant
from limen.kernel.encoding import canonical_json, sha256
from limen.kernel.events import AuditEntry, Outcome
from limen.kernel.ids import SegmentId, TenantId

GENESIS = bytes(32)
OPENED = "segment.opened"


@dataclass(frozen=True, slots=True)
class SealedPart:
    """The personal part of a record: its commitment (32 bytes, in the chain) and the sealed salt and facts."""

    commitment: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One linked record. ``open_part`` is the canonical JSON that the hash covers, together with ``commitment``."""

    tenant_id: TenantId
    segment_id: SegmentId
    seq: int
    at: Instant
    event: str
    subject: str
    open_part: bytes
    commitment: bytes
    sealed: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """Where a segment stands: the next sequence number and the hash of its last record."""

    tenant_id: TenantId
    segment_id: SegmentId
    next_seq: int = 0
    hash: bytes = GENESIS


def open_part(head: Head, seq: int, at: Instant, entry: AuditEntry) -> bytes:
    """Return the canonical open fields of *entry* at position *seq* of the segment of *head*."""
    return canonical_json((
        str(head.tenant_id), str(head.segment_id), seq, at, entry.event, entry.outcome.value, entry.actor,
        entry.subject, entry.client, entry.reason, entry.request_id, entry.data,
    ))  # fmt: skip


OPEN_FIELDS = (
    "tenant", "segment", "seq", "at", "event", "outcome", "actor", "subject", "client", "reason", "request_id", "data",
)  # fmt: skip
"""What the positions of an open part mean."""


def link(previous: bytes, open_bytes: bytes, commitment: bytes) -> bytes:
    """Return the hash of a record: SHA-256 over previous hash, open part's hash and commitment."""
    return sha256(previous, sha256(open_bytes), commitment)


def extend(
    head: Head, at: Instant, entries: Iterable[tuple[AuditEntry, SealedPart | None]]
) -> tuple[Head, list[AuditRecord]]:
    """Return the head after *entries* and their linked records, all at instant *at*."""
    seq, previous = head.next_seq, head.hash
    records: list[AuditRecord] = []
    for entry, part in entries:
        data = open_part(head, seq, at, entry)
        commitment, sealed = (part.commitment, part.sealed) if part else (b"", b"")
        previous = link(previous, data, commitment)
        records.append(
            AuditRecord(
                head.tenant_id, head.segment_id, seq, at, entry.event, entry.subject, data, commitment, sealed, previous
            )
        )
        seq += 1
    return Head(head.tenant_id, head.segment_id, seq, previous), records


def opening(checkpoint_number: int, checkpoint_root: bytes, worker: str) -> AuditEntry:
    """Return the entry every segment begins with: it names the last checkpoint that its writer saw."""
    data: dict[str, Any] = {"checkpoint": checkpoint_number, "root": checkpoint_root.hex(), "worker": worker}
    return AuditEntry(OPENED, Outcome.SUCCESS, data=data)


def first_break(records: Sequence[AuditRecord]) -> int | None:
    """Return the position of the first record of one whole segment that does not verify, or None if all do."""
    previous = GENESIS
    for position, record in enumerate(records):
        expected = link(previous, record.open_part, record.commitment)
        if record.seq != position or record.hash != expected or (position == 0) != (record.event == OPENED):
            return position
        previous = expected
    return None
