"""Keys of subjects that do not exist yet, made a few at a time where many are asked for.

A key must be durable before anything is sealed under it, and a commit costs more than everything else about it. Where
journeys begin one after the other, one commit therefore stores the keys of the next few of them; where they are rare,
of one. What is not taken within seconds is dropped here and swept from the store with the other orphans.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from limen.identity.keyring.vaults import SubjectVault
from limen.kernel.clock import Clock

MOST: Final = 16
"""Keys that one commit stores."""
FRESH_SECONDS: Final = 5.0
"""So long a key may wait; the sweep takes no orphan that is younger than a day."""
_BUSY_SECONDS: Final = 1.0
_TENANTS: Final = 1024

Make = Callable[[str, int], Awaitable[Sequence[SubjectVault]]]


@dataclass(slots=True)
class _Shelf:
    made_at: float = 0.0
    size: int = 0
    ready: deque[SubjectVault] = field(default_factory=deque)
    lent: set[str] = field(default_factory=set)
    waiting: int = 0
    making: asyncio.Lock = field(default_factory=asyncio.Lock)


class KeysAhead:
    """Hands out vaults of new subjects, each once."""

    def __init__(self, make: Make, clock: Clock) -> None:
        """Have *make* store that many keys of a tenant, durable when it returns."""
        self._make, self._clock = make, clock
        self._shelves: OrderedDict[str, _Shelf] = OrderedDict()

    async def take(self, tenant_id: str) -> SubjectVault:
        """Return the vault of a subject that nobody else was given.

        Raises:
            As what makes them.
        """
        shelf = self._shelf(tenant_id)
        shelf.waiting += 1
        try:
            async with shelf.making:
                now = self._clock.monotonic()
                if now - shelf.made_at >= FRESH_SECONDS:
                    shelf.ready.clear()
                if not shelf.ready:
                    shelf.lent.clear()
                    count = _next_size(shelf, now)
                    shelf.ready.extend(await self._make(tenant_id, count))
                    shelf.size, shelf.made_at = count, self._clock.monotonic()
                vault = shelf.ready.popleft()
                shelf.lent.add(vault.subject_id)
                return vault
        finally:
            shelf.waiting -= 1

    def give_back(self, vault: SubjectVault) -> None:
        """Take back what was handed out, if nothing is stored that it sealed; what is of no fresh batch is dropped."""
        shelf = self._shelves.get(vault.tenant_id)
        if shelf is None or self._clock.monotonic() - shelf.made_at >= FRESH_SECONDS:
            return
        if vault.subject_id in shelf.lent:
            shelf.lent.remove(vault.subject_id)
            shelf.ready.append(vault)

    def forget(self, tenant_id: str) -> None:
        """Drop what is ready for a tenant, whose keys changed."""
        self._shelves.pop(tenant_id, None)

    def _shelf(self, tenant_id: str) -> _Shelf:
        shelf = self._shelves.get(tenant_id)
        if shelf is None:
            shelf = self._shelves[tenant_id] = _Shelf()
            if len(self._shelves) > _TENANTS:
                self._shelves.popitem(last=False)
        else:
            self._shelves.move_to_end(tenant_id)
        return shelf


def _next_size(shelf: _Shelf, now: float) -> int:
    """Return how many to make: twice as many as were used up within a second, else one; for all who wait at least."""
    grown = shelf.size * 2 if shelf.size and now - shelf.made_at < _BUSY_SECONDS else 1
    return min(MOST, max(grown, shelf.waiting))
