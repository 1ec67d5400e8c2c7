"""Verifying an exported audit log: no database, no secret, one pass in the memory of the ends of its segments.

The first thing that is wrong is named. A record that was changed breaks its chain at its own place; one that was
dropped, doubled or moved is missed at its number; a segment that was dropped or cut short is missed by the next
checkpoint, and what was cut off at the end by the signed header.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from limen.identity.audit.chain import OPENED, AuditRecord, Head, behind, named_fields, wrong_with
from limen.identity.audit.checkpoints import Checkpoint, digest, leaf, merkle_root, signed_bytes
from limen.identity.audit.export import VERSION, checkpoint_fields, header_bytes, pruning_fields
from limen.identity.audit.lines import Fault, KeyReader, Keys, Numbered, numbered
from limen.identity.audit.pruning import Pruned, Pruning, pruning_bytes, pruning_digest
from limen.identity.audit.verify import Broken
from limen.kernel.encoding import from_b64url
from limen.kernel.ids import SegmentId, TenantId

_HEADER: Final = {
    "at": int,
    "checkpoint": int,
    "digest": str,
    "issuer": str,
    "keys": list,
    "kid": str,
    "pruning": int,
    "pruning_digest": str,
    "signature": str,
    "tenant": str,
    "type": str,
    "v": int,
}
_REMEMBERED: Final = 10_000
"""Checkpoints whose roots are held: the opening of a segment names one of the last."""
_NO_LINE: Final = "it is no line of an exported audit log"
_UNSIGNED: Final = "it bears no signature of the log's key"


@dataclass(frozen=True, slots=True)
class Intact:
    """An export without a fault: whose, how much, and the key that signed it.

    ``checkpoints`` is the number of the last one; retention took those up to ``pruned``.
    """

    issuer: str
    records: int
    segments: int
    checkpoints: int
    pruned: int
    kid: str


def verify_export(
    lines: Iterable[bytes], read_key: KeyReader, key: str = "", witnessed: Iterable[Checkpoint] = ()
) -> Intact | Broken:
    """Verify the *lines* of an export, each with its end.

    Args:
        lines: the file's.
        read_key: reads the keys that the header names.
        key: the thumbprint of the key that has to have signed, learnt elsewhere; empty for the one the file names.
        witnessed: checkpoints that were kept elsewhere; those of other tenants are passed over.
    """
    try:
        return _Pass(numbered(lines, lambda _: _NO_LINE), read_key, key).run({one.number: one for one in witnessed})
    except Fault as fault:
        return fault.broken


class _Pass:
    def __init__(self, lines: Iterator[Numbered], read_key: KeyReader, key: str) -> None:
        self._lines, self._read_key, self._key = lines, read_key, key
        self._keys = Keys()
        self._tenant = TenantId("")
        self._pruned = Pruned()
        self._ends: dict[str, Head] = {}
        self._place = ("", -1)
        self._last: Checkpoint | None = None
        self._roots: OrderedDict[int, bytes] = OrderedDict()
        self._records = 0

    def run(self, witnessed: Mapping[int, Checkpoint]) -> Intact:
        head = self._header()
        self._prunings(head)
        while self._number() < head["checkpoint"]:
            number, fields = self._next(f"checkpoint {self._number() + 1}")
            if fields.get("type") == "record":
                self._record(f"line {number}", fields)
            else:
                self._checkpoint(f"line {number}", fields, witnessed)
        for number, _ in self._lines:
            raise Fault(f"line {number}", "nothing may follow here")
        if head["digest"] != (digest(self._last).hex() if self._last else ""):
            raise Fault(f"checkpoint {head['checkpoint']}", "it is not the one that the header names")
        for one in witnessed.values():
            if one.tenant_id == self._tenant and one.number > max(self._number(), self._pruned.floor):
                raise Fault(f"checkpoint {one.number}", "the witness holds it, and the file does not")
        return Intact(head["issuer"], self._records, len(self._ends), self._number(), self._pruned.floor, head["kid"])

    def _number(self) -> int:
        return self._last.number if self._last else self._pruned.floor

    def _header(self) -> dict[str, Any]:
        where = "line 1, header"
        _, fields = next(self._lines, (0, {}))
        is_typed = fields.keys() == _HEADER.keys() and all(type(fields[n]) is kind for n, kind in _HEADER.items())
        if not is_typed or fields["type"] != "audit" or fields["v"] != VERSION:
            raise Fault(where, "it is not the header of an exported audit log")
        if not all(self._keys.add(one, self._read_key) for one in fields["keys"]):
            raise Fault(where, "it names what is no key of its name")
        if self._key not in {"", fields["kid"]}:
            raise Fault(where, "it is signed by another key than the expected one")
        if not self._keys.signed(fields["kid"], fields["signature"], header_bytes(fields)):
            raise Fault(where, _UNSIGNED)
        self._tenant = TenantId(fields["tenant"])
        return fields

    def _prunings(self, head: Mapping[str, Any]) -> None:
        last: Pruning | None = None
        for wanted in range(1, head["pruning"] + 1):
            number, fields = self._next(f"pruning {wanted}")
            where, found = f"line {number}, pruning {wanted}", _read_pruning(fields)
            if found is None or found.tenant_id != self._tenant or found.number != wanted:
                raise Fault(where, f"pruning {wanted} is missing here")
            if found.previous != (pruning_digest(last) if last else bytes(32)):
                raise Fault(where, "it does not name the pruning before it")
            if not self._keys.signed(found.kid, fields["signature"], pruning_bytes(found)):
                raise Fault(where, _UNSIGNED)
            if not _is_added(self._pruned, found):
                raise Fault(where, "it takes back what an earlier one took")
            last = found
        if head["pruning_digest"] != (pruning_digest(last).hex() if last else ""):
            raise Fault("line 1, header", "it names another pruning than the last one here")

    def _record(self, where: str, fields: Mapping[str, Any]) -> None:
        record = _read_record(self._tenant, fields)
        if record is None:
            raise Fault(where, _NO_LINE)
        where = f"{where}, record {record.segment_id}:{record.seq}"
        begin = Head(self._tenant, record.segment_id)
        wrong = wrong_with(self._ends.get(record.segment_id) or self._pruned.start(begin), record)
        if wrong:
            raise Fault(where, wrong)
        if (record.segment_id, record.seq) <= self._place:
            raise Fault(where, "it stands behind one that follows it")
        if record.event == OPENED:
            self._opening(where, record)
        self._place = record.segment_id, record.seq
        self._ends[record.segment_id] = behind(record)
        self._records += 1

    def _opening(self, where: str, record: AuditRecord) -> None:
        said = named_fields(record.open_part).get("data")
        data: dict[str, Any] = said if isinstance(said, dict) else {}
        number = data.get("checkpoint")
        if type(number) is not int or not 0 <= number <= self._number():
            raise Fault(where, "the opening of its segment names a checkpoint that is not there")
        if number in self._roots and self._roots[number].hex() != data.get("root"):
            raise Fault(where, f"the opening of its segment names another checkpoint {number} than the one here")

    def _checkpoint(self, where: str, fields: Mapping[str, Any], witnessed: Mapping[int, Checkpoint]) -> None:
        wanted, found = self._number() + 1, _read_checkpoint(fields)
        where = f"{where}, checkpoint {wanted}"
        named = digest(self._last) if self._last else self._pruned.floors[self._pruned.floor]
        if found is None or found.tenant_id != self._tenant:
            raise Fault(where, _NO_LINE)
        if found.number != wanted or found.previous != named:
            raise Fault(where, f"checkpoint {wanted} is missing here, or does not name the one before it")
        if not self._keys.signed(found.kid, fields["signature"], signed_bytes(found)):
            raise Fault(where, _UNSIGNED)
        if witnessed.get(wanted, found) != found and witnessed[wanted].tenant_id == self._tenant:
            raise Fault(where, "the witness holds another than this file")
        self._covers(where, found)
        self._last, self._place, self._roots[wanted] = found, ("", -1), found.root
        if len(self._roots) > _REMEMBERED:
            self._roots.popitem(last=False)

    def _covers(self, where: str, found: Checkpoint) -> None:
        """See to it that a checkpoint names every segment that stands here, where it ends here."""
        try:
            heads = found.listed()
        except ValueError:
            raise Fault(where, _NO_LINE) from None
        if found.root != merkle_root([leaf(head) for head in heads]):
            raise Fault(where, "its root is not that of the heads it lists")
        for head in heads:
            end = self._ends.get(head.segment_id)
            if end == head or (end is None and self._pruned.takes(head)):
                continue
            reached = (end or self._pruned.start(head)).next_seq
            if reached < head.next_seq:
                place = f"record {head.segment_id}:{reached}"
                raise Fault(f"{where}, {place}", f"{place} is missing here")
            raise Fault(where, f"what was signed of segment {head.segment_id} is not what stands here")
        surplus = self._ends.keys() - {str(head.segment_id) for head in heads}
        if surplus:
            raise Fault(where, f"segment {min(surplus)} stands here, and it does not name it")

    def _next(self, named: str) -> Numbered:
        found = next(self._lines, None)
        if found is None:
            raise Fault("the end", f"{named} is missing")
        return found


def _read_record(tenant_id: TenantId, fields: Mapping[str, Any]) -> AuditRecord | None:
    """Return the record that *fields* are; its columns are taken from what was hashed."""
    try:
        said = named_fields(fields["open"].encode())
        record = AuditRecord(
            tenant_id=tenant_id,
            segment_id=SegmentId(fields["segment"]),
            seq=fields["seq"],
            at=said["at"],
            event=said["event"],
            subject=said["subject"],
            open_part=fields["open"].encode(),
            commitment=bytes.fromhex(fields["commitment"]),
            sealed=b"",
            hash=bytes.fromhex(fields["hash"]),
        )
        is_typed = type(fields["seq"]) is int and len(fields) == 6  # no others than were just read
        is_canonical = (record.commitment.hex(), record.hash.hex()) == (fields["commitment"], fields["hash"])
        return record if is_typed and is_canonical and fields["type"] == "record" else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _read_checkpoint(fields: Mapping[str, Any]) -> Checkpoint | None:
    try:
        found = Checkpoint(
            tenant_id=TenantId(fields["tenant"]),
            number=fields["number"],
            at=fields["at"],
            heads=fields["heads"].encode(),
            root=bytes.fromhex(fields["root"]),
            previous=bytes.fromhex(fields["previous"]),
            kid=fields["kid"],
            signature=from_b64url(fields["signature"]),
        )
        is_typed = all(type(fields[name]) is int for name in ("number", "at"))
        return found if is_typed and checkpoint_fields(found) == fields else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _read_pruning(fields: Mapping[str, Any]) -> Pruning | None:
    try:
        found = Pruning(
            tenant_id=TenantId(fields["tenant"]),
            number=fields["number"],
            at=fields["at"],
            before=fields["before"],
            starts=fields["starts"].encode(),
            checkpoint=fields["checkpoint"],
            checkpoint_hash=bytes.fromhex(fields["checkpoint_hash"]),
            previous=bytes.fromhex(fields["previous"]),
            kid=fields["kid"],
            signature=from_b64url(fields["signature"]),
        )
        is_typed = all(type(fields[name]) is int for name in ("number", "at", "before", "checkpoint"))
        return found if is_typed and pruning_fields(found) == fields else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _is_added(pruned: Pruned, one: Pruning) -> bool:
    try:
        return pruned.add(one)
    except ValueError:
        return False
