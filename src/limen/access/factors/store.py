"""What second factors ask of storage."""

from collections.abc import Iterable
from typing import Protocol

from limen.access.factors.records import StoredFactor
from limen.identity.customers.records import SealedCustomer
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId, FactorId


class FactorStore(Protocol):
    """One tenant's factors inside one transaction."""

    async def of_customer(self, customer_id: CustomerId) -> list[StoredFactor]:
        """Return a customer's factors, oldest first; spent recovery codes too."""
        ...

    async def hold(self, customer_id: CustomerId) -> None:
        """Let nobody else who holds a customer's factors go on before this transaction ends."""
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

    async def note_use(self, factor_id: FactorId, now: Instant) -> None:
        """Note that a phone or a mailbox was used."""
        ...

    async def remove_messaged(self, customer_id: CustomerId, factor_id: FactorId) -> bool:
        """Remove a customer's phone or mailbox; False if there is none such."""
        ...

    async def add_key(self, factor: StoredFactor) -> bool:
        """Store a new passkey or security key; False if its credential id is known already (WebAuthn §7.1 step 26)."""
        ...

    async def find_key(self, digest: bytes) -> tuple[StoredFactor, SealedCustomer] | None:
        """Return the passkey or security key whose credential id has this SHA-256, and whose it is."""
        ...

    async def accept_counter(self, factor: StoredFactor, counter: int, now: Instant, *, may_stop: bool) -> bool:
        """Note that a key spoke: its signature *counter*, the time, and what it is sealed as now.

        False, and nothing changes, if the counter has not grown (WebAuthn §6.1.1). One that never counted is 0 for
        good; with *may_stop* one that did may go back to that.
        """
        ...

    async def rename_key(self, factor: StoredFactor) -> bool:
        """Store a key under another name; False if it is gone."""
        ...

    async def remove_key(self, customer_id: CustomerId, factor_id: FactorId) -> bool:
        """Remove a customer's passkey or security key; False if there is none such."""
        ...

    async def declined_at(self, customer_id: CustomerId) -> Instant:
        """Return when a customer last said that they want no passkey; 0 for never."""
        ...

    async def decline(self, customer_id: CustomerId, now: Instant) -> None:
        """Note that a customer wants no passkey now."""
        ...

    async def remove_since(self, customer_id: CustomerId, since: Instant) -> int:
        """Remove every factor and recovery code made at *since* or later (0: all); return how many."""
        ...
