"""The only place that may ask which database it is speaking to.

:class:`Dialect` is all that differs on the everyday paths; the hot paths have an adapter each in ``storage.hot``.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Protocol

from limen.kernel.errors import Misconfigured
from limen.kernel.ids import TenantId
from limen.storage.statements import Connection, Statement, Values

if TYPE_CHECKING:  # it brings the ORM with it, and only a change of the schema needs it
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


class Dialect(Protocol):
    """What SQLite and PostgreSQL do differently."""

    name: str
    refused: type[Exception]
    """What it raises for a statement that it understands and does not run: there is no such table, or not for us."""
    trace: Callable[[str], None] | None
    """Hears the text of every statement, where somebody wants to know; never its values."""

    @property
    def is_whole(self) -> bool:
        """Tell whether the disk has taken everything so far; where it has not, nothing is written any more."""
        ...

    @property
    def engine(self) -> "AsyncEngine":
        """Return SQLAlchemy's engine. It is for changing the schema and made when first asked for."""
        ...

    def transaction(
        self, tenant_id: TenantId | None, *, write: bool, lasts: bool = True
    ) -> AbstractAsyncContextManager[Connection]:
        """Begin a transaction that is confined to *tenant_id* (None: the platform itself).

        What is not committed when the block ends is rolled back. Where it need not *last*, its commit does not wait for
        the disk: a loss of power may take it, the end of a process cannot.
        """
        ...

    async def look(self, statement: Statement, values: Values) -> list[Any]:
        """Run one statement that reads the key store, in no transaction.

        Returns its rows once they are durable, whichever unit of this process wrote them.
        """
        ...

    async def begin_alone(self, connection: "AsyncConnection", key: str) -> None:
        """Begin a transaction for changing the schema; another process that asks with *key* waits for its end."""
        ...

    async def grant_keys(self, connection: "AsyncConnection") -> None:
        """Let the *keys* role read and write the tables of the key store, where there are roles."""
        ...

    async def scrub(self) -> None:
        """Overwrite what was deleted in every copy that the database keeps beside itself, as far as it can."""
        ...

    async def listen(self, wake: Callable[[], None]) -> Callable[[], Awaitable[None]] | None:
        """Call *wake* when the change feed grows, and return what ends that; None where the database cannot tell."""
        ...

    async def flushed(self) -> None:
        """Return when everything that was committed before is durable: for commits that did not wait for it."""
        ...

    def version(self) -> int | None:
        """Return what is another number after each commit of anybody; None where that cannot be told for nothing."""
        ...

    async def lock(self, connection: Connection, key: str) -> None:
        """Hold *key* until the transaction ends, against every other transaction that asks for it."""
        ...

    async def prune(self, connection: Connection, tenant_id: TenantId, most: int) -> int:
        """Delete up to *most* records that a tenant's newest pruning takes, or, where there are none, checkpoints.

        Returns how many records went.
        """
        ...

    async def durability(self) -> str:
        """Return, in words, what a commit promises."""
        ...

    async def close(self) -> None:
        """Close every connection."""
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
