"""Sliding-window counters in Valkey or Redis, shared by all processes.

The window and its atomic script are those of the ``limits`` library. Time is the server's, by the expiry of its keys:
processes with different clocks share one window.
"""

import math
import time
from typing import Any, Final

from limits import RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio import BlockingConnectionPool

from limen.kernel.errors import Misconfigured
from limen.storage.cache.process import counted_key
from limen.trust.limits import Asked, Decision, Limit

_SCHEMES: Final = {"redis": "redis", "valkey": "redis", "rediss": "rediss", "valkeys": "rediss", "unix": "unix"}
_TIMEOUT: Final = 0.25
"""Seconds for a free connection, for connecting and for each answer: a limit must not cost more than what it guards."""


def pool_of(url: str, most: int) -> BlockingConnectionPool:
    """Return at most *most* connections to *url*, each made when it is needed.

    Raises:
        Misconfigured: *url* has a scheme that we do not know, or is not understood.
    """
    scheme, separator, rest = url.partition("://")
    if scheme not in _SCHEMES or not separator:
        raise Misconfigured("cache.url has an unknown scheme", "redis://, rediss://, valkey://, valkeys:// or unix://")
    try:
        found: BlockingConnectionPool = BlockingConnectionPool.from_url(
            f"{_SCHEMES[scheme]}://{rest}",
            max_connections=most,
            timeout=_TIMEOUT,
            socket_connect_timeout=_TIMEOUT,
            socket_timeout=_TIMEOUT,
        )
    except (ValueError, TypeError) as error:  # the URL is not repeated: it may hold a password
        raise Misconfigured("cache.url is not understood", "such as redis://cache.example:6379/0") from error
    return found


class ValkeyLimiter:
    """A :class:`~limen.trust.limits.RateLimiter` for all processes; it raises where the cache is away."""

    def __init__(self, url: str, key: bytes) -> None:
        """Connect to *url* at the first use; hash keys under *key*.

        Raises:
            Misconfigured: *url* has a scheme that we do not know, or is not understood.
        """
        self._key = key
        self._pool = pool_of(url, 16)
        options: dict[str, Any] = {"connection_pool": self._pool}
        storage = RedisStorage("redis://", implementation="redispy", key_prefix="limen", **options)
        self._strategy = SlidingWindowCounterRateLimiter(storage)

    async def hit(self, key: str, limit: Limit, cost: int = 1) -> Decision:
        """Count *cost* tries of *key*, unless that exceeds *limit*.

        Raises:
            Exception: the cache does not answer; which one depends on the client library.
        """
        item, name = self._named(key, limit)
        allowed = await self._strategy.hit(item, name, cost=cost)
        stats = await self._strategy.get_window_stats(item, name)
        wait = max(1, math.ceil(stats.reset_time - time.time()))  # noqa: TID251  # the library's own measure, undone
        return Decision(allowed=allowed, remaining=max(0, stats.remaining), reset_seconds=min(wait, limit.seconds * 2))

    async def seen(self, asked: Asked) -> list[int]:
        """Return how many tries of each key count now.

        Raises:
            As :meth:`hit`.
        """
        stats = [await self._strategy.get_window_stats(*self._named(key, limit)) for key, limit in asked]
        return [limit.count - one.remaining for one, (_, limit) in zip(stats, asked, strict=True)]

    async def count(self, asked: Asked) -> None:
        """Count a try of each key.

        Raises:
            As :meth:`hit`.
        """
        for key, limit in asked:
            await self._strategy.hit(*self._named(key, limit))

    def _named(self, key: str, limit: Limit) -> tuple[RateLimitItemPerSecond, str]:
        return RateLimitItemPerSecond(limit.count, limit.seconds, "rl"), counted_key(self._key, key, limit).hex()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._pool.aclose()
