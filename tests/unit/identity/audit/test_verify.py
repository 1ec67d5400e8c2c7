"""Verifying a ledger that somebody may have been at."""

from dataclasses import replace

import msgspec
import pytest

from limen.identity.audit.chain import GENESIS, AuditRecord, Head, extend, first_break, link, opening
from limen.identity.audit.checkpoints import Checkpoint, digest, next_checkpoint
from limen.identity.audit.pruning import Floor, Pruning, next_pruning
from limen.identity.audit.verify import Broken, Whole, verify_ledger
from limen.identity.audit.witness import read, written
from limen.kernel.events import AuditEntry
from limen.kernel.ids import SegmentId, TenantId
from tests.support.clock import ManualClock
from tests.support.entropy import SeededEntropy

pytestmark = pytest.mark.anyio
CLOCK, ENTROPY = ManualClock(), SeededEntropy()
TENANT = TenantId.new(CLOCK, ENTROPY)
OTHER = TenantId.new(CLOCK, ENTROPY)


class Ledger:
    """A ledger in memory, with everything in the attacker's reach."""

    def __init__(self) -> None:
        self.opened: list[SegmentId] = []
        self.log: dict[SegmentId, list[AuditRecord]] = {}
        self.signed: list[Checkpoint] = []
        self.taken: list[Pruning] = []

    def open(self, number: int = 0, root: bytes = b"") -> SegmentId:
        segment_id = SegmentId.new(CLOCK, ENTROPY)
        self.opened.append(segment_id)
        self.log[segment_id] = extend(Head(TENANT, segment_id), 1, [(opening(number, root, "w"), None)])[1]
        return segment_id

    def add(self, segment_id: SegmentId, *subjects: str) -> None:
        last = self.log[segment_id][-1]
        head = Head(TENANT, segment_id, last.seq + 1, last.hash)
        entries = [(AuditEntry("thing.done", subject=subject), None) for subject in subjects]
        self.log[segment_id] += extend(head, 2, entries)[1]

    def sign(self) -> None:
        heads = [Head(TENANT, name, len(log), log[-1].hash) for name, log in self.log.items()]
        checkpoint = next_checkpoint(TENANT, self.signed[-1] if self.signed else None, heads, len(self.signed) + 3)
        self.signed.append(replace(checkpoint, kid="k", signature=b"good"))

    def prune(self, starts: dict[SegmentId, int], floor: int = 0) -> None:
        """Take out the beginnings of segments, and the first checkpoints, by a signed pruning."""
        hashes = {(name, record.seq + 1): record.hash for name, log in self.log.items() for record in log}
        heads = [Head(TENANT, name, first, hashes[name, first]) for name, first in starts.items()]
        last = self.taken[-1] if self.taken else None
        hashed = digest(self.signed[floor - 1]) if floor else (last.checkpoint_hash if last else GENESIS)
        floor = floor or (last.checkpoint if last else 0)
        made = next_pruning(last, 99, heads, Floor(floor, hashed), (TENANT, 99))
        self.taken.append(replace(made, kid="k", signature=b"good"))
        for name, first in starts.items():
            self.log[name] = [record for record in self.log[name] if record.seq >= first]
        self.signed = [one for one in self.signed if one.number > floor]

    def tamper(self, segment_id: SegmentId, seq: int, **changes: object) -> None:
        self.log[segment_id][seq] = msgspec.structs.replace(self.log[segment_id][seq], **changes)

    async def segments(self, after: str, limit: int):
        return sorted(name for name in self.opened if name > after)[:limit]

    async def records(self, segment_id: SegmentId, from_seq: int, limit: int):
        return [record for record in self.log.get(segment_id, []) if record.seq >= from_seq][:limit]

    async def strays(self):
        return next((name for name in self.log if name not in self.opened), None)

    async def checkpoints(self, after: int, limit: int):
        return [one for one in self.signed if one.number > after][:limit]

    async def prunings(self, after: int, limit: int):
        return [one for one in self.taken if one.number > after][:limit]

    async def hashes(self, heads):
        found = {(r.segment_id, r.seq): r.hash for log in self.log.values() for r in log}
        return [found.get((head.segment_id, head.next_seq - 1)) for head in heads]


