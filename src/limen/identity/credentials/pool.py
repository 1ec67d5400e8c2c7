"""Slow work in its own bounded, niced threads, so that a login storm starves nobody and cannot fill the memory.

An executor of the standard library would keep cancelled work, passwords included, until a thread comes by, and has no
bound; and feeding it from the event loop would leave a thread idle between two hashes. Here threads take work from
one bounded queue, and whoever stops waiting leaves it at once.

A hash goes through 19 MiB, and after it nothing that the loop needs is left in the processor's caches: the loop's part
of a sign-in takes twice as long as it would by itself. Where the line is long, results are therefore handed over a few
at a time: the second of them finds what the first one fetched, and their commits share a flush (ADR 0041). A result is
held back only while the line is long, only for hashes like our own, and only of somebody who stood in a long line.
"""

import asyncio
import math
import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, Protocol, TypeVar

from limen.identity.credentials.settings import PoolSettings
from limen.kernel.clock import Clock
from limen.kernel.errors import Unavailable

T = TypeVar("T")

_FIRST_GUESS_SECONDS = 0.05
_SMOOTHING = 0.1
_TOGETHER: Final = 4
"""How many results are handed over at once, where the line is long: more would save little more."""
_LONG_LINE: Final = 2 * _TOGETHER
"""So many waiting are a long line. Whoever has waited for as many others may wait for three more."""


class AtWork(Protocol):
    """Hears whether anybody waits for a job, in the loop."""

    def __call__(self, *, is_under_way: bool) -> None:
        """Hear it; must not raise, nor take long."""
        ...


def nobody_hears(*, is_under_way: bool) -> None:
    """Do nothing of it."""


