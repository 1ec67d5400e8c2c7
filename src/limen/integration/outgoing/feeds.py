"""Feeds of addresses, kept current: from files that somebody replaces, or fetched again and again.

What is fetched is read before it counts, and kept beside the data, so that a start needs no network. The processes of
one machine share that copy: each takes a newer one, and one at a time, by a lease, fetches for all; each machine
fetches for itself. A feed that cannot be fetched, or is refused, leaves the last good one in force; it is asked for
again after a minute, then after two, and so on up to six hours, and said to be stale where that lasts.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from limen.integration.outgoing.copies import put_copy
from limen.kernel.clock import MINUTE, SECOND, Clock, Instant
from limen.kernel.errors import Refusal
from limen.trust.threats.feeds import Feed, read_feed
from limen.trust.threats.records import BadFeed
from limen.trust.threats.reputation import Loaded, Reputation

_log = structlog.get_logger("limen.threats")
_LONGEST_BACK_OFF: Final = 6 * 60 * MINUTE
_TURN: Final = 3 * MINUTE
"""For which a fetch is one process's; after a failure, that much longer than it waits, so that it counts on."""
STALE: Final = 3
"""Times that a feed was not fetched when it was due."""
Count = Callable[[str, str], None]
"""Told a feed's name and what became of it: ``loaded``, ``refused`` or ``away``."""
Fetch = Callable[[Feed], Awaitable[bytes | Refusal]]
"""Brings what a feed's location holds; it may raise :class:`BadFeed`."""
Lease = Callable[[str, int], Awaitable[bool]]
"""Takes or keeps a feed's lease for some microseconds; False where another process of this machine holds it."""


async def alone(_name: str, _microseconds: int) -> bool:
    """Take a lease that nobody else wants."""
    return True


@dataclass(frozen=True, slots=True)
class Keeping:
    """How feeds are kept.

    Attributes:
        folder: where the copies of what was fetched lie, shared by the processes of a machine.
        every_seconds: how often each is fetched.
        fetch: brings one.
        lease: takes turns.
        count: is told what becomes of each.
        raises: whether the bar is raised while one is missing, or stale (``threats.when_missing``).
    """

    folder: Path
    every_seconds: int
    fetch: Fetch
    lease: Lease = alone
    count: Count = lambda _name, _outcome: None
    raises: bool = False


@dataclass(slots=True)
class _Course:
    """How a feed fares: when it may be asked for, the file that was last read, how often it failed in a row."""

    due_at: Instant = 0
    stamp: tuple[int, int] | None = None
    copied_at: Instant = 0
    failures: int = 0
    is_stale: bool = False


