"""What the account asks of storage."""

from typing import Protocol

from limen.access.account.records import DeletionRequest, Family, Idle, InactivityNotice, Party
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

    async def keep_from_inactivity(self, customer_id: CustomerId) -> bool:
        """Forget that nobody signs in; return whether the account was to be deleted for it."""
        ...

    async def idle(self, since: Idle, *, after: str, limit: int) -> list[CustomerId]:
        """Return up to *limit* customers behind *after*, by identifier, to whom nobody has signed in.

        Left out are who was told already or is to be deleted, whose data is limited, who is disabled, and who
        administers.
        """
        ...

    async def told_inactive(self, notice: InactivityNotice) -> bool:
        """Store that a customer was told; False if they were before."""
        ...

    async def inactive_since(self, told_before: Instant, limit: int) -> list[InactivityNotice]:
        """Return up to *limit* notices from before *told_before*, the oldest first."""
        ...

    async def forget_inactive(self, notice: InactivityNotice) -> bool:
        """Remove a notice; False if somebody did so before."""
        ...

    async def deletions_due(self, now: Instant, limit: int) -> list[DeletionRequest]:
        """Return up to *limit* requests whose time has come, the longest due first."""
        ...
