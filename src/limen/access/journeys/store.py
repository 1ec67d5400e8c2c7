"""What journeys ask of storage."""

from typing import Protocol

import msgspec

from limen.access.factors.records import StoredFactor
from limen.access.journeys.records import SealedJourney
from limen.access.safety.records import TrustedDevice
from limen.identity.customers.records import SealedCustomer
from limen.kernel.clock import Instant
from limen.kernel.ids import BrowserId, ClientKey, CustomerId, JourneyId


class Standing(msgspec.Struct, frozen=True):
    """A customer as stored, with what stands behind their second factor: all as one look saw it.

    Attributes:
        factors: oldest first, but for recovery codes.
        codes_left: how many recovery codes are not spent.
        trusted: why the browser that was asked for may need none.
        recovers: a recovery request of theirs may be open; False where none is.
        has_failed: wrong passwords may be counted against them; False where none are.
        allowed: the scopes that they allow the client that was asked for; None where only the customer was read.
    """

    customer: SealedCustomer
    factors: tuple[StoredFactor, ...] = ()
    codes_left: int = 0
    trusted: TrustedDevice | None = None
    recovers: bool = True
    has_failed: bool = True
    allowed: tuple[str, ...] | None = None


class StandingStore(Protocol):
    """How one tenant's customers stand inside one transaction."""

    async def find(
        self, customer_id: CustomerId, browser_id: BrowserId, client: ClientKey | None, now: Instant
    ) -> Standing | None:
        """Return how a customer stands at a browser and to a *client now*; None where there is no such customer."""
        ...


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
