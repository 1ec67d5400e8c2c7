"""Who writes next, where only one can: everyday transactions and batches of the hot doors take turns.

A first-in-first-out lock would let a batch, for which many requests wait, queue behind every everyday transaction of a
login storm. Here it waits for one at the most; and the everyday transaction at the head waits for one batch.
"""

import asyncio
from collections import deque
from contextlib import suppress

_Queue = deque[asyncio.Future[None]]


class WriteGate:
    """A lock with two queues."""

    def __init__(self) -> None:
        """Open, with nobody waiting."""
        self._is_taken = False
        self._everyday: _Queue = deque()
        self._hot: _Queue = deque()

    def everyday(self) -> "Turn":
        """Hold the gate for an everyday transaction; a batch that waits goes next."""
        return Turn(self, self._everyday, self._hot)

    def hot(self) -> "Turn":
        """Hold the gate for a batch; an everyday transaction that waits goes next."""
        return Turn(self, self._hot, self._everyday)

    async def enter(self, queue: _Queue) -> None:
        """Wait in *queue*, unless nobody is inside. For :class:`Turn`."""
        if not self._is_taken:
            self._is_taken = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # the gate was ours already: pass it on
                self.leave(self._hot, self._everyday)
            with suppress(ValueError):
                queue.remove(turn)
            raise

    def leave(self, *queues: _Queue) -> None:
        """Let the first that waits in one of *queues* in. For :class:`Turn`."""
        for queue in queues:
            while queue:
                turn = queue.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._is_taken = False


class Turn:
    """One passage of the gate, for ``async with``."""

    __slots__ = ("_gate", "_next", "_queue")

    def __init__(self, gate: WriteGate, queue: _Queue, before: _Queue) -> None:
        """Wait in *queue*; who waits in *before* goes next."""
        self._gate, self._queue, self._next = gate, queue, before

    async def __aenter__(self) -> None:
        """Wait until nobody else is inside."""
        await self._gate.enter(self._queue)

    async def __aexit__(self, *_: object) -> None:
        """Let the next in."""
        self._gate.leave(self._next, self._queue)
