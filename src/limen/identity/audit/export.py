"""An audit log as a file that verifies without us: one line of canonical JSON for each thing, a signed header first.

::

    {"type":"audit", …}         whose, up to which checkpoint and pruning, the public keys; signed
    {"type":"pruning", …}       what retention took, in order
    {"type":"record", …}        what came between two checkpoints, by segment and number
    {"type":"checkpoint", …}    behind the records that it covers; the last line, where there is a record

What no checkpoint covers yet stays away, and so does a record's personal part; its commitment is there. Each line ends
in a line feed. That a line is *the* canonical JSON of what it says leaves no byte that could be changed unnoticed.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from limen.identity.audit.chain import AuditRecord, Head
from limen.identity.audit.checkpoints import Checkpoint, digest
from limen.identity.audit.lines import line
from limen.identity.audit.pruning import Pruned, Pruning, pruning_digest
from limen.identity.audit.verify import CHECKPOINTS_AT_ONCE, RECORDS_AT_ONCE, LedgerReader
from limen.kernel.clock import Instant
from limen.kernel.encoding import b64url, canonical_json, framed

VERSION: Final = 1
EXPORTED: Final = "audit.exported"
"""The audit event that tells of an export; its subject is the tenant."""


@dataclass(frozen=True, slots=True)
class About:
    """What a header says: whose log, as of when, the last checkpoint, and the keys that signed."""

    tenant: str
    issuer: str
    at: Instant
    last: Checkpoint | None
    keys: Sequence[Mapping[str, Any]]


def header_fields(about: About, pruned: Pruning | None, kid: str) -> dict[str, Any]:
    """Return what the first line says, less its signature: a log up to a checkpoint, and up to the pruning *pruned*."""
    return {
        "at": about.at,
        "checkpoint": about.last.number if about.last else 0,
        "digest": digest(about.last).hex() if about.last else "",
        "issuer": about.issuer,
        "keys": list(about.keys),
        "kid": kid,
        "pruning": pruned.number if pruned else 0,
        "pruning_digest": pruning_digest(pruned).hex() if pruned else "",
        "tenant": about.tenant,
        "type": "audit",
        "v": VERSION,
    }


def header_bytes(fields: Mapping[str, Any]) -> bytes:
    """Return what the signature in a header covers: everything else in it."""
    return framed("limen-audit-export-v1", canonical_json({k: v for k, v in fields.items() if k != "signature"}))


def checkpoint_fields(one: Checkpoint) -> dict[str, Any]:
    """Return what the line of a checkpoint says."""
    return {
        "at": one.at,
        "heads": one.heads.decode(),
        "kid": one.kid,
        "number": one.number,
        "previous": one.previous.hex(),
        "root": one.root.hex(),
        "signature": b64url(one.signature),
        "tenant": str(one.tenant_id),
        "type": "checkpoint",
    }


def pruning_fields(one: Pruning) -> dict[str, Any]:
    """Return what the line of a pruning says."""
    return {
        "at": one.at,
        "before": one.before,
        "checkpoint": one.checkpoint,
        "checkpoint_hash": one.checkpoint_hash.hex(),
        "kid": one.kid,
        "number": one.number,
        "previous": one.previous.hex(),
        "signature": b64url(one.signature),
        "starts": one.starts.decode(),
        "tenant": str(one.tenant_id),
        "type": "pruning",
    }


def record_fields(record: AuditRecord) -> dict[str, Any]:
    """Return what the line of a record says."""
    return {
        "commitment": record.commitment.hex(),
        "hash": record.hash.hex(),
        "open": record.open_part.decode(),
        "segment": str(record.segment_id),
        "seq": record.seq,
        "type": "record",
    }


async def exported(reader: LedgerReader, last: Checkpoint | None, prunings: Sequence[Pruning]) -> AsyncIterator[bytes]:
    """Yield the lines behind the header, up to the checkpoint *last*; what the database lacks is missing here."""
    pruned = Pruned()
    for one in prunings:
        pruned.add(one)
        yield line(pruning_fields(one))
    ends: dict[str, Head] = {}
    number, until = pruned.floor, last.number if last else 0
    while number < until and (page := await reader.checkpoints(number, CHECKPOINTS_AT_ONCE)):
        for checkpoint in page:
            number = checkpoint.number
            if number > until:
                return
            for head in checkpoint.listed():
                begin = ends.get(head.segment_id) or pruned.start(head)
                async for record in _between(reader, begin, head):
                    yield line(record_fields(record))
                if not pruned.takes(head):
                    ends[head.segment_id] = head
            yield line(checkpoint_fields(checkpoint))


async def _between(reader: LedgerReader, begin: Head, end: Head) -> AsyncIterator[AuditRecord]:
    """Yield the records of a segment from one head to another, as far as they are there."""
    at = begin.next_seq
    while at < end.next_seq:
        page = await reader.records(end.segment_id, at, min(RECORDS_AT_ONCE, end.next_seq - at))
        for record in page:
            if record.seq >= end.next_seq:
                return
            yield record
        if not page:
            return
        at = page[-1].seq + 1
