"""The outbox, as the relay sees it. Storage gives its own records: it knows none of ours."""

from collections.abc import Sequence
from typing import Any, Protocol

from limen.kernel.clock import Instant


class OutboxItem(Protocol):
    """One leased event."""

    @property
    def id(self) -> str:
        """The event's identifier (``evt_…``)."""
        ...

    @property
    def tenant_id(self) -> str:
        """Whose event it is (``ten_…``)."""
        ...

    @property
    def name(self) -> str:
        """A key of :data:`limen.kernel.events.EVENTS`."""
        ...

    @property
    def subject(self) -> str:
        """The customer or journey under whose key ``sealed`` lies; empty: the tenant's key."""
        ...

    @property
    def data(self) -> dict[str, Any]:
        """Open facts."""
        ...

    @property
    def sealed(self) -> bytes:
        """An envelope, or empty."""
        ...

    @property
    def attempts(self) -> int:
        """How often it has been leased, this time included.

        It is counted when leased, so that an item which takes the whole process down is given up as well.
        """
        ...

    @property
    def created_at(self) -> Instant:
        """When the change it tells of was committed."""
        ...


class OutboxQueue(Protocol):
    """Due events of all tenants; each verb is one transaction."""

    async def lease(self, worker: str, now: Instant, limit: int, lease_for: int) -> Sequence[OutboxItem]:
        """Return up to *limit* due items, oldest first, which nobody else is given for *lease_for* microseconds.

        An item is due when its time has come and no lease on it is running; leasing counts one attempt.
        """
        ...

    async def done(self, item_id: str) -> None:
        """Close the item; closing it again changes nothing."""
        ...

    async def retry(self, item_id: str, not_before: Instant, error_code: str) -> None:
        """End the lease and offer the item again from *not_before* on."""
        ...

    async def dead(self, item_id: str, error_code: str) -> None:
        """Put the item aside; it is not offered again until a person asks for it."""
        ...
