"""Natural batching: what arrives during one commit forms the next."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar

from limen.kernel.errors import Fault

S = TypeVar("S")

MAX_BATCH = 256
MAX_QUEUE = 8_192


class Overloaded(Fault):
    """More steps are waiting than are promised to be served."""


class WriteGroup(Generic[S]):
    """Runs *commit* on batches of steps; one batch at a time, in order of arrival."""

    def __init__(self, commit: Callable[[Sequence[S]], Awaitable[Sequence[Any]]]) -> None:
        """*commit* runs a batch in one transaction and returns a result for each step, in order."""
        self._commit = commit
        self._waiting: deque[tuple[S, asyncio.Future[Any]]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def submit(self, step: S) -> Any:
        """Wait until *step* is committed; return its result.

        Raises:
            Overloaded: the queue is full, and nothing was done.
        """
        if len(self._waiting) >= MAX_QUEUE:
            msg = "the write group's queue is full"
            raise Overloaded(msg)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((step, future))
        if self._task is None:
            self._task = asyncio.create_task(self._drain())
        return await asyncio.shield(future)  # a caller that goes away does not undo what others share

    async def close(self) -> None:
        """Finish what is waiting."""
        while self._task is not None:
            with suppress(Exception):
                await self._task

    async def _drain(self) -> None:
        try:
            while self._waiting:
                count = min(len(self._waiting), MAX_BATCH)
                await self._run([self._waiting.popleft() for _ in range(count)])
        finally:
            self._task = None

    async def _run(self, batch: list[tuple[S, asyncio.Future[Any]]]) -> None:
        try:
            results = await self._commit([step for step, _ in batch])
        except Exception as error:
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
