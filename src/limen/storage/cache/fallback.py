"""What happens where the shared cache is away: count in this process or refuse, say so, and look again soon.

What is counted in the cache is counted here too. So this process knows what it saw itself: an outage in the midst of an
attack lowers no bar, and neither does a cache that comes back empty.
"""

import math
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, TypeVar

import structlog

from limen.kernel.clock import SECOND, Clock, Instant
from limen.kernel.errors import Outage
from limen.trust.limits import Asked, Decision, Limit, RateLimiter

PAUSE: Final = 5 * SECOND
"""How long the cache is left alone after it failed, so that not every request waits for its time limit."""


T = TypeVar("T")


class Limiter(RateLimiter, Protocol):
    """A rate limiter that holds connections."""

    async def aclose(self) -> None:
        """Close them."""
        ...


class FallbackLimiter:
    """Asks *primary*, and *fallback* where that raises; *fallback* counts all the same."""

    def __init__(
        self, primary: Limiter, fallback: Limiter, clock: Clock, on_away: Callable[[], None] = lambda: None
    ) -> None:
        """Take both limiters; *on_away* is called for each decision taken without *primary*."""
        self._primary = primary
        self._fallback = fallback
        self._clock = clock
        self._on_away = on_away
        self._away_until: Instant = 0
        self._is_away = False
        self._log = structlog.get_logger("limen.cache")

    async def hit(self, key: str, limit: Limit, cost: int = 1) -> Decision:
        """Count *cost* tries of *key*, unless that exceeds *limit*."""
        shared = await self.hit_shared(key, limit, cost)
        return await self._fallback.hit(key, limit, cost) if shared is None else shared

    async def seen(self, asked: Asked) -> list[int]:
        """Return how many tries of each key count now: of all processes, and at least those of this one."""
        shared = await self.seen_shared(asked)
        return await self._fallback.seen(asked) if shared is None else shared

    async def hit_shared(self, key: str, limit: Limit, cost: int) -> Decision | None:
        """Do as :meth:`hit`; None where the cache is away, and then nothing is counted."""
        answer = await self._asked(lambda cache: cache.hit(key, limit, cost))
        if answer is None:
            return None
        if answer[0].allowed:
            await self._fallback.hit(key, limit, cost)
        return answer[0]

    async def seen_shared(self, asked: Asked) -> list[int] | None:
        """Return the same as :meth:`seen`; None where the cache is away."""
        answer = await self._asked(lambda cache: cache.seen(asked))
        if answer is None:
            return None
        return [max(both) for both in zip(await self._fallback.seen(asked), answer[0], strict=True)]

    @property
    def away_seconds(self) -> int:
        """Return after how many seconds, at least one, the cache is asked again."""
        return max(1, math.ceil((self._away_until - self._clock.now()) / SECOND))

    async def count(self, asked: Asked) -> None:
        """Count a try of each key."""
        await self._fallback.count(asked)
        await self._asked(lambda cache: cache.count(asked))

    async def aclose(self) -> None:
        """Close both."""
        await self._primary.aclose()
        await self._fallback.aclose()

    async def _asked(self, ask: Callable[[RateLimiter], Awaitable[T]]) -> tuple[T] | None:
        """Return what the cache answers; None where it is away."""
        if self._clock.now() >= self._away_until:
            try:
                answer = await ask(self._primary)
            except Exception as error:  # noqa: BLE001  # whatever the client library raises: the cache is away
                self._away(error)
            else:
                self._back()
                return (answer,)
        self._on_away()
        return None

    def _away(self, error: Exception) -> None:
        self._away_until = self._clock.now() + PAUSE
        if not self._is_away:
            self._is_away = True
            self._log.warning("cache.away", error=type(error).__name__)

    def _back(self) -> None:
        if self._is_away:
            self._is_away = False
            self._log.info("cache.back")


class RefusingLimiter:
    """Asks *within* where its cache answers, and lets nothing pass that the cache does not count.

    What is merely counted goes on being counted: nobody waits for the answer.
    """

    def __init__(self, within: FallbackLimiter) -> None:
        """Share what *within* knows of its cache."""
        self._within = within

    async def hit(self, key: str, limit: Limit, cost: int = 1) -> Decision:
        """Count *cost* tries of *key*, unless that exceeds *limit*.

        Raises:
            Outage: the cache is away.
        """
        return self._known(await self._within.hit_shared(key, limit, cost))

    async def seen(self, asked: Asked) -> list[int]:
        """Return how many tries of each key count now.

        Raises:
            Outage: the cache is away.
        """
        return self._known(await self._within.seen_shared(asked))

    async def count(self, asked: Asked) -> None:
        """Count a try of each key."""
        await self._within.count(asked)

    def _known(self, answer: T | None) -> T:
        if answer is None:
            raise Outage("the shared cache does not answer", self._within.away_seconds, "cannot_count")
        return answer
