"""Verifying a tenant's whole audit log, page by page.

Three questions, each asked of the database and of nothing else: does every segment hang together, is every checkpoint
signed and linked to the one before, and does what the checkpoints name still stand there. What was taken out by a
retention rule is where signed prunings say that it was, and nowhere else. Memory holds one page, the heads that one
checkpoint names, and where pruned segments begin.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from limen.identity.audit.chain import AuditRecord, Head, behind, named_fields, wrong_with
from limen.identity.audit.checkpoints import Checkpoint, digest, leaf, merkle_root
from limen.identity.audit.pruning import Pruned, Pruning, pruning_digest
from limen.kernel.ids import SegmentId, TenantId

RECORDS_AT_ONCE: Final = 1_000
CHECKPOINTS_AT_ONCE: Final = 50
VERIFIED: Final = "audit.verified"
"""The audit event that tells of a verification; its subject is the tenant."""

Signed = Callable[[Checkpoint | Pruning], bool]
"""Tells whether a checkpoint, or a pruning, bears a signature of the tenant's own ledger key."""


class LedgerReader(Protocol):
    """Reads one tenant's ledger in pages, each in a transaction of its own: the log only grows."""

    async def segments(self, after: str, limit: int) -> Sequence[SegmentId]:
        """Return up to *limit* segments that were opened, in order, behind *after*."""
        ...

    async def records(self, segment_id: SegmentId, from_seq: int, limit: int) -> Sequence[AuditRecord]:
        """Return up to *limit* records of a segment from *from_seq* on, in order."""
        ...

    async def strays(self) -> SegmentId | None:
        """Return a segment that has records and was never opened, or None."""
        ...

    async def checkpoints(self, after: int, limit: int) -> Sequence[Checkpoint]:
        """Return up to *limit* checkpoints behind the number *after*, in order."""
        ...

    async def prunings(self, after: int, limit: int) -> Sequence[Pruning]:
        """Return up to *limit* prunings behind the number *after*, in order."""
        ...

    async def hashes(self, heads: Sequence[Head]) -> Sequence[bytes | None]:
        """Return the hash of the last record that each head names; None where there is no such record."""
        ...


@dataclass(frozen=True, slots=True)
class Whole:
    """An audit log without a fault: how much of it there is, and its last checkpoint.

    ``checkpoints`` is the number of the last one; those up to ``pruned``, and what they alone covered, were taken out.
    """

    records: int
    segments: int
    checkpoints: int
    last: Checkpoint | None
    pruned: int = 0
    prunings: int = 0


@dataclass(frozen=True, slots=True)
class Broken:
    """The first fault: where it is (``record seg_…:17``, ``checkpoint 5``) and what it is."""

    where: str
    what: str


async def verify_ledger(reader: LedgerReader, tenant_id: TenantId, is_signed: Signed) -> Whole | Broken:
    """Verify everything that *reader* can see of the tenant's audit log."""
    taken = await _verify_prunings(reader, tenant_id, is_signed)
    if isinstance(taken, Broken):
        return taken
    pruned, prunings = taken
    checkpoints = await _verify_checkpoints(reader, tenant_id, is_signed, pruned)
    if isinstance(checkpoints, Broken):
        return checkpoints
    records = segments = 0
    after = ""
    while page := await reader.segments(after, RECORDS_AT_ONCE):
        for segment_id in page:
            outcome = await _verify_segment(reader, Head(tenant_id, segment_id), pruned)
            if isinstance(outcome, Broken):
                return outcome
            records, segments = records + outcome, segments + 1
        after = page[-1]
    stray = await reader.strays()
    if stray is not None:
        return Broken(f"record {stray}:0", "its segment was never opened")
    return Whole(records, segments, checkpoints[0], checkpoints[1], pruned.floor, prunings)


async def _verify_prunings(reader: LedgerReader, tenant_id: TenantId, is_signed: Signed) -> tuple[Pruned, int] | Broken:
    pruned, last = Pruned(), None
    while page := await reader.prunings(last.number if last else 0, CHECKPOINTS_AT_ONCE):
        for one in page:
            where = f"pruning {one.number}"
            if one.number != (last.number + 1 if last else 1):
                return Broken(where, f"pruning {last.number + 1 if last else 1} is missing")
            if one.previous != (pruning_digest(last) if last else bytes(32)):
                return Broken(where, "it does not name the pruning before it")
            if one.tenant_id != tenant_id or not is_signed(one):
                return Broken(where, _UNSIGNED)
            if not _is_added(pruned, one):
                return Broken(where, "it takes back what an earlier one took")
            last = one
    return pruned, last.number if last else 0


