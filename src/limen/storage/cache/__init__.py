"""Short-lived shared state: rate limits, and what guards share, in process or in Valkey.

Owns the adapters of :class:`limen.trust.limits.RateLimiter` and of :class:`limen.trust.attacks.shared.Shared`.
:func:`rate_limiter` and :func:`shared_state` pick one by ``cache_url``. Where the
cache is away, each process counts on its own, from what it counted before, so that an outage weakens a limit by the
number of processes and locks nobody out; or what guards would count is refused (:func:`guarding`). Either is logged and
counted.

Keys name addresses and identifiers; each is stored only as HMAC-SHA256 under a key of ours.
"""

from collections.abc import Callable
from typing import Final, Literal

from limen.kernel.clock import Clock
from limen.kernel.entropy import Entropy
from limen.storage.cache.fallback import FallbackLimiter, Limiter, RefusingLimiter
from limen.storage.cache.process import ProcessLimiter
from limen.storage.cache.shared import ClosableShared, ProcessShared
from limen.trust.limits import Limit, RateLimiter

__all__ = [
    "ClosableShared",
    "FallbackLimiter",
    "Limiter",
    "ProcessLimiter",
    "ProcessShared",
    "cache_answers",
    "guarding",
    "rate_limiter",
    "shared_state",
]

_KEPT: Final = 10_000
"""Keys of one limit that a process counts beside the cache: less than where it counts alone, since all processes do."""


def rate_limiter(cache_url: str, key: bytes, clock: Clock, on_away: Callable[[], None] = lambda: None) -> Limiter:
    """Return the limiter that *cache_url* asks for: in process if it is empty. Close it with ``aclose()``.

    Args:
        cache_url: ``redis://``, ``rediss://``, ``valkey://``, ``valkeys://`` or ``unix://``, or empty.
        key: 32 bytes under which counted keys are hashed.
        clock: for the in-process windows and the pauses between attempts.
        on_away: called for each decision taken without the cache, for a metric.

    Raises:
        Misconfigured: *cache_url* has another scheme.
    """
    if not cache_url:
        return ProcessLimiter(key, clock)
    from limen.storage.cache.valkey import ValkeyLimiter  # noqa: PLC0415  # 8 MB that only those who use it pay

    return FallbackLimiter(ValkeyLimiter(cache_url, key), ProcessLimiter(key, clock, _KEPT), clock, on_away)


def guarding(limiter: Limiter, when_away: Literal["count_here", "refuse"]) -> RateLimiter:
    """Return what asks *limiter* on behalf of guards: as *when_away* says, nothing passes that it cannot count."""
    if when_away == "refuse" and isinstance(limiter, FallbackLimiter):
        return RefusingLimiter(limiter)
    return limiter


async def cache_answers(cache_url: str) -> bool:
    """Tell whether the cache at *cache_url* answers: one counter is read that nobody counts.

    Raises:
        Misconfigured: *cache_url* has another scheme.
    """
    from limen.storage.cache.valkey import ValkeyLimiter  # noqa: PLC0415  # as above

    cache = ValkeyLimiter(cache_url, bytes(32))
    try:
        await cache.seen([("doctor", Limit(1, 60, "doctor"))])
    except Exception:  # noqa: BLE001  # whatever the client library raises: the cache is away
        return False
    finally:
        await cache.aclose()
    return True


def shared_state(cache_url: str, key: bytes, clock: Clock, entropy: Entropy) -> ClosableShared:
    """Return what guards share, where *cache_url* says: in process if it is empty. Close it with ``aclose()``.

    In the cache it is sealed under *key*, of 32 bytes, but for keys that are drawn there.

    Raises:
        Misconfigured: *cache_url* has another scheme.
    """
    if not cache_url:
        return ProcessShared(clock, entropy)
    from limen.storage.cache.valkey_shared import ValkeyShared  # noqa: PLC0415  # as above

    return ValkeyShared(cache_url, key, clock, entropy)
