"""What journeys ask of storage."""

from typing import Protocol

from limen.access.journeys.records import SealedJourney
from limen.kernel.ids import JourneyId


class JourneyStore(Protocol):
    """One tenant's journeys inside one transaction."""

    async def get(self, journey_id: JourneyId) -> SealedJourney | None:
        """Return the journey, by its name or by the one under which it began."""
        ...

    async def find_link(self, link_hash: bytes) -> SealedJourney | None:
        """Return the journey whose mailed link has this SHA-256."""
        ...

    async def add(self, journey: SealedJourney) -> bool:
        """Store a new journey; False where it is stored already: somebody sent the first form of it before."""
        ...

    async def hold(self, journey_id: JourneyId, version: int) -> bool:
        """Hold the journey until the transaction ends, if it is at *version* and not finished; else return False."""
        ...

    async def advance(self, journey: SealedJourney, expected_version: int) -> bool:
        """Store a journey's next step (state, link, version, end) if its stored version is still *expected_version*
        and it is not finished.
        """  # noqa: D205 - one sentence
        ...
