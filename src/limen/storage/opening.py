"""Opening everything that storage gives to the application, by URL."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import asyncpg

from limen.kernel.clock import Clock
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Misconfigured
from limen.kernel.ids import TenantId
from limen.storage.database import Database
from limen.storage.dialects import dialect_of
from limen.storage.dialects.postgres import (
    APP_ROLE,
    CONNECT_SECONDS,
    KEYS_ROLE,
    TOKEN_ROLE,
    PostgresDialect,
    driver_url,
)
from limen.storage.dialects.sqlite import SqliteDialect
from limen.storage.feed import ChangeFeed
from limen.storage.gate import WriteGate
from limen.storage.hot.group import WriteGroup
from limen.storage.hot.postgres import PostgresWriter
from limen.storage.hot.reads import HotReader, PostgresReader, SqliteReader
from limen.storage.hot.sqlite import SqliteWriter
from limen.storage.hot.steps import Step
from limen.storage.hot.store import TenantHotTokens
from limen.storage.keystore import SqlKeyStore
from limen.storage.lanes import Lane
from limen.storage.leases import Leases
from limen.storage.outbox import SqlOutbox
from limen.storage.tenants import SqlTenants

HOT_LANES = ("hot", "hot2")
"""On PostgreSQL two batches are under way at a time: while one is made durable, the other is signed and answered."""
HOT_CONNECTIONS = len(HOT_LANES) + 3
"""One for each lane; the others read."""


COMMAND_SECONDS = 30
"""A hot statement takes a millisecond; after so long the server is as good as gone."""


@dataclass(frozen=True, slots=True)
class HotSide:
    """The hot doors' writer and reader, and what closes them."""

    group: WriteGroup[Step]
    reader: HotReader
    close: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Storage:
    """All that one process keeps open. Its databases are migrated by somebody else, before."""

    database: Database
    keystore: SqlKeyStore
    tenants: SqlTenants
    outbox: SqlOutbox
    feed: ChangeFeed
    leases: Leases
    hot: HotSide

    def hot_for(self, tenant_id: TenantId) -> TenantHotTokens:
        """Return the hot doors' store of one tenant; making one costs nothing."""
        return TenantHotTokens(tenant_id, self.hot.group, self.hot.reader)

    async def close(self) -> None:
        """Commit what is waiting, then close every connection."""
        try:
            await self.hot.close()
        finally:
            try:
                await self.keystore.close()
            finally:
                await self.database.close()


async def open_storage(  # noqa: PLR0913 - by name, from settings
    *,
    database_url: str,
    keystore_url: str,
    token_database_url: str | None,
    worker: str,
    clock: Clock,
    entropy: Entropy,
) -> Storage:
    """Open the databases as the roles with the least they need.

    Args:
        database_url: ``sqlite:///path`` or ``postgresql://…``.
        keystore_url: the key store, a database of its own.
        token_database_url: the same PostgreSQL database for the hot doors, where the *token* role logs in by itself;
            None: *database_url*, whose user then has to be a member of ``limen_token``.
        worker: names this process start in the audit log and in leases; at most 55 characters.
        clock: where instants come from.
        entropy: where identifiers come from.

    Raises:
        Misconfigured: a URL is not understood, or its user may not take the role.
        OSError, asyncpg.PostgresError: PostgreSQL is not there.
    """
    if dialect_of(database_url) == "sqlite":
        dialect = SqliteDialect(database_url)
        database = Database(dialect, clock, entropy, worker=worker)
        hot = _sqlite_side(database, dialect, worker)
    else:
        database = Database(
            PostgresDialect(database_url, role=role_for(database_url, APP_ROLE)), clock, entropy, worker=worker
        )
        hot = await _postgres_side(token_database_url or database_url, database, worker)
    return Storage(
        database=database,
        keystore=_open_keystore(keystore_url),
        tenants=SqlTenants(database),
        outbox=SqlOutbox(database),
        feed=ChangeFeed(database, clock, alone=database.dialect.name == "sqlite"),
        leases=Leases(database, clock, worker),
        hot=hot,
    )


def role_for(url: str, role: str) -> str | None:
    """Return the role to take on connections to *url*: None if its user is that role already."""
    user = urlsplit(url).username
    return None if user is not None and unquote(user) == role else role


async def open_token_pool(url: str) -> asyncpg.Pool:
    """Return a pool of connections to *url* as the *token* role.

    Raises:
        Misconfigured: the URL's user may not take the role, or it does not exist.
    """
    role = role_for(url, TOKEN_ROLE)
    settings = {"application_name": "limen-hot", "jit": "off"} | ({"role": role} if role else {})
    try:
        return await asyncpg.create_pool(
            driver_url(url),
            min_size=1,
            max_size=HOT_CONNECTIONS,
            timeout=CONNECT_SECONDS,
            command_timeout=COMMAND_SECONDS,
            server_settings=settings,
            reset=_nothing_to_reset,
        )
    except (asyncpg.InsufficientPrivilegeError, asyncpg.InvalidParameterValueError) as refused:
        msg = f"the database user may not take the role {TOKEN_ROLE}"
        raise Misconfigured(msg, f"run limen migrate, then GRANT {TOKEN_ROLE} to that user") from refused


def _open_keystore(url: str) -> SqlKeyStore:
    if dialect_of(url) == "sqlite":
        return SqlKeyStore(SqliteDialect(url))
    return SqlKeyStore(PostgresDialect(url, role=role_for(url, KEYS_ROLE)))


def _sqlite_side(database: Database, dialect: SqliteDialect, worker: str) -> HotSide:
    clock, entropy = database.clock, database.entropy
    gate = database.gate or WriteGate()  # on SQLite there always is one
    writer = SqliteWriter(
        dialect.path, gate, Lane(clock, entropy, f"{worker}:hot"), clock, entropy, on_commit=database.committed
    )
    reader = SqliteReader(dialect.path)

    async def close() -> None:
        try:
            await writer.close()
        finally:
            await reader.close()

    return HotSide(writer.group, reader, close)


async def _postgres_side(url: str, database: Database, worker: str) -> HotSide:
    clock, entropy = database.clock, database.entropy
    pool = await open_token_pool(url)
    lanes = [Lane(clock, entropy, f"{worker}:{name}") for name in HOT_LANES]
    writer = PostgresWriter(pool, lanes, clock, entropy, on_commit=database.committed)

    reader = PostgresReader(pool)

    async def close() -> None:
        try:
            await writer.close()
            await reader.close()
        finally:
            await pool.close()

    return HotSide(writer.group, reader, close)


async def _nothing_to_reset(_connection: object) -> None:
    """Spare the round trip of RESET ALL: hot calls leave nothing behind (an open transaction is ended by the pool)."""
