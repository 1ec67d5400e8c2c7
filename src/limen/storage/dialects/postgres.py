"""PostgreSQL: roles with the least they need, row-level security under every query."""

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from limen.kernel.ids import TenantId

APP_ROLE = "limen_app"
TOKEN_ROLE = "limen_token"  # noqa: S105 - the name of a database role
HOT_ROLE = "limen_hot"
READER_ROLE = "limen_reader"
KEYS_ROLE = "limen_keys"
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

        async def connect(**further: object) -> asyncpg.Connection:
            return await asyncpg.connect(driver_url(url), server_settings=settings, **further)

        self.url = url
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://", async_creator=connect, pool_size=pool_size, max_overflow=pool_size
        )

    async def open(self, connection: AsyncConnection, tenant_id: TenantId | None, *, write: bool) -> None:
        """Begin, and confine the transaction to one tenant's rows."""
        del write
        await connection.begin()
        await connection.execute(_CONFINE, {"tenant": tenant_id or PLATFORM})

    async def begin_alone(self, connection: AsyncConnection, key: str) -> None:
        """Begin, and wait for whoever holds *key*."""
        await connection.begin()
        await self.lock(connection, key)

    async def grant_keys(self, connection: AsyncConnection) -> None:
        """Make the *keys* role if need be; it reads and writes the two tables and cannot alter them."""
        await connection.exec_driver_sql(_MAKE_KEYS_ROLE)
        await connection.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {_KEY_TABLES} TO {KEYS_ROLE}")
        await connection.exec_driver_sql(f"REVOKE ALL ON {_KEY_TABLES} FROM PUBLIC")

    async def lock(self, connection: AsyncConnection, key: str) -> None:
        """Take a transaction-level advisory lock."""
        await connection.execute(_LOCK, {"key": key})

    async def durability(self) -> str:
        """Return the settings that are in force."""
        async with self.engine.connect() as connection:
            commit = (await connection.execute(text("SHOW synchronous_commit"))).scalar_one()
            fsync = (await connection.execute(text("SHOW fsync"))).scalar_one()
        return f"postgresql synchronous_commit={commit} fsync={fsync}"


_CONFINE = text("SELECT set_config('limen.tenant', :tenant, true)")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
_KEY_TABLES = "tenant_keys, subject_keys"
_MAKE_KEYS_ROLE = f"""
DO $$
DECLARE needed text := CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{KEYS_ROLE}') THEN
    BEGIN
      CREATE ROLE {KEYS_ROLE} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- somebody else made it just now
    END;
  END IF;
  IF NOT pg_has_role(current_user, '{KEYS_ROLE}', needed) THEN
    BEGIN
      GRANT {KEYS_ROLE} TO current_user;
    EXCEPTION WHEN unique_violation THEN NULL;
    END;
  END IF;
END $$"""
