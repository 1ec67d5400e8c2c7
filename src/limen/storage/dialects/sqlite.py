"""SQLite: one file, WAL, ``synchronous=FULL``, one writer at a time."""

import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import PoolProxiedConnection, event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from limen.kernel.errors import Misconfigured
from limen.kernel.ids import TenantId
from limen.storage.dialects.inline import WRITE, InlineConnection

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


class SqliteDialect:
    """The embedded default."""

    name = "sqlite"

    def __init__(self, url: str) -> None:
        """Prepare an engine on the file of *url*; nothing is opened yet."""
        self.path = path_of(url)
        self.engine: AsyncEngine = create_async_engine(
            f"sqlite+aiosqlite:///{self.path}",
            async_creator=self._connect,
            pool_size=8,
            max_overflow=0,
            pool_timeout=30,
        )
        event.listen(self.engine.sync_engine, "connect", _on_connect)
        event.listen(self.engine.sync_engine, "begin", _on_begin)

    async def open(self, connection: AsyncConnection, tenant_id: TenantId | None, *, write: bool) -> None:
        """Begin; SQLite confines nothing by itself, so tenancy rests on the stores."""
        del tenant_id
        await connection.execution_options(limen_write=write)
        await connection.begin()

    async def begin_alone(self, connection: AsyncConnection, key: str) -> None:
        """Begin, the only writer, with foreign keys off: rebuilding a table drops it, and a drop cascades."""
        del key
        raw = await connection.get_raw_connection()
        await _driver(raw).execute("PRAGMA foreign_keys=OFF")  # has no effect inside a transaction
        await _driver(raw).execute("PRAGMA busy_timeout=60000")
        await connection.execution_options(limen_write=True)
        await connection.begin()

    async def grant_keys(self, connection: AsyncConnection) -> None:
        """Do nothing: the file's mode is all there is."""

    async def scrub(self) -> None:
        """Empty the write-ahead log, where pages from before a deletion linger; a reader under way puts it off."""
        async with self.engine.connect() as connection:
            raw = await connection.get_raw_connection()
            await _driver(raw).execute("PRAGMA wal_checkpoint(TRUNCATE)")  # nothing, where it is inside a transaction

    async def listen(self, wake: Callable[[], None]) -> Callable[[], Awaitable[None]]:
        """Do nothing: SQLite tells nobody, and whoever listens also polls."""
        del wake
        return _nothing

    async def lock(self, connection: AsyncConnection, key: str) -> None:
        """Do nothing: a writing transaction already excludes every other."""

    async def durability(self) -> str:
        """Return the settings that are in force."""
        async with self.engine.connect() as connection:
            mode = (await connection.execute(text("PRAGMA journal_mode"))).scalar_one()
            level = (await connection.execute(text("PRAGMA synchronous"))).scalar_one()
        return f"sqlite journal_mode={mode} synchronous={level} (2 is FULL)"

    async def _connect(self, *_: Any, **__: Any) -> InlineConnection:
        make_private(self.path)
        return InlineConnection(self.path)


def _driver(raw: PoolProxiedConnection) -> Any:
    return raw.driver_connection


async def _nothing() -> None:
    pass


def _on_connect(dbapi_connection: Any, _record: Any) -> None:
    cursor = dbapi_connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _on_begin(connection: Any) -> None:
    write = connection.get_execution_options().get("limen_write", False)
    connection.exec_driver_sql(WRITE if write else "BEGIN")
