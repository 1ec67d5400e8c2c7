"""The tenant's one chain over its records, and the signed tree heads over it: pure functions."""

from collections.abc import Iterable
from dataclasses import dataclass

from limen.identity.audit.chain import GENESIS
from limen.kernel.clock import Instant
from limen.kernel.encoding import framed, sha256
from limen.kernel.ids import RecordId, TenantId


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands: its number from 1, its leaf, and the chain's hash after it (32 bytes each)."""

    seq: int
    record_id: RecordId
    leaf: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: how many records it has, and its hash."""

    size: int = 0
    hash: bytes = GENESIS


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed tree head: what the ledger was at one instant. ``signature`` covers :func:`signed_bytes`.

    Attributes:
        size: how many records there were.
        root: the Merkle root over their leaves (RFC 9162 §2.1.1).
        head: the chain's hash after the last of them.
        previous: the digest of the checkpoint before, 32 zero bytes for the first.
    """

    tenant_id: TenantId
    number: int
    at: Instant
    size: int
    root: bytes
    head: bytes
    previous: bytes
    kid: str = ""
    signature: bytes = b""


def link(previous: bytes, leaf: bytes) -> bytes:
    """Return the chain's hash after *leaf*."""
    return sha256(previous, leaf)


def placed(head: Head, records: Iterable[tuple[RecordId, bytes]]) -> list[Place]:
    """Return the places of *records* (identifier and leaf) behind *head*."""
    places: list[Place] = []
    seq, previous = head.size, head.hash
    for record_id, leaf in records:
        seq, previous = seq + 1, link(previous, leaf)
        places.append(Place(seq, record_id, leaf, previous))
    return places


def next_checkpoint(last: Checkpoint | None, head: Head, root: bytes, tenant_id: TenantId, at: Instant) -> Checkpoint:
    """Return the unsigned checkpoint that follows *last*."""
    return Checkpoint(
        tenant_id=tenant_id,
        number=last.number + 1 if last else 1,
        at=at,
        size=head.size,
        root=root,
        head=head.hash,
        previous=digest(last) if last else GENESIS,
    )


def signed_bytes(checkpoint: Checkpoint) -> bytes:
    """Return what the ledger key signs."""
    return framed(
        "limen-consents-checkpoint-v1", checkpoint.tenant_id, str(checkpoint.number), str(checkpoint.at),
        str(checkpoint.size), checkpoint.root, checkpoint.head, checkpoint.previous, checkpoint.kid,
    )  # fmt: skip


def digest(checkpoint: Checkpoint) -> bytes:
    """Return the hash by which the next checkpoint names this one."""
    return sha256(signed_bytes(checkpoint))
