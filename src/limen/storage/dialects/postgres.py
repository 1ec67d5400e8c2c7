"""PostgreSQL: roles with the least they need, row-level security under every query."""

from urllib.parse import parse_qsl, unquote, urlsplit

from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from limen.kernel.ids import TenantId

APP_ROLE = "limen_app"
TOKEN_ROLE = "limen_token"  # noqa: S105 - the name of a database role
HOT_ROLE = "limen_hot"
READER_ROLE = "limen_reader"
PLATFORM = "*"
"""The value of ``limen.tenant`` under which the platform's own tables (outbox, changes) are seen whole."""


def sqlalchemy_url(url: str) -> URL:
    """Return *url* for SQLAlchemy's asyncpg dialect; ``?host=/socket/dir`` is kept."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return URL.create(
        "postgresql+asyncpg",
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        host=unquote(parts.hostname) if parts.hostname else query.pop("host", None),
        port=parts.port or (int(query.pop("port")) if "port" in query else None),
        database=parts.path.lstrip("/") or None,
        query={},
    )


class PostgresDialect:
    """PostgreSQL on the everyday paths, as the *app* role."""

    name = "postgresql"

    def __init__(self, url: str, *, role: str | None = APP_ROLE, pool_size: int = 5) -> None:
        """Prepare an engine; with *role*, every connection takes that role as it starts."""
        settings = {"application_name": "limen", "jit": "off"}
        if role is not None:
            settings["role"] = role
        self.engine: AsyncEngine = create_async_engine(
            sqlalchemy_url(url),
            pool_size=pool_size,
            max_overflow=pool_size,
            connect_args={"server_settings": settings},
        )

    async def open(self, connection: AsyncConnection, tenant_id: TenantId | None, *, write: bool) -> None:
        """Begin, and confine the transaction to one tenant's rows."""
        del write
        await connection.begin()
        await connection.execute(_CONFINE, {"tenant": tenant_id or PLATFORM})

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
