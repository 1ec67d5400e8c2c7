"""The audit log: segments that verify, whatever happens to a commit."""

import pytest
from sqlalchemy import insert, text

from limen.identity.audit.chain import OPENED, SealedPart
from limen.identity.audit.checkpoints import digest, next_checkpoint
from limen.identity.audit.store import Sought
from limen.kernel.encoding import sha256
from limen.kernel.events import AuditEntry
from limen.kernel.ids import TenantId
from limen.storage.lanes import Lane
from limen.storage.schema.audit import audit_records, audit_segments
from limen.storage.stores import audit
from tests.contract import things
from tests.support.clock import START, ManualClock
from tests.support.entropy import SeededEntropy

pytestmark = pytest.mark.anyio
_REVERSED = "PRAGMA reverse_unordered_selects = ON"
_NO_INDEX = [f"SET LOCAL enable_{kind} = off" for kind in ("indexscan", "indexonlyscan", "bitmapscan")]


async def test_everyday_and_hot_writes_have_a_lane_each_and_both_verify(database):
    for number in range(3):
        await database.hot.record(AuditEntry("token.issued", data={"number": number}))
        async with database.begin() as unit:
            unit.record(AuditEntry("client.created", data={"number": number}))
    segments = await database.audit()
    assert sorted([record.event for record in segment] for segment in segments) == [
        [OPENED, "client.created", "client.created", "client.created"],
        [OPENED, "token.issued", "token.issued", "token.issued"],
    ]


async def test_heads_come_the_oldest_first_however_they_lie_in_the_database(database):
    opened = [f"seg_0{number}" for number in (7, 3, 9, 1)]
    async with database.begin() as unit:
        for name in opened:
            row = {"tenant_id": database.a, "id": name, "worker": "w", "opened_at": 1}
            await unit.connection.execute(insert(audit_segments).values(**row))
            record = {"tenant_id": database.a, "segment_id": name, "seq": 0, "at": 1, "event": OPENED, "subject": ""}
            parts = dict.fromkeys(("open_part", "commitment", "sealed", "hash"), b"")
            await unit.connection.execute(insert(audit_records).values(**record, **parts))
    is_sqlite = database.url.startswith("sqlite")
    async with database.begin() as unit:  # let the database answer in an order that nobody asked for
        for switch in (_REVERSED,) if is_sqlite else _NO_INDEX:
            await unit.connection.execute(text(switch))
        assert [head.segment_id for head in await unit.audit_log.heads()] == sorted(opened)
        if is_sqlite:
            await unit.connection.execute(text(_REVERSED.replace("ON", "OFF")))


async def test_tenants_have_chains_of_their_own(database):
    await database.hot.record(AuditEntry("token.issued"))
    await database.storage.hot_for(database.b).record(AuditEntry("token.refused"))
    assert await database.events(database.a) == ["token.issued"]
    assert await database.events(database.b) == ["token.refused"]


async def test_a_failed_commit_opens_a_new_segment_and_everything_verifies(database, monkeypatch):
    async with database.begin() as unit:
        unit.record(AuditEntry("one.done"))
        connection = type(unit.connection)

    async def lost(_self):
        raise ConnectionResetError

    with monkeypatch.context() as patch, pytest.raises(ConnectionResetError):  # noqa: PT012
        patch.setattr(connection, "commit_first", lost)
        async with database.begin() as unit:
            unit.record(AuditEntry("two.lost"))
    async with database.begin() as unit:
        unit.record(AuditEntry("three.done"))
    assert [[r.event for r in segment] for segment in await database.audit()] == [
        [OPENED, "one.done"],
        [OPENED, "three.done"],
    ]


async def test_a_commit_whose_outcome_is_unknown_but_done_leaves_a_segment_that_verifies(database, monkeypatch):
    async with database.read() as unit:
        connection = type(unit.connection)
    real = connection.commit_first

    async def done_but_unheard(self):
        await real(self)
        raise ConnectionResetError

    with monkeypatch.context() as patch, pytest.raises(ConnectionResetError):  # noqa: PT012
        patch.setattr(connection, "commit_first", done_but_unheard)
        async with database.begin() as unit:
            unit.record(AuditEntry("one.done"))
    async with database.begin() as unit:
        unit.record(AuditEntry("two.done"))
    assert [[r.event for r in segment] for segment in await database.audit()] == [
        [OPENED, "one.done"],
        [OPENED, "two.done"],
    ]


async def test_a_segment_names_the_checkpoint_its_writer_saw(database):
    await database.hot.record(AuditEntry("token.issued"))
    async with database.begin() as unit:
        first = next_checkpoint(database.a, None, await unit.audit_log.heads(), 1)
        assert await unit.audit_log.add_checkpoint(first)
    async with database.begin() as unit:
        unit.record(AuditEntry("client.created"))
    other = await database.another()
    await other.hot_for(database.a).record(AuditEntry("token.issued"))
    await other.close()
    roots = [segment[0].open_part.count(first.root.hex().encode()) for segment in await database.audit()]
    assert sorted(roots) == [0, 1, 1]


async def test_a_checkpoint_number_is_given_once_and_the_next_links_to_it(database):
    async with database.begin() as unit:
        first = next_checkpoint(database.a, None, await unit.audit_log.heads(), 1)
        assert await unit.audit_log.add_checkpoint(first)
        assert not await unit.audit_log.add_checkpoint(first)
    async with database.begin() as unit:
        last = await unit.audit_log.last_checkpoint()
        assert last == first
        second = next_checkpoint(database.a, last, await unit.audit_log.heads(), 2)
        assert await unit.audit_log.add_checkpoint(second)
    async with database.read() as unit:
        stored = await unit.audit_log.last_checkpoint()
    assert stored is not None
    assert (stored.number, stored.previous) == (2, digest(first))


