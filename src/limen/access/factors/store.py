"""What second factors ask of storage."""

from collections.abc import Iterable
from typing import Protocol

from limen.access.factors.records import StoredFactor
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId, FactorId


class FactorStore(Protocol):
    """One tenant's factors inside one transaction."""

    async def of_customer(self, customer_id: CustomerId) -> list[StoredFactor]:
        """Return a customer's factors, oldest first; spent recovery codes too."""
        ...

    async def add(self, factor: StoredFactor) -> None:
        """Store a new factor."""
        ...

    async def accept_step(self, factor_id: FactorId, step: int, now: Instant) -> bool:
        """Use the code of a time *step*; False if it, or a later one, was used before (RFC 6238 §5.2)."""
        ...

    async def spend_code(self, customer_id: CustomerId, digest: bytes, now: Instant) -> bool:
        """Use a recovery code; False if there is none with this hash that is not spent."""
        ...

    async def replace_codes(self, customer_id: CustomerId, codes: Iterable[StoredFactor]) -> None:
        """Store *codes* in place of every recovery code that a customer has."""
        ...

    async def remove_app(self, customer_id: CustomerId, factor_id: FactorId) -> bool:
        """Remove a customer's authenticator app; False if there is none such."""
        ...

    async def remove_since(self, customer_id: CustomerId, since: Instant) -> int:
        """Remove every factor and recovery code made at *since* or later (0: all); return how many."""
        ...
