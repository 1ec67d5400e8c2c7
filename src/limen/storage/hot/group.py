"""Natural batching: what arrives during one commit forms the next."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

from limen.kernel.errors import Fault

S = TypeVar("S")
Waiting = tuple[S, asyncio.Future[Any]]

MAX_BATCH = 256
MAX_QUEUE = 8_192


class Overloaded(Fault):
    """More steps are waiting than are promised to be served, or the process is shutting down: nothing was done."""


class BatchFailed(Fault):
    """The database failed the whole batch. Whether it was committed may not be known, so no step is tried again."""


class WriteGroup(Generic[S]):
    """Runs *commit* on batches of steps; one batch at a time, in order of arrival."""

    def __init__(self, commit: Callable[[Sequence[S]], Awaitable[Sequence[Any]]]) -> None:
        """*commit* runs a batch in one transaction and returns a result for each step, in order.

        It raises :class:`BatchFailed` where the database is at fault; anything else that it raises is a step's fault,
        and says that nothing was committed.
        """
        self._commit = commit
        self._waiting: deque[Waiting[S]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def submit(self, step: S) -> Any:
        """Wait until *step* is committed; return its result.

        Raises:
            Overloaded: the queue is full or closed, and nothing was done.
            BatchFailed: the database went away; whether it was done is not known.
        """
        if self._closed or len(self._waiting) >= MAX_QUEUE:
            msg = "the write group is closed" if self._closed else "the write group's queue is full"
            raise Overloaded(msg)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((step, future))
        if self._task is None:
            self._task = asyncio.create_task(self._drain())
        return await future  # a caller that goes away cancels its own waiting, never the batch

    async def close(self) -> None:
        """Take nothing more, and finish what is waiting."""
        self._closed = True
        if self._task is not None:
            await asyncio.wait([self._task])  # unlike awaiting it, this does not cancel it if we are cancelled

    async def _drain(self) -> None:
        batch: list[Waiting[S]] = []
        try:
            while self._waiting:
                count = min(len(self._waiting), MAX_BATCH)
                batch = [self._waiting.popleft() for _ in range(count)]
                await self._run(batch)
        finally:  # cancelled: nobody may wait for an answer that will not come
            self._task = None
            for _, future in [*batch, *self._waiting]:
                _refuse(future, BatchFailed("the write group was stopped"))
            self._waiting.clear()

    async def _run(self, batch: list[Waiting[S]]) -> None:
        try:
            results = await self._commit([step for step, _ in batch])
        except BatchFailed as error:
            for _, future in batch:
                _refuse(future, error)
            return
        except Exception as error:  # noqa: BLE001 - it is handed to whoever submitted the step
            if len(batch) > 1:  # one bad step must not fail its neighbours: nothing was committed, so each tries alone
                for item in batch:
                    await self._run([item])
            else:
                _refuse(batch[0][1], error)
            return
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)


def _refuse(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
