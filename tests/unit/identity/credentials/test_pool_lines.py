"""Where many wait for a hash: results come in groups, and nobody is forgotten, nor waits long for others."""

import asyncio
import threading
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import pytest

from limen.identity.credentials.pool import HashPool
from limen.identity.credentials.settings import PoolSettings
from limen.kernel.errors import Unavailable
from tests.support.clock import ManualClock
from tests.support.waiting import PATIENCE, turns, until

pytestmark = pytest.mark.anyio

FIRST = 8
"""So many at the head of a line have not stood in a long one, and get their results at once."""


class Line:
    """A pool, who waits for it, and a turnstile that lets work through one by one. Each work tells its number."""

    def __init__(self, pool: HashPool, threads: int) -> None:
        self.pool, self.threads = pool, threads
        self.begun = 0
        self.callers: list[asyncio.Task] = []
        self.woke: list[object] = []
        self._turnstile = threading.Semaphore(0)
        self._lock = threading.Lock()

    def work(self) -> int:
        """Wait to be let through; which number began is what it returns."""
        with self._lock:
            self.begun += 1
            number = self.begun
        assert self._turnstile.acquire(timeout=PATIENCE)
        return number

    async def come(self, count: int, work: Callable[[], object] | None = None, *, is_usual: bool = True) -> None:
        """Let *count* more callers come, behind all others."""
        for _ in range(count):
            self.callers.append(asyncio.create_task(self._wait(work or self.work, is_usual=is_usual)))
        await turns()
        pool = self.pool
        await until(lambda: self.begun == pool.done + min(self.threads, pool.running + pool.queued))

    async def pass_on(self, count: int = 1) -> int:
        """Let *count* through, as they came, and return how many callers have woken in all. Somebody must wait behind.

        By then whoever did the work has begun the next one, so that nothing is still to be handed over.
        """
        for done in range(self.pool.done + 1, self.pool.done + 1 + count):
            self._turnstile.release()
            await until(lambda done=done: self.pool.done == done and self.begun == done + self.threads)
        await turns()
        return self.awake

    @property
    def awake(self) -> int:
        """How many callers have gone on."""
        return sum(one.done() for one in self.callers)

    async def end(self) -> list[object]:
        """Let everybody through, and return what became of each caller."""
        self.open()
        return await asyncio.wait_for(asyncio.gather(*self.callers, return_exceptions=True), PATIENCE)

    def open(self) -> None:
        """Let everybody through."""
        self._turnstile.release(1_000)

    async def _wait(self, work: Callable[[], object], *, is_usual: bool) -> object:
        running = self.pool.run(work, is_usual=is_usual)
        del work
        result = await running
        self.woke.append(result)
        asyncio.get_running_loop().call_soon(self.woke.append, "a turn later")
        return result


@pytest.fixture(params=[1, 2])
async def line(request: pytest.FixtureRequest, clock: ManualClock) -> AsyncIterator[Line]:
    pool = HashPool(PoolSettings(threads=request.param), clock)
    line = Line(pool, request.param)
    yield line
    line.open()
    await pool.close()
    for one in line.callers:
        one.cancel()  # of a sound pool nobody waits any more


async def held(line: Line, count: int, *, behind: int = 30) -> None:
    """Make a line of which *count* results are held back while *behind* still wait for a thread."""
    await line.come(FIRST + count + line.threads + behind)
    assert await line.pass_on(FIRST + count) == FIRST
    assert (line.pool.queued, line.pool.running) == (behind, line.threads)


async def test_of_a_short_line_each_result_is_handed_over_at_once(line: Line):
    await line.come(FIRST + 6)
    for number in range(1, FIRST + 6 - line.threads + 1):
        assert await line.pass_on() == number


async def test_results_of_a_long_line_come_by_fours_and_again_one_by_one_where_it_has_become_short(line: Line):
    await line.come(FIRST + 4 + 4 + 2 + line.threads + 8)
    awake = [await line.pass_on() for _ in range(FIRST + 4 + 4 + 2 + 3)]
    assert awake[FIRST:] == [8, 8, 8, 12, 12, 12, 12, 16, 16, 16, 19, 20, 21]


async def test_those_of_a_group_wake_in_one_turn(line: Line):
    await held(line, 3)
    line.woke.clear()
    await line.pass_on()
    assert sorted(line.woke[:4]) == [9, 10, 11, 12]
    assert line.woke[4:] == ["a turn later"] * 4


async def test_whoever_did_not_wait_long_is_not_held_back_for_those_who_came_behind(line: Line):
    await line.come(1)
    await line.come(line.threads - 1 + 40)
    assert await line.pass_on() == 1


async def test_a_line_that_only_seemed_long_holds_nobody_back(line: Line):
    await line.come(line.threads + 20)
    seeming = line.callers[line.threads :]
    await line.come(1)
    for one in seeming:
        one.cancel()
    await line.come(30)
    gone = line.awake
    assert gone == 20
    assert await line.pass_on(line.threads + 1) == gone + line.threads + 1
    assert line.callers[line.threads + 20].done()


@pytest.mark.parametrize(("left", "handed_over"), [(8, 0), (7, 2), (0, 2)])
async def test_where_those_who_wait_leave_what_is_held_is_handed_over_without_further_work(
    line: Line, left: int, handed_over: int
):
    await held(line, 2)
    leaving = line.callers[len(line.callers) - 30 + left :]
    for one in leaving:
        one.cancel()
    await turns()
    assert line.pool.queued == left
    assert line.awake == FIRST + len(leaving) + handed_over
    assert (line.pool.done, line.begun) == (FIRST + 2, FIRST + 2 + line.threads)


