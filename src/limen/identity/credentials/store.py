"""What password checks ask of storage: one tenant's passwords, sealed."""

from typing import Protocol

from limen.identity.credentials.records import StoredPassword
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId


class PasswordStore(Protocol):
    """One tenant's passwords inside one transaction; at most one for each customer."""

    async def get(self, customer_id: CustomerId) -> StoredPassword | None:
        """Return the customer's password."""
        ...

    async def put(self, stored: StoredPassword, *, remember: int = 0) -> None:
        """Set or replace the customer's password, its failures and its state included.

        Of those before it *remember* stay on record, the one that is replaced first; the others are forgotten.
        """
        ...

    async def remove(self, customer_id: CustomerId) -> None:
        """Take the customer's password away, and those before it."""
        ...

    async def earlier(self, customer_id: CustomerId) -> list[StoredPassword]:
        """Return the passwords before the present one that are on record, newest first."""
        ...

    async def replace_hash(self, customer_id: CustomerId, previous: bytes, sealed: bytes) -> bool:
        """Store the same password under new parameters, if the envelope is still *previous*; nothing else changes.

        False, and nothing stored, if it is not: a sign-in must not bring back a password that was changed meanwhile.
        """
        ...

    async def labels(self, *, limit: int) -> list[str]:
        """Return up to *limit* different labels of hashes that other systems made."""
        ...

    async def count_failure(self, customer_id: CustomerId, *, is_known: bool) -> int:
        """Add one to the failures in a row at known devices, or to strangers', atomically; return the new number.

        0 if there is no password.
        """
        ...

    async def clear_failures(self, customer_id: CustomerId) -> None:
        """Forget failures that have not reached the limit: the password was right."""
        ...

    async def enable(self, customer_id: CustomerId) -> None:
        """Forget all failures, and what they disabled: another factor spoke. What :meth:`disable` did stays.

        Whose password is disabled another time is told another time.
        """
        ...

    async def guessed(self, *, after: str, limit: int) -> list[CustomerId]:
        """Return, by identifier behind *after*, whose passwords strangers have disabled, and who was not told yet.

        Without those who may not sign in anyhow.
        """
        ...

    async def told(self, customer_id: CustomerId, at: Instant) -> bool:
        """Note that a customer is told of that; False if they were, or if the password counts again meanwhile."""
        ...

    async def disable(self, customer_id: CustomerId, at: Instant) -> None:
        """Disable the password from *at* on until another is set; one already disabled keeps its instant."""
        ...
