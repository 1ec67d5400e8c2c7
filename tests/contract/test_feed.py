"""The change feed: everybody hears of everything, at least once."""

import asyncio

import pytest
from sqlalchemy import insert

from limen.kernel.clock import HOUR, SystemClock
from limen.storage import feed as feeds
from limen.storage import schema
from limen.storage.feed import ChangeFeed
from tests.contract import things
from tests.contract.world import on_postgres, on_sqlite
from tests.support.waiting import PATIENCE, until

pytestmark = pytest.mark.anyio


class Heard(list):
    def __call__(self, tenant_id, kind, key) -> None:
        self.append((tenant_id, kind, key))


async def change(world, key: str) -> None:
    async with world.begin() as unit:
        unit.change("client", key)


async def test_this_process_hears_at_once_and_another_at_its_next_poll(database):
    other = await database.another()
    here, there = Heard(), Heard()
    database.storage.feed.listen(here)
    other.feed.listen(there)
    await other.feed.poll()
    there.clear()
    await change(database, "shop")
    assert here == [(database.a, "client", "shop")]
    assert there == []
    await other.feed.poll()
    assert there == [(database.a, "client", "shop")]
    await other.feed.poll()
    assert there == [(database.a, "client", "shop")]
    await other.close()


async def test_hot_steps_are_heard_too(database):
    other = await database.another()
    await other.feed.poll()
    other.feed.listen(there := Heard())
    family_id, who = await things.family(database)
    for generation in (0, 1):
        await database.hot.rotate(things.rotation(database, family_id, who, generation))
    await database.hot.rotate(things.rotation(database, family_id, who, 0))
    await other.feed.poll()
    assert there == [(database.a, "family", family_id)]
    await other.close()


async def test_a_number_that_becomes_visible_late_is_heard(database):
    feed = ChangeFeed(database.storage.database, database.clock, alone=False)
    feed.listen(heard := Heard())

    async def appear(seq: int) -> None:
        values = {"seq": seq, "tenant_id": database.a, "kind": "client", "key": str(seq), "at": 0}
        async with database.storage.database.platform(write=True) as connection:
            await connection.execute(insert(schema.processes.changes).values(**values))

    await feed.poll()
    heard.clear()
    await appear(1002)
    await feed.poll()
    for late in (1001, 999):
        database.clock.advance(4)
        await appear(late)
        await feed.poll()
    await appear(1003)
    database.clock.advance(60)
    await feed.poll()
    await feed.poll()
    assert [key for _, _, key in heard] == ["1002", "1001", "999", "1003"]


async def test_what_was_heard_is_not_read_for_ever(database):
    feed = ChangeFeed(database.storage.database, database.clock, alone=False)
    for number in range(5):
        await change(database, str(number))
    for _ in range(3):
        await feed.poll()
        database.clock.advance(11)
    assert feed._seen == set()


async def test_a_feed_that_was_not_read_for_a_second_is_stale_unless_it_is_alone(database):
    feed = ChangeFeed(database.storage.database, database.clock, alone=False)
    alone = ChangeFeed(database.storage.database, database.clock, alone=True)
    await feed.poll()
    database.clock.advance(0.999)
    assert feed.is_fresh()
    database.clock.advance(0.001)
    assert not feed.is_fresh()
    assert alone.is_fresh()
    await feed.poll()
    assert feed.is_fresh()


async def test_a_running_feed_delivers_and_survives_an_outage(database, monkeypatch):
    monkeypatch.setattr(feeds, "POLL_SECONDS", 0.02)
    feed = ChangeFeed(database.storage.database, SystemClock(), alone=False)
    database.storage.database.on_commit.clear()  # as if another process committed
    feed.listen(heard := Heard())
    real, failures = feed.poll, iter([True, True])

    polled = asyncio.Event()

    async def flaky() -> None:
        if next(failures, False):
            raise ConnectionResetError
        await real()
        polled.set()

    monkeypatch.setattr(feed, "poll", flaky)
    task = asyncio.create_task(feed.run())
    async with asyncio.timeout(PATIENCE):
        await polled.wait()
    heard.clear()
    await change(database, "shop")
    await until(lambda: heard)
    await feeds.stop(task)
    assert heard == [(database.a, "client", "shop")]


@on_sqlite
async def test_where_nobody_commits_nothing_is_read_and_what_failed_is_read_again(database, monkeypatch):
    feed, read = ChangeFeed(database.storage.database, database.clock, alone=True), []
    dialect = database.storage.database.dialect
    feed.listen(heard := Heard())
    for _ in range(3):  # what is in the feed already is read again for a while
        await feed.poll()
        database.clock.advance(11)
    monkeypatch.setattr(dialect, "trace", read.append)
    await feed.poll()
    assert (read, feed.age()) == ([], 0)
    other = await database.another()
    async with other.database.begin(database.a) as unit:
        unit.change("client", "shop")
    heard.clear()
    with monkeypatch.context() as away:
        away.setattr(dialect, "transaction", None)
        with pytest.raises(TypeError):
            await feed.poll()
    await feed.poll()
    assert heard == [(database.a, "client", "shop")]
    await other.close()


@on_postgres
async def test_postgresql_wakes_a_feed_before_its_next_poll(database, monkeypatch):
    monkeypatch.setattr(feeds, "POLL_SECONDS", 10 * PATIENCE)
    feed = ChangeFeed(database.storage.database, SystemClock(), alone=False)
    database.storage.database.on_commit.clear()
    feed.listen(heard := Heard())
    task = asyncio.create_task(feed.run())
    async with asyncio.timeout(PATIENCE):
        while not heard:
            await change(database, "shop")
            await asyncio.sleep(0.05)
    await feeds.stop(task)


async def test_pruning_drops_old_changes_only_and_numbers_are_never_used_again(database):
    feed = database.storage.feed
    await feed.poll()
    await change(database, "old")
    database.clock.advance(2 * HOUR / 1_000_000)
    await feed.prune()
    other = await database.another()
    other.feed.listen(heard := Heard())
    await other.feed.poll()
    assert heard == []
    await change(database, "new")
    await feed.prune()
    await other.feed.poll()
    assert heard == [(database.a, "client", "new")]
    await other.close()
