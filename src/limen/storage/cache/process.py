"""Sliding-window counters in this process's memory, driven by our own clock.

The window slides by weighting: what the window before holds counts for the share of it that still overlaps. Two numbers
a key instead of a list of instants, and never more than the limit within one window.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from limen.kernel.clock import SECOND, Clock, Instant
from limen.trust.limits import Asked, Decision, Limit

MAX_KEYS: Final = 50_000
"""Keys of one limit."""


def counted_key(secret: bytes, key: str, limit: Limit) -> bytes:
    """Return what is stored for *key* under *limit*: a keyed hash, so that the store names nobody."""
    said = f"{limit.name}\0{limit.count}\0{limit.seconds}\0{key}".encode()
    return blake2b(said, key=secret, digest_size=16).digest()  # RFC 7693 §2.9: a fifth of an HMAC


@dataclass(slots=True)
class _Window:
    began: Instant
    before: int
    current: int


class ProcessLimiter:
    """A :class:`~limen.trust.limits.RateLimiter` for one process.

    It keeps *max_keys* at most for each limit. Beyond that the key unused for longest is forgotten: who floods us with
    new addresses can shorten the memory of that one limit, never that of another, and never make us run out of ours.
    """

    def __init__(self, key: bytes, clock: Clock, max_keys: int = MAX_KEYS) -> None:
        """Hash keys under *key*; take time from *clock*."""
        self._key = key
        self._clock = clock
        self._max_keys = max_keys
        self._tables: dict[Limit, OrderedDict[bytes, _Window]] = {}

    async def hit(self, key: str, limit: Limit, cost: int = 1) -> Decision:
        """Count *cost* tries of *key*, unless that exceeds *limit*."""
        now, span = self._clock.now(), limit.seconds * SECOND
        window = self._window(key, limit, now)
        elapsed = now - window.began
        used = window.before * (1 - elapsed / span) + window.current
        if used + cost > limit.count:
            return Decision(
                allowed=False,
                remaining=max(0, int(limit.count - used)),
                reset_seconds=_wait(window, elapsed, limit, cost),
            )
        window.current += cost
        return Decision(
            allowed=True, remaining=int(limit.count - used - cost), reset_seconds=math.ceil((span - elapsed) / SECOND)
        )

    async def seen(self, asked: Asked) -> list[int]:
        """Return how many tries of each key count now; a key that nobody counted is not held for that."""
        now, found = self._clock.now(), []
        for key, limit in asked:
            windows, used = self._tables.get(limit), 0.0
            if windows:  # else nobody was counted, and nobody's name need be hashed
                name = counted_key(self._key, key, limit)
                window = windows.get(name)
                if window is not None:
                    windows.move_to_end(name)
                    used = _used(window, now, limit.seconds * SECOND)
            found.append(math.ceil(used))
        return found

    async def count(self, asked: Asked) -> None:
        """Count a try of each key."""
        now = self._clock.now()
        for key, limit in asked:
            window = self._window(key, limit, now)
            overlap = 1 - (now - window.began) / (limit.seconds * SECOND)
            window.current += window.before * overlap + window.current + 1 <= limit.count

    async def aclose(self) -> None:
        """Close nothing."""

    def _window(self, said: str, limit: Limit, now: Instant) -> _Window:
        """Return the present window of what is *said*, held from now on."""
        windows = self._tables.get(limit)
        if windows is None:  # limits are few, and none comes from a request
            windows = self._tables[limit] = OrderedDict()
        key, span = counted_key(self._key, said, limit), limit.seconds * SECOND
        window = windows.get(key)
        if window is None:
            if len(windows) >= self._max_keys:
                windows.popitem(last=False)
            window = windows[key] = _Window(now, 0, 0)
            return window
        windows.move_to_end(key)
        passed = (now - window.began) // span
        if passed > 1:
            window.began, window.before, window.current = now, 0, 0
        elif passed == 1:
            window.began, window.before, window.current = window.began + span, window.current, 0
        return window


def _used(window: _Window, now: Instant, span: int) -> float:
    """Return how many tries count: those of the present window, and of the one before the share that still overlaps."""
    elapsed = now - window.began
    if elapsed < span:
        return window.before * (1 - elapsed / span) + window.current
    return window.current * (2 - elapsed / span) if elapsed < 2 * span else 0.0


def _wait(window: _Window, elapsed: int, limit: Limit, cost: int) -> int:
    """Return the whole seconds, at least one, after which *cost* fits again."""
    span = limit.seconds * SECOND
    room = limit.count - cost - window.current
    if room >= 0:  # enough of the window before must slide out; it holds more than there is room for
        wait = span * (1 - room / window.before) - elapsed
    else:  # this window must become the one before, and slide out in turn
        wait = span - elapsed + span * (1 - max(0, limit.count - cost) / window.current if window.current else 1)
    return max(1, math.ceil(wait / SECOND))
