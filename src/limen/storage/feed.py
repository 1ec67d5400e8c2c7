"""The change feed: what one worker changed, every worker's caches hear.

The worker that commits tells its own caches at once. The others poll a short overlap of the feed (a sequence number may become
visible after a higher one), and on PostgreSQL are woken by ``NOTIFY``. ``is_fresh`` is false when the feed was not read for more
than a second: caches then ask the database themselves.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog
from sqlalchemy import delete, select

from limen.kernel.clock import MINUTE, SECOND, Clock
from limen.storage.database import Change, Database
from limen.storage.schema import changes

_log = structlog.get_logger(__name__)

POLL_SECONDS = 0.25
OVERLAP = 10 * SECOND
KEPT = 60 * MINUTE
STALE_AFTER = 1.0


class ChangeFeed:
    """Delivers changes to listeners, at least once."""

    def __init__(self, database: Database, clock: Clock, *, alone: bool) -> None:
        """Read the feed of *database*; *alone* says that no other process writes to it while this one runs."""
        self._database, self._clock, self._alone = database, clock, alone
        self._listeners: list[Callable[[str | None, str, str], None]] = []
        self._seen: dict[int, int] = {}
        self._read_at = clock.monotonic()
        self._started_at = clock.now()
        database.on_commit.append(self.apply)

    def listen(self, listener: Callable[[str | None, str, str], None]) -> None:
        """Call *listener* with (tenant, kind, key) for every change; it must be quick and bear repetition."""
        self._listeners.append(listener)

    def is_fresh(self) -> bool:
        """Tell whether caches may be trusted."""
        return self._clock.monotonic() - self._read_at <= STALE_AFTER

    def apply(self, changed: Sequence[Change], _has_events: bool = False) -> None:  # noqa: FBT001, FBT002 - a listener's shape
        """Tell the listeners of this process."""
        for tenant_id, kind, key in changed:
            for listener in self._listeners:
                listener(tenant_id, kind, key)

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            try:
                await self.poll()
            except Exception:  # noqa: BLE001 - an outage makes the feed stale; it must not end it
                _log.warning("change_feed.unreadable")
            await self._clock.sleep(POLL_SECONDS)

    async def poll(self) -> None:
        """Read what is new and tell the listeners."""
        asked_at = self._clock.monotonic()
        horizon = max(self._started_at, self._clock.now()) - OVERLAP
        statement = select(changes).where(changes.c.at >= horizon).order_by(changes.c.seq)
        async with self._database.platform() as connection:
            rows = (await connection.execute(statement)).all()
        fresh = [row for row in rows if row.seq not in self._seen]
        self._seen = {row.seq: row.at for row in rows}
        self._read_at = asked_at
        self.apply([(row.tenant_id, row.kind, row.key) for row in fresh])

    async def prune(self) -> None:
        """Drop what every reader has seen long ago."""
        async with self._database.platform(write=True) as connection:
            await connection.execute(delete(changes).where(changes.c.at < self._clock.now() - KEPT))


async def stop(task: asyncio.Task[None]) -> None:
    """Cancel a running feed and wait for its end."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
