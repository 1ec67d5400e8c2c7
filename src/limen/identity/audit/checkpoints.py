"""Signed checkpoints over the heads of a tenant's segments.

The tree is the one of RFC 6962 §2.1: leaves are hashed behind 0x00 and nodes behind 0x01, so that neither passes for
the other.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from limen.identity.audit.chain import GENESIS, Head
from limen.kernel.clock import Instant
from limen.kernel.encoding import canonical_json, framed, sha256
from limen.kernel.ids import SegmentId, TenantId


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a tenant's audit log was at one instant. ``signature`` is Ed25519 over :func:`signed_bytes`."""

    tenant_id: TenantId
    number: int
    at: Instant
    heads: bytes
    root: bytes
    previous: bytes
    kid: str = ""
    signature: bytes = b""

    def listed(self) -> list[Head]:
        """Return the heads that it names.

        Raises:
            ValueError: its list is none. Ours always is one: somebody else wrote it.
        """
        try:
            return [
                Head(self.tenant_id, SegmentId(str(name)), int(end), bytes.fromhex(hashed))
                for name, end, hashed in json.loads(self.heads)
            ]
        except (TypeError, OverflowError, RecursionError) as error:
            raise ValueError("no list of heads") from error


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Return the Merkle tree hash of *leaves* (RFC 6962 §2.1), 32 bytes."""
    if not leaves:
        return sha256()
    if len(leaves) == 1:
        return sha256(b"\x00", leaves[0])
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01", merkle_root(leaves[:split]), merkle_root(leaves[split:]))


def leaf(head: Head) -> bytes:
    """Return the bytes that stand for one segment's head."""
    return framed(head.segment_id, str(head.next_seq), head.hash)


def next_checkpoint(tenant_id: TenantId, last: Checkpoint | None, heads: Sequence[Head], at: Instant) -> Checkpoint:
    """Return the unsigned checkpoint that follows *last* over *heads*."""
    ordered = sorted(heads, key=lambda head: head.segment_id)
    listed = canonical_json([[head.segment_id, head.next_seq, head.hash.hex()] for head in ordered])
    return Checkpoint(
        tenant_id=tenant_id,
        number=last.number + 1 if last else 1,
        at=at,
        heads=listed,
        root=merkle_root([leaf(head) for head in ordered]),
        previous=digest(last) if last else GENESIS,
    )


def to_be_found(last: Checkpoint, heads: Sequence[Head]) -> "list[Head]":
    """Return the heads that *last* names and that are heads no longer: a record of theirs must still stand there."""
    standing = set(heads)
    return [head for head in last.listed() if head not in standing]


def signed_bytes(checkpoint: Checkpoint) -> bytes:
    """Return what the ledger key signs."""
    return framed(
        "limen-checkpoint-v1", checkpoint.tenant_id, str(checkpoint.number), str(checkpoint.at),
        checkpoint.heads, checkpoint.root, checkpoint.previous,
    )  # fmt: skip


def digest(checkpoint: Checkpoint) -> bytes:
    """Return the hash by which the next checkpoint names this one."""
    return sha256(signed_bytes(checkpoint))
