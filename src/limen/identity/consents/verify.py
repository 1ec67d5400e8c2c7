"""Verifying an exported ledger: no database, no secret, one pass in the memory of a page.

The first thing that is wrong is named. A record that was changed breaks the chain at its own place; one that was
dropped, doubled or moved is missed at its number; what was cut off at the end, the signed header knows of.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from limen.identity.audit.chain import GENESIS
from limen.identity.audit.lines import Fault, KeyReader, Keys, Numbered, numbered
from limen.identity.audit.verify import Broken
from limen.identity.consents.chain import Checkpoint, digest, link, signed_bytes
from limen.identity.consents.export import VERSION, header_bytes, read_checkpoint
from limen.identity.consents.purposes import Text, text_hash
from limen.identity.consents.records import read_open, record_leaf
from limen.identity.consents.tree import Frontier
from limen.identity.consents.witness import Witness
from limen.kernel.encoding import canonical_json

_HEADER: Final = frozenset(
    {"at", "checkpoints", "issuer", "keys", "kid", "records", "root", "signature", "tenant", "texts", "type", "v"}
)


@dataclass(frozen=True, slots=True)
class Intact:
    """An export without a fault: whose, how much, and the key that signed it.

    ``witnessed`` counts the checkpoints of a witness's that it was held to.
    """

    issuer: str
    records: int
    checkpoints: int
    kid: str
    root: bytes
    witnessed: int = 0


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an export of before said: so many records had this root."""

    size: int
    root: bytes


def verify_export(
    lines: Iterable[bytes],
    read_key: KeyReader,
    earlier: Earlier | None = None,
    witnessed: Iterable[Checkpoint] = (),
) -> Intact | Broken:
    """Verify the *lines* of an export, each with its end.

    Args:
        lines: the file's.
        read_key: reads the keys that the header names.
        earlier: what was exported before, to which it is held.
        witnessed: checkpoints that were kept elsewhere; those of other tenants are passed over.
    """
    try:
        return _Pass(numbered(lines, _hint), read_key, earlier).run(witnessed)
    except Fault as fault:
        return fault.broken


