"""Connections to PostgreSQL that are lent one at a time.

The driver's own pool makes a task, two futures and two timers for each loan, which is more than many a statement costs
its client. Nothing of it is needed here: whoever borrows ends what they began, so that there is nothing to reset.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

import asyncpg

IDLE_SECONDS = 300
"""How long a connection is kept that nobody needs."""


class Lendable(Protocol):
    """What is asked of a connection (``asyncpg.Connection``)."""

    def is_closed(self) -> bool:
        """Tell whether it is closed, or lost."""
        ...

    def is_in_transaction(self) -> bool:
        """Tell whether a transaction is open."""
        ...

    async def close(self) -> None:
        """Say goodbye."""
        ...

    def terminate(self) -> None:
        """Drop it."""
        ...


C = TypeVar("C", bound=Lendable)


class Lender(Generic[C]):
    """Lends at most so many at once; those who wait are served in the order in which they came."""

    def __init__(self, connect: Callable[[], Awaitable[C]], most: int, patience_seconds: float) -> None:
        """Lend what *connect* opens, when it is needed and not before."""
        self._connect, self._most, self._patience_seconds = connect, most, patience_seconds
        self._room = asyncio.Semaphore(most)
        self._idle: deque[tuple[C, float]] = deque()
        self._tidying: asyncio.TimerHandle | None = None
        self._is_closed = False

    async def lend(self) -> C:
        """Return a connection: the one that was given back last, which is the warmest.

        Raises:
            TimeoutError: none became free in time.
            asyncpg.InterfaceError: the lender was closed.
        """
        if self._room.locked():
            async with asyncio.timeout(self._patience_seconds):
                await self._room.acquire()
        else:
            await self._room.acquire()
        try:
            return self._warmest() or await self._connect()
        except BaseException:
            self._room.release()
            raise

    def _warmest(self) -> C | None:
        """Return an idle connection, if there is one; those that were lost meanwhile are forgotten."""
        if self._is_closed:
            msg = "the connections were closed"
            raise asyncpg.InterfaceError(msg)
        while self._idle:
            connection, _ = self._idle.pop()
            if not connection.is_closed():
                return connection
        return None

    def take_back(self, connection: C) -> None:
        """Keep *connection* for the next; a lost one is forgotten, and one that has something open is dropped."""
        if not connection.is_closed():
            if connection.is_in_transaction():
                connection.terminate()
            else:
                self._keep(connection)
        self._room.release()

    def _keep(self, connection: C) -> None:
        loop = asyncio.get_running_loop()
        self._idle.append((connection, loop.time()))
        if self._tidying is None:
            self._tidying = loop.call_later(IDLE_SECONDS, self._tidy)

    def _tidy(self) -> None:
        """Drop what has been idle for so long; come again as long as something is idle."""
        loop, self._tidying = asyncio.get_running_loop(), None
        while self._idle and self._idle[0][1] <= loop.time() - IDLE_SECONDS:
            self._idle.popleft()[0].terminate()
        if self._idle:
            self._tidying = loop.call_at(self._idle[0][1] + IDLE_SECONDS, self._tidy)

    async def close(self) -> None:
        """Wait until everything is given back, and close it. Nothing is lent afterwards."""
        self._is_closed = True
        for _ in range(self._most):
            await self._room.acquire()
        if self._tidying is not None:
            self._tidying.cancel()
            self._tidying = None
        while self._idle:
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):  # it was lost just now
                await self._idle.pop()[0].close()
        for _ in range(self._most):
            self._room.release()
