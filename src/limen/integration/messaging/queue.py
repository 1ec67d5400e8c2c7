"""The outbox, as the relay sees it."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from limen.kernel.clock import Instant
from limen.kernel.ids import EventId, TenantId


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """One leased event.

    Attributes:
        id: the event.
        tenant_id: whose event it is.
        name: a key of :data:`limen.kernel.events.EVENTS`.
        subject: the customer, journey or other thing under whose key ``sealed`` lies; empty: the tenant's key.
        data: open facts.
        sealed: an envelope, or empty.
        attempts: how often it has been leased, this time included. Counted when leased, so that an item which takes
            the whole process down is given up as well.
        created_at: when the change it tells of was committed.
    """

    id: EventId
    tenant_id: TenantId
    name: str
    subject: str
    data: dict[str, Any] = field(repr=False)
    sealed: bytes = field(repr=False)
    attempts: int
    created_at: Instant


class OutboxQueue(Protocol):
    """Due events of all tenants; each verb is one transaction."""

    async def lease(self, worker: str, now: Instant, limit: int, lease_for: int) -> list[OutboxItem]:
        """Return up to *limit* due items, oldest first, which nobody else is given for *lease_for* microseconds.

        An item is due when ``not_before`` has come and no lease on it is running; leasing counts one attempt.
        """
        ...

    async def done(self, item_id: EventId) -> None:
        """Close the item; closing it again changes nothing."""
        ...

    async def retry(self, item_id: EventId, not_before: Instant, error_code: str) -> None:
        """End the lease and offer the item again from *not_before* on."""
        ...

    async def dead(self, item_id: EventId, error_code: str) -> None:
        """Put the item aside; it is not offered again until a person asks for it."""
        ...
