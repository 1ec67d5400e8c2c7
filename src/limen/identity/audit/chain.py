"""The chain itself: pure functions from entries to linked records."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from limen.kernel.clock import Instant
from limen.kernel.encoding import canonical_json, sha256
from limen.kernel.events import AuditEntry, Outcome
from limen.kernel.ids import SegmentId, TenantId

GENESIS = bytes(32)
OPENED = "segment.opened"


class SealedPart(msgspec.Struct, frozen=True):
    """The personal part of a record: its commitment (32 bytes, in the chain) and the sealed salt and facts."""

    commitment: bytes
    sealed: bytes


class AuditRecord(msgspec.Struct, frozen=True, gc=False):
    """One linked record. ``open_part`` is the canonical JSON that the hash covers, together with ``commitment``.

    A struct for the reason that :class:`~limen.kernel.events.AuditEntry` gives.
    """

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


class Head(msgspec.Struct, frozen=True):
    """Where a segment stands: the next sequence number and the hash of its last record."""

    tenant_id: TenantId
    segment_id: SegmentId
    next_seq: int = 0
    hash: bytes = GENESIS


def open_part(head: Head, seq: int, at: Instant, entry: AuditEntry) -> bytes:
    """Return the canonical open fields of *entry* at position *seq* of the segment of *head*."""
    return canonical_json((
        str(head.tenant_id), str(head.segment_id), seq, at, entry.event, entry.outcome, entry.actor,
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


def wrong_with(head: Head, record: AuditRecord) -> str:
    """Return what is wrong with *record* behind *head* (a new :class:`Head` before the first), or nothing.

    The columns are compared with the hashed open part too: they are what queries go by.
    """
    if record.seq != head.next_seq:
        return f"record {head.next_seq} is missing"
    if (record.seq == 0) != (record.event == OPENED):
        return "a segment begins with its opening, and only there is one"
    if record.hash != link(head.hash, record.open_part, record.commitment):
        return "its hash does not follow from the record before it and its own content"
    hashed = named_fields(record.open_part)
    columns = {
        "tenant": record.tenant_id,
        "segment": record.segment_id,
        "seq": record.seq,
        "at": record.at,
        "event": record.event,
        "subject": record.subject,
    }
    differing = [name for name, value in columns.items() if hashed.get(name) != value]
    return f"its column {differing[0]} is not what was hashed" if differing else ""


def named_fields(open_bytes: bytes) -> dict[str, Any]:
    """Return the fields of an open part by name; nothing where it is not one."""
    try:
        values = msgspec.json.decode(open_bytes)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return dict(zip(OPEN_FIELDS, values, strict=False)) if isinstance(values, list) else {}


def behind(record: AuditRecord) -> Head:
    """Return the head of a segment whose last record is *record*."""
    return Head(record.tenant_id, record.segment_id, record.seq + 1, record.hash)


def first_break(records: Sequence[AuditRecord]) -> int | None:
    """Return the position of the first record of one whole segment that does not verify, or None if all do."""
    head = Head(records[0].tenant_id, records[0].segment_id) if records else None
    for position, record in enumerate(records):
        if head is None or wrong_with(head, record):
            return position
        head = behind(record)
    return None
