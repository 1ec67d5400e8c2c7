"""Attacks that guards recognised: one of a kind at a time, counted by every worker, ended once."""

import asyncio
from dataclasses import replace

import pytest

from limen.kernel.clock import DAY
from limen.storage.sweep import Sweeper
from limen.trust.attacks.alerts import Severity, Spot, Tries
from tests.contract import things

pytestmark = pytest.mark.anyio
NETWORKS = (Spot("203.0.113.0/24", "AS64500", 7),)


async def test_of_one_kind_one_goes_on_and_grows_graver(database):
    first, later = things.attack(database, networks=NETWORKS), things.attack(database)
    other = things.attack(database, "spraying")
    async with database.begin() as unit:
        assert await unit.attacks.begin(first)
        assert not await unit.attacks.begin(later)
        assert await unit.attacks.begin(other)
        await unit.attacks.goes_on(replace(later, seen_at=first.seen_at + 5, severity=Severity.HIGH))
        await unit.attacks.goes_on(replace(later, seen_at=first.seen_at + 3, severity=Severity.LOW))
    async with database.read() as unit:
        found = {one.kind: one for one in await unit.attacks.open()}
    assert found["attack"] == replace(first, seen_at=first.seen_at + 5, severity=Severity.HIGH)
    assert found["spraying"] == other


async def test_one_that_was_seen_again_is_not_ended_and_one_that_is_over_makes_room(database):
    attack = things.attack(database)
    async with database.begin() as unit:
        await unit.attacks.begin(attack)
        await unit.attacks.goes_on(replace(attack, seen_at=attack.seen_at + 5))
        assert not await unit.attacks.end(attack.over(attack.seen_at + 9))
        [now] = await unit.attacks.open()
        assert await unit.attacks.end(now.over(now.seen_at + 9))
        assert not await unit.attacks.end(now.over(now.seen_at + 10))
        database.clock.advance(1)
        assert await unit.attacks.begin(again := things.attack(database))
        assert [one.id for one in await unit.attacks.latest(9)] == [again.id, attack.id]
    database.clock.advance(29 * 86_400)
    sweeper = Sweeper(database.storage.database, database.clock)
    assert (await sweeper.sweep(database.a)).rows == 0
    database.clock.advance(2 * DAY / 1_000_000)
    assert (await sweeper.sweep(database.a)).rows == 1  # the one that goes on stays


async def test_what_workers_count_at_once_adds_up_and_one_of_them_begins_it(database):
    workers = [database.storage]
    if database.is_postgres:  # SQLite is one worker
        workers.append(await database.another())

    async def work(worker):
        attack = things.attack(database)
        async with worker.database.begin(database.a) as unit:
            begun = await unit.attacks.begin(attack)
            [one] = await unit.attacks.open()
            await unit.attacks.count(one.id, Tries(1, 2, 3, 4), NETWORKS)
        return begun

    begun = await asyncio.gather(*(work(workers[number % len(workers)]) for number in range(8)))
    async with database.read() as unit:
        [found] = await unit.attacks.open()
    assert (sum(begun), found.tries, found.networks) == (1, Tries(8, 16, 24, 32), NETWORKS)
    for worker in workers[1:]:
        await worker.close()
