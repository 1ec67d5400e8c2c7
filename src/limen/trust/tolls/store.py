"""What tolls ask of storage."""

from typing import Protocol

from limen.kernel.clock import Instant
from limen.trust.tolls.records import Toll


class TollStore(Protocol):
    """One tenant's counters inside one transaction."""

    async def used(self, toll: Toll, now: Instant) -> float:
        """Return how much of a toll is used: the window of *now*, and the share of the one before that overlaps."""
        ...

    async def take(self, toll: Toll, now: Instant) -> bool:
        """Count one, unless that exceeds the limit: then nothing is counted. Exact over all workers."""
        ...
