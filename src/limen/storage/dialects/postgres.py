"""PostgreSQL: roles with the least they need, row-level security under every query."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import asyncpg
from sqlalchemy import Column, ColumnElement, Integer, Table, Text, any_, bindparam, func, literal, select, text
from sqlalchemy.dialects import postgresql

from limen.kernel.errors import Contended, Fault
from limen.kernel.ids import TenantId
from limen.storage.dialects.lending import Lender
from limen.storage.statements import Compiled, Connection, InsertNew, Result, Statement, Values, row_maker

if TYPE_CHECKING:  # it brings the ORM with it, and only a change of the schema needs it
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

APP_ROLE = "limen_app"
TOKEN_ROLE = "limen_token"
HOT_ROLE = "limen_hot"
READER_ROLE = "limen_reader"
KEYS_ROLE = "limen_keys"
CONNECT_SECONDS = 10
PATIENCE_SECONDS = 30
"""How long a transaction waits for a connection to be free."""
STATEMENTS_KEPT = 512
"""Prepared on each connection."""
CHANNEL = "limen_changes"
"""What the trigger on ``changes`` notifies."""
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
PLATFORM = "*"
"""The value of ``limen.tenant`` under which the platform's own tables (outbox, changes) are seen whole."""


def driver_url(url: str) -> str:
    """Return *url* as asyncpg reads it, every parameter kept (``host=/socket/dir``, ``sslmode=verify-full``, …)."""
    return "postgresql:" + url.partition(":")[2]


class LosableConnection(asyncpg.Connection):
    """A connection that may be lost while nobody looks, as where a pool closes what it holds in the background."""

    __slots__ = ()

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the driver's own signature
        """Close; what is lost is closed. The driver has thrown it away by the time that it says so."""
        with suppress(OSError, TimeoutError, asyncpg.PostgresConnectionError):
            await super().close(timeout=timeout)


class PooledConnection(LosableConnection):
    """A connection that remembers to whose rows it is confined, outside of transactions that say so themselves."""

    __slots__ = ("_confined_to",)

    async def confine(self, tenant_id: str) -> None:
        """See to it that only the rows of *tenant_id* are read from now on: a round trip where it was another."""
        if getattr(self, "_confined_to", None) != tenant_id:
            self._confined_to: str | None = None  # until it is known to be so
            await self.execute(_confined(tenant_id, is_local=False))
            self._confined_to = tenant_id


class PostgresConnection(Connection):
    """A connection of the pool, for one transaction."""

    kind: ClassVar[str] = "postgresql"

    def __init__(self, raw: Any, trace: Callable[[str], None] | None) -> None:
        """Speak over *raw*; *trace* hears each statement."""
        self._raw, self._trace, self._is_reading = raw, trace, False

    async def run_script(self, sql: str) -> None:
        """Run *sql*, which may be several statements, in one round trip."""
        if self._trace is not None:
            self._trace(sql)
        await self._raw.execute(sql)

    async def confine(self, tenant_id: str) -> None:
        """See to it that what is read, in no transaction, is *tenant_id*'s."""
        self._is_reading = True
        await self._raw.confine(tenant_id)

    async def commit(self) -> None:
        """Commit; durable when it returns. What only reads has nothing to commit."""
        if not self._is_reading:
            await self._raw.execute("COMMIT")

    def among(self, column: Column[Any], values: Sequence[Any]) -> ColumnElement[bool]:
        """Return the condition that *column* is one of *values*, sent as one list.

        How many they are is hidden from the planner, which else walks a whole table for a few hundred of its rows.
        """
        wanted = select(func.unnest(literal(values, postgresql.ARRAY(column.type)))).scalar_subquery()
        return column == any_(func.array(wanted))

    async def insert_rows(self, statement: Statement, rows: Sequence[Values]) -> int | None:
        """Run an INSERT for all *rows* at once. What they have in common is sent once."""
        if not rows:
            return 0
        lists = {name: [row[name] for row in rows] for name in statement.columns}
        common = [
            name for name, values in lists.items() if values[0] == values[-1] and values.count(values[0]) == len(values)
        ]
        if len(common) == len(lists):
            common.pop()
        sql = _at_once(statement, tuple(common))
        if self._trace is not None:
            self._trace(sql)
        same = [lists.pop(name)[0] for name in common]
        return _touched(await self._raw.execute(sql, *same, *lists.values()))

    async def rollback(self) -> None:
        """End what is open; a connection that is lost has nothing open."""
        if not self._raw.is_closed() and self._raw.is_in_transaction():
            await self._raw.execute("ROLLBACK")

    async def break_off(self) -> None:
        """End what a statement began that was prepared and then not run, as where its request was cancelled between.

        The driver knows nothing of it, and whoever writes next on the connection could not begin. Who is cancelled
        once more while that is under way drops the connection: nobody knows what is open on it.
        """
        if self._raw.is_closed():
            return
        try:
            await self._raw.execute("SELECT 1")
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            pass
        except BaseException:
            self._raw.terminate()
            raise

    async def fetch(self, statement: Statement, values: Values) -> list[Any]:
        """Run *statement* with *values* by name; return its rows."""
        compiled = statement.known.get("postgresql") or statement.compiled("postgresql")
        if self._trace is not None:
            self._trace(compiled.sql)
        return compiled.rows(await self._raw.fetch(compiled.sql, *compiled.bind(values)))

    async def change(self, statement: Statement, values: Values) -> int:
        """Run *statement* with *values* by name; return how many rows it touched."""
        compiled = statement.known.get("postgresql") or statement.compiled("postgresql")
        if self._trace is not None:
            self._trace(compiled.sql)
        return _touched(await self._raw.execute(compiled.sql, *compiled.bind(values)))

    async def _run(self, compiled: Compiled, bound: Sequence[Any]) -> Result:
        if self._trace is not None:
            self._trace(compiled.sql)
        if compiled.has_rows is False:
            return Result([], _touched(await self._raw.execute(compiled.sql, *bound)))
        if compiled.has_rows:
            # A plan that is kept is of the size that a table had: what is run once is planned as the table is now.
            if compiled.is_passing:
                found = await (await self._raw.prepare(compiled.sql)).fetch(*bound)
            else:
                found = await self._raw.fetch(compiled.sql, *bound)
            rows = compiled.rows(found)
            return Result(rows, len(rows))
        prepared = await self._raw.prepare(compiled.sql)
        make = row_maker(tuple(column.name for column in prepared.get_attributes()))
        found = [make(row) for row in await prepared.fetch(*bound)]
        return Result(found, _touched(prepared.get_statusmsg()))

    async def _run_many(self, sql: str, bound: Sequence[Sequence[Any]]) -> None:
        if self._trace is not None:
            self._trace(sql)
        await self._raw.executemany(sql, bound)


