"""The write group: whom a failure reaches, what a lost connection does, and how it ends."""

import asyncio
import socket
import sqlite3

import pytest

from limen.kernel.events import AuditEntry
from limen.storage.hot.group import MAX_QUEUE, BatchFailed, Overloaded, WriteGroup
from limen.storage.postgres import app_dialect, open_token_pool
from tests.contract import things
from tests.contract.world import connect, file_of, on_postgres, on_sqlite
from tests.support.waiting import turns

pytestmark = pytest.mark.anyio


async def test_what_arrives_during_a_commit_forms_the_next_in_order():
    batches, go = [], asyncio.Event()

    async def commit(steps):
        batches.append(list(steps))
        await go.wait()
        return [step * 10 for step in steps]

    group = WriteGroup(commit)
    tasks = [asyncio.create_task(group.submit(number)) for number in range(5)]
    await turns()
    tasks += [asyncio.create_task(group.submit(number)) for number in range(5, 8)]
    await turns()
    go.set()
    assert await asyncio.gather(*tasks) == [0, 10, 20, 30, 40, 50, 60, 70]
    assert batches == [[0, 1, 2, 3, 4], [5, 6, 7]]


async def test_a_second_batch_joins_the_first_once_as_many_steps_are_waiting():
    begun, go = [], asyncio.Event()

    def lane(name):
        async def commit(steps):
            begun.append((name, list(steps)))
            await go.wait()
            return steps

        return commit

    group = WriteGroup(lane("a"), lane("b"))
    tasks = [asyncio.create_task(group.submit(number)) for number in range(3)]
    await turns()
    tasks += [asyncio.create_task(group.submit(number)) for number in (3, 4)]
    await turns()
    assert [steps for _, steps in begun] == [[0, 1, 2]]
    tasks += [asyncio.create_task(group.submit(number)) for number in (5, 6)]
    await turns()
    assert [steps for _, steps in begun] == [[0, 1, 2], [3, 4, 5, 6]]
    assert begun[0][0] != begun[1][0]
    go.set()
    await asyncio.gather(*tasks)


async def test_too_few_for_a_second_batch_go_when_the_first_is_through():
    batches, go = [], asyncio.Event()

    async def commit(steps):
        batches.append(list(steps))
        await go.wait()
        return steps

    group = WriteGroup(commit, commit)
    tasks = [asyncio.create_task(group.submit(number)) for number in range(3)]
    await turns()
    tasks.append(asyncio.create_task(group.submit(3)))
    await turns()
    closing = asyncio.create_task(group.close())
    go.set()
    assert await asyncio.gather(*tasks) == [0, 1, 2, 3]
    await closing
    assert batches == [[0, 1, 2], [3]]


async def test_a_bad_step_fails_alone_and_a_failed_batch_is_not_tried_again():
    ran = []

    async def commit(steps):
        ran.append(list(steps))
        if "bad" in steps:
            raise ValueError
        if "lost" in steps:
            raise BatchFailed
        return steps

    group = WriteGroup(commit)
    answers = await asyncio.gather(*map(group.submit, ["a", "bad", "b"]), return_exceptions=True)
    assert [answers[0], type(answers[1]), answers[2]] == ["a", ValueError, "b"]
    ran.clear()
    answers = await asyncio.gather(*map(group.submit, ["a", "lost", "b"]), return_exceptions=True)
    assert [type(answer) for answer in answers] == [BatchFailed] * 3
    assert ran == [["a", "lost", "b"]]
    assert await group.submit("next") == "next"


async def test_a_caller_that_goes_away_undoes_nothing():
    done, go = [], asyncio.Event()

    async def commit(steps):
        await go.wait()
        done.extend(steps)
        return steps

    group = WriteGroup(commit)
    leaving, staying = asyncio.create_task(group.submit("leaving")), asyncio.create_task(group.submit("staying"))
    await asyncio.sleep(0)
    leaving.cancel()
    go.set()
    assert await staying == "staying"
    assert done == ["leaving", "staying"]


async def test_a_full_queue_refuses_at_once_and_a_closed_group_after_finishing():
    go = asyncio.Event()

    async def commit(steps):
        await go.wait()
        return steps

    group = WriteGroup(commit)
    tasks = [asyncio.create_task(group.submit(number)) for number in range(MAX_QUEUE)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):  # noqa: PT012
        while True:  # the first batch may have left the queue already
            tasks.append(asyncio.create_task(group.submit(0)))
            await asyncio.sleep(0)
            if tasks[-1].done():
                tasks.pop().result()
    closing = asyncio.create_task(group.close())
    go.set()
    await closing
    assert all(task.done() for task in tasks)
    with pytest.raises(Overloaded):
        await group.submit(1)


