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
    """Runs batches of steps, each taken in order of arrival; as many at a time as there are *commits*.

    With one batch under way another begins only once as many steps are waiting: a commit costs much the same however
    many share it. So each takes half of what there is, and one is run here while the database makes the other durable.
    """

    def __init__(self, *commits: Callable[[Sequence[S]], Awaitable[Sequence[Any]]]) -> None:
        """Each of *commits* runs a batch in one transaction and returns a result for each step, in order.

        It raises :class:`BatchFailed` where the database is at fault; anything else that it raises is a step's fault,
        and says that nothing was committed. None of them is called again before it has returned.
        """
        self._idle = list(commits)
        self._waiting: deque[Waiting[S]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way = 0
        self._is_gathering = False
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
        if self._idle and not self._is_gathering and self._is_worth_it():
            self._is_gathering = True
            task = asyncio.create_task(self._drain(self._idle.pop()))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await future  # a caller that goes away cancels its own waiting, never the batch

    async def close(self) -> None:
        """Take nothing more, and finish what is waiting."""
        self._closed = True
        while self._tasks:
            await asyncio.wait(self._tasks)  # unlike awaiting them, this does not cancel them if we are cancelled

    def _is_worth_it(self) -> bool:
        return len(self._waiting) >= max(1, self._under_way)

    async def _drain(self, commit: Callable[[Sequence[S]], Awaitable[Sequence[Any]]]) -> None:
        batch: list[Waiting[S]] = []
        try:
            while self._is_worth_it():
                batch = await self._gathered()
                self._under_way += len(batch)
                try:
                    await self._run(commit, batch)
                finally:
                    self._under_way -= len(batch)
        finally:  # cancelled: nobody may wait for an answer that will not come
            self._is_gathering = False
            self._idle.append(commit)
            left = [] if self._under_way else self._waiting  # while another batch is under way, its task takes them
            for _, future in [*batch, *left]:
                _refuse(future, BatchFailed("the write group was stopped"))
            left.clear()

    async def _gathered(self) -> list[Waiting[S]]:
        """Take what is waiting, once a turn of the loop brings no more: what was asked together commits together."""
        self._is_gathering, seen = True, 0
        while seen < len(self._waiting) < MAX_BATCH:
            seen = len(self._waiting)
            await asyncio.sleep(0)
        self._is_gathering = False
        count = min(len(self._waiting), MAX_BATCH)
        return [self._waiting.popleft() for _ in range(count)]

    async def _run(self, commit: Callable[[Sequence[S]], Awaitable[Sequence[Any]]], batch: list[Waiting[S]]) -> None:
        try:
            results = await commit([step for step, _ in batch])
        except BatchFailed as error:
            for _, future in batch:
                _refuse(future, error)
            return
        except Exception as error:  # noqa: BLE001 - it is handed to whoever submitted the step
            if len(batch) > 1:  # one bad step must not fail its neighbours: nothing was committed, so each tries alone
                for item in batch:
                    await self._run(commit, [item])
            else:
                _refuse(batch[0][1], error)
            return
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)


def _refuse(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