class FeedKeeper:
    """Keeps the feeds of a process."""

    def __init__(self, feeds: Sequence[Feed], reputation: Reputation, clock: Clock, keeping: Keeping) -> None:
        """Keep *feeds* in *reputation*."""
        self._feeds = tuple(feeds)
        self._reputation, self._clock, self._keeping = reputation, clock, keeping
        self._courses = {feed.name: _Course() for feed in self._feeds}

    async def open(self) -> None:
        """Load what lies here: files, and copies of what was fetched before."""
        for feed in self._feeds:
            if await asyncio.to_thread(self._path(feed).exists):
                await self._from_file(feed)
        self._note_lacking()

    async def refresh(self) -> None:
        """Look after every feed."""
        for feed in self._feeds:
            await (self._refresh_copy(feed) if feed.is_remote else self._refresh_file(feed))
        self._note_lacking()

    async def _refresh_file(self, feed: Feed) -> None:
        course = self._courses[feed.name]
        if self._clock.now() < course.due_at:
            return
        is_well = await self._from_file(feed)
        course.failures = 0 if is_well else course.failures + 1
        course.due_at = self._clock.now() + (MINUTE if is_well else _back_off(course.failures))

    async def _refresh_copy(self, feed: Feed) -> None:
        course, every = self._courses[feed.name], self._keeping.every_seconds * SECOND
        if await asyncio.to_thread(self._path(feed).exists):
            await self._from_file(feed)  # another process may have brought a newer one
        now = self._clock.now()
        self._note_stale(feed, course, now)
        if now < max(course.due_at, min(course.copied_at, now) + every):
            return
        if not await self._keeping.lease(feed.name, _TURN):
            return
        if await self._fetched(feed, now):
            course.failures, course.due_at = 0, now
            return
        course.failures += 1
        wait = _back_off(course.failures)
        course.due_at = now + wait
        await self._keeping.lease(feed.name, wait + _TURN)

    async def _fetched(self, feed: Feed, now: Instant) -> bool:
        try:
            answer = await self._keeping.fetch(feed)
        except BadFeed as refused:
            self._refuse(feed, refused)
            return False
        if isinstance(answer, Refusal):
            self._keeping.count(feed.name, "away")
            return False
        if not await self._taken(feed, answer, now):
            return False
        course, path = self._courses[feed.name], self._path(feed)
        course.copied_at = now
        await asyncio.to_thread(put_copy, path, answer, now)
        course.stamp = await asyncio.to_thread(_stamp, path)
        return True

    async def _from_file(self, feed: Feed) -> bool:
        course, path = self._courses[feed.name], self._path(feed)
        try:
            stamp = await asyncio.to_thread(_stamp, path)
            if stamp == course.stamp:
                return True
            data = await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            _log.warning("threats.feed_away", feed=feed.name, why=type(error).__name__)
            self._keeping.count(feed.name, "away")
            return False
        at = stamp[0] // 1_000
        is_taken = await self._taken(feed, data, at)
        if is_taken or feed.is_remote:  # a damaged copy is read once: another is fetched in its place
            course.stamp, course.copied_at = stamp, at if is_taken else 0
        return is_taken

    async def _taken(self, feed: Feed, data: bytes, current_at: Instant) -> bool:
        try:
            table = await asyncio.to_thread(read_feed, feed.format, data, self._clock.now())
        except BadFeed as refused:
            self._refuse(feed, refused)
            return False
        self._reputation.put(Loaded(feed, table, current_at))
        self._keeping.count(feed.name, "loaded")
        return True

    def _refuse(self, feed: Feed, refused: BadFeed) -> None:
        _log.error("threats.feed_refused", feed=feed.name, why=str(refused), stance="the last good one stays")
        self._keeping.count(feed.name, "refused")

    def _note_stale(self, feed: Feed, course: _Course, now: Instant) -> None:
        age = now - course.copied_at
        is_stale = bool(course.copied_at) and age > STALE * self._keeping.every_seconds * SECOND
        if is_stale and not course.is_stale:
            _log.warning("threats.feed_stale", feed=feed.name, hours=age // (60 * MINUTE), stance="it stays in force")
        course.is_stale = is_stale

    def _note_lacking(self) -> None:
        """Say whether one is missing that would keep somebody out or ask for more, or is older than it may be."""
        if not self._keeping.raises:
            return
        now, bound = self._clock.now(), STALE * self._keeping.every_seconds * SECOND
        current = {one.feed.name for one in self._reputation if not one.feed.is_remote or now - one.current_at <= bound}
        asked = {feed.name for feed in self._feeds if feed.action != "note"}
        self._reputation.lack(is_lacking=bool(asked - current))

    def _path(self, feed: Feed) -> Path:
        return copy_of(feed, self._keeping.folder) if feed.is_remote else Path(feed.location)


def copy_of(feed: Feed, folder: Path) -> Path:
    """Return where the copy of a feed lies that is fetched."""
    return folder / f"{feed.name}.{feed.format}"


def _back_off(failures: int) -> int:
    return min(_LONGEST_BACK_OFF, MINUTE << min(failures - 1, 12))


def _stamp(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size
