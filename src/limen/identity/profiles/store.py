"""What progressive profiling asks of storage."""

from typing import Protocol

from limen.identity.profiles.records import Progress
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId


class ProfileStore(Protocol):
    """How far one tenant's customers have been asked, inside one transaction."""

    async def progress(self, customer_id: CustomerId) -> Progress:
        """Return how far a customer has been asked; the beginning, where nothing is kept."""
        ...

    async def count_sign_in(self, customer_id: CustomerId) -> None:
        """Count one sign-in."""
        ...

    async def skipped(self, customer_id: CustomerId, now: Instant) -> None:
        """Keep when a question was skipped."""
        ...
