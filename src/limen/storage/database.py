"""One database: its dialect, its write gate, and the transactions that begin here."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

import structlog

from limen.identity.audit.store import PersonalSealer
from limen.kernel.clock import Clock
from limen.kernel.entropy import Entropy
from limen.kernel.events import DELIVERED, Event
from limen.kernel.ids import TenantId
from limen.storage.dialects import Dialect, dialect_of
from limen.storage.dialects.postgres import PostgresDialect
from limen.storage.dialects.sqlite import SqliteDialect
from limen.storage.gate import WriteGate
from limen.storage.lanes import Lane
from limen.storage.statements import Connection
from limen.storage.unit import Unit

_log = structlog.get_logger(__name__)

Change = tuple[TenantId | None, str, str]
Subscriber = Callable[[Unit, Event], Awaitable[None]]


def open_dialect(url: str, *, role: str | None = None) -> Dialect:
    """Return the dialect for *url*; *role* is taken on PostgreSQL."""
    if dialect_of(url) == "sqlite":
        return SqliteDialect(url)
    return PostgresDialect(url, role=role)


class Database:
    """Where units of work begin.

    On SQLite a write holds ``gate`` from its beginning to its commit, because only one can write; the hot write group
    takes the same gate for each of its batches. On PostgreSQL the gate is open.
    """

    def __init__(
        self,
        dialect: Dialect,
        clock: Clock,
        entropy: Entropy,
        *,
        worker: str,
        seal_personal: PersonalSealer | None = None,
    ) -> None:
        """Begin units on *dialect*; *worker* names this process start in the audit log."""
        self.dialect, self.clock, self.entropy = dialect, clock, entropy
        self.gate: WriteGate | None = WriteGate() if dialect.name == "sqlite" else None
        self.lane = Lane(clock, entropy, f"{worker}:everyday")
        self.seal_personal = seal_personal
        self.subscribers: Mapping[str, Sequence[Subscriber]] = {}
        self.on_commit: list[Callable[[Sequence[Change], bool], None]] = []

    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncGenerator[Unit, None]:
        """Open one tenant's transaction: commits when the block ends, refusals included; rolls back on an exception."""
        async with self._turn(write=True), self.dialect.transaction(tenant_id, write=True) as connection:
            unit = Unit(connection, tenant_id, self.dialect, self.clock, self.entropy)
            yield unit
            await self._finish(unit, connection)

    @asynccontextmanager
    async def read(self, tenant_id: TenantId) -> AsyncGenerator[Unit, None]:
        """Open one tenant's transaction for reading only; what is recorded in it is refused."""
        async with self.dialect.transaction(tenant_id, write=False) as connection:
            unit = Unit(connection, tenant_id, self.dialect, self.clock, self.entropy)
            yield unit
            unit.must_be_clean()

    @asynccontextmanager
    async def platform(self, *, write: bool = False) -> AsyncGenerator[Connection, None]:
        """Open a transaction on the platform's own tables: tenants, outbox, change feed, leases."""
        async with (
            self._turn(write=write),
            self.dialect.transaction(None, write=write) as connection,
        ):
            yield connection
            await connection.commit()

    def committed(self, changes: Sequence[Change], has_events: bool) -> None:  # noqa: FBT001 - the listeners' shape
        """Tell the listeners of this process what was committed. It is too late for them to object."""
        for listener in self.on_commit:
            try:
                listener(changes, has_events)
            except Exception:  # noqa: BLE001 - what is committed is committed
                _log.exception("commit_listener.failed")

    def _turn(self, *, write: bool) -> AbstractAsyncContextManager[None]:
        return self.gate.everyday() if write and self.gate is not None else nullcontext()

    async def close(self) -> None:
        """Close every connection."""
        await self.dialect.close()

    async def _finish(self, unit: Unit, connection: Connection) -> None:
        for event in unit.events:
            for subscriber in self.subscribers.get(event.name, ()):
                await subscriber(unit, event)
        tenant_id = unit.tenant_id
        pending = [
            (entry, await self.seal_personal(tenant_id, entry) if self.seal_personal else None)
            for entry in unit.entries
        ]
        await unit.write_events()
        if not pending:
            await connection.commit()
        else:
            async with self.lane.turn(tenant_id):
                last = None if self.lane.knows(tenant_id) else await unit.audit_log.last_checkpoint()
                extension = self.lane.extend(tenant_id, pending, last)
                try:
                    await unit.write_audit(extension, self.lane.worker)
                    await connection.commit()
                except BaseException:
                    self.lane.forget(tenant_id)  # committed or not: unknown, so the next write opens a segment
                    raise
                self.lane.committed(extension)
        self.committed(unit.changes, any(event.name in DELIVERED for event in unit.events))
