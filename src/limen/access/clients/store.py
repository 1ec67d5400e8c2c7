"""What client registration asks of storage."""

from collections.abc import Sequence
from typing import Protocol

from limen.access.clients.records import Client
from limen.kernel.clock import Instant
from limen.kernel.ids import ClientKey


class ClientStore(Protocol):
    """One tenant's relying parties inside one transaction."""

    async def get(self, client_id: str) -> Client | None:
        """Return the client that shows this ``client_id``."""
        ...

    async def list(self, *, after: str, limit: int) -> list[Client]:
        """Return up to *limit* clients whose key sorts behind *after*."""
        ...

    async def add(self, client: Client) -> bool:
        """Store a client; False if its ``client_id`` is taken."""
        ...

    async def update(self, client: Client, expected_version: int) -> bool:
        """Replace the client if the stored version is still *expected_version*."""
        ...

    async def uses_algorithm(self, alg: str) -> bool:
        """Tell whether a client has something signed with *alg*, a JWA name."""
        ...

    async def without_pkce(self, *, limit: int) -> Sequence[str]:
        """Return the ``client_id`` of up to *limit* clients that may ask without PKCE, the oldest first."""
        ...

    async def count_dynamic(self) -> int:
        """Return how many clients registered themselves."""
        ...

    async def unused(self, now: Instant, *, limit: int) -> Sequence[Client]:
        """Return up to *limit* clients that registered themselves, whom nobody allowed anything until their time."""
        ...

    async def delete(self, key: ClientKey) -> bool:
        """Delete the client, its grants and its token families; False if there was none."""
        ...
