"""What imports ask of storage."""

from collections.abc import Collection, Sequence
from typing import Protocol

from limen.access.imports.records import Batch, Import, Refused
from limen.kernel.ids import CustomerId, ImportId
from limen.kernel.units import AnnouncesEvents, RecordsAudit, TellsCaches


class ImportStore(Protocol):
    """One tenant's imports inside one transaction."""

    async def get(self, import_id: ImportId) -> Import | None:
        """Return the import."""
        ...

    async def list(self, *, after: str, limit: int) -> Sequence[Import]:
        """Return up to *limit* imports behind *after*, oldest first."""
        ...

    async def unfinished(self, digest: str) -> Import | None:
        """Return the import of this file that was begun last and is not finished."""
        ...

    async def begin(self, started: Import) -> None:
        """Store a new import."""
        ...

    async def advance(self, after: Import, position: int) -> bool:
        """Store how far an import has come, if it still stands at *position*; False if somebody else went on."""
        ...

    async def refuse(self, import_id: ImportId, refused: Sequence[Refused]) -> None:
        """Store refused rows."""
        ...

    async def refusals(self, import_id: ImportId, *, after: tuple[int, str], limit: int) -> Sequence[Refused]:
        """Return up to *limit* refused rows behind (row, field), in the order of the file."""
        ...

    async def owners(self, kind: str, blinds: Collection[bytes]) -> dict[bytes, CustomerId]:
        """Return whose these blind indexes are, those included that are held."""
        ...

    async def bring_in(self, batch: Batch) -> None:
        """Store the customers of *batch* with what hangs on them. Nothing finds them yet, and nobody waits for it."""
        ...

    async def make_known(self, batch: Batch) -> Collection[CustomerId]:
        """Store what finds the customers of *batch*; return those whose address was taken meanwhile.

        Of these nothing is stored any more.
        """
        ...


class ImportUnit(RecordsAudit, AnnouncesEvents, TellsCaches, Protocol):
    """A unit of work that brings customers in."""

    @property
    def imports(self) -> ImportStore:
        """Return the tenant's imports."""
        ...
