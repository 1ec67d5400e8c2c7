"""Threads that wait for the disk."""

import asyncio
import threading

import pytest

from limen.storage.dialects.threads import Threads
from tests.support.waiting import PATIENCE, turns

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def threads():
    return Threads(2, "test-disk")


async def test_work_is_done_elsewhere_and_awaited(threads):
    names: list[str] = []
    await threads.run(lambda: names.append(threading.current_thread().name))
    assert names[0].startswith("test-disk-")


async def test_what_the_work_raises_is_raised_here(threads):
    with pytest.raises(ZeroDivisionError):
        await threads.run(lambda: 1 // 0)
    await threads.run(int)  # the threads live on


async def test_as_many_at_once_as_there_are_threads(threads):
    both = threading.Barrier(2, timeout=PATIENCE)
    await asyncio.gather(threads.run(both.wait), threads.run(both.wait))


async def test_who_is_cancelled_returns_only_when_the_work_has_ended(threads):
    may_end, has_ended = threading.Event(), []

    def work() -> None:
        may_end.wait(PATIENCE)
        has_ended.append(True)

    task = asyncio.create_task(threads.run(work))
    await turns()
    for _ in range(2):
        task.cancel()
        await turns()
        assert not task.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert has_ended == [True]


async def test_a_failure_of_cancelled_work_does_not_hide_the_cancellation(threads):
    may_end = threading.Event()

    def work() -> None:
        may_end.wait(PATIENCE)
        raise OSError

    task = asyncio.create_task(threads.run(work))
    await turns()
    task.cancel()
    await turns()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
