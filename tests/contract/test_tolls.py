"""Tolls: counted over all workers, never beyond their limit, and one tenant's are not another's."""

import asyncio

import pytest

from limen.kernel.clock import HOUR
from limen.trust.limits import Limit
from limen.trust.tolls import Toll

pytestmark = pytest.mark.anyio


def toll(count=3, seconds=3600, key=b"number"):
    return Toll("number-hour", key, Limit(count, seconds))


async def test_no_more_are_taken_than_the_limit_says(database):
    async with database.begin() as unit:
        taken = [await unit.tolls.take(toll(), database.clock.now()) for _ in range(5)]
        assert taken == [True] * 3 + [False] * 2
        assert await unit.tolls.used(toll(), database.clock.now()) == 3


async def test_another_key_and_another_tenant_have_counts_of_their_own(database):
    now = database.clock.now()
    async with database.begin() as unit:
        assert await unit.tolls.take(toll(1), now)
        assert await unit.tolls.take(toll(1, key=b"other"), now)
    async with database.begin(database.b) as unit:
        assert await unit.tolls.used(toll(1), now) == 0
        assert await unit.tolls.take(toll(1), now)


async def test_what_the_window_before_holds_weighs_less_and_less(database):
    clock = database.clock
    clock.advance((-clock.now() % HOUR) / 1_000_000)  # a window begins
    async with database.begin() as unit:
        for _ in range(4):
            assert await unit.tolls.take(toll(4), clock.now())
        clock.advance(3600)
        assert not await unit.tolls.take(toll(4), clock.now())
        clock.advance(900)
        assert await unit.tolls.used(toll(4), clock.now()) == 3
        assert await unit.tolls.take(toll(4), clock.now())
        assert not await unit.tolls.take(toll(4), clock.now())
        clock.advance(2 * 3600)
        assert await unit.tolls.used(toll(4), clock.now()) == 0


async def test_of_forty_at_once_over_two_workers_as_many_are_counted_as_the_limit_says(database):
    workers = [database.storage]
    if database.is_postgres:  # SQLite is one worker
        workers.append(await database.another())
    now = database.clock.now()

    async def take(worker):
        async with worker.database.begin(database.a) as unit:
            return await unit.tolls.take(toll(7), now)

    taken = await asyncio.gather(*(take(workers[number % len(workers)]) for number in range(40)))
    assert sum(taken) == 7
    for worker in workers[1:]:
        await worker.close()