async def test_a_group_that_is_stopped_leaves_nobody_waiting():
    async def commit(_steps):
        await asyncio.sleep(60)

    group = WriteGroup(commit)
    waiting = asyncio.create_task(group.submit(1))
    await turns()
    later = asyncio.create_task(group.submit(2))
    await asyncio.sleep(0)
    (task,) = group._tasks
    task.cancel()
    answers = await asyncio.gather(waiting, later, return_exceptions=True)
    assert [type(answer) for answer in answers] == [BatchFailed, BatchFailed]


async def test_closing_commits_what_is_waiting(database):
    tasks = [asyncio.create_task(database.hot.record(AuditEntry("token.issued"))) for _ in range(300)]
    await asyncio.sleep(0)
    await database.storage.hot.group.close()
    await asyncio.gather(*tasks)
    assert len(await database.events()) == 300


@on_postgres
async def test_a_lost_connection_fails_the_batch_and_the_next_one_works(database):
    family_id, who = await things.family(database)
    killer = await connect(database.url)
    end_all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> $1"

    async def outcome(step):
        try:
            return await step
        except BatchFailed as failed:
            return failed

    for _ in range(3):
        issuing = [asyncio.create_task(outcome(database.hot.record(AuditEntry("token.issued")))) for _ in range(64)]
        await asyncio.sleep(0)
        await killer.fetch(end_all, await killer.fetchval("SELECT pg_backend_pid()"))
        await asyncio.gather(*issuing)
    ask = things.rotation(database, family_id, who)
    for _ in range(3):  # each of the two lanes may have a broken connection left, which one batch meets
        answer = await outcome(database.hot.rotate(ask))
        if not isinstance(answer, BatchFailed):
            break
    assert answer.outcome.value in {"rotated", "retried"}
    await killer.close()
    for attempt in (1, 2):  # so does the everyday side: one failure throws the whole stale pool away
        try:
            async with database.begin() as unit:
                unit.record(AuditEntry("client.created"))
            break
        except Exception:  # noqa: BLE001 - whatever the driver makes of it
            assert attempt == 1
    await database.audit()


@on_postgres
async def test_what_is_lost_can_be_closed_in_the_background(database):
    pool = await open_token_pool(database.url)
    async with pool.acquire() as old:
        number = old.get_server_pid()
        _cut(old)
    await pool.expire_connections()
    async with pool.acquire() as new:  # closes the old one on a task of its own, whose failure would fail this test
        assert new.get_server_pid() != number
        _cut(new)
    await pool.close()


@on_postgres
async def test_whoever_listened_can_stop_when_the_connection_is_lost(database, monkeypatch):
    dialect, opened = app_dialect(database.url), []
    connect = dialect._connect

    async def watched():
        opened.append(await connect())
        return opened[-1]

    monkeypatch.setattr(dialect, "_connect", watched)
    stop = await dialect.listen(lambda: None)
    _cut(opened[0])
    await stop()
    assert opened[0].is_closed()


def _cut(connection):
    """Have what is written next on *connection* fail, as where the server is gone and nobody has read of it yet."""
    connection._transport.get_extra_info("socket").shutdown(socket.SHUT_WR)


@on_sqlite
async def test_a_locked_file_fails_the_batch_as_a_whole_and_the_next_one_works(database, monkeypatch):
    from limen.storage.hot import sqlite  # noqa: PLC0415

    monkeypatch.setattr(sqlite, "WAIT", "PRAGMA busy_timeout=50")
    other = sqlite3.connect(file_of(database.url), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    steps = [database.hot.record(AuditEntry("token.issued")) for _ in range(9)]
    answers = await asyncio.gather(*steps, return_exceptions=True)
    assert [type(answer) for answer in answers] == [BatchFailed] * 9
    other.execute("ROLLBACK")
    other.close()
    await database.hot.record(AuditEntry("token.issued"))
    assert await database.events() == ["token.issued"]


async def test_units_and_hot_steps_take_turns(database):
    async def unit() -> None:
        async with database.begin() as one:
            await one.clients.add(things.client(database))
            one.record(AuditEntry("client.created"))

    steps = [database.hot.record(AuditEntry("token.issued")) for _ in range(50)]
    await asyncio.gather(*steps, *(unit() for _ in range(20)))
    assert len(await database.events()) == 70
