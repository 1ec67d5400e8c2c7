"""What consents ask of storage."""

from collections.abc import Sequence
from typing import Protocol

from limen.identity.audit.chain import SealedPart
from limen.identity.consents.chain import Checkpoint, Head, Place
from limen.identity.consents.purposes import Purpose, Version
from limen.identity.consents.records import ConsentDecision, ConsentRecord
from limen.identity.consents.tree import Hashes
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId, PurposeId, RecordId
from limen.kernel.units import AnnouncesEvents, RecordsAudit


class ConsentLedger(Protocol):
    """One tenant's decisions inside one transaction."""

    async def append(
        self, record_id: RecordId, decision: ConsentDecision, at: Instant, part: SealedPart | None = None
    ) -> ConsentRecord:
        """Store *decision*; it waits for its place in the chain, and no other customer's decision waits for it.

        Decisions of one customer follow one another: each is later than the one before, whatever clocks say.
        """
        ...

    async def get(self, record_id: RecordId) -> ConsentRecord | None:
        """Return one record."""
        ...

    async def history(
        self, customer_id: CustomerId, *, limit: int = ..., before: Instant | None = None
    ) -> list[ConsentRecord]:
        """Return a customer's newest decisions, of those *before* an instant; oldest first."""
        ...

    async def latest(self, customer_id: CustomerId) -> list[ConsentRecord]:
        """Return the newest decision of a customer on each purpose and party."""
        ...

    async def access(self, customer_id: CustomerId) -> list[ConsentRecord]:
        """Return a customer's newest decisions about applications (``oauth``), oldest first."""
        ...

    async def expired(self, now: Instant, limit: int) -> list[ConsentRecord]:
        """Return consents that stand and ran out, the longest ago first."""
        ...

    async def outdated(self, purpose: str, counts_from: int, limit: int) -> list[ConsentRecord]:
        """Return consents to *purpose* that stand and were given to versions before *counts_from*."""
        ...

    async def settle(self, record: ConsentRecord) -> bool:
        """Let a consent stand no longer, since it ended; False where it was settled, taken back or given anew."""
        ...


class ChainStore(Hashes, Protocol):
    """One tenant's chain and tree inside one transaction."""

    async def lock(self) -> None:
        """Be the only one who places records of this tenant, until the transaction ends."""
        ...

    async def head(self) -> Head:
        """Return the end of the chain."""
        ...

    async def waiting(self, limit: int) -> list[tuple[RecordId, bytes]]:
        """Return records (identifier, leaf) that have no place yet, oldest first."""
        ...

    async def place(self, places: Sequence[Place]) -> None:
        """Write the places of records."""
        ...

    async def place_of(self, record_id: RecordId) -> Place | None:
        """Return where a record stands; None while it waits."""
        ...

    async def add_tile(self, level: int, number: int, root: bytes) -> None:
        """Keep the root of a whole subtree."""
        ...

    async def last_checkpoint(self) -> Checkpoint | None:
        """Return the newest checkpoint."""
        ...

    async def checkpoint_over(self, size: int) -> Checkpoint | None:
        """Return the first checkpoint over at least *size* records."""
        ...

    async def checkpoints(self, after: int, limit: int) -> list[Checkpoint]:
        """Return up to *limit* checkpoints behind the number *after*, in order."""
        ...

    async def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Store a signed checkpoint."""
        ...

    async def placed_records(self, after: int, until: int) -> list[tuple[Place, ConsentRecord]]:
        """Return the records at the places behind *after*, up to and with *until*, in order."""
        ...


class PurposeStore(Protocol):
    """One tenant's purposes inside one transaction."""

    async def all(self) -> list[Purpose]:
        """Return every purpose, retired ones included, oldest first."""
        ...

    async def get(self, purpose_id: PurposeId) -> Purpose | None:
        """Return one purpose."""
        ...

    async def versions(self, purpose_id: PurposeId) -> list[Version]:
        """Return every version of a purpose, oldest first."""
        ...

    async def version(self, purpose_id: PurposeId, number: int) -> Version | None:
        """Return one version of a purpose."""
        ...

    async def add(self, purpose: Purpose) -> bool:
        """Store a purpose and its first version; False if its name is taken."""
        ...

    async def publish(self, purpose: Purpose, expected: int) -> bool:
        """Add the current version of *purpose* if the stored one is still *expected*."""
        ...

    async def retire(self, purpose_id: PurposeId, at: Instant) -> bool:
        """Retire a purpose; False if it is retired already."""
        ...


class LedgerUnit(RecordsAudit, AnnouncesEvents, Protocol):
    """What a decision needs of a unit of work of its tenant."""

    @property
    def consents(self) -> ConsentLedger:
        """Return the decisions."""
        ...