async def test_nobody_is_held_back_for_work_that_may_take_longer_than_a_hash(line: Line):
    await line.come(FIRST + 2 + line.threads - 1)
    await line.come(1, is_usual=False)
    await line.come(30)
    assert await line.pass_on(FIRST + 1) == FIRST
    assert await line.pass_on() == FIRST + 2  # the other work has only begun


async def test_a_pool_that_closes_hands_over_what_it_holds_and_all_that_waits(line: Line):
    await held(line, 3, behind=21)
    closing = asyncio.create_task(line.pool.close())
    await turns()
    assert isinstance(await line.pool.run(line.work), Unavailable)
    results = await line.end()
    await asyncio.wait_for(closing, PATIENCE)
    assert sorted(map(str, results)) == sorted(map(str, range(1, len(line.callers) + 1)))


async def test_what_raises_is_one_of_the_group_and_reaches_its_own_caller_alone(line: Line):
    def fail() -> None:
        line.work()
        raise ZeroDivisionError

    await line.come(FIRST)
    await line.come(1, fail)
    await line.come(30)
    assert await line.pass_on(FIRST + 3) == FIRST
    assert await line.pass_on() == FIRST + 4
    assert isinstance(line.callers[FIRST].exception(), ZeroDivisionError)
    results = await line.end()
    assert sum(isinstance(one, Exception) for one in results) == 1


async def test_a_caller_who_goes_while_his_result_is_held_keeps_nobody_from_theirs(line: Line):
    troubles: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: troubles.append(context))
    await held(line, 1)
    line.callers[FIRST].cancel()
    await turns()
    assert line.callers[FIRST].cancelled()
    assert await line.pass_on(2) == FIRST + 1
    assert await line.pass_on() == FIRST + 4
    results = await line.end()
    assert sum(isinstance(one, asyncio.CancelledError) for one in results) == 1
    assert troubles == []


async def test_work_is_forgotten_once_it_is_done_even_while_its_result_is_held(line: Line):
    password = "correct horse"

    def work() -> str:
        line.work()
        return password.upper()

    await line.come(FIRST)
    forgotten = weakref.ref(work)
    await line.come(1, work)
    del work
    await line.come(30)
    assert forgotten() is not None
    assert await line.pass_on(FIRST + 1) == FIRST
    assert forgotten() is None


async def test_what_is_held_takes_no_place_in_the_queue_and_there_is_never_more_of_it_than_three(clock: ManualClock):
    pool = HashPool(PoolSettings(threads=1, queue_limit=12), clock)
    line, most = Line(pool, 1), 0
    for _ in range(40):
        await line.come(13 - pool.queued - pool.running)
        assert isinstance(await pool.run(line.work), Unavailable)
        most = max(most, len(line.callers) - line.awake)
        await line.pass_on()
    assert most == 13 + 3
    assert all(isinstance(one, int) for one in await line.end())
    await pool.close()


async def test_callers_of_two_loops_wake_each_in_their_own(line: Line):
    other = asyncio.new_event_loop()
    runner = threading.Thread(target=other.run_forever, daemon=True)
    runner.start()
    elsewhere = []
    for _ in range(16):  # one of here, one of there
        elsewhere.append(asyncio.run_coroutine_threadsafe(line.pool.run(line.work, is_usual=True), other))
        await until(lambda: line.pool.queued + line.pool.running == 2 * len(elsewhere) - 1)
        await line.come(1)
    await line.pass_on(FIRST + 3)
    await until(lambda: line.awake + sum(one.done() for one in elsewhere) == FIRST)
    await line.pass_on()
    await until(lambda: line.awake + sum(one.done() for one in elsewhere) == FIRST + 4)
    here = await line.end()
    there = await asyncio.wait_for(asyncio.gather(*map(asyncio.wrap_future, elsewhere)), PATIENCE)
    assert sorted(map(str, [*here, *there])) == sorted(map(str, range(1, 33)))
    other.call_soon_threadsafe(other.stop)
    await asyncio.to_thread(runner.join)
    other.close()


async def test_a_loop_that_was_closed_meanwhile_keeps_nobody_of_another_from_waking(line: Line):
    def come_and_go() -> None:
        loop = asyncio.new_event_loop()
        gone = loop.create_task(line.pool.run(line.work, is_usual=True))
        gone._log_destroy_pending = False
        loop.run_until_complete(turns(2))
        loop.close()

    await line.come(FIRST)
    for _ in range(2):
        await asyncio.to_thread(come_and_go)
        await line.come(1)
    await line.come(30)
    assert await line.pass_on(FIRST + 4) == FIRST + 2


async def test_nobody_is_woken_while_the_lock_is_held(line: Line):
    """The loop would wait for a thread that stands back for everybody else."""
    loop, free = asyncio.get_running_loop(), list[bool]()
    wake = loop.call_soon_threadsafe

    def is_free() -> None:
        free.append(line.pool._changed.acquire(timeout=PATIENCE / 60))
        with suppress(RuntimeError):
            line.pool._changed.release()

    def watched(*what, **how) -> asyncio.Handle:
        other = threading.Thread(target=is_free)
        other.start()
        other.join()
        return wake(*what, **how)

    await line.come(FIRST + 4 + 2 + line.threads + 8)
    loop.call_soon_threadsafe = watched  # type: ignore[method-assign]
    await line.pass_on(FIRST + 4 + 2 + 1)  # the last of them leaves a short line behind
    await line.come(30)
    await line.pass_on(2)
    for one in line.callers[-30:]:
        one.cancel()
    await turns()
    del loop.call_soon_threadsafe
    assert free == [True] * (FIRST + 1 + 1 + 1)
