"""What dynamic registration asks of storage."""

from typing import Protocol

from limen.access.clients.dynamic.records import InitialToken
from limen.access.clients.registration import ClientUnit
from limen.kernel.clock import Instant


class InitialTokens(Protocol):
    """One tenant's initial access tokens inside one transaction."""

    async def add(self, token: InitialToken, digest: str) -> None:
        """Store a token by the hash of what is shown."""
        ...

    async def list(self, *, after: str, limit: int) -> list[InitialToken]:
        """Return up to *limit* tokens behind *after*."""
        ...

    async def find(self, digest: str, now: Instant) -> InitialToken | None:
        """Return the token that may be used now."""
        ...

    async def use(self, digest: str, now: Instant) -> bool:
        """Take one use of a token; False if it has none left."""
        ...

    async def delete(self, id: str) -> bool:  # noqa: A002 - the record's own name
        """Delete a token; False if there was none."""
        ...


class DynamicUnit(ClientUnit, Protocol):
    """A unit of work that reaches clients and initial access tokens."""

    @property
    def initial_tokens(self) -> InitialTokens:
        """Return the tenant's initial access tokens."""
        ...
