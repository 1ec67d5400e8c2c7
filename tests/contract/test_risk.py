"""Counters of risk: what few showed is not counted, counts add up over workers, and are taken back."""

import asyncio

import pytest

from limen.kernel.ids import CustomerId
from limen.storage.stores.risk import MOST_KEYS, PLACES
from limen.trust.risk.store import CROWD, Count
from tests.contract import things

pytestmark = pytest.mark.anyio
KEY, OTHER = b"k" * 16, b"o" * 16


async def test_what_fewer_than_a_crowd_showed_is_not_counted(database):
    expires = database.clock.now() + 10**12
    async with database.begin() as unit:
        for _ in range(20):
            await unit.risk.count([Count(KEY, 0)], expires)  # one customer, again and again
        for _ in range(CROWD - 1):
            await unit.risk.count([Count(KEY, 1)], expires)
        assert await unit.risk.counted([KEY, OTHER]) == {}
        await unit.risk.count([Count(KEY, 1), Count(OTHER, CROWD)], expires)
        await unit.risk.count([Count(KEY, 0)], expires)
        assert await unit.risk.counted([KEY, OTHER]) == {KEY: 2, OTHER: 1}
    async with database.begin(database.b) as unit:
        assert await unit.risk.counted([KEY, OTHER]) == {}


async def test_what_was_counted_is_taken_back_and_never_below_nothing(database):
    expires = database.clock.now() + 10**12
    async with database.begin() as unit:
        await unit.risk.count([Count(KEY, -1, -1)], expires)
        for _ in range(CROWD + 2):
            await unit.risk.count([Count(KEY, 1)], expires)
        assert await unit.risk.counted([KEY]) == {KEY: 3}
        await unit.risk.count([Count(KEY, -1, -1)], expires)
        assert await unit.risk.counted([KEY]) == {KEY: 2}


@pytest.mark.parametrize("count", [1, PLACES[0], PLACES[0] + 1, MOST_KEYS])
async def test_as_many_counters_as_a_score_needs_are_read_at_once(database, count):
    keys = [bytes([place]) * 16 for place in range(count)]
    async with database.begin() as unit:
        await unit.risk.count([Count(key, CROWD) for key in keys], database.clock.now() + 10**12)
        assert await unit.risk.counted(keys) == dict.fromkeys(keys, 1)
        assert await unit.risk.look_up(CustomerId("cus_nobody"), keys) == (b"", dict.fromkeys(keys, 1))


async def test_counts_of_many_at_once_add_up(database):
    expires = database.clock.now() + 10**12

    async def count(number):
        async with database.begin() as unit:
            pair = [Count(KEY, CROWD), Count(OTHER, CROWD)]
            await unit.risk.count(pair if number % 2 else reversed(pair), expires)

    await asyncio.gather(*(count(number) for number in range(12)))
    async with database.begin() as unit:
        assert await unit.risk.counted([KEY, OTHER]) == {KEY: 12, OTHER: 12}


async def test_a_history_is_replaced(database):
    who = (await things.signed_in(database)).customer
    async with database.begin() as unit:
        assert await unit.risk.history(who.id) == b""
        assert await unit.risk.remember(who.id, b"one", 1, over=b"")
        assert not await unit.risk.remember(who.id, b"two", 2, over=b"")  # another began it
        assert await unit.risk.remember(who.id, b"two", 2, over=b"one")
        assert not await unit.risk.remember(who.id, b"three", 3, over=b"one")
        assert await unit.risk.history(who.id) == b"two"
        await unit.risk.count([Count(KEY, CROWD)], database.clock.now() + 10**12)
        assert await unit.risk.look_up(who.id, [KEY, OTHER]) == (b"two", {KEY: 1})
    async with database.begin(database.b) as unit:
        assert await unit.risk.look_up(who.id, [KEY]) == (b"", {})
