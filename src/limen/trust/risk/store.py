"""What risk asks of storage."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId

CROWD: Final = 5
"""So many customers have to have shown a value before the tenant counts how often it was shown."""


class Count(msgspec.Struct, frozen=True):
    """One more of what ``key`` stands for, shown by so many ``customers`` who had not shown it in this epoch.

    ``shown`` is -1 where one that was counted is taken back.
    """

    key: bytes
    customers: int
    shown: int = 1


class RiskStore(Protocol):
    """One tenant's histories and counters inside one transaction."""

    async def history(self, customer_id: CustomerId) -> bytes:
        """Return a customer's history as it was sealed; empty where there is none."""
        ...

    async def look_up(self, customer_id: CustomerId, keys: Sequence[bytes]) -> tuple[bytes, Mapping[bytes, int]]:
        """Return a customer's history as :meth:`history` does, and what :meth:`counted` does, at once."""
        ...

    async def remember(self, customer_id: CustomerId, sealed: bytes, now: Instant, *, over: bytes) -> bool:
        """Put a customer's history in place of *over*, as it was sealed; empty where there was none.

        False, changing nothing, where another took its place meanwhile.
        """
        ...

    async def counted(self, keys: Sequence[bytes]) -> Mapping[bytes, int]:
        """Return how often what *keys* stand for was shown; what too few customers showed is missing."""
        ...

    async def count(self, counts: Iterable[Count], expires_at: Instant) -> None:
        """Count each once more."""
        ...
