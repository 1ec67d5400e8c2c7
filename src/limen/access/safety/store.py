"""What safe recovery asks of storage."""

from typing import Protocol

from limen.access.safety.records import AccountLink, RecoveryRequest, TrustedDevice
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId, DeviceId


class RecoveryStore(Protocol):
    """One tenant's recovery requests inside one transaction; at most one is open for each customer."""

    async def open_of(self, customer_id: CustomerId) -> RecoveryRequest | None:
        """Return the customer's open request."""
        ...

    async def of_customer(self, customer_id: CustomerId) -> list[RecoveryRequest]:
        """Return a customer's requests, oldest first."""
        ...

    async def begin(self, request: RecoveryRequest) -> bool:
        """Store a new request; False if one is open."""
        ...

    async def advance(self, request: RecoveryRequest, before: RecoveryRequest) -> bool:
        """Replace a request if it still stands as it did *before*."""
        ...

    async def due(self, now: Instant, limit: int) -> list[RecoveryRequest]:
        """Return up to *limit* open requests that are due, the longest due first."""
        ...


class LinkStore(Protocol):
    """One tenant's links in notices inside one transaction."""

    async def add(self, link: AccountLink) -> None:
        """Store a new link."""
        ...

    async def find(self, hashed: bytes) -> AccountLink | None:
        """Return the link with this hash, used or not."""
        ...

    async def use(self, hashed: bytes, now: Instant) -> bool:
        """Use a link; False if it was used, or has expired."""
        ...

    async def void_since(self, customer_id: CustomerId, since: Instant, now: Instant) -> None:
        """Use up every link of a customer that was made at *since* or later."""
        ...


class LeavingStore(Protocol):
    """Who asked for their account to be deleted, inside one transaction."""

    async def keep_from_deletion(self, customer_id: CustomerId) -> bool:
        """Remove whatever request the customer has; False if there is none."""
        ...


class DeviceStore(Protocol):
    """One tenant's trusted devices inside one transaction."""

    async def of_customer(self, customer_id: CustomerId, now: Instant) -> list[TrustedDevice]:
        """Return a customer's trusted devices, oldest first."""
        ...

    async def trust(self, device: TrustedDevice) -> None:
        """Store a device, in place of the customer's earlier trust in the same browser."""
        ...

    async def used(self, device_id: DeviceId, now: Instant) -> None:
        """Note that a device stood in for a second factor."""
        ...

    async def forget(self, customer_id: CustomerId, device_id: DeviceId) -> bool:
        """Remove one; False if the customer has none such."""
        ...

    async def forget_all(self, customer_id: CustomerId) -> int:
        """Remove all of a customer's; return how many."""
        ...