class _Pass:
    def __init__(self, lines: Iterator[Numbered], read_key: KeyReader, earlier: Earlier | None) -> None:
        self._lines, self._read_key, self._earlier = lines, read_key, earlier
        self._keys = Keys()
        self._tree, self._head = Frontier(), GENESIS
        self._last: Checkpoint | None = None
        self._witness = Witness(())

    def run(self, witnessed: Iterable[Checkpoint]) -> Intact:
        head = self._header()
        self._witness = Witness(one for one in witnessed if one.tenant_id == head["tenant"])
        for index, expected in enumerate(head["texts"]):
            self._text(index, expected)
        while self._tree.size < head["records"]:
            self._record(head["tenant"])
            if self._tree.size == head["records"] or self._is_due():
                self._checkpoint(head["tenant"])
        self._end(head)
        counted = head["records"], head["checkpoints"]
        return Intact(head["issuer"], *counted, head["kid"], self._tree.root(), self._witness.count)

    def _header(self) -> dict[str, Any]:
        where = "line 1, header"
        _, fields = next(self._lines, (0, {}))
        if (
            fields.get("type") != "ledger"
            or fields.keys() != _HEADER
            or fields["v"] != VERSION
            or not _is_typed(fields)
        ):
            raise Fault(where, "it is not the header of an exported ledger")
        if not all(self._keys.add(key, self._read_key) for key in fields["keys"]):
            raise Fault(where, "it names a key that is not the ledger's")
        if not self._keys.signed(fields["kid"], fields["signature"], header_bytes(fields)):
            raise Fault(where, "its signature is not that of the ledger key")
        return fields

    def _text(self, index: int, expected: str) -> None:
        number, fields = self._next("text", f"text {index + 1}")
        where = f"line {number}, text {index + 1}"
        names = {"body", "hash", "locale", "purpose", "title", "type", "version"}
        if fields.keys() != names or type(fields["version"]) is not int:
            raise Fault(where, "it is no text")
        try:
            said = text_hash(
                fields["purpose"], fields["version"], fields["locale"], Text(fields["title"], fields["body"])
            ).hex()
        except (AttributeError, TypeError):
            raise Fault(where, "it is no text") from None
        if said != expected or fields["hash"] != expected:
            raise Fault(where, "its words are not those that were hashed")

    def _record(self, tenant: str) -> None:
        seq = self._tree.size + 1
        number, fields = self._next("record", f"record {seq}")
        where = f"line {number}, record {seq}"
        if type(fields.get("seq")) is not int or fields["seq"] != seq:
            raise Fault(where, f"record {seq} is missing here")
        try:
            open_part, commitment = fields["open"].encode(), bytes.fromhex(fields["commitment"])
        except (KeyError, AttributeError, TypeError, ValueError):
            raise Fault(where, "it is no record") from None
        leaf = record_leaf(open_part, commitment)
        self._head = link(self._head, leaf)
        names = {"commitment", "hash", "open", "seq", "type"}
        if self._head.hex() != fields.get("hash") or fields.keys() != names or commitment.hex() != fields["commitment"]:
            raise Fault(where, "its hash does not follow from the record before it and its own content")
        said = read_open(open_part)
        if said is None or said.get("tenant") != tenant:
            raise Fault(where, "it is of another tenant")
        self._tree.add(leaf)
        earlier = self._earlier
        if earlier is not None and earlier.size == seq and earlier.root != self._tree.root():
            raise Fault(where, f"the first {seq} records are not those that were exported earlier")
        if wrong := self._witness.wrong_records(seq, self._tree.root, self._head):
            raise Fault(where, wrong)

    def _checkpoint(self, tenant: str) -> None:
        wanted = (self._last.number if self._last else 0) + 1
        number, fields = self._next("checkpoint", f"checkpoint {wanted}")
        where = f"line {number}, checkpoint {wanted}"
        found = read_checkpoint(fields)
        if found is None or found.tenant_id != tenant:
            raise Fault(where, "it is no checkpoint of this ledger")
        if found.number != wanted or found.previous != (digest(self._last) if self._last else GENESIS):
            raise Fault(where, f"checkpoint {wanted} is missing here, or does not name the one before it")
        if not self._keys.signed(found.kid, fields["signature"], signed_bytes(found)):
            raise Fault(where, "its signature is not that of the ledger key")
        if found.size > self._tree.size:
            missing = self._tree.size + 1
            raise Fault(f"line {number}, record {missing}", f"record {missing} is missing here")
        if found.size < self._tree.size:
            raise Fault(where, f"it belongs behind record {found.size}")
        if (found.size, found.root, found.head) != (self._tree.size, self._tree.root(), self._head):
            first = (self._last.size if self._last else 0) + 1
            raise Fault(where, f"what was signed is not records {first} to {self._tree.size} as they stand here")
        if wrong := self._witness.wrong_checkpoint(found):
            raise Fault(where, wrong)
        self._last = found

    def _end(self, head: dict[str, Any]) -> None:
        number = self._last.number if self._last else 0
        if (self._covered(), number) != (head["records"], head["checkpoints"]):
            raise Fault("the end", "not every record is covered by a checkpoint")
        if head["records"] and head["root"] != self._tree.root().hex():
            raise Fault("line 1, header", "its root is not that of the records")
        if self._earlier is not None and self._earlier.size > self._tree.size:
            raise Fault("the end", f"{self._earlier.size} records were exported earlier")
        if missed := self._witness.missed(self._tree.size, number):
            raise Fault(*missed)
        for surplus, _ in self._lines:
            raise Fault(f"line {surplus}", "nothing may follow here")

    def _is_due(self) -> bool:
        """Tell whether the next line is a checkpoint: looked at, and put back."""
        following = next(self._lines, None)
        if following is None:
            raise Fault("the end", f"record {self._tree.size + 1} is missing")
        self._lines = _before(following, self._lines)
        return following[1].get("type") == "checkpoint"

    def _next(self, kind: str, named: str) -> Numbered:
        found = next(self._lines, None)
        if found is None:
            raise Fault("the end", f"{named} is missing")
        if found[1].get("type") != kind:
            raise Fault(f"line {found[0]}, {named}", f"{named} is missing here")
        return found

    def _covered(self) -> int:
        return self._last.size if self._last else 0


def _is_typed(fields: dict[str, Any]) -> bool:
    numbers = all(type(fields[name]) is int for name in ("at", "checkpoints", "records", "v"))
    texts = all(isinstance(fields[name], str) for name in ("issuer", "kid", "root", "signature", "tenant"))
    return numbers and texts and isinstance(fields["keys"], list) and isinstance(fields["texts"], list)


def _hint(fields: Any) -> str:
    """Say which line it seems to be."""
    if not isinstance(fields, dict):
        return "it is not a line of an export: not JSON"
    named = canonical_json([fields.get("type"), fields.get("seq", fields.get("number", ""))])
    return f"it is not a line of an export: not the canonical JSON of {named.decode()[:80]}"


def _before(first: Numbered, rest: Iterator[Numbered]) -> Iterator[Numbered]:
    yield first
    yield from rest
