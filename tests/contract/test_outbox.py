"""The outbox and leases: one worker at a time, and what a dead one held comes back."""

import asyncio

import pytest

from limen.kernel.clock import SECOND
from limen.kernel.events import Event
from tests.contract.world import open_another

pytestmark = pytest.mark.anyio

LEASE = 30 * SECOND


async def announce(world, count: int, **facts) -> list[str]:
    async with world.begin() as unit:
        return [
            unit.announce(Event("mail.requested", "cus_x", {"number": number}, b"sealed", **facts))
            for number in range(count)
        ]


async def test_a_leased_event_says_what_was_announced(database):
    [event_id] = await announce(database, 1)
    [item] = await database.storage.outbox.lease("w1", database.clock.now(), 10, LEASE)
    assert (item.id, item.tenant_id, item.name) == (event_id, database.a, "mail.requested")
    assert (item.subject, item.data, item.sealed) == ("cus_x", {"number": 0}, b"sealed")
    assert (item.attempts, item.created_at) == (1, database.clock.now())


async def test_an_event_on_which_nobody_acts_is_not_queued(database):
    async with database.begin() as unit:
        assert unit.announce(Event("session.started", "cus_x", {"session": "ses_1", "amr": []})) == ""
    assert await database.storage.outbox.waiting() == 0


async def test_two_workers_never_get_one_event_twice(database):
    made = await announce(database, 40)
    other = await database.another()
    queues = (database.storage.outbox, other.outbox)
    leases = await asyncio.gather(*(queues[n % 2].lease(f"w{n}", database.clock.now(), 7, LEASE) for n in range(20)))
    rest = await database.storage.outbox.lease("last", database.clock.now(), 100, LEASE)
    got = [item.id for lease in [*leases, rest] for item in lease]
    assert sorted(got) == sorted(made)
    await other.close()


async def test_what_a_dead_worker_held_comes_back_after_its_lease(database):
    await announce(database, 1)
    now = database.clock.now()
    outbox = database.storage.outbox
    assert len(await outbox.lease("dies", now, 10, LEASE)) == 1
    assert await outbox.lease("w2", now + LEASE - 1, 10, LEASE) == []
    [again] = await outbox.lease("w2", now + LEASE, 10, LEASE)
    assert again.attempts == 2


async def test_the_oldest_come_first_and_none_before_its_time(database):
    first = await announce(database, 2)
    database.clock.advance(1)
    second = await announce(database, 2)
    await announce(database, 1, not_before=database.clock.now() + 1)
    items = await database.storage.outbox.lease("w1", database.clock.now(), 3, LEASE)
    assert [item.id for item in items] == [*sorted(first), min(second)]
    items = await database.storage.outbox.lease("w1", database.clock.now(), 10, LEASE)
    assert [item.id for item in items] == [max(second)]


async def test_done_retried_and_dead_events(database):
    done, retried, dead = sorted(await announce(database, 3))
    outbox, now = database.storage.outbox, database.clock.now()
    await outbox.lease("w1", now, 10, LEASE)
    await outbox.done(done)
    await outbox.done(done)
    await outbox.retry(retried, now + 5, "smtp_451" * 20)
    await outbox.dead(dead, "smtp_550")
    assert await outbox.lease("w1", now + 4, 10, LEASE) == []
    assert [item.id for item in await outbox.lease("w1", now + 5, 10, LEASE)] == [retried]
    assert await outbox.waiting() == 1
    assert [item.id for item in await outbox.lease("w1", now + 100 * LEASE, 10, LEASE)] == [retried]


async def test_the_payload_of_a_delivered_event_is_dropped(database):
    from sqlalchemy import select  # noqa: PLC0415

    from limen.storage.schema.processes import outbox  # noqa: PLC0415

    [event_id] = await announce(database, 1)
    await database.storage.outbox.done(event_id)
    async with database.storage.database.platform() as connection:
        assert (await connection.execute(select(outbox.c.sealed))).scalar_one() == b""


async def test_a_lease_is_held_by_one_kept_by_its_holder_and_ends_by_itself(database):
    other = await database.another("w2")
    mine, theirs = database.storage.leases, other.leases
    assert await mine.take("checkpoints", SECOND)
    assert not await theirs.take("checkpoints", SECOND)
    assert await theirs.take("sweep", SECOND)
    database.clock.advance(0.5)
    assert await mine.take("checkpoints", SECOND)
    database.clock.advance(0.9)
    assert not await theirs.take("checkpoints", SECOND)
    database.clock.advance(0.1)
    assert await theirs.take("checkpoints", SECOND)
    assert not await mine.take("checkpoints", SECOND)
    await other.close()


async def test_of_ten_workers_one_takes_a_new_lease(database):
    workers = [
        await open_another(database.url, database.keys_url, f"w{n}", database.clock, database.entropy)
        for n in range(10, 15)
    ]
    taken = await asyncio.gather(*(worker.leases.take("new", SECOND) for worker in workers))
    assert sum(taken) == 1
    await asyncio.gather(*(worker.close() for worker in workers))
