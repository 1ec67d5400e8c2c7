"""One database: its dialect, its write gate, and the transactions that begin here."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from types import TracebackType
from typing import ClassVar

import structlog

from limen.identity.audit.store import PersonalSealer
from limen.kernel.clock import Clock
from limen.kernel.entropy import Entropy
from limen.kernel.events import DELIVERED, Event
from limen.kernel.ids import TenantId
from limen.storage.dialects import Dialect, dialect_of
from limen.storage.dialects.sqlite import SqliteDialect
from limen.storage.gate import WriteGate
from limen.storage.lanes import Lane, Pending
from limen.storage.statements import Connection
from limen.storage.unit import Unit

_log = structlog.get_logger(__name__)

Change = tuple[TenantId | None, str, str]
Subscriber = Callable[[Unit, Event], Awaitable[None]]


def open_dialect(url: str, *, role: str | None = None) -> Dialect:
    """Return the dialect for *url*; *role* is taken on PostgreSQL."""
    if dialect_of(url) == "sqlite":
        return SqliteDialect(url)
    from limen.storage.dialects.postgres import PostgresDialect  # noqa: PLC0415 - with asyncpg, which SQLite spares

    return PostgresDialect(url, role=role)


class Database:
    """Where units of work begin.

    On SQLite a write holds ``gate`` from its beginning to its commit, because only one can write; the hot write group
    takes the same gate for each of its batches. Behind the gate those who have committed wait for the disk together. On
    PostgreSQL the gate is open.
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

    def begin(self, tenant_id: TenantId) -> AbstractAsyncContextManager[Unit]:
        """Open one tenant's transaction: commits when the block ends, refusals included; rolls back on an exception."""
        return _Writing(self, tenant_id)

    def passing(self, tenant_id: TenantId) -> AbstractAsyncContextManager[Unit]:
        """Open a transaction whose commit does not wait for the disk, for what promises nothing to anybody (ADR 0028).

        A loss of power may take it, the end of this process cannot. What is recorded in it is refused.
        """
        return _Passing(self, tenant_id)

    def read(self, tenant_id: TenantId) -> AbstractAsyncContextManager[Unit]:
        """Open one tenant's transaction for reading only; what is recorded in it is refused."""
        return _Reading(self, tenant_id)

    @asynccontextmanager
    async def platform(self, *, write: bool = False) -> AsyncGenerator[Connection, None]:
        """Open a transaction on the platform's own tables: tenants, outbox, change feed, leases."""
        async with (
            self.turn(write=write),
            self.dialect.transaction(None, write=write) as connection,
        ):
            yield connection
            is_durable = await connection.commit_first()
        if not is_durable:
            await self.dialect.flushed()

    def committed(self, changes: Sequence[Change], has_events: bool) -> None:  # noqa: FBT001 - the listeners' shape
        """Tell the listeners of this process what was committed. It is too late for them to object."""
        for listener in self.on_commit:
            try:
                listener(changes, has_events)
            except Exception:  # noqa: BLE001 - what is committed is committed
                _log.exception("commit_listener.failed")

    def turn(self, *, write: bool) -> AbstractAsyncContextManager[None]:
        """Return the turn at the gate that a transaction takes; none where it only reads, or the gate is open."""
        return self.gate.everyday() if write and self.gate is not None else nullcontext()

    async def close(self) -> None:
        """Close every connection."""
        await self.dialect.close()

    async def finish(self, unit: Unit) -> bool:
        """Commit *unit* with the news and the audit records that it has to tell; return whether it is durable."""
        for event in unit.events:
            for subscriber in self.subscribers.get(event.name, ()):
                await subscriber(unit, event)
        tenant_id = unit.tenant_id
        seal = self.seal_personal
        pending = [
            (entry, await seal(tenant_id, entry, unit.vaults.get(entry.subject)) if seal else None)
            for entry in unit.entries
        ]
        await unit.write_events()
        if not pending:
            return await unit.connection.commit_first()
        if self.gate is not None:  # who holds it is in turn already
            return await self._chain(unit, pending)
        async with self.lane.turn(tenant_id):
            return await self._chain(unit, pending)

    async def _chain(self, unit: Unit, pending: Sequence[Pending]) -> bool:
        lane, tenant_id = self.lane, unit.tenant_id
        last = None if lane.knows(tenant_id) else await unit.audit_log.last_checkpoint()
        extension = lane.extend(tenant_id, pending, last)
        try:
            await unit.write_audit(extension, lane.worker)
            is_durable = await unit.connection.commit_first()
        except BaseException:
            lane.forget(tenant_id)  # committed or not: unknown, so the next write opens a segment
            raise
        lane.committed(extension)
        return is_durable

    async def last(self, unit: Unit, *, is_durable: bool) -> None:
        """Wait until *unit*, which is committed, is durable; then tell of its changes, whatever the disk said."""
        try:
            if not is_durable:
                await self.dialect.flushed()
        finally:
            self.committed(unit.changes, any(event.name in DELIVERED for event in unit.events))


class _Reading:
    """A transaction that reads. A class, because a generator in its place is a tenth of what a page costs."""

    __slots__ = ("_database", "_tenant_id", "_transaction", "_unit")

    _write: ClassVar[bool] = False
    _lasts: ClassVar[bool] = True
    _unit: Unit

    def __init__(self, database: Database, tenant_id: TenantId) -> None:
        self._database, self._tenant_id = database, tenant_id
        self._transaction = database.dialect.transaction(tenant_id, write=self._write, lasts=self._lasts)

    async def __aenter__(self) -> Unit:
        database, connection = self._database, await self._transaction.__aenter__()
        self._unit = Unit(connection, self._tenant_id, database.dialect, database.clock, database.entropy)
        return self._unit

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                await self._end()
        except BaseException as late:  # what fails at its end is the transaction's as what fails within it is
            await self._transaction.__aexit__(type(late), late, late.__traceback__)
            raise
        await self._transaction.__aexit__(kind, error, trace)

    async def _end(self) -> None:
        self._unit.must_be_clean()


class _Writing(_Reading):
    """A transaction that writes: from its turn at the gate to its commit, and behind the gate until that is durable."""

    __slots__ = ("_is_durable", "_turn")

    _write = True

    def __init__(self, database: Database, tenant_id: TenantId) -> None:
        super().__init__(database, tenant_id)
        self._turn = database.turn(write=True)
        self._is_durable = False

    async def __aenter__(self) -> Unit:
        await self._turn.__aenter__()
        try:
            return await super().__aenter__()
        except BaseException:
            await self._turn.__aexit__(None, None, None)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await super().__aexit__(kind, error, trace)
        finally:
            await self._turn.__aexit__(None, None, None)
        if kind is None:
            await self._last()

    async def _end(self) -> None:
        self._is_durable = await self._database.finish(self._unit)

    async def _last(self) -> None:
        await self._database.last(self._unit, is_durable=self._is_durable)


class _Passing(_Writing):
    """A transaction that writes what may be lost."""

    __slots__ = ()

    _lasts = False

    async def _end(self) -> None:
        self._unit.must_be_clean()
        await self._unit.connection.commit_first()

    async def _last(self) -> None:
        """Wait for nothing, and tell nobody."""
