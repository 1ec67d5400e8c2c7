"""Proofs of inclusion and of consistency, as the API hands them out, verified off line (RFC 9162 §2.1.3.2, §2.1.4.2).

A proof of inclusion says that a record is in the ledger that one checkpoint signs; a proof of consistency that this
ledger begins with that of an earlier checkpoint, which somebody kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from limen.identity.audit.lines import KeyReader
from limen.identity.audit.verify import Broken
from limen.identity.consents.chain import Checkpoint
from limen.identity.consents.records import read_open, record_leaf
from limen.identity.consents.tree import extends, includes
from limen.identity.consents.witness import Kept, Witness, read_kept
from limen.kernel.strict_json import MalformedJson, strict_json

INCLUSION: Final = frozenset({"checkpoint", "commitment", "leaf", "open", "path", "seq"})
CONSISTENCY: Final = frozenset({"checkpoint", "path", "size"})
_HASH_BYTES: Final = 32
_TALLEST: Final = 130
"""Nodes of a path: two for each level of a tree that no disk holds."""


@dataclass(frozen=True, slots=True)
class Included:
    """A record is proven to stand at the number ``seq`` under a checkpoint."""

    record_id: str
    seq: int
    under: Kept


@dataclass(frozen=True, slots=True)
class Extended:
    """The ledger under a checkpoint is proven to begin with that under an earlier one."""

    earlier: Checkpoint
    under: Kept


def read_proof(content: bytes) -> Mapping[str, Any] | None:
    """Return the proof that *content* is, or None where it is something else."""
    try:
        fields: Any = strict_json(content)
    except MalformedJson:
        return None
    return fields if isinstance(fields, dict) and fields.keys() in (INCLUSION, CONSISTENCY) else None


def verify_inclusion(proof: Mapping[str, Any], read_key: KeyReader) -> Included | Broken:
    """Verify a proof of inclusion."""
    under, path = read_kept(proof["checkpoint"], read_key), _path(proof["path"])
    if under is None or path is None:
        return _NO_CHECKPOINT if under is None else _NO_PROOF
    try:
        open_part, commitment = proof["open"].encode(), bytes.fromhex(proof["commitment"])
        said = read_open(open_part) or {}
        leaf, seq = record_leaf(open_part, commitment), proof["seq"]
        if leaf.hex() != proof["leaf"] or said.get("tenant") != under.checkpoint.tenant_id:
            return Broken("record", "it is not what the leaf was made of")
        is_in = type(seq) is int and includes(leaf, (seq - 1, under.checkpoint.size), path, under.checkpoint.root)
        return Included(str(said["id"]), seq, under) if is_in else _NOT_PROVEN
    except (AttributeError, KeyError, TypeError, ValueError):
        return _NO_PROOF


def verify_consistency(
    proof: Mapping[str, Any], read_key: KeyReader, witnessed: Iterable[Checkpoint]
) -> Extended | Broken | None:
    """Verify a proof of consistency with a checkpoint that was *witnessed*; None where none of its size was."""
    under, path = read_kept(proof["checkpoint"], read_key), _path(proof["path"])
    if under is None or path is None:
        return _NO_CHECKPOINT if under is None else _NO_PROOF
    after, size = under.checkpoint, proof["size"]
    mine = [one for one in witnessed if one.tenant_id == after.tenant_id]
    witness = Witness(mine)
    if wrong := witness.wrong_checkpoint(after) or witness.wrong_order(after):
        return Broken(f"checkpoint {after.number}", wrong)
    earlier = [one for one in mine if one.size == size]
    for before in earlier:
        is_later = before == after or (before.number < after.number and before.size < after.size)
        if not is_later or not extends((before.size, before.root), (after.size, after.root), path):
            what = f"it does not begin with the {size} records of the witness's checkpoint {before.number}"
            return Broken(f"checkpoint {after.number}", what)
    return Extended(earlier[0], under) if earlier else None


_NO_CHECKPOINT: Final = Broken("checkpoint", "it is no checkpoint that the expected key signed")
_NOT_PROVEN: Final = Broken("path", "it does not lead from the record to what was signed")
_NO_PROOF: Final = Broken("proof", "it is no proof of inclusion or of consistency")


def _path(nodes: Any) -> Sequence[bytes] | None:
    """Return the hashes of a path, or None where it is none."""
    if not isinstance(nodes, list) or len(nodes) > _TALLEST:
        return None
    try:
        found = [bytes.fromhex(node) for node in nodes]
    except (TypeError, ValueError):
        return None
    return found if all(len(node) == _HASH_BYTES for node in found) else None
