"""What profiles ask of storage: how far customers were asked, versions of the schema, and what does not fit it."""

from collections.abc import Sequence
from typing import Protocol

from limen.identity.profiles.records import Fault, Progress, SchemaVersion
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId


class ProfileStore(Protocol):
    """How far one tenant's customers have been asked, inside one transaction."""

    async def progress(self, customer_id: CustomerId) -> Progress:
        """Return how far a customer has been asked; the beginning, where nothing is kept."""
        ...

    async def count_sign_in(self, customer_id: CustomerId) -> None:
        """Count one sign-in."""
        ...

    async def skipped(self, customer_id: CustomerId, now: Instant) -> None:
        """Keep when a question was skipped."""
        ...

    async def schema_version(self) -> SchemaVersion | None:
        """Return the newest version of the schema."""
        ...

    async def schema_versions(self) -> Sequence[SchemaVersion]:
        """Return every version, the newest first."""
        ...

    async def add_version(self, version: SchemaVersion) -> bool:
        """Store a new version; False if its number is taken."""
        ...

    async def walked(self, version: SchemaVersion, *, walked_to: str) -> bool:
        """Keep how far a version has come from *walked_to*; False where somebody else went on meanwhile."""
        ...

    async def forget_faults(self, *, after: str, until: str) -> None:
        """Forget what did not fit of the customers behind *after*, up to *until*."""
        ...

    async def add_fault(self, fault: Fault) -> None:
        """Keep what does not fit."""
        ...

    async def faults(self, *, after: str, limit: int) -> Sequence[Fault]:
        """Return what does not fit of up to *limit* customers behind *after*."""
        ...

    async def faulty(self) -> int:
        """Return how many customers have values that do not fit."""
        ...
