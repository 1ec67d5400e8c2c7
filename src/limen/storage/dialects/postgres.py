"""PostgreSQL: roles with the least they need, row-level security under every query."""

from collections.abc import Awaitable, Callable

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from limen.kernel.ids import TenantId

APP_ROLE = "limen_app"
TOKEN_ROLE = "limen_token"
HOT_ROLE = "limen_hot"
READER_ROLE = "limen_reader"
KEYS_ROLE = "limen_keys"
CONNECT_SECONDS = 10
CHANNEL = "limen_changes"
"""What the trigger on ``changes`` notifies."""
PLATFORM = "*"
"""The value of ``limen.tenant`` under which the platform's own tables (outbox, changes) are seen whole."""


def driver_url(url: str) -> str:
    """Return *url* as asyncpg reads it, every parameter kept (``host=/socket/dir``, ``sslmode=verify-full``, …)."""
    return "postgresql:" + url.partition(":")[2]


class PostgresDialect:
    """PostgreSQL on the everyday paths, as the *app* role."""

    name = "postgresql"

    def __init__(self, url: str, *, role: str | None = APP_ROLE, pool_size: int = 5) -> None:
        """Prepare an engine; with *role*, every connection takes that role as it starts."""
        settings = {"application_name": "limen", "jit": "off"}
        if role is not None:
            settings["role"] = role

        async def connect(**_: object) -> asyncpg.Connection:
            return await asyncpg.connect(driver_url(url), server_settings=settings, timeout=CONNECT_SECONDS)

        self._connect = connect
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://", async_creator=connect, pool_size=pool_size, max_overflow=pool_size
        )

    async def open(self, connection: AsyncConnection, tenant_id: TenantId | None, *, write: bool) -> None:
        """Begin, and confine the transaction to one tenant's rows, and to reading unless it is to *write*."""
        await connection.begin()
        await connection.execute(_CONFINE, {"tenant": tenant_id or PLATFORM, "read_only": "off" if write else "on"})

    async def begin_alone(self, connection: AsyncConnection, key: str) -> None:
        """Begin, and wait for whoever holds *key*."""
        await connection.begin()
        await self.lock(connection, key)

    async def grant_keys(self, connection: AsyncConnection) -> None:
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

    async def lock(self, connection: AsyncConnection, key: str) -> None:
        """Take a transaction-level advisory lock."""
        await connection.execute(_LOCK, {"key": key})

    async def durability(self) -> str:
        """Return the settings that are in force."""
        async with self.engine.connect() as connection:
            commit = (await connection.execute(text("SHOW synchronous_commit"))).scalar_one()
            fsync = (await connection.execute(text("SHOW fsync"))).scalar_one()
        return f"postgresql synchronous_commit={commit} fsync={fsync}"


_CONFINE = text(
    "SELECT set_config('limen.tenant', :tenant, true), set_config('transaction_read_only', :read_only, true)"
)
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
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
