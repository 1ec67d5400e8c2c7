"""SQLite: one file, WAL, one writer at a time; nobody is answered before the log is flushed."""

import asyncio
import os
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, text

from limen.kernel.errors import Misconfigured
from limen.kernel.ids import TenantId
from limen.storage.dialects.flushing import Flusher
from limen.storage.dialects.inline import WRITE, SqliteConnection, Trace
from limen.storage.statements import Connection, Statement, Values

if TYPE_CHECKING:  # it brings the ORM with it, and only a change of the schema needs it
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",
    "PRAGMA secure_delete=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA trusted_schema=OFF",
)
"""``secure_delete`` overwrites what is deleted: an erased customer must not linger on free pages."""
READING = (*PRAGMAS, "PRAGMA query_only=ON")
CONNECTIONS = 8
PATIENCE_SECONDS = 30


def path_of(url: str) -> Path:
    """Return the file of a ``sqlite:///path`` URL.

    Raises:
        Misconfigured: it names no file.
    """
    name = url.partition(":///")[2]
    if not name or name == ":memory:":
        msg = "a SQLite database is a file"
        raise Misconfigured(msg, "use sqlite:///relative/path or sqlite:////absolute/path")
    return Path(name)


def make_private(path: Path) -> None:
    """See to it that only we can read the database at *path*: its folder 0700 where we make it, its files 0600.

    SQLite gives the log and the index beside a database the mode of the database itself.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    for suffix in ("", "-wal", "-shm"):
        file = path.with_name(path.name + suffix)
        with suppress(FileNotFoundError):
            if file.stat().st_mode & 0o077:
                file.chmod(0o600)


class _Pool:
    """Connections to one file, opened when they are needed, kept when they are not."""

    def __init__(self, path: Path, pragmas: tuple[str, ...], flusher: Flusher) -> None:
        self._path, self._pragmas, self._flusher = path, pragmas, flusher
        self._idle: list[SqliteConnection] = []
        self._free = CONNECTIONS
        self._waiting: deque[asyncio.Future[None]] = deque()

    def spare(self, trace: Trace | None, least: int = 1) -> SqliteConnection | None:
        """Lend one that is idle, without waiting, where at least so many places are free."""
        if self._free < least or not self._idle:
            return None
        self._free -= 1
        connection = self._idle.pop()
        connection.trace = trace
        return connection

    async def lend(self, trace: Trace | None) -> SqliteConnection:
        """Lend a connection, to be given back."""
        if self._free:
            self._free -= 1
        else:
            await self._place()
        try:
            connection = self._idle.pop() if self._idle else self.open()
        except BaseException:
            self._leave()
            raise
        connection.trace = trace
        return connection

    async def _place(self) -> None:
        """Wait for the place of somebody who gives a connection back; a semaphore is ten calls where there is room."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await turn
        except BaseException:
            if turn.done() and not turn.cancelled():  # the place was ours already: pass it on
                self._leave()
            raise

    def _leave(self) -> None:
        """Give the place to the first who still waits, or free it."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def take_back(self, connection: SqliteConnection) -> None:
        """Take a connection back; what was begun on it and not committed is rolled back."""
        try:
            connection.rollback()
        except BaseException:
            connection.close()
            raise
        else:
            self._idle.append(connection)
            if len(self._idle) > 1:  # the one that wrote last goes first: what it wrote and read lies in its memory
                self._idle.sort(key=_turn)
        finally:
            if self._waiting:
                self._leave()
            else:
                self._free += 1

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.pop().close()

    def open(self) -> SqliteConnection:
        """Open one more."""
        make_private(self._path)
        return SqliteConnection(self._path, self._pragmas, self._flusher)


_turn = attrgetter("wrote")


class _Loan:
    """A connection lent by a pool, for ``async with``: to whoever reads, or to a transaction that writes.

    With each commit every connection but the one that made it forgets what it has read of the file. So whoever reads
    is lent the one that wrote last, while nobody writes: what a request reads next lies in its memory.
    """

    __slots__ = ("_connection", "_lasts", "_pool", "_readers", "_trace", "_write")

    _connection: SqliteConnection

    def __init__(self, pools: tuple[_Pool, _Pool], trace: Trace | None, *, write: bool, lasts: bool = True) -> None:
        self._pool, self._readers = pools
        self._trace, self._write, self._lasts = trace, write, lasts

    async def __aenter__(self) -> Connection:
        if not self._write:
            # not the last one of those that write: who only reads must keep nobody from writing
            connection = self._pool.spare(self._trace, 2)
            if connection is None:
                self._pool = self._readers
                connection = self._readers.spare(self._trace) or await self._readers.lend(self._trace)
            connection.begin_reading()
            self._connection = connection
            return connection
        connection = self._connection = self._pool.spare(self._trace) or await self._pool.lend(self._trace)
        try:
            await connection.begin_writing(lasts=self._lasts)
        except BaseException:
            self._pool.take_back(connection)
            raise
        return connection

    async def __aexit__(self, *_: object) -> None:
        self._pool.take_back(self._connection)


class SqliteDialect:
    """The embedded default."""

    name = "sqlite"
    refused: type[Exception] = sqlite3.OperationalError

    def __init__(self, url: str) -> None:
        """Prepare to open the file of *url*; nothing is opened yet."""
        self.path = path_of(url).resolve()  # what SQLite keeps beside a file lies beside the file, not beside a link
        self.trace: Trace | None = None
        self._flusher = Flusher(self.path)
        self._readers = _Pool(self.path, READING, self._flusher)
        self._writers = _Pool(self.path, PRAGMAS, self._flusher)
        self._pools = self._writers, self._readers
        self._watching: SqliteConnection | None = None

    @cached_property
    def engine(self) -> "AsyncEngine":
        """Return SQLAlchemy's engine on the file, for changing the schema."""
        from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415

        engine: AsyncEngine = create_async_engine(
            f"sqlite+aiosqlite:///{self.path}", connect_args={"isolation_level": None}
        )
        event.listen(engine.sync_engine, "do_connect", lambda *_: self._writers.open().close())  # it is in WAL mode now
        event.listen(engine.sync_engine, "connect", _on_connect)
        event.listen(engine.sync_engine, "begin", _on_begin)
        return engine

    def transaction(self, tenant_id: TenantId | None, *, write: bool, lasts: bool = True) -> _Loan:
        """Begin; SQLite confines nothing by itself, so tenancy rests on the stores."""
        del tenant_id
        return _Loan(self._pools, self.trace, write=write, lasts=lasts)

    async def look(self, statement: Statement, values: Values) -> list[Any]:
        """Run one statement that reads; return its rows once a flush has covered them."""
        async with _Loan(self._pools, self.trace, write=False) as connection:
            rows = await connection.fetch(statement, values)
        if rows and self._flusher.is_behind:
            await self._flusher.flushed()
        return rows

    async def begin_alone(self, connection: "AsyncConnection", key: str) -> None:
        """Begin, the only writer, with foreign keys off: rebuilding a table drops it, and a drop cascades."""
        del key
        raw: Any = (await connection.get_raw_connection()).driver_connection
        await raw.execute("PRAGMA foreign_keys=OFF")  # has no effect inside a transaction
        await raw.execute("PRAGMA busy_timeout=60000")
        await connection.execution_options(limen_write=True)
        await connection.begin()

    async def grant_keys(self, connection: "AsyncConnection") -> None:
        """Do nothing: the file's mode is all there is."""

    async def scrub(self) -> None:
        """Empty the write-ahead log, where pages from before a deletion linger; a reader under way puts it off."""
        connection = await self._writers.lend(self.trace)
        try:
            await connection.run_script("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            self._writers.take_back(connection)

    async def listen(self, wake: Callable[[], None]) -> Callable[[], Awaitable[None]] | None:
        """Do nothing: SQLite tells nobody, and whoever listens also polls."""
        del wake
        return None

    def must_be_whole(self) -> None:
        """Refuse to write where the disk has refused what was written before.

        Raises:
            Outage: it has.
        """
        self._flusher.must_be_whole()

    @property
    def is_whole(self) -> bool:
        """Tell whether the disk has taken everything so far."""
        return self._flusher.is_whole

    async def flushed(self) -> None:
        """Return when everything that was committed before is durable."""
        await self._flusher.flushed()

    def version(self) -> int | None:
        """Return what SQLite counts for a connection that never commits itself: it looks into shared memory alone."""
        if self._watching is None:
            self._watching = self._readers.open()
        return self._watching.version()

    async def lock(self, connection: Connection, key: str) -> None:
        """Do nothing: a writing transaction already excludes every other."""

    async def prune(self, connection: Connection, tenant_id: TenantId, most: int) -> int:
        """Delete what the triggers then let go."""
        gone = (await connection.execute(_PRUNE_RECORDS, {"tenant": tenant_id, "at_most": most})).rowcount
        if not gone:
            await connection.execute(_PRUNE_CHECKPOINTS, {"tenant": tenant_id})
        return gone

    async def durability(self) -> str:
        """Return how the file is written, and that nobody is answered before (ADR 0040)."""
        async with self.transaction(None, write=False) as connection:
            mode = (await connection.execute(text("PRAGMA journal_mode"))).scalar_one()
        promise = "nothing of it on disk" if mode in {"memory", "off"} else "flushed before each answer"
        return f"sqlite journal_mode={mode}, {promise}"

    async def close(self) -> None:
        """Close every connection."""
        self._readers.close()
        self._writers.close()
        self._flusher.close()
        if self._watching is not None:
            self._watching.close()
            self._watching = None
        if "engine" in self.__dict__:
            await self.engine.dispose()


_PRUNE_RECORDS = text("""
    DELETE FROM audit_records WHERE rowid IN (
      SELECT r.rowid FROM audit_prunings p, json_each(CAST(p.starts AS TEXT)) s, audit_records r
      WHERE p.tenant_id = :tenant AND p.number = (SELECT max(number) FROM audit_prunings WHERE tenant_id = :tenant)
        AND r.tenant_id = :tenant AND r.segment_id = json_extract(s.value, '$[0]')
        AND r.seq < json_extract(s.value, '$[1]') AND r.at < p.before
      LIMIT :at_most)
""")
_PRUNE_CHECKPOINTS = text("""
    DELETE FROM audit_checkpoints WHERE tenant_id = :tenant
      AND number < (SELECT max(number) FROM audit_checkpoints WHERE tenant_id = :tenant)
      AND EXISTS (SELECT 1 FROM audit_prunings p WHERE p.tenant_id = :tenant
                  AND p.number = (SELECT max(number) FROM audit_prunings WHERE tenant_id = :tenant)
                  AND audit_checkpoints.number <= p.checkpoint AND audit_checkpoints.at < p.before)
""")


def _on_connect(dbapi_connection: Any, _record: Any) -> None:
    cursor = dbapi_connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _on_begin(connection: Any) -> None:
    write = connection.get_execution_options().get("limen_write", False)
    connection.exec_driver_sql(WRITE if write else "BEGIN")