@lru_cache(maxsize=256)
def _at_once(statement: Statement, common: tuple[str, ...]) -> str:
    """Return an INSERT of one row as one of many: a value for each *common* column, then a list for each other one."""
    table: Table = statement.core if isinstance(statement.core, Table) else statement.core.table
    names = *common, *(name for name in statement.columns if name not in common)
    given = [f"${place}::{_plain_type(table.c[name])}" for place, name in enumerate(names, 1)]
    same = "".join(f"{one}, " for one in given[: len(common)])
    lists = ", ".join(f"{one}[]" for one in given[len(common) :])
    listed = ", ".join(f'"{name}"' for name in names)
    unless = " ON CONFLICT DO NOTHING" if isinstance(statement, InsertNew) else ""
    return f'INSERT INTO "{table.name}" ({listed}) SELECT {same}r.* FROM unnest({lists}) AS r{unless}'  # noqa: S608


def _plain_type(column: Column[Any]) -> str:
    return str(column.type.compile(dialect=_DIALECT)).partition("(")[0]


def _touched(status: str) -> int:
    """Return the number at the end of ``UPDATE 1``; 0 where there is none."""
    count = status.rpartition(" ")[2]
    return int(count) if count.isdigit() else 0


class PostgresDialect:
    """PostgreSQL on the everyday paths, as the *app* role."""

    name = "postgresql"
    refused: type[Exception] = asyncpg.PostgresError
    is_whole = True  # a disk that refuses ends the server, which says so itself

    def __init__(self, url: str, *, role: str | None = APP_ROLE, pool_size: int = 10) -> None:
        """Prepare to connect; with *role*, every connection takes that role as it starts."""
        settings = {"application_name": "limen", "jit": "off"}
        if role is not None:
            settings["role"] = role

        async def connect(**more: str) -> asyncpg.Connection:
            return await asyncpg.connect(
                driver_url(url),
                server_settings=settings | more,
                timeout=CONNECT_SECONDS,
                statement_cache_size=STATEMENTS_KEPT,
                connection_class=PooledConnection,
            )

        self.trace: Callable[[str], None] | None = None
        self._connect = connect
        self._lender = Lender(self._connect_reading, pool_size, PATIENCE_SECONDS)

    @cached_property
    def engine(self) -> "AsyncEngine":
        """Return SQLAlchemy's engine, for changing the schema."""
        from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415

        engine: AsyncEngine = create_async_engine("postgresql+asyncpg://", async_creator=self._connect)
        return engine

    @asynccontextmanager
    async def transaction(
        self, tenant_id: TenantId | None, *, write: bool, lasts: bool = True
    ) -> AsyncGenerator[Connection, None]:
        """Lend a connection that is confined to one tenant's rows, and to reading unless it is to *write*.

        What only reads is in no transaction: each statement would see what is committed when it begins there too, and
        to begin and to end one would be two round trips, more than most reads are themselves.
        """
        whose = tenant_id or PLATFORM
        async with self._borrowed() as connection:
            if not write:
                await connection.confine(whose)
                yield connection
                return
            try:
                begin = _BEGIN if lasts else _BEGIN_PASSING
                await connection.run_script(f"{begin}; {_confined(whose, is_local=True)}")
                yield connection
            except asyncpg.TransactionRollbackError as error:
                raise Contended from error
            finally:
                await connection.rollback()

    async def look(self, statement: Statement, values: Values) -> list[Any]:
        """Run one statement that reads the key store, where no tenant confines; what others see is durable here."""
        async with self._borrowed() as connection:
            return await connection.fetch(statement, values)

    async def begin_alone(self, connection: "AsyncConnection", key: str) -> None:
        """Begin, and wait for whoever holds *key*."""
        await connection.begin()
        await connection.exec_driver_sql(_LOCK, (key,))

    async def grant_keys(self, connection: "AsyncConnection") -> None:
        """Make the *keys* role if need be; it reads and writes the two tables and cannot alter them."""
        await connection.exec_driver_sql(_MAKE_KEYS_ROLE)
        await connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA public TO {KEYS_ROLE}")
        await connection.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {_KEY_TABLES} TO {KEYS_ROLE}")
        await connection.exec_driver_sql(f"REVOKE ALL ON {_KEY_TABLES} FROM PUBLIC")

    async def scrub(self) -> None:
        """Do nothing: dead rows go with the next vacuum, and the epoch key that would open them with its schedule."""

    async def listen(self, wake: Callable[[], None]) -> Callable[[], Awaitable[None]]:
        """LISTEN on a connection of its own. When it is lost nothing is told any more: whoever listens also polls."""
        connection = await self._connect()
        await connection.add_listener(CHANNEL, lambda *_: wake())
        return connection.close

    async def flushed(self) -> None:
        """Do nothing: a commit returns when it is durable, where it must be."""

    def version(self) -> int | None:
        """Return none: to ask is as dear as to read."""
        return None

    async def lock(self, connection: Connection, key: str) -> None:
        """Take a transaction-level advisory lock."""
        await connection.execute(_TAKE_LOCK, {"key": key})

    async def prune(self, connection: Connection, tenant_id: TenantId, most: int) -> int:
        """Have it done by the one function that may."""
        result = await connection.execute(_PRUNE, {"tenant": tenant_id, "at_most": most})
        return int(result.scalar_one())

    async def durability(self) -> str:
        """Return the settings that are in force."""
        async with self._borrowed() as connection:
            commit = (await connection.execute(_COMMIT)).scalar_one()
            fsync = (await connection.execute(_FSYNC)).scalar_one()
        return f"postgresql synchronous_commit={commit} fsync={fsync}"

    async def close(self) -> None:
        """Close every connection."""
        await self._lender.close()
        if "engine" in self.__dict__:
            await self.engine.dispose()

    @asynccontextmanager
    async def _borrowed(self) -> AsyncGenerator[PostgresConnection, None]:
        """Lend a connection."""
        raw = await self._lender.lend()
        try:
            connection = PostgresConnection(raw, self.trace)
            try:
                yield connection
            except BaseException:
                await connection.break_off()
                raise
        finally:  # nothing is under way on it any more
            self._lender.take_back(raw)

    async def _connect_reading(self) -> asyncpg.Connection:
        """Connect so that only a transaction that says so writes."""
        return await self._connect(default_transaction_read_only="on")


