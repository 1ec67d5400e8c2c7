"""Whether the domain of an address takes mail at all: asked of DNS, kept for a while, never waited for long.

A domain takes mail where it names servers for it (MX), or has an address of its own and names none (RFC 5321 §5.1). One
that names the root takes none, and says so (null MX, RFC 7505 §3). Where DNS does not answer, nothing is known; for a
minute nobody waits for it again.

Whoever signs up chooses the domain, and with it servers that say nothing. So DNS counts as away only where it does not
answer what everybody could ask it either; else that one domain does.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from limen.kernel.clock import HOUR, MINUTE, Clock, Instant

_KEPT: Final = {True: 24 * HOUR, False: HOUR, None: MINUTE}
"""How long an answer is good: a domain that takes no mail today may be mended, one that says nothing may soon speak."""
_MOST: Final = 4_096
_AWAY: Final = MINUTE
_SECONDS, _PROBE_SECONDS = 2.0, 0.5
Count = Callable[[str], None]
"""Told ``takes``, ``refuses`` or ``away``, for each question that DNS was asked."""


class Resolver(Protocol):
    """What asks DNS."""

    async def takes_mail(self, domain: str) -> bool | None:
        """Tell whether *domain* takes mail; None where that cannot be found out."""
        ...

    async def answers(self) -> bool:
        """Tell whether DNS answers at all, whatever the servers of one domain do."""
        ...


@dataclass(slots=True)
class MailDomains:
    """Asks a resolver, once for each domain and time."""

    resolver: Resolver
    clock: Clock
    count: Count
    seconds: float = _SECONDS
    _held: OrderedDict[str, tuple[bool | None, Instant]] = field(default_factory=OrderedDict)
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
        found = await _within(self.seconds, self.resolver.takes_mail(domain))
        self.count("away" if found is None else "takes" if found else "refuses")
        if found is None and not await _within(_PROBE_SECONDS, self.resolver.answers()):
            self._away_until = now + _AWAY
            return None
        self._held[domain] = found, now + _KEPT[found]
        self._held.move_to_end(domain)
        if len(self._held) > _MOST:
            self._held.popitem(last=False)
        return found


async def _within(seconds: float, asked: Awaitable[bool | None]) -> bool | None:
    """Return what is *asked*; None where it takes longer."""
    try:
        async with asyncio.timeout(seconds):
            return await asked
    except TimeoutError:
        return None
