"""The consent ledger on both databases: decisions, their places in one chain, the tree over them, and purposes."""

import asyncio
import sqlite3
from dataclasses import replace

import asyncpg
import msgspec
import pytest

from limen.identity.consents.chain import Head, digest, placed
from limen.identity.consents.records import Decision, recorded
from limen.identity.consents.sequence import sequence
from limen.identity.consents.tree import TILE, consistency, extends, includes, inclusion, root_of
from limen.kernel.clock import DAY
from limen.kernel.ids import RecordId
from tests.contract import things
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.anyio


async def customer(world):
    return (await things.signed_in(world)).customer


async def decide(world, who, at=None, **changes):
    async with world.begin() as unit:
        record_id = RecordId.new(world.clock, world.entropy)
        decision = replace(things.decision(who), **changes)
        return await unit.consents.append(record_id, decision, world.clock.now() if at is None else at)


async def place(world, storage=None) -> int:
    async with (storage or world.storage).database.begin(world.a) as unit:
        return await sequence(unit.consent_chain, world.a, things.SIGNER, world.clock.now())


async def whole(world):
    """The chain as a verifier would rebuild it, and the last checkpoint."""
    async with world.read() as unit:
        head = await unit.consent_chain.head()
        rows = await unit.consent_chain.placed_records(0, head.size)
        last = await unit.consent_chain.last_checkpoint()
    assert [p for p, _ in rows] == placed(Head(), [(record.id, record.leaf) for _, record in rows])
    return rows, last


async def test_what_is_decided_is_read_back_and_stands_in_the_open_part(database):
    who = await customer(database)
    record = await decide(database, who, version=3, expires_at=9, confirmed_age=16, method="api")
    assert record == recorded(database.a, record.id, record.at, record.decision)
    async with database.read() as unit:
        assert await unit.consents.get(record.id) == record
        assert await unit.consents.history(who.id) == [record]


async def test_a_customers_decisions_follow_one_another_whatever_clocks_say(database):
    who = await customer(database)
    first = await decide(database, who, at=1_000)
    second = await decide(database, who, at=5, decision=Decision.WITHDRAWN)
    assert (first.at, second.at) == (1_000, 1_001)
    async with database.read() as unit:
        assert await unit.consents.latest(who.id) == [second]


async def test_the_latest_is_told_for_each_purpose_and_party(database):
    who = await customer(database)
    await decide(database, who, purpose="news", party="")
    shop = await decide(database, who, party="shop")
    bank = await decide(database, who, party="bank")
    news = await decide(database, who, purpose="news", party="", decision=Decision.WITHDRAWN)
    async with database.read() as unit:
        assert await unit.consents.latest(who.id) == [shop, bank, news]
        assert await unit.consents.history(who.id, limit=2) == [bank, news]


async def test_two_workers_append_at_once_and_the_chain_does_not_fork(database):
    people = [await customer(database) for _ in range(4)]
    other = database.storage if not database.is_postgres else await database.another()

    async def one(worker, who):
        async with worker.database.begin(database.a) as unit:
            record_id = RecordId.new(database.clock, database.entropy)
            await unit.consents.append(record_id, things.decision(who), database.clock.now())

    async def placing(worker):
        for _ in range(5):
            await place(database, worker)

    work = [one(worker, who) for who in people for worker in (database.storage, other) * 3]
    await asyncio.gather(*work, placing(database.storage), placing(other))
    await place(database)
    rows, last = await whole(database)
    assert (len(rows), last.size) == (24, 24)
    assert last.root == root_of([record.leaf for _, record in rows])
    async with database.read() as unit:
        checkpoints = await unit.consent_chain.checkpoints(0, 100)
    assert [one.number for one in checkpoints] == list(range(1, len(checkpoints) + 1))
    assert [one.previous for one in checkpoints[1:]] == [digest(one) for one in checkpoints[:-1]]
    if other is not database.storage:
        await other.close()


async def test_a_decision_waits_neither_for_another_customer_nor_for_whoever_places(database):
    """On SQLite every write waits for every other, and so for nothing that this could add."""
    if not database.is_postgres:
        assert database.storage.database.gate is not None
        return
    ann, bob = await customer(database), await customer(database)
    async with database.begin() as unit:
        await unit.consent_chain.lock()
        await unit.consents.append(RecordId.new(database.clock, database.entropy), things.decision(ann), 1)
        async with asyncio.timeout(PATIENCE):
            await decide(database, bob)


