"""The only place that may ask which database it is speaking to.

:class:`Dialect` is all that differs on the everyday paths; the hot paths have an adapter each in ``storage.hot``.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

from sqlalchemy import Insert, Table
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
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

    async def scrub(self) -> None:
        """Overwrite what was deleted in every copy that the database keeps beside itself, as far as it can."""
        ...

    async def listen(self, wake: Callable[[], None]) -> Callable[[], Awaitable[None]]:
        """Call *wake* when the change feed grows, where the database can tell; return what ends that."""
        ...

    async def lock(self, connection: AsyncConnection, key: str) -> None:
        """Hold *key* until the transaction ends, against every other transaction that asks for it."""
        ...

    async def durability(self) -> str:
        """Return, in words, what a commit promises."""
        ...


def insert_unless_taken(connection: AsyncConnection, table: Table) -> Insert:
    """Return an INSERT that does nothing, and says so by its row count, where a unique key is taken.

    Any other violation still raises: a row that refers to nothing is a bug, not an answer.
    """
    if connection.dialect.name == "postgresql":
        return postgresql_insert(table).on_conflict_do_nothing()
    return sqlite_insert(table).on_conflict_do_nothing()


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
