"""Work that waits for the disk, in threads, for a loop that waits for it.

The executor of the standard library does the same by two futures, a lock and a chain of callbacks for each piece of
work. A commit is awaited three times in a sign-in; here it costs one future and one call into the loop.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any


class _Job:
    """A piece of work, and who waits for it."""

    __slots__ = ("_arguments", "_loop", "_work", "error", "has_ended", "waiter")

    def __init__(self, loop: asyncio.AbstractEventLoop, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self._loop, self._work, self._arguments = loop, work, arguments
        self.waiter: asyncio.Future[None] = loop.create_future()
        self.error: BaseException | None = None
        self.has_ended = False

    def run(self) -> None:
        """Do it; called in a thread."""
        try:
            self._work(*self._arguments)
        except BaseException as error:  # noqa: BLE001 - raised where it is awaited
            self.error = error
        with suppress(RuntimeError):  # its loop was closed, and nobody waits; the thread serves others
            self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        self.has_ended = True
        if not self.waiter.done():
            self.waiter.set_result(None)


class Threads:
    """A few threads; they start with the first piece of work and end with the process."""

    def __init__(self, count: int, name: str) -> None:
        """Keep *count* threads called *name*."""
        self._count, self._name = count, name
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        self._starting = Lock()
        self._is_started = False

    async def run(self, work: Callable[..., Any], *arguments: Any) -> None:
        """Do *work*; return when it has ended, even if the caller is cancelled.

        Raises:
            As *work*; CancelledError, after its end, where the caller was cancelled.
        """
        if not self._is_started:
            self._start()
        loop = asyncio.get_running_loop()
        job = _Job(loop, work, arguments)
        self._jobs.put(job)
        try:
            await job.waiter
        except asyncio.CancelledError:
            while not job.has_ended:
                job.waiter = loop.create_future()
                try:
                    await job.waiter
                except asyncio.CancelledError:
                    continue
            raise
        if job.error is not None:
            raise job.error

    def _start(self) -> None:
        with self._starting:
            if not self._is_started:
                for number in range(self._count):
                    Thread(target=self._serve, name=f"{self._name}-{number}", daemon=True).start()
                self._is_started = True

    def _serve(self) -> None:
        while True:
            self._jobs.get().run()
