"""Whether the domain of an address takes mail at all: asked of DNS, kept for a while, never waited for long.

A domain takes mail where it names servers for it (MX), or has an address of its own and names none (RFC 5321 §5.1). One
that names the root takes none, and says so (null MX, RFC 7505 §3). Where DNS does not answer, nothing is known; for a
minute nobody waits for it again.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from limen.kernel.clock import HOUR, MINUTE, Clock, Instant

_KEPT: Final = {True: 24 * HOUR, False: HOUR}
"""How long an answer is good: a domain that takes no mail today may be mended."""
_MOST: Final = 4_096
_AWAY: Final = MINUTE
_SECONDS: Final = 2.0
Count = Callable[[str], None]
"""Told ``takes``, ``refuses`` or ``away``, for each question that DNS was asked."""


class Resolver(Protocol):
    """What asks DNS."""

    async def takes_mail(self, domain: str) -> bool | None:
        """Tell whether *domain* takes mail; None where that cannot be found out."""
        ...


@dataclass(slots=True)
class MailDomains:
    """Asks a resolver, once for each domain and time."""

    resolver: Resolver
    clock: Clock
    count: Count
    seconds: float = _SECONDS
    _held: OrderedDict[str, tuple[bool, Instant]] = field(default_factory=OrderedDict)
    _away_until: Instant = 0

    async def takes_mail(self, domain: str) -> bool | None:
        """Tell whether *domain* takes mail; None where DNS does not say in time."""
        now = self.clock.now()
        held = self._held.get(domain)
        if held is not None and now < held[1]:
            self._held.move_to_end(domain)
            return held[0]
        if now < self._away_until:
            return None
        try:
            async with asyncio.timeout(self.seconds):
                found = await self.resolver.takes_mail(domain)
        except TimeoutError:
            found = None
        self.count("away" if found is None else "takes" if found else "refuses")
        if found is None:
            self._away_until = now + _AWAY
            return None
        self._held[domain] = found, now + _KEPT[found]
        self._held.move_to_end(domain)
        if len(self._held) > _MOST:
            self._held.popitem(last=False)
        return found
