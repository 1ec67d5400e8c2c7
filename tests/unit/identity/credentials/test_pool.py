"""The bounded pool: who waits, who is turned away, and at which priority work is done."""

import asyncio
import os
import sys
import threading

import pytest

from limen.identity.credentials.pool import HashPool
from limen.identity.credentials.settings import PoolSettings
from limen.kernel.errors import Misconfigured, Unavailable
from tests.support.clock import ManualClock
from tests.support.waiting import PATIENCE, turns, until

pytestmark = pytest.mark.anyio


class Gate:
    """Work that blocks its thread until it is let through."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.begun = 0
        self.most_at_once = 0
        self._inside = 0
        self._lock = threading.Lock()

    def work(self) -> str:
        with self._lock:
            self.begun += 1
            self._inside += 1
            self.most_at_once = max(self.most_at_once, self._inside)
        assert self.opened.wait(PATIENCE)
        with self._lock:
            self._inside -= 1
        return "done"


async def start(pool: HashPool, gate: Gate, count: int) -> list[asyncio.Task]:
    tasks = [asyncio.create_task(pool.run(gate.work)) for _ in range(count)]
    await asyncio.sleep(0)
    await until(lambda: pool.running == min(count, 2))
    return tasks


@pytest.fixture
async def gate():
    gate = Gate()
    yield gate
    gate.opened.set()


async def test_no_more_jobs_run_at_once_than_there_are_threads(pool: HashPool, gate: Gate):
    tasks = await start(pool, gate, 9)
    assert (pool.running, pool.queued) == (2, 7)
    gate.opened.set()
    assert await asyncio.gather(*tasks) == ["done"] * 9
    assert gate.most_at_once == 2
    assert (pool.running, pool.queued, pool.done, pool.refused) == (0, 0, 9, 0)


async def test_a_full_queue_turns_the_next_caller_away_and_forgets_nobody(pool: HashPool, gate: Gate):
    tasks = await start(pool, gate, 2 + 2 * 8)
    refusal = await asyncio.wait_for(pool.run(gate.work), PATIENCE)
    assert isinstance(refusal, Unavailable)
    assert refusal.code == "busy"
    assert pool.refused == 1
    gate.opened.set()
    assert len(await asyncio.gather(*tasks)) == gate.begun == 18


async def test_retry_after_follows_from_measured_time_and_load(clock: ManualClock, gate: Gate):
    pool = HashPool(PoolSettings(threads=1, queue_limit=1), clock)
    for _ in range(60):
        await pool.run(lambda: clock.advance(4.0))
    tasks = [asyncio.create_task(pool.run(gate.work)) for _ in range(2)]
    await until(lambda: pool.running == 1 and pool.queued == 1)
    refusal = await asyncio.wait_for(pool.run(gate.work), PATIENCE)
    assert isinstance(refusal, Unavailable)
    assert refusal.retry_after == 8
    gate.opened.set()
    await asyncio.gather(*tasks)
    await pool.close()


async def test_a_cancelled_waiter_leaves_the_queue_and_its_work_is_never_done(pool: HashPool, gate: Gate):
    tasks = await start(pool, gate, 5)
    tasks[3].cancel()
    await until(lambda: pool.queued == 2)
    gate.opened.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results[3], asyncio.CancelledError)
    assert gate.begun == 4


async def test_cancelling_a_running_job_frees_the_caller_and_the_thread_goes_on(pool: HashPool, gate: Gate):
    task = asyncio.create_task(pool.run(gate.work))
    await until(lambda: pool.running == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.opened.set()
    await until(lambda: pool.done == 1)
    assert await pool.run(lambda: "next") == "next"


async def test_what_the_work_raises_reaches_the_caller_and_the_thread_survives(pool: HashPool):
    def fail() -> None:
        raise ZeroDivisionError

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await pool.run(fail)
    assert await pool.run(lambda: 1) == 1


async def test_whoever_listens_hears_when_work_begins_and_when_there_is_no_more(clock: ManualClock, gate: Gate):
    heard: list[bool] = []
    pool = HashPool(PoolSettings(threads=2), clock, lambda *, is_under_way: heard.append(is_under_way))
    tasks = await start(pool, gate, 6)
    assert heard == [True]
    tasks[5].cancel()
    gate.opened.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    await until(lambda: heard == [True, False])
    await pool.run(lambda: None)
    await until(lambda: heard == [True, False, True, False])
    await pool.close()


async def test_closing_finishes_what_waits_and_takes_nothing_new(clock: ManualClock, gate: Gate):
    pool = HashPool(PoolSettings(threads=2), clock)
    tasks = await start(pool, gate, 6)
    closing = asyncio.create_task(pool.close())
    await turns()
    assert isinstance(await pool.run(gate.work), Unavailable)
    gate.opened.set()
    await closing
    assert await asyncio.gather(*tasks) == ["done"] * 6


async def test_a_pool_without_work_has_no_threads_and_does_not_know_whether_it_is_niced(pool: HashPool):
    assert pool.niced is None
    assert not any(thread.name.startswith("limen-hash") for thread in pool._threads)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a nice value per thread")
async def test_hash_threads_are_niced_and_the_rest_of_the_process_is_not(clock: ManualClock):
    def nice() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = nice()
    pool = HashPool(PoolSettings(threads=1, nice=min(19, before + 3)), clock)
    assert await pool.run(nice) == min(19, before + 3)
    assert nice() == before
    assert pool.niced is True
    await pool.close()


async def test_a_system_that_refuses_priorities_is_remembered_for_the_doctor(pool: HashPool, monkeypatch):
    def refuse(*_: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "getpriority", refuse)
    assert await pool.run(lambda: "still works") == "still works"
    assert pool.niced is False


@pytest.mark.parametrize("wrong", [{"threads": 0}, {"queue_limit": -1}, {"nice": 20}, {"nice": -1}])
async def test_impossible_settings_are_misconfigured(wrong: dict[str, int]):
    with pytest.raises(Misconfigured):
        PoolSettings(**wrong)