def _is_added(pruned: Pruned, one: Pruning) -> bool:
    try:
        return pruned.add(one)
    except ValueError:
        return False


async def _verify_segment(reader: LedgerReader, opened: Head, pruned: Pruned) -> int | Broken:
    """Return how many records a segment has."""
    head = start = pruned.start(opened)
    while page := await reader.records(head.segment_id, head.next_seq, RECORDS_AT_ONCE):
        if head.next_seq == 0:
            wrong = await _named_wrongly(reader, page[0], pruned)
            if wrong:
                return Broken(_place(page[0]), wrong)
        for record in page:
            wrong = wrong_with(head, record)
            if wrong:
                return Broken(_place(record), wrong)
            head = behind(record)
    if not head.next_seq:
        return Broken(f"record {head.segment_id}:0", "its segment was opened and has no record")
    return head.next_seq - start.next_seq


async def _named_wrongly(reader: LedgerReader, opening: AuditRecord, pruned: Pruned) -> str:
    """Return what is wrong with the checkpoint that a segment's opening names."""
    data = named_fields(opening.open_part).get("data")
    if not isinstance(data, dict) or not isinstance(number := data.get("checkpoint"), int):
        return "the opening of its segment names no checkpoint"
    if 0 <= number <= pruned.floor:
        return ""
    found = await reader.checkpoints(number - 1, 1)
    if not found or found[0].number != number or found[0].root.hex() != data.get("root"):
        return f"the opening of its segment names a checkpoint {number} that is not there"
    return ""


async def _verify_checkpoints(
    reader: LedgerReader, tenant_id: TenantId, is_signed: Signed, pruned: Pruned
) -> tuple[int, Checkpoint | None] | Broken:
    last: Checkpoint | None = None
    named: dict[str, Head] = {}
    while page := await reader.checkpoints(last.number if last else 0, CHECKPOINTS_AT_ONCE):
        for checkpoint in page:
            where = f"checkpoint {checkpoint.number}"
            heads = _heads(checkpoint)
            wrong = _wrong_checkpoint(last, checkpoint, heads, pruned) or ("" if is_signed(checkpoint) else _UNSIGNED)
            if wrong or heads is None or checkpoint.tenant_id != tenant_id:
                return Broken(where, wrong or _UNSIGNED)
            lost = await _lost(reader, named, heads, pruned)
            if lost is not None:
                return Broken(f"record {lost.segment_id}:{lost.next_seq - 1}", f"{where} names it, and it is not there")
            last, named = checkpoint, {head.segment_id: head for head in heads}
    if last is None and pruned.floor:
        return Broken(f"checkpoint {pruned.floor + 1}", f"checkpoint {pruned.floor + 1} is missing")
    return (last.number if last else 0), last


_UNSIGNED: Final = "it bears no signature of the tenant's ledger key"


def _wrong_checkpoint(
    last: Checkpoint | None, checkpoint: Checkpoint, heads: Sequence[Head] | None, pruned: Pruned
) -> str:
    before = last.number if last else checkpoint.number - 1
    named = digest(last) if last else pruned.floors.get(before)
    if checkpoint.number != before + 1 or named is None:
        return f"checkpoint {before + 1 if last else pruned.floor + 1} is missing"
    if checkpoint.previous != named:
        return "it does not name the checkpoint before it"
    if heads is None or checkpoint.root != merkle_root([leaf(head) for head in heads]):
        return "its root is not that of the heads it lists"
    return ""


async def _lost(reader: LedgerReader, before: dict[str, Head], heads: Sequence[Head], pruned: Pruned) -> Head | None:
    """Return a head that is not in the log, or that a later checkpoint left out or set back.

    What the checkpoint before named in the same words has been looked up already.
    """
    here = {head.segment_id: head for head in heads}
    for name, earlier in before.items():
        later = here.get(SegmentId(name))
        if later.next_seq < earlier.next_seq if later else not pruned.takes(earlier):
            return earlier
    fresh = [head for head in heads if before.get(head.segment_id) != head and not pruned.takes(head)]
    for start in range(0, len(fresh), RECORDS_AT_ONCE):
        some = fresh[start : start + RECORDS_AT_ONCE]
        for head, found in zip(some, await reader.hashes(some), strict=True):
            if found != head.hash:
                return head
    return None


def _heads(checkpoint: Checkpoint) -> list[Head] | None:
    """Return the heads that a checkpoint lists, or None where its list is none."""
    try:
        return checkpoint.listed()
    except ValueError:
        return None


def _place(record: AuditRecord) -> str:
    return f"record {record.segment_id}:{record.seq}"
