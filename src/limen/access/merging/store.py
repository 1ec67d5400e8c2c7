"""What merging asks of storage."""

from collections.abc import Sequence
from typing import Protocol

from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId


class MergeStore(Protocol):
    """One tenant's merged customers inside one transaction."""

    async def lock(self, some: Sequence[CustomerId]) -> None:
        """Wait until nobody else changes *some* customers, in one order for everybody, and keep them to this unit."""
        ...

    async def hold_addresses(self, goes: CustomerId, stays: CustomerId, until: Instant) -> None:
        """Hold the addresses of the one who goes for the one who stays: they find nobody, and are nobody else's."""
        ...

    async def remember(self, goes: CustomerId, stays: CustomerId, now: Instant) -> None:
        """Keep where a customer went, and everybody who went to them before."""
        ...

    async def merged_into(self, customer_id: CustomerId) -> CustomerId | None:
        """Return into whom a customer was merged; None where they were not."""
        ...
