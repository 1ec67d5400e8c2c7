"""The change feed: what one worker changed, every worker's caches hear.

The worker that commits tells its own caches at once. The others poll, and on PostgreSQL are woken by ``NOTIFY``. Each
poll reads again what it read in the last seconds, because a sequence number may become visible after a higher one;
where the database says for nothing that nobody has committed, and nothing is left to be read again, it reads nothing.
``is_fresh`` is false when the feed was not read for a second: caches then ask the database themselves.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import structlog
from sqlalchemy import bindparam, delete, func, select

from limen.kernel.clock import MINUTE, Clock
from limen.storage.database import Change, Database
from limen.storage.schema.processes import changes
from limen.storage.statements import Statement

_log = structlog.get_logger(__name__)

POLL_SECONDS = 0.25
OVERLAP_SECONDS = 10.0
"""How long a transaction may take from numbering its change to committing it."""
KEPT = 60 * MINUTE
STALE_AFTER = 1.0
READ_AGAIN_AT_START = 256

_NEWEST = Statement(select(func.max(changes.c.seq)))
_SINCE = Statement(select(changes).where(changes.c.seq > bindparam("floor")).order_by(changes.c.seq))


class ChangeFeed:
    """Delivers changes to listeners, at least once. No clock of another worker is trusted for that."""

    def __init__(self, database: Database, clock: Clock, *, alone: bool) -> None:
        """Read the feed of *database*.

        *alone* says that no other worker serves from it: a late poll is then no reason to distrust caches.
        """
        self._database, self._clock, self._alone = database, clock, alone
        self._listeners: list[Callable[[str | None, str, str], None]] = []
        self._seen: set[int] = set()
        self._floor: int | None = None
        self._marks: deque[tuple[float, int]] = deque()
        self._read: int | None = None
        self._read_at = clock.monotonic()
        self._news = asyncio.Event()
        database.on_commit.append(self.apply)

    def listen(self, listener: Callable[[str | None, str, str], None]) -> None:
        """Call *listener* with (tenant, kind, key) for every change; it must be quick and bear repetition."""
        self._listeners.append(listener)

    def is_fresh(self) -> bool:
        """Tell whether caches may be trusted."""
        return self._alone or self._clock.monotonic() - self._read_at < STALE_AFTER

    def age(self) -> float:
        """Return the seconds since the feed was last read."""
        return max(0.0, self._clock.monotonic() - self._read_at)

    def apply(self, changed: Sequence[Change], _has_events: bool = False) -> None:  # noqa: FBT001, FBT002 - a listener's shape
        """Tell the listeners of this process."""
        for tenant_id, kind, key in changed:
            for listener in self._listeners:
                listener(tenant_id, kind, key)

    async def run(self) -> None:
        """Poll until cancelled, at once when the database tells of news."""
        end = await self._subscribe()
        try:
            while True:
                try:
                    await self.poll()
                except Exception:  # noqa: BLE001 - an outage makes the feed stale; it must not end it
                    _log.warning("change_feed.unreadable")
                await (self._clock.sleep(POLL_SECONDS) if end is None else self._pause())
        finally:
            with suppress(Exception):
                if end is not None:
                    await end()

    async def poll(self) -> None:
        """Read what is new and tell the listeners."""
        asked_at = self._clock.monotonic()
        version = self._database.dialect.version()
        if version is not None and version == self._read:
            self._read_at = asked_at
            return
        async with self._database.platform() as connection:
            if self._floor is None:
                newest = (await connection.execute(_NEWEST)).scalar() or 0
                self._floor = newest - READ_AGAIN_AT_START
            rows = (await connection.execute(_SINCE, {"floor": self._floor})).all()
        fresh = [row for row in rows if row.seq not in self._seen]
        self._seen = {row.seq for row in rows}
        self._advance(asked_at, rows[-1].seq if rows else self._floor)
        self._read_at, self._read = asked_at, None if rows else version
        self.apply([(row.tenant_id, row.kind, row.key) for row in fresh])

    async def prune(self) -> None:
        """Drop what every reader has seen long ago."""
        async with self._database.platform(write=True) as connection:
            await connection.execute(delete(changes).where(changes.c.at < self._clock.now() - KEPT))

    def _advance(self, at: float, newest: int) -> None:
        """Never again read what is older than what was newest OVERLAP_SECONDS ago."""
        self._marks.append((at, newest))
        while self._marks and self._marks[0][0] <= at - OVERLAP_SECONDS:
            self._floor = self._marks.popleft()[1]

    async def _subscribe(self) -> Callable[[], Awaitable[None]] | None:
        try:
            return await self._database.dialect.listen(self._news.set)
        except Exception:  # noqa: BLE001 - the poll alone will do
            _log.warning("change_feed.not_told")
            return None

    async def _pause(self) -> None:
        waits = [asyncio.ensure_future(self._clock.sleep(POLL_SECONDS)), asyncio.ensure_future(self._news.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._news.clear()


async def stop(task: asyncio.Task[None]) -> None:
    """Cancel a running feed and wait for its end."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
