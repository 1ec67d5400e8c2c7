"""The only place that may ask which database it is speaking to.

:class:`Dialect` is all that differs on the everyday paths; the hot paths have an adapter each in ``storage.hot``.
"""

from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from limen.kernel.errors import Misconfigured
from limen.kernel.ids import TenantId


class Dialect(Protocol):
    """What SQLite and PostgreSQL do differently."""

    name: str
    engine: AsyncEngine

    async def open(self, connection: AsyncConnection, tenant_id: TenantId | None, *, write: bool) -> None:
        """Begin a transaction on *connection*, confined to *tenant_id* (None: the platform itself)."""
        ...

    async def begin_alone(self, connection: AsyncConnection, key: str) -> None:
        """Begin a transaction for changing the schema; another process that asks with *key* waits for its end."""
        ...

    async def grant_keys(self, connection: AsyncConnection) -> None:
        """Let the *keys* role read and write the tables of the key store, where there are roles."""
        ...

    async def lock(self, connection: AsyncConnection, key: str) -> None:
        """Hold *key* until the transaction ends, against every other transaction that asks for it."""
        ...

    async def durability(self) -> str:
        """Return, in words, what a commit promises."""
        ...


def dialect_of(url: str) -> str:
    """Return ``sqlite`` or ``postgresql`` for a database URL.

    Raises:
        Misconfigured: it is neither.
    """
    scheme = url.partition(":")[0].partition("+")[0]
    if scheme == "sqlite":
        return "sqlite"
    if scheme in {"postgres", "postgresql"}:
        return "postgresql"
    msg = f"unknown database scheme {scheme!r}"
    raise Misconfigured(msg, "use sqlite:///path or postgresql://host/name")