@pytest.fixture
def ledger() -> tuple[Ledger, SegmentId, SegmentId]:
    made = Ledger()
    first = made.open()
    made.add(first, "cus_a", "cus_b")
    made.sign()
    second = made.open(1, made.signed[0].root)
    made.add(first, "cus_c")
    made.add(second, "cus_d")
    made.sign()
    return made, first, second


async def verified(ledger: Ledger) -> Whole | Broken:
    return await verify_ledger(ledger, TENANT, lambda checkpoint: checkpoint.signature == b"good")


async def test_a_whole_ledger_is_counted(ledger):
    made, *_ = ledger
    assert await verified(made) == Whole(records=6, segments=2, checkpoints=2, last=made.signed[-1])


async def test_an_empty_ledger_is_whole():
    assert await verified(Ledger()) == Whole(0, 0, 0, None)


@pytest.mark.parametrize(
    ("column", "value"), [("event", "thing.undone"), ("subject", "cus_x"), ("at", 99), ("tenant_id", OTHER)]
)
async def test_a_column_that_is_not_what_was_hashed_is_found(ledger, column, value):
    made, first, _ = ledger
    made.tamper(first, 2, **{column: value})
    broken = await verified(made)
    assert isinstance(broken, Broken)
    assert broken.where == f"record {first}:2"
    assert f"column {column.removesuffix('_id')}" in broken.what
    assert first_break(made.log[first]) == 2


async def test_a_rewritten_record_breaks_the_chain_behind_it(ledger):
    made, first, _ = ledger
    honest = made.log[first][1]
    forged = honest.open_part.replace(b"cus_a", b"cus_z")
    hashed = link(made.log[first][0].hash, forged, honest.commitment)
    made.tamper(first, 1, open_part=forged, subject="cus_z", hash=hashed)
    broken = await verified(made)
    assert isinstance(broken, Broken)
    assert broken.where == f"record {first}:2"


async def test_an_open_part_that_is_no_list_is_found(ledger):
    made, first, _ = ledger
    previous = made.log[first][2]
    made.tamper(first, 3, open_part=b"{", hash=link(previous.hash, b"{", b""))
    made.signed.clear()
    made.opened.remove(ledger[2])
    del made.log[ledger[2]]
    broken = await verified(made)
    assert isinstance(broken, Broken)
    assert broken.where == f"record {first}:3"


async def test_a_record_that_was_cut_out_is_missed(ledger):
    made, first, _ = ledger
    del made.log[first][1]
    broken = await verified(made)
    assert isinstance(broken, Broken)
    assert "record 1 is missing" in broken.what


async def test_a_truncated_segment_is_told_by_the_checkpoint(ledger):
    made, first, _ = ledger
    made.log[first].pop()
    assert await verified(made) == Broken(f"record {first}:3", "checkpoint 2 names it, and it is not there")


async def test_a_segment_that_is_gone_without_a_trace_is_told_by_the_checkpoint(ledger):
    made, _, second = ledger
    made.opened.remove(second)
    del made.log[second]
    broken = await verified(made)
    assert isinstance(broken, Broken)
    assert broken.where == f"record {second}:1"


async def test_a_segment_without_records_and_records_without_a_segment_are_found(ledger):
    made, *_ = ledger
    empty = SegmentId.new(CLOCK, ENTROPY)
    made.opened.append(empty)
    assert (await verified(made)) == Broken(f"record {empty}:0", "its segment was opened and has no record")
    made.opened.remove(empty)
    stray = made.open()
    made.opened.remove(stray)
    assert (await verified(made)) == Broken(f"record {stray}:0", "its segment was never opened")


async def test_a_checkpoint_without_a_good_signature_is_found(ledger):
    made, *_ = ledger
    made.signed[1] = replace(made.signed[1], signature=b"bad")
    broken = await verified(made)
    assert broken == Broken("checkpoint 2", "it bears no signature of the tenant's ledger key")


