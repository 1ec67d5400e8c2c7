"""Rate limits as the settings have them, whatever the code that asks proposes."""

from collections.abc import Mapping

from limen.trust.limits import Decision, Limit, RateLimiter


class NamedLimits:
    """A :class:`~limen.trust.limits.RateLimiter` that knows some limits by name better than whoever asks."""

    def __init__(self, limiter: RateLimiter, limits: Mapping[str, Limit]) -> None:
        """Ask *limiter*, with those of *limits* in place of what is called the same."""
        self._limiter = limiter
        self._limits = dict(limits)

    async def hit(self, key: str, limit: Limit, cost: int = 1) -> Decision:
        """Count *cost* tries of *key*."""
        return await self._limiter.hit(key, self._limits.get(limit.name, limit), cost)
