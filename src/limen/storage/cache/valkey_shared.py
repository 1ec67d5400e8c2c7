"""What processes share for a while, in the memory of Valkey or Redis. Implements ``trust.attacks.shared``.

Where the cache is away each process goes on with what it has, and draws a key of its own where it has none: until the
cache is back they do not count as one, as with limits (:mod:`.fallback`).

What is noted has to be read again, so it is not hashed, as keys of limits are, but sealed (AES-SIV, RFC 5297): equal
members stay equal, and the cache names nobody.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from redis.asyncio import Redis

from limen.kernel.clock import SECOND, Clock, Instant
from limen.kernel.entropy import Entropy
from limen.storage.cache.fallback import PAUSE
from limen.storage.cache.shared import KEY_BYTES, ProcessShared
from limen.storage.cache.valkey import pool_of
from limen.trust.attacks.shared import FOR_SECONDS, MOST

_LOOK_AGAIN: Final = 60 * SECOND
"""So long a key of the cache is used without asking: a cache that was emptied makes two keys for no longer."""
_CONNECTIONS: Final = 4
_log = structlog.get_logger("limen.cache")


class ValkeyShared:
    """What all processes remember in the cache."""

    def __init__(self, url: str, key: bytes, clock: Clock, entropy: Entropy) -> None:
        """Connect to *url* at the first use; seal what is noted under *key*, of 32 bytes.

        Raises:
            Misconfigured: *url* has a scheme that we do not know.
        """
        self._pool = pool_of(url, _CONNECTIONS)
        self._cache = Redis(connection_pool=self._pool)
        self._process, self._clock, self._entropy = ProcessShared(clock, entropy), clock, entropy
        self._seal = AESSIV(key)
        self._held: dict[str, tuple[bytes, Instant]] = {}
        self._away_until: Instant = 0

    async def key(self, name: str, seconds: int) -> bytes:
        """Return the key of *name*: whoever asks first sets it, and all take what is set.

        A key that is held is offered again, so that one which the cache lost is the same as before.
        """
        now = self._clock.now()
        held = self._held.get(name)
        if held is not None and held[1] > now:
            return held[0]
        if now >= self._away_until:
            offered = held[0] if held is not None else self._entropy.bytes(KEY_BYTES)
            try:
                found = await self._set(f"limen:key:{name}", offered, seconds)
            except Exception as error:  # noqa: BLE001  # whatever the client library raises: the cache is away
                self._away(error)
            else:
                self._hold(name, found)
                return found
        return held[0] if held is not None else await self._process.key(name, seconds)

    async def note(self, name: str, member: str) -> None:
        """Remember *member* as the newest of *name*, here and in the cache."""
        await self._process.note(name, member)
        now = self._clock.now()
        if now < self._away_until:
            return
        place, sealed = f"limen:noted:{name}", self._seal.encrypt(member.encode(), [name.encode()])
        try:
            async with self._cache.pipeline(transaction=True) as pipeline:
                pipeline.zadd(place, {sealed: now})
                pipeline.zremrangebyrank(place, 0, -MOST - 1)
                pipeline.expire(place, FOR_SECONDS)
                await pipeline.execute()
        except Exception as error:  # noqa: BLE001  # as above
            self._away(error)

    async def noted(self, name: str) -> list[str]:
        """Return what is remembered of *name* in the cache, and here."""
        here, there = await self._process.noted(name), list[Any]()
        if self._clock.now() >= self._away_until:
            try:
                there = await self._cache.zrange(f"limen:noted:{name}", 0, -1)
            except Exception as error:  # noqa: BLE001  # as above
                self._away(error)
        return list(dict.fromkeys([*here, *self._opened(name, there)]))

    def _opened(self, name: str, sealed: Iterable[Any]) -> Iterator[str]:
        for one in sealed:
            try:
                yield self._seal.decrypt(one, [name.encode()]).decode()
            except InvalidTag:  # somebody else's: the cache is not ours alone
                continue

    def _away(self, error: Exception) -> None:
        self._away_until = self._clock.now() + PAUSE
        _log.warning("cache.away", error=type(error).__name__, stance="what this process knows")

    async def _set(self, name: str, offered: bytes, seconds: int) -> bytes:
        async with self._cache.pipeline(transaction=True) as pipeline:
            pipeline.set(name, offered, nx=True, ex=seconds)
            pipeline.get(name)
            found = (await pipeline.execute())[1]
        return bytes(found)

    def _hold(self, name: str, key: bytes) -> None:
        """Hold what was found; what is of an hour that is over goes when its turn to be looked at is long past."""
        now = self._clock.now()
        self._held = {known: kept for known, kept in self._held.items() if kept[1] + 60 * _LOOK_AGAIN > now}
        self._held[name] = key, now + _LOOK_AGAIN

    async def aclose(self) -> None:
        """Close the connections."""
        await self._pool.aclose()