async def test_a_checkpoint_that_is_taken_out_is_missed(ledger):
    made, *_ = ledger
    del made.signed[0]
    assert await verified(made) == Broken("checkpoint 2", "checkpoint 1 is missing")


async def test_a_checkpoint_must_name_the_one_before(ledger):
    made, *_ = ledger
    made.signed[0] = replace(made.signed[0], at=999)
    assert await verified(made) == Broken("checkpoint 2", "it does not name the checkpoint before it")


async def test_a_checkpoint_whose_heads_are_not_those_of_its_root_is_found(ledger):
    made, *_ = ledger
    made.signed[1] = replace(made.signed[1], heads=made.signed[0].heads)
    assert await verified(made) == Broken("checkpoint 2", "its root is not that of the heads it lists")


async def test_a_checkpoint_may_not_leave_out_what_the_one_before_named(ledger):
    made, first, second = ledger
    heads = [Head(TENANT, second, 2, made.log[second][-1].hash)]
    made.signed[1] = replace(next_checkpoint(TENANT, made.signed[0], heads, 4), kid="k", signature=b"good")
    broken = await verified(made)
    assert isinstance(broken, Broken)
    assert broken.where == f"record {first}:2"


async def test_a_segment_must_name_a_checkpoint_that_is_there(ledger):
    made, *_ = ledger
    third = made.open(7, b"r")
    broken = await verified(made)
    assert isinstance(broken, Broken)
    assert broken.where == f"record {third}:0"
    assert "checkpoint 7" in broken.what


def test_a_witness_line_brings_the_checkpoint_back(ledger):
    made, *_ = ledger
    line = written("https://id.example", made.signed[1], {"kty": "OKP"})
    found = read(line)
    assert found is not None
    assert found[1] == made.signed[1]
    assert found[0].issuer == "https://id.example"


@pytest.mark.parametrize("line", [b"", b"{}", b"[1]", b'{"tenant":1}', b"\xff"])
def test_what_is_no_witness_line_is_told(line):
    assert read(line) is None


async def test_what_a_signed_pruning_took_is_not_missed(ledger):
    made, first, second = ledger
    made.prune({first: 3, second: 2}, floor=1)
    assert await verified(made) == Whole(1, 2, 2, made.signed[-1], pruned=1, prunings=1)
    made.prune({first: 4})
    assert await verified(made) == Whole(0, 2, 2, made.signed[-1], pruned=1, prunings=2)


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (lambda made, first: made.log[first].pop(0), "record {first}:3"),  # one record more than was signed
        (lambda made, first: made.taken.clear(), "checkpoint 2"),
        (lambda made, first: made.taken.__setitem__(0, replace(made.taken[0], signature=b"forged")), "pruning 1"),
        (lambda made, first: made.taken.__setitem__(0, replace(made.taken[0], number=2)), "pruning 2"),
        (lambda made, first: made.taken.append(replace(made.taken[0], number=2)), "pruning 2"),
        (lambda made, first: made.taken.__setitem__(0, replace(made.taken[0], tenant_id=OTHER)), "pruning 1"),
        (lambda made, first: made.taken.__setitem__(0, replace(made.taken[0], starts=b"[[1]]")), "pruning 1"),
        (lambda made, first: made.signed.clear(), "checkpoint 2"),
        (lambda made, first: made.tamper(first, 0, subject="cus_x"), "record {first}:2"),
    ],
)
async def test_what_no_pruning_took_is_missed_as_before(ledger, spoil, where):
    made, first, _ = ledger
    made.prune({first: 2}, floor=1)
    assert isinstance(await verified(made), Whole)
    spoil(made, first)
    broken = await verified(made)
    assert isinstance(broken, Broken)
    assert broken.where == where.format(first=first)


async def test_a_pruning_whose_deletion_is_not_done_yet_is_no_fault(ledger):
    made, first, _ = ledger
    log, signed = list(made.log[first]), list(made.signed)
    made.prune({first: 2}, floor=1)
    made.log[first], made.signed = log, signed
    assert isinstance(await verified(made), Whole)
