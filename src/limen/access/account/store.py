"""What the account asks of storage."""

from typing import Protocol

from limen.access.account.records import DeletionRequest, Family, Party
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId


class AccountStore(Protocol):
    """What one transaction knows of a customer's account, each in one statement."""

    async def families(self, customer_id: CustomerId, now: Instant) -> list[Family]:
        """Return the customer's chains of refresh tokens that are alive."""
        ...

    async def parties(self, customer_id: CustomerId) -> list[Party]:
        """Return the applications that have a grant of the customer's: every one with tokens has."""
        ...

    async def deletion(self, customer_id: CustomerId) -> DeletionRequest | None:
        """Return the customer's request to be deleted."""
        ...

    async def deletion_by_link(self, hashed: bytes) -> DeletionRequest | None:
        """Return the request that this link cancels."""
        ...

    async def ask_deletion(self, request: DeletionRequest) -> bool:
        """Store a request; False if there is one already."""
        ...

    async def drop_deletion(self, request: DeletionRequest) -> bool:
        """Remove a request as it stands; False if somebody did so before."""
        ...

    async def keep_from_deletion(self, customer_id: CustomerId) -> bool:
        """Remove whatever request the customer has; False if there is none."""
        ...

    async def deletions_due(self, now: Instant, limit: int) -> list[DeletionRequest]:
        """Return up to *limit* requests whose time has come, the longest due first."""
        ...