def _confined(tenant_id: str, *, is_local: bool) -> str:
    """Return what confines to the rows of *tenant_id*: a transaction, where it *is local*, or a connection.

    Raises:
        Fault: the identifier is none; it goes into the text of the statement.
    """
    if tenant_id != PLATFORM and not (tenant_id.isascii() and tenant_id.replace("_", "").isalnum()):
        msg = "what should be a tenant's identifier is none"
        raise Fault(msg)
    return f"SELECT set_config('limen.tenant', '{tenant_id}', {str(is_local).lower()})"


_BEGIN = "BEGIN READ WRITE"
_BEGIN_PASSING = f"{_BEGIN}; SET LOCAL synchronous_commit TO off"
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_TAKE_LOCK = Statement(select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("key", type_=Text), 0))))
_PRUNE = Statement(select(func.limen_prune(bindparam("tenant", type_=Text), bindparam("at_most", type_=Integer))))
_COMMIT = text("SHOW synchronous_commit")
_FSYNC = text("SHOW fsync")
_KEY_TABLES = "tenant_keys, subject_keys"
_MAKE_KEYS_ROLE = """
DO $$
DECLARE needed text := CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'limen_keys') THEN
    BEGIN
      CREATE ROLE limen_keys NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- somebody else made it just now
    END;
  END IF;
  IF NOT pg_has_role(current_user, 'limen_keys', needed) THEN
    BEGIN
      GRANT limen_keys TO current_user;
    EXCEPTION WHEN unique_violation THEN NULL;
    END;
  END IF;
END $$"""
