"""PostgreSQL as it is opened: a pool for each role. Loaded only where the database is one, with asyncpg."""

from urllib.parse import unquote, urlsplit

import asyncpg

from limen.kernel.errors import Misconfigured
from limen.storage.database import Database
from limen.storage.dialects.postgres import (
    APP_ROLE,
    CONNECT_SECONDS,
    KEYS_ROLE,
    TOKEN_ROLE,
    LosableConnection,
    PostgresDialect,
    driver_url,
)
from limen.storage.hot.postgres import PostgresWriter
from limen.storage.hot.postgres_reads import PostgresReader
from limen.storage.hot.side import HotSide
from limen.storage.lanes import Lane

HOT_LANES = ("hot", "hot2")
"""On PostgreSQL two batches are under way at a time: while one is made durable, the other is signed and answered."""
HOT_CONNECTIONS = len(HOT_LANES) + 3
"""One for each lane; the others read."""
COMMAND_SECONDS = 30
"""A hot statement takes a millisecond; after so long the server is as good as gone."""


def app_dialect(url: str) -> PostgresDialect:
    """Return the everyday paths of the database at *url*, as the *app* role."""
    return PostgresDialect(url, role=role_for(url, APP_ROLE))


def keys_dialect(url: str) -> PostgresDialect:
    """Return the key store at *url*, as the *keys* role."""
    return PostgresDialect(url, role=role_for(url, KEYS_ROLE))


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
            connection_class=LosableConnection,
            reset=_nothing_to_reset,
        )
    except (asyncpg.InsufficientPrivilegeError, asyncpg.InvalidParameterValueError) as refused:
        msg = f"the database user may not take the role {TOKEN_ROLE}"
        raise Misconfigured(msg, f"run limen migrate, then GRANT {TOKEN_ROLE} to that user") from refused


async def hot_side(url: str, database: Database, worker: str) -> HotSide:
    """Open what the hot doors write and read with, at *url* as the *token* role."""
    clock, entropy = database.clock, database.entropy
    pool = await open_token_pool(url)
    lanes = [Lane(clock, entropy, f"{worker}:{name}") for name in HOT_LANES]
    writer = PostgresWriter(pool, lanes, clock, on_commit=database.committed)

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