async def test_the_personal_part_is_committed_to_and_stored_sealed(database):
    async def seal(_tenant_id, entry, _vault):
        return SealedPart(sha256(b"salt", b"facts"), b"envelope") if entry.personal else None

    database.storage.database.seal_personal = seal
    async with database.begin() as unit:
        unit.record(AuditEntry("sign_in.done", subject="cus_x", personal={"address": "192.0.2.1"}))
    [[_, record]] = await database.audit()
    assert (record.commitment, record.sealed) == (sha256(b"salt", b"facts"), b"envelope")
    assert b"192.0.2.1" not in record.open_part


async def test_records_of_a_subject_come_newest_first_and_no_others(database):
    who = await things.signed_in(database)
    for number in range(3):
        await database.hot.record(AuditEntry("token.revoked", subject=who.customer.id, data={"number": number}))
        await database.hot.record(AuditEntry("token.issued"))
        database.clock.advance(1)
    async with database.read() as unit:
        found = await unit.audit_log.for_subject(who.customer.id, limit=2)
        last = (found[-1].at, found[-1].segment_id, found[-1].seq)
        further = await unit.audit_log.for_subject(who.customer.id, limit=2, before=last)
    assert [b'"number":2' in found[0].open_part, b'"number":1' in found[1].open_part] == [True, True]
    assert (b'"number":0' in further[0].open_part, found[-1] in further) == (True, False)


async def test_a_history_is_not_made_of_tokens(database):
    who = await things.signed_in(database)
    for event in ("token.issued", "token.refreshed", "token.exchanged", "code.issued", "code.redeemed"):
        await database.hot.record(AuditEntry(event, subject=who.customer.id))
    async with database.read() as unit:
        assert await unit.audit_log.for_subject(who.customer.id, limit=9) == []


async def test_the_log_is_searched_newest_first_without_tokens_unless_they_are_named(database):
    for number in range(4):
        async with database.begin() as unit:
            unit.record(AuditEntry(("client.created", "client.deleted")[number % 2], subject=f"cus_{number}"))
        await database.hot.record(AuditEntry("token.issued", subject="cus_0"))
        database.clock.advance(1)
    now = database.clock.now()
    async with database.read() as unit:

        async def found(limit=9, before=None, **sought):
            stretch = await unit.audit_log.search(Sought(**sought), limit=limit, before=before)
            return [record.subject for record in stretch.records if record.event != OPENED]

        whole = await unit.audit_log.search(Sought(), limit=2)
        assert [record.subject for record in whole.records] == ["cus_3", "cus_2"]
        assert await found(before=whole.behind) == ["cus_1", "cus_0"]
        assert await found(events=frozenset({"client.deleted"})) == ["cus_3", "cus_1"]
        assert await found(events=frozenset({"token.issued"}), subject="cus_0") == ["cus_0"] * 4
        assert await found(subject="cus_0") == ["cus_0"]
        assert await found(since=now - 3_000_000, until=now - 1_000_000) == ["cus_2", "cus_1"]
        assert await found(events=frozenset({"token.issued"}), since=now + 1) == []


async def test_for_an_event_a_part_of_the_log_is_looked_through_at_a_time(database, monkeypatch):
    monkeypatch.setattr(audit, "_STRETCH", 3)
    for number in range(7):
        async with database.begin() as unit:
            unit.record(AuditEntry(("client.created", "client.deleted")[number == 1], subject=f"cus_{number}"))
        database.clock.advance(1)
    sought, seen, place = Sought(events=frozenset({"client.deleted"})), [], None
    async with database.read() as unit:
        while not seen or place is not None:
            stretch = await unit.audit_log.search(sought, limit=2, before=place)
            place = stretch.behind
            seen.append([record.subject for record in stretch.records])
    assert seen == [[], ["cus_1"], []]


async def test_what_was_written_around_a_clock_that_was_set_back_is_found_by_its_instants(database):
    """Of codes and tokens a search takes whole segments, by where they begin and end."""
    at, tokens = [], frozenset({"token.issued"})
    for number in range(3):
        await database.hot.record(AuditEntry("token.issued", subject=f"cus_{number}"))
        async with database.begin() as unit:
            unit.record(AuditEntry("client.created"))
        at.append(database.clock.now())
        database.clock.set_back(3_600)
    async with database.read() as unit:
        for number, when in enumerate(at):
            found = await unit.audit_log.search(Sought("", tokens, when, when + 1), limit=9)
            assert [record.subject for record in found.records] == [f"cus_{number}"]
    assert [sorted(record.at for record in one) for one in await database.audit()] == [
        [when, when] for when in reversed(at) for _ in range(2)
    ]


def test_a_clock_that_is_set_back_while_a_segment_is_extended_stands_at_its_end():
    clock = ManualClock()
    lane, tenant = Lane(clock, SeededEntropy(1), "w"), TenantId("ten_1")
    assert not lane.knows(tenant)
    lane.committed(lane.extend(tenant, [(AuditEntry("one.done"), None)], None))
    assert lane.knows(tenant)
    clock.set_back(9)
    further = lane.extend(tenant, [(AuditEntry("two.done"), None)], None)
    assert (further.opens, further.at, further.records[0].at) == (False, START, START)
    lane.committed(further)
    assert not lane.knows(tenant)
    assert lane.extend(tenant, [], None).at == clock.now()