async def test_a_record_whose_commit_came_late_still_gets_its_place(database):
    who, late = await customer(database), await customer(database)
    now = database.clock.now()
    await decide(database, who, at=now)
    await place(database)
    straggler = await decide(database, late, at=now - DAY // 2)
    assert await place(database) == 1
    rows, _ = await whole(database)
    assert rows[-1][1] == straggler
    assert await place(database) == 0


async def test_proofs_from_stored_tiles_verify_against_signed_roots(database):
    who = await customer(database)
    leaves = [recorded(database.a, RecordId(f"rec_{n}"), n, things.decision(who)).leaf for n in range(2 * TILE + 7)]
    async with database.begin() as unit:
        places = placed(Head(), [(RecordId(f"rec_{n:04}"), leaf) for n, leaf in enumerate(leaves)])
        await unit.consent_chain.place(places)
        for number in range(2):
            await unit.consent_chain.add_tile(1, number, root_of(leaves[number * TILE : (number + 1) * TILE]))
    size, old = len(leaves), TILE + 3
    async with database.read() as unit:
        for index in (0, TILE - 1, TILE, size - 1):
            path = await inclusion(unit.consent_chain, index, size)
            assert includes(leaves[index], (index, size), path, root_of(leaves))
        path = await consistency(unit.consent_chain, old, size)
        assert extends((old, root_of(leaves[:old])), (size, root_of(leaves)), path)
        assert len(await unit.consent_chain.leaves(0, size)) == size


async def test_tiles_are_kept_as_the_tree_grows(database):
    who = await customer(database)
    async with database.begin() as unit:
        for number in range(TILE + 1):
            record_id = RecordId.new(database.clock, database.entropy)
            await unit.consents.append(record_id, things.decision(who), number)
    assert await place(database) == TILE + 1
    rows, last = await whole(database)
    leaves = [record.leaf for _, record in rows]
    async with database.read() as unit:
        assert await unit.consent_chain.tiles(1, 0, 9) == [root_of(leaves[:TILE])]
    assert last.root == root_of(leaves)


async def test_no_place_is_given_twice(database):
    who = await customer(database)
    await decide(database, who)
    await place(database)
    rows, _ = await whole(database)
    with pytest.raises((sqlite3.IntegrityError, asyncpg.UniqueViolationError)):
        async with database.begin() as unit:
            await unit.consent_chain.place([replace(rows[0][0], seq=2)])


async def test_the_first_checkpoint_over_a_record_is_found(database):
    who = await customer(database)
    for _ in range(2):
        await decide(database, who)
        await place(database)
    async with database.read() as unit:
        assert (await unit.consent_chain.checkpoint_over(1)).size == 1
        assert (await unit.consent_chain.checkpoint_over(2)).size == 2
        assert await unit.consent_chain.checkpoint_over(3) is None


async def test_purposes_keep_every_version_and_are_published_by_one_at_a_time(database):
    purpose = things.purpose(database)
    terms = msgspec.structs.replace(purpose.terms, valid_days=30, asks_again=False)
    after = purpose.succeeded(terms, 7)
    async with database.begin() as unit:
        assert await unit.purposes.add(purpose)
        assert not await unit.purposes.add(things.purpose(database))  # its name is taken
        assert await unit.purposes.publish(after, 1)
        assert not await unit.purposes.publish(after, 1)
    async with database.begin() as unit:
        assert await unit.purposes.all() == [after]
        assert [version.number for version in await unit.purposes.versions(purpose.id)] == [1, 2]
        assert await unit.purposes.version(purpose.id, 1) == purpose.current
        assert await unit.purposes.retire(purpose.id, 9)
        assert not await unit.purposes.retire(purpose.id, 10)
        assert (await unit.purposes.get(purpose.id)).retired_at == 9
        assert not await unit.purposes.publish(after.succeeded(terms, 11), 2)


async def test_what_stands_follows_the_newest_decision_and_is_settled_by_one_of_two_workers(database):
    who = await customer(database)
    first = await decide(database, who, purpose="news", version=1, expires_at=5)
    second = await decide(database, who, purpose="news", version=2, expires_at=9)
    taken = await decide(database, who, purpose="other", version=1, expires_at=5)
    await decide(database, who, purpose="other", decision=Decision.WITHDRAWN)
    await decide(database, who, expires_at=5)  # an application's
    async with database.read() as unit:
        assert await unit.consents.expired(8, 9) == []
        assert await unit.consents.expired(9, 9) == await unit.consents.outdated("news", 3, 9) == [second]
        assert await unit.consents.outdated("news", 2, 9) == []

    async def settle(worker, record):
        async with worker.database.begin(database.a) as unit:
            return await unit.consents.settle(record)

    other = database.storage if not database.is_postgres else await database.another()
    assert [await settle(database.storage, one) for one in (first, taken)] == [False, False]
    assert sorted(await asyncio.gather(settle(database.storage, second), settle(other, second))) == [False, True]
    async with database.read() as unit:
        assert await unit.consents.expired(9, 9) == []
    if other is not database.storage:
        await other.close()
