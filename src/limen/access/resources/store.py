"""What resource servers and types of ``authorization_details`` ask of storage."""

from typing import Protocol

from limen.access.resources.records import D, Entry


class CatalogueStore(Protocol[D]):
    """One tenant's entries of one kind inside one transaction."""

    async def get(self, id: str) -> Entry[D] | None:  # noqa: A002 - the record's own name
        """Return one entry."""
        ...

    async def find(self, label: str) -> Entry[D] | None:
        """Return the entry that is known by *label*."""
        ...

    async def list(self, *, after: str, limit: int) -> list[Entry[D]]:
        """Return up to *limit* entries whose identifier sorts behind *after*."""
        ...

    async def add(self, entry: Entry[D]) -> bool:
        """Store an entry; False if its label is taken."""
        ...

    async def update(self, entry: Entry[D], expected_version: int) -> bool:
        """Replace the entry if the stored version is still *expected_version*."""
        ...

    async def delete(self, id: str) -> bool:  # noqa: A002 - the record's own name
        """Delete an entry; False if there was none."""
        ...
