"""What the directory asks of storage: one tenant's customers, sealed."""

from collections.abc import Sequence
from typing import Protocol

from limen.identity.credentials.records import StoredPassword
from limen.identity.customers.records import ContactIndex, Filter, SealedCustomer
from limen.identity.search.records import Span
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId


class LimitsOf(Protocol):
    """What may not be done with customers' data (``identity.rights`` sets and lifts it)."""

    async def kinds(self, customer_id: CustomerId) -> frozenset[str]:
        """Return which limits hold for a customer: ``restriction``, ``hold``."""
        ...


class CustomerStore(Protocol):
    """One tenant's customers inside one transaction."""

    async def get(self, customer_id: CustomerId) -> SealedCustomer | None:
        """Return the customer."""
        ...

    async def find_with_password(self, kind: str, blind: bytes) -> tuple[SealedCustomer | None, StoredPassword | None]:
        """Return the customer whom a contact names, and their password: one look-up, whoever has either."""
        ...

    async def find_by_contact(self, kind: str, blind: bytes) -> SealedCustomer | None:
        """Return the customer whose address has this blind index."""
        ...

    async def find_by_subject(self, subject: str) -> SealedCustomer | None:
        """Return the customer whose public ``sub`` this is."""
        ...

    async def is_taken(self, kind: str, blind: bytes, *, but: CustomerId | None = None) -> bool:
        """Tell whether somebody *but* this customer has the address, or has left it so lately that it is held."""
        ...

    async def list(self, *, after: str, limit: int) -> list[SealedCustomer]:
        """Return up to *limit* customers whose identifier sorts behind *after*."""
        ...

    async def filtered(self, wanted: Filter, *, after: tuple[Instant, str], limit: int) -> Sequence[SealedCustomer]:
        """Return up to *limit* customers that meet *wanted*, by creation, behind the instant and identifier *after*."""
        ...

    async def found(self, span: Span, limit: int) -> Sequence[tuple[bytes, SealedCustomer]]:
        """Return up to *limit* customers in *span* of a search index, each with its token, in the span's order."""
        ...

    async def add(self, customer: SealedCustomer, contact: ContactIndex) -> bool:
        """Store a customer with a proven address; False, and nothing stored, if the address is taken.

        What is searchable of it goes into the search indexes in the same commit, here and in :meth:`update`.
        """
        ...

    async def update(self, customer: SealedCustomer, expected_version: int) -> bool:
        """Replace the customer if the stored version is still *expected_version*."""
        ...

    async def seen(self, customer_id: CustomerId, day: int) -> None:
        """Note the day of a sign-in; of the customer nothing else changes."""
        ...

    async def claim(self, contact: ContactIndex) -> bool:
        """Make *contact* the customer's, be it one that they held; False if another customer has it, or holds it."""
        ...

    async def leave(self, contact: ContactIndex, *, held_until: Instant | None = None) -> None:
        """Let the customer's *contact* find nobody: it is held for them until then, or is anybody's at once."""
        ...

    async def delete(self, customer_id: CustomerId) -> bool:
        """Delete the customer and every row that hangs on them; False if there was none, or a legal hold is on them."""
        ...
