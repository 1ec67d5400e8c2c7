"""SQLite: one file, WAL, ``synchronous=FULL``, one writer at a time."""

from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from limen.kernel.ids import TenantId

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


def path_of(url: str) -> Path:
    """Return the file of a ``sqlite:///path`` URL."""
    return Path(url.partition(":///")[2])


class SqliteDialect:
    """The embedded default."""

    name = "sqlite"

    def __init__(self, url: str) -> None:
        """Prepare an engine on the file of *url*; nothing is opened yet."""
        self.path = path_of(url)
        self.engine: AsyncEngine = create_async_engine(
            f"sqlite+aiosqlite:///{self.path}", pool_size=4, max_overflow=0, pool_timeout=30
        )
        event.listen(self.engine.sync_engine, "connect", _on_connect)
        event.listen(self.engine.sync_engine, "begin", _on_begin)

    async def open(self, connection: AsyncConnection, tenant_id: TenantId | None, *, write: bool) -> None:
        """Begin; SQLite confines nothing by itself, so tenancy rests on the stores."""
        del tenant_id
        await connection.execution_options(limen_write=write)
        await connection.begin()

    async def lock(self, connection: AsyncConnection, key: str) -> None:
        """Do nothing: a writing transaction already excludes every other."""

    async def durability(self) -> str:
        """Return the settings that are in force."""
        async with self.engine.connect() as connection:
            mode = (await connection.execute(text("PRAGMA journal_mode"))).scalar_one()
            level = (await connection.execute(text("PRAGMA synchronous"))).scalar_one()
        return f"sqlite journal_mode={mode} synchronous={level} (2 is FULL)"


def _on_connect(dbapi_connection: Any, _record: Any) -> None:
    dbapi_connection.isolation_level = None  # we say BEGIN ourselves
    cursor = dbapi_connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _on_begin(connection: Any) -> None:
    write = connection.get_execution_options().get("limen_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
