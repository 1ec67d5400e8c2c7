"""What the consent ledger asks of storage."""

from typing import Protocol

from limen.identity.consents.records import ConsentDecision, ConsentRecord
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId, RecordId


class ConsentLedger(Protocol):
    """One tenant's consent ledger inside one transaction."""

    async def append(self, record_id: RecordId, decision: ConsentDecision, at: Instant) -> ConsentRecord:
        """Chain *decision* to the last record and store it; appends of one tenant follow one another."""
        ...

    async def history(self, customer_id: CustomerId) -> list[ConsentRecord]:
        """Return a customer's decisions, oldest first."""
        ...
