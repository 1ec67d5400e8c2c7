"""Rate limits of the hot doors as the settings have them, whatever the code that asks proposes."""

from collections.abc import Mapping

from limen.trust.limits import Asked, Decision, Limit, RateLimiter


class NamedLimits:
    """A :class:`~limen.trust.limits.RateLimiter` that knows some limits by name better than whoever asks."""

    def __init__(self, limiter: RateLimiter, limits: Mapping[str, Limit]) -> None:
        """Ask *limiter*, with those of *limits* in place of what is called the same."""
        self._limiter = limiter
        self._limits = dict(limits)

    async def hit(self, key: str, limit: Limit, cost: int = 1) -> Decision:
        """Count *cost* tries of *key*."""
        return await self._limiter.hit(key, self._limits.get(limit.name, limit), cost)

    async def seen(self, asked: Asked) -> list[int]:
        """Return how many tries of each key count now."""
        return await self._limiter.seen(self._known(asked))

    async def count(self, asked: Asked) -> None:
        """Count a try of each key."""
        await self._limiter.count(self._known(asked))

    def _known(self, asked: Asked) -> Asked:
        return [(key, self._limits.get(limit.name, limit)) for key, limit in asked]