class HashPool:
    """A few threads and a bounded queue before them. Threads start with the first job.

    Attributes:
        running: jobs at work now.
        done: jobs finished since the start.
        refused: jobs turned away since the start.
        niced: whether every thread could lower its priority; None before the first job.
        clock: by which jobs are timed.
    """

    def __init__(self, settings: PoolSettings, clock: Clock, at_work: AtWork = nobody_hears) -> None:
        """Make a pool that has no thread yet; *at_work* hears when jobs begin and when all are done."""
        self._settings, self._at_work = settings, at_work
        self.clock = clock
        self._jobs: deque[_Job] = deque()
        self._held: list[_Job] = []
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._is_closing = False
        self._callers = 0
        self._job_seconds = _FIRST_GUESS_SECONDS
        self.running = 0
        self.done = 0
        self.refused = 0
        self.niced: bool | None = None

    @property
    def queued(self) -> int:
        """How many jobs wait."""
        return len(self._jobs)

    async def run(self, work: Callable[[], T], *, is_usual: bool = False) -> T | Unavailable:
        """Return what *work* returns, raise what it raises, or refuse with ``busy`` when the queue is full.

        *is_usual* tells that it takes as long as a hash of ours: results of others may be held back meanwhile. A
        cancelled caller leaves the queue; work that has begun is finished and its result dropped.
        """
        job = _Job(work, asyncio.get_running_loop(), is_usual=is_usual)
        del work  # only the job holds it, until it is done
        with self._changed:
            if self._is_closing or self.queued + self.running >= self._capacity:
                self.refused += 1
                return Unavailable("busy", detail="the password queue is full", retry_after=self.retry_after())
            self._start_threads()
            job.came = self.done
            self._jobs.append(job)
            self._changed.notify()
        self._callers += 1
        if self._callers == 1:
            self._at_work(is_under_way=True)
        try:
            result: T = await job.waiter
        except asyncio.CancelledError:
            self._leave(job)
            raise
        finally:
            self._callers -= 1
            if not self._callers:
                self._at_work(is_under_way=False)
        return result

    def retry_after(self) -> int:
        """Return the whole seconds, at least one, in which the present load should be done."""
        return max(1, math.ceil((self.queued + self.running) * self._job_seconds / self._settings.threads))

    async def close(self) -> None:
        """Take no more jobs, finish those that wait, and end the threads."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        for thread in self._threads:
            await asyncio.to_thread(thread.join)

    @property
    def _capacity(self) -> int:
        return self._settings.threads * (1 + self._settings.queue_limit)

    def _start_threads(self) -> None:
        while len(self._threads) < self._settings.threads:
            thread = threading.Thread(target=self._serve, name=f"limen-hash-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self) -> None:
        niced = lower_own_priority(self._settings.nice)
        with self._changed:
            self.niced = niced and self.niced is not False
        while job := self._take():
            self._perform(job)
            del job  # an idle thread must not hold on to the last password

    def _take(self) -> "_Job | None":
        """Wait for a job and mark it running; None when the pool is closed and the queue empty."""
        with self._changed:
            while not self._jobs:
                if self._is_closing:
                    return None
                self._changed.wait()
            self.running += 1
            job = self._jobs.popleft()
            ripe = self._ripe(may_hold=job.is_usual)
        _hand_over(ripe)
        return job

    def _perform(self, job: "_Job") -> None:
        began = self.clock.monotonic()
        job.perform()
        with self._changed:  # counted before the caller wakes, so that what they then read is true
            self.running -= 1
            self.done += 1
            self._job_seconds += _SMOOTHING * (self.clock.monotonic() - began - self._job_seconds)
            self._held.append(job)
            ripe = self._ripe(may_hold=self.done - job.came > _LONG_LINE)
        _hand_over(ripe)

    def _leave(self, job: "_Job") -> None:
        """Take a cancelled job out of the queue, if no thread has."""
        with self._changed:
            with suppress(ValueError):
                self._jobs.remove(job)
            ripe = self._ripe(may_hold=True)
        _hand_over(ripe)

    def _ripe(self, *, may_hold: bool) -> "list[_Job]":
        """Return whose results are to be handed over now: of all, unless they *may* be *held* and the line is long.

        Asked under the lock whenever the line was shortened or a result came: none is held where the line is short.
        """
        if may_hold and len(self._held) < _TOGETHER and self.queued >= _LONG_LINE:
            return []
        ripe, self._held = self._held, []
        return ripe


class _Job:
    """Work, what came of it, and who waits for it, in which loop.

    Attributes:
        came: how many jobs the pool had done when this one was put into the line.
    """

    __slots__ = ("_problem", "_result", "_work", "came", "is_usual", "loop", "waiter")

    def __init__(self, work: Callable[[], Any], loop: asyncio.AbstractEventLoop, *, is_usual: bool) -> None:
        self._work: Callable[[], Any] | None = work
        self._result: Any = None
        self._problem: BaseException | None = None
        self.loop = loop
        self.waiter: asyncio.Future[Any] = loop.create_future()
        self.is_usual = is_usual
        self.came = 0

    def perform(self) -> None:
        """Do the work, in a thread, and forget what it was: it holds a password."""
        work, self._work = self._work, None
        if work is not None:
            self._result, self._problem = _outcome(work)

    def settle(self) -> None:
        """Wake who waits, in the loop."""
        if self.waiter.done():  # cancelled
            return
        if self._problem is None:
            self.waiter.set_result(self._result)
        else:
            self.waiter.set_exception(self._problem)


def _outcome(work: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    """Return what *work* returns, and what it raises; no job is in the frame that the latter keeps alive."""
    try:
        return work(), None
    except BaseException as error:  # noqa: BLE001 - it belongs to the caller, who awaits it
        return None, error


def _hand_over(jobs: list[_Job]) -> None:
    """Wake those whose work is done, in few turns of their loops. A loop that is closed waits for nothing.

    Never under the pool's lock: the loop that wakes takes the core from the thread that woke it, and the lock would
    stay with a thread that is niced.
    """
    for loop, ready in groupby(jobs, attrgetter("loop")):
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, list(ready))


def _settle(jobs: list[_Job]) -> None:
    for job in jobs:
        job.settle()


def lower_own_priority(nice: int) -> bool:
    """Raise the calling thread's nice value to *nice*; tell whether it is that high now.

    Only Linux has a nice value per thread; elsewhere a thread's number would name some other process.
    """
    if sys.platform != "linux":
        return False
    thread = threading.get_native_id()
    try:
        if os.getpriority(os.PRIO_PROCESS, thread) < nice:  # never lower it: that needs a privilege
            os.setpriority(os.PRIO_PROCESS, thread, nice)
    except OSError:  # a sandbox may forbid the call; hashing still works, and `limen doctor` says so
        return False
    return True
