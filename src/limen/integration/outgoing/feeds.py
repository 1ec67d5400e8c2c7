"""Feeds of addresses, kept current: from files that somebody replaces, or fetched again and again.

What is fetched is read before it counts, and kept beside the data, so that a start needs no network. A feed that cannot
be fetched, or is refused, leaves the last good one in force; it is asked for again after a minute, then after two, and
so on up to six hours.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from limen.access.outgoing import Outgoing, Wanted
from limen.integration.outgoing.copies import put_copy
from limen.kernel.clock import MINUTE, SECOND, Clock, Instant
from limen.kernel.errors import Refusal
from limen.trust.threats.feeds import BadFeed, Feed, read_feed
from limen.trust.threats.reputation import Loaded, Reputation

_log = structlog.get_logger("limen.threats")
_WANTED: Final = Wanted(
    "address-feed",
    ("text/plain", "text/csv", "application/json", "application/stix+json", "application/octet-stream"),
    max_bytes=67_108_864,
    seconds=60.0,
    usual=60,
    longest=60,
)
_LONGEST_BACK_OFF: Final = 6 * 60 * MINUTE
Count = Callable[[str, str], None]
"""Told a feed's name and what became of it: ``loaded``, ``same``, ``refused`` or ``away``."""


@dataclass(slots=True)
class _Course:
    """How a feed fares: when it is due, what was last read, and how often it failed in a row."""

    due_at: Instant = 0
    stamp: tuple[int, int] | None = None
    failures: int = 0


class FeedKeeper:
    """Keeps the feeds of a process."""

    def __init__(  # noqa: PLR0913 - what keeping feeds takes
        self,
        feeds: Sequence[Feed],
        reputation: Reputation,
        outgoing: Outgoing,
        clock: Clock,
        folder: Path,
        every_seconds: int,
        count: Count = lambda _name, _outcome: None,
    ) -> None:
        """Keep *feeds* in *reputation*, fetching each *every_seconds*; copies go into *folder*."""
        self._feeds = tuple(feeds)
        self._reputation, self._outgoing, self._clock = reputation, outgoing, clock
        self._folder, self._every, self._count = folder, every_seconds * SECOND, count
        self._courses = {feed.name: _Course() for feed in self._feeds}

    async def open(self) -> None:
        """Load what lies here: files, and copies of what was fetched before."""
        for feed in self._feeds:
            path = self._copy(feed) if feed.is_remote else Path(feed.location)
            if await asyncio.to_thread(path.exists):
                await self._from_file(feed, path)

    async def refresh(self) -> None:
        """Look after every feed that is due."""
        for feed in self._feeds:
            course = self._courses[feed.name]
            if self._clock.now() < course.due_at:
                continue
            is_well = await (self._fetched(feed) if feed.is_remote else self._from_file(feed, Path(feed.location)))
            course.failures = 0 if is_well else course.failures + 1
            wait = self._every if feed.is_remote else MINUTE
            if not is_well:
                wait = min(_LONGEST_BACK_OFF, MINUTE * 2 ** min(course.failures - 1, 12))
            course.due_at = self._clock.now() + wait

    async def _fetched(self, feed: Feed) -> bool:
        now = self._clock.now()
        answer = await self._outgoing.fetch(feed.location, _WANTED, newer_than=now)
        if isinstance(answer, Refusal):
            self._count(feed.name, "away")
            return False
        if not await self._taken(feed, answer.body, now):
            return False
        await asyncio.to_thread(put_copy, self._copy(feed), answer.body)
        return True

    async def _from_file(self, feed: Feed, path: Path) -> bool:
        course = self._courses[feed.name]
        try:
            stat = await asyncio.to_thread(path.stat)
            stamp = (stat.st_mtime_ns, stat.st_size)
            if stamp == course.stamp:
                return True
            data = await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            _log.warning("threats.feed_away", feed=feed.name, why=type(error).__name__)
            self._count(feed.name, "away")
            return False
        is_taken = await self._taken(feed, data, stat.st_mtime_ns // 1_000)
        if is_taken:
            course.stamp = stamp
        return is_taken

    async def _taken(self, feed: Feed, data: bytes, current_at: Instant) -> bool:
        try:
            table = await asyncio.to_thread(read_feed, feed.format, data, self._clock.now())
        except BadFeed as refused:
            _log.error("threats.feed_refused", feed=feed.name, why=str(refused), stance="the last good one stays")
            self._count(feed.name, "refused")
            return False
        self._reputation.put(Loaded(feed, table, current_at))
        self._count(feed.name, "loaded")
        return True

    def _copy(self, feed: Feed) -> Path:
        return self._folder / f"{feed.name}.{feed.format}"
