"""A checkpoint of the ledger outside of the database: a line of JSON that a witness keeps, and that verifies by itself.

It is the checkpoint as exports have it, with the issuer and the public key beside it. ``limen ledger checkpoint`` and
the API give out the same. Whoever keeps such lines elsewhere holds the ledger to them: that it has what it had, in the
same words. Whether the key is the right one is told by the lines that were kept before.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from limen.identity.audit.lines import KeyReader
from limen.identity.consents.chain import Checkpoint, signed_bytes
from limen.identity.consents.export import checkpoint_fields, read_checkpoint
from limen.kernel.strict_json import MalformedJson, strict_json

_BESIDE = ("issuer", "public_key")


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint that bears its key's signature, and whose it is."""

    issuer: str
    checkpoint: Checkpoint


def kept_fields(issuer: str, checkpoint: Checkpoint, public_key: Mapping[str, str]) -> dict[str, Any]:
    """Return what a witness keeps of *checkpoint*."""
    return {**checkpoint_fields(checkpoint), "issuer": issuer, "public_key": dict(public_key)}


def read_kept(fields: Any, read_key: KeyReader) -> Kept | None:
    """Return what *fields* hold, or None where they are no checkpoint that its key signed."""
    if not isinstance(fields, dict) or not isinstance(fields.get("issuer"), str):
        return None
    found = read_checkpoint({name: value for name, value in fields.items() if name not in _BESIDE})
    if found is None:
        return None
    is_signed = read_key({"alg": "EdDSA", "jwk": fields.get("public_key"), "kid": found.kid})
    if is_signed is None or not is_signed(found.signature, signed_bytes(found)):
        return None
    return Kept(fields["issuer"], found)


def read_line(line: bytes, read_key: KeyReader) -> Kept | None:
    """Return what a witness's line holds, or None where it is none."""
    try:
        return read_kept(strict_json(line), read_key)
    except MalformedJson:
        return None


class Witness:
    """Holds one ledger, as it is read from its beginning, to the checkpoints that were kept of it."""

    def __init__(self, kept: Iterable[Checkpoint]) -> None:
        """Take what was *kept*; two of one number that differ cannot both hold."""
        self._kept = sorted(kept, key=lambda one: (one.size, one.number))
        self._sizes = {one.size for one in self._kept}
        self._agreed = 0

    @property
    def count(self) -> int:
        """Return how many checkpoints there are to hold to."""
        return len(self._kept)

    def wrong_records(self, size: int, root: Callable[[], bytes], head: bytes) -> str:
        """Return what is wrong with the first *size* records; nothing where no checkpoint covers just them."""
        if size not in self._sizes:
            return ""
        reached = root(), head
        for one in self._kept:
            if one.size == size and (one.root, one.head) != reached:
                first = self._agreed + 1
                named = f"records {first} to {size} are" if first < size else f"record {size} is"
                return f"{named} not what the witness's checkpoint {one.number} covers"
        self._agreed = size
        return ""

    def wrong_checkpoint(self, found: Checkpoint) -> str:
        """Return what is wrong with a checkpoint; nothing where none of its number or size was kept."""
        alike = (one for one in self._kept if one.number == found.number or one.size == found.size)
        return "the witness holds another than this one" if any(one != found for one in alike) else ""

    def wrong_order(self, found: Checkpoint) -> str:
        """Return what is wrong with where a checkpoint stands: a later one covers more, an earlier one fewer."""
        for one in self._kept:
            if (one.number < found.number) is not (one.size < found.size) and one != found:
                held = f"the witness holds checkpoint {one.number} over {one.size} records"
                return f"{held}, and this one is over {found.size}"
        return ""

    def missed(self, size: int, number: int) -> tuple[str, str] | None:
        """Return where, and what, a ledger of so many records and checkpoints has lost; None where it has all."""
        for one in self._kept:
            if one.size > size:
                lost = (
                    f"record {size + 1} is missing: the witness holds checkpoint {one.number} over {one.size} records"
                )
                return f"the end, record {size + 1}", lost
            if one.number > number:
                return f"checkpoint {one.number}", "the witness holds it, and the file does not"
        return None

    def holds(self, found: Checkpoint) -> bool:
        """Tell whether just this checkpoint was kept."""
        return found in self._kept
