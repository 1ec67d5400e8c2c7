"""Who writes next, where only one can: everyday transactions and batches of the hot doors take turns.

A first-in-first-out lock would let a batch, for which many requests wait, queue behind every everyday transaction of a
login storm. Here it waits for one at the most; and the everyday transaction at the head waits for one batch.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress


class WriteGate:
    """A lock with two queues."""

    def __init__(self) -> None:
        """Open, with nobody waiting."""
        self._is_taken = False
        self._everyday: deque[asyncio.Future[None]] = deque()
        self._hot: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def everyday(self) -> AsyncGenerator[None, None]:
        """Hold the gate for an everyday transaction; a batch that waits goes next."""
        await self._enter(self._everyday)
        try:
            yield
        finally:
            self._leave(self._hot, self._everyday)

    @asynccontextmanager
    async def hot(self) -> AsyncGenerator[None, None]:
        """Hold the gate for a batch; an everyday transaction that waits goes next."""
        await self._enter(self._hot)
        try:
            yield
        finally:
            self._leave(self._everyday, self._hot)

    async def _enter(self, queue: deque[asyncio.Future[None]]) -> None:
        if not self._is_taken:
            self._is_taken = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # the gate was ours already: pass it on
                self._leave(self._hot, self._everyday)
            with suppress(ValueError):
                queue.remove(turn)
            raise

    def _leave(self, *queues: deque[asyncio.Future[None]]) -> None:
        for queue in queues:
            while queue:
                turn = queue.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._is_taken = False
