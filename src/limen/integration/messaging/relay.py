"""The outbox relay: leases due events, hands each to its handler, and records what became of it."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from limen.integration.messaging.backoff import back_off
from limen.integration.messaging.delivery import DeliveryLater, DeliveryRefused
from limen.integration.messaging.metrics import RelayMetrics
from limen.integration.messaging.queue import OutboxItem, OutboxQueue
from limen.kernel.clock import SECOND, Clock
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Corrupted

_log = structlog.get_logger(__name__)

_LEASE_MARGIN = 0.8
"""The share of its lease that a handler may use; in the rest the outcome is recorded, before another has the item."""


class Handler(Protocol):
    """Acts on one event; called at least once for each."""

    async def __call__(self, item: OutboxItem) -> None:
        """Act on *item*; return: done.

        Raises:
            DeliveryLater: try again.
            DeliveryRefused: do not try again.
            Corrupted: what is stored does not verify; do not try again.
        """
        ...


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """How the relay works.

    Attributes:
        worker: this process's name on its leases.
        concurrency: how many items it handles at once.
        lease_seconds: how long an item is this worker's own.
        poll_seconds: how long it waits for a nudge before it looks by itself: other processes commit too.
        max_attempts: after so many an item is dead. With the defaults that is about four hours.
        first_delay_seconds: the wait after the first failure; it doubles from there.
        longest_delay_seconds: where the doubling ends.
        grace_seconds: how long a stop waits for what is under way.
    """

    worker: str
    concurrency: int = 8
    lease_seconds: float = 60.0
    poll_seconds: float = 1.0
    max_attempts: int = 14
    first_delay_seconds: float = 5.0
    longest_delay_seconds: float = 3600.0
    grace_seconds: float = 10.0


class OutboxRelay:
    """Drains the outbox until it is stopped; never has more leased than it works on."""

    def __init__(
        self,
        queue: OutboxQueue,
        handlers: Mapping[str, Handler],
        settings: RelaySettings,
        metrics: RelayMetrics,
        chance: tuple[Clock, Entropy],
    ) -> None:
        """Join the parts; *handlers* by event name, *chance* is the clock and the source of jitter."""
        self._queue = queue
        self._handlers = handlers
        self._settings = settings
        self._metrics = metrics
        self._clock, self._entropy = chance
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._stopping = False

    def nudge(self) -> None:
        """Say that something was committed; may be called from any thread, and costs nothing while one is pending."""
        loop = self._loop
        if loop is not None and not self._wake.is_set():
            with suppress(RuntimeError):  # the loop has closed: the next start will find the item
                loop.call_soon_threadsafe(self._wake.set)

    def stop(self) -> None:
        """Lease nothing more; :meth:`run` returns when what is under way is finished, or the grace is over."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Drain the outbox until :meth:`stop`."""
        self._loop = asyncio.get_running_loop()
        try:
            while not self._stopping:
                self._wake.clear()  # before the look, so that a commit during it wakes us again
                if not await self._lease():
                    await self._rest()
            if self._running:
                await asyncio.wait(self._running, timeout=self._settings.grace_seconds)
        finally:
            self._loop = None
            await self._abandon()

    async def run_once(self) -> int:
        """Lease one batch, finish it, and return its size."""
        leased = await self._lease()
        while self._running:
            await asyncio.wait(self._running)
        return leased

    async def _lease(self) -> int:
        """Start as many due items as there are free hands; return how many."""
        free = self._settings.concurrency - len(self._running)
        if free <= 0:
            return 0
        lease_for = int(self._settings.lease_seconds * SECOND)
        try:
            items = await self._queue.lease(self._settings.worker, self._clock.now(), free, lease_for)
        except Exception as fault:  # noqa: BLE001 - the queue's outage must not end the relay
            self._queue_fault("lease", fault)
            return 0
        for item in items:
            task = asyncio.create_task(self._work(item))
            self._running.add(task)
            task.add_done_callback(self._finished)
        return len(items)

    def _finished(self, task: asyncio.Task[None]) -> None:
        was_full = len(self._running) >= self._settings.concurrency
        self._running.discard(task)
        if was_full:
            self._wake.set()

    async def _rest(self) -> None:
        """Wait for a nudge, a free hand, or the next look."""
        nudged = asyncio.ensure_future(self._wake.wait())
        polled = asyncio.ensure_future(self._clock.sleep(self._settings.poll_seconds))
        try:
            await asyncio.wait((nudged, polled), return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _cancel(nudged, polled)

    async def _abandon(self) -> None:
        """Let go of what is still under way: its leases run out, and somebody takes it up again."""
        await _cancel(*self._running)

    async def _work(self, item: OutboxItem) -> None:
        try:
            await self._dispatch(item)
        except Exception as fault:  # noqa: BLE001 - the lease runs out and the item comes again
            self._queue_fault("record", fault, item=item.id)

    async def _dispatch(self, item: OutboxItem) -> None:
        handler = self._handlers.get(item.name)
        if handler is None:
            await self._done(item, "unhandled")
        elif item.attempts > self._settings.max_attempts:
            await self._dead(item, "too_many_attempts")  # it never came back to us: it ended the process each time
        else:
            code, final = await self._attempt(handler, item)
            if not code:
                await self._done(item, "done")
            elif final or item.attempts >= self._settings.max_attempts:
                await self._dead(item, code)
            else:
                await self._retry(item, code)

    async def _attempt(self, handler: Handler, item: OutboxItem) -> tuple[str, bool]:
        """Return ("", _) when *item* was handled, else an error code and whether it is final."""
        try:
            async with asyncio.timeout(self._settings.lease_seconds * _LEASE_MARGIN):
                await handler(item)
        except DeliveryLater as later:
            return later.code, False
        except DeliveryRefused as refused:
            return refused.code, True
        except Corrupted:
            return "corrupted", True
        except TimeoutError:
            return "handler_timeout", False
        except Exception as fault:  # noqa: BLE001 - one item's bug must not hold up the others
            _log.error("outbox.handler_failed", item=item.id, event_name=item.name, **_where(fault))
            return "handler_fault", False
        return "", False

    async def _done(self, item: OutboxItem, outcome: str) -> None:
        await self._queue.done(item.id)
        self._metrics.left(item.name, outcome)
        self._metrics.lag((self._clock.now() - item.created_at) / SECOND)

    async def _retry(self, item: OutboxItem, code: str) -> None:
        settings = self._settings
        wait = back_off(item.attempts, settings.first_delay_seconds, settings.longest_delay_seconds, self._entropy)
        await self._queue.retry(item.id, self._clock.now() + wait, code)
        self._metrics.left(item.name, "retried")
        _log.info("outbox.retried", item=item.id, event_name=item.name, attempts=item.attempts, code=code)

    async def _dead(self, item: OutboxItem, code: str) -> None:
        await self._queue.dead(item.id, code)
        self._metrics.left(item.name, "dead")
        _log.warning("outbox.dead", item=item.id, event_name=item.name, attempts=item.attempts, code=code)

    def _queue_fault(self, verb: str, fault: Exception, **fields: str) -> None:
        self._metrics.queue_fault()
        _log.error("outbox.queue_failed", verb=verb, **fields, **_where(fault))


async def _cancel(*futures: asyncio.Future[Any]) -> None:
    for future in futures:
        future.cancel()
    await asyncio.gather(*futures, return_exceptions=True)


def _where(fault: Exception) -> dict[str, str]:
    """Return the kind and the place of *fault*; its message is left out, for it may quote an address or a body."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}" if trace is not None else ""
    return {"fault": type(fault).__name__, "at": place}
