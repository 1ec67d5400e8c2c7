"""SQLite on the event loop: sqlite3 behind the small surface that SQLAlchemy's aiosqlite dialect asks of a driver.

A statement on a local file takes microseconds, less than handing it to a thread and waiting for the interpreter lock
twice. What waits for the disk, the commit of a writing transaction, runs in a thread; so does its beginning when
another process holds the file. Those who wait and those who commit have threads apart: who waits may wait for a commit.
"""

import asyncio
import sqlite3
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

WRITE = "BEGIN IMMEDIATE"
NO_WAIT, WAIT = "PRAGMA busy_timeout=0", "PRAGMA busy_timeout=10000"

_disk = ThreadPoolExecutor(2, thread_name_prefix="limen-disk")


class InlineCursor:
    """A cursor whose coroutines never wait."""

    def __init__(self, connection: "InlineConnection", cursor: sqlite3.Cursor) -> None:
        """Wrap *cursor*."""
        self._connection, self._cursor = connection, cursor
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        await self.close()

    @property
    def description(self) -> Any:
        """Return the columns of the last statement."""
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        """Return how many rows the last statement changed."""
        return self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        """Return the number of the last inserted row."""
        return self._cursor.lastrowid

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        """Run one statement."""
        if sql == WRITE:
            await self._connection.begin_writing(self._cursor)
        else:
            self._cursor.execute(sql, parameters)
        return self

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> Self:
        """Run one statement for each of *parameters*."""
        self._cursor.executemany(sql, parameters)
        return self

    async def fetchall(self) -> list[Any]:
        """Return the remaining rows."""
        return self._cursor.fetchall()

    async def fetchone(self) -> Any:
        """Return the next row, or None."""
        return self._cursor.fetchone()

    async def fetchmany(self, size: int = 1) -> list[Any]:
        """Return the next rows."""
        return self._cursor.fetchmany(size)

    async def close(self) -> None:
        """Close the cursor."""
        self._cursor.close()


class InlineConnection:
    """A connection that waits only for the disk."""

    def __init__(self, path: Path) -> None:
        """Open the file at *path*; transactions are begun by whoever uses it."""
        self._connection: sqlite3.Connection | None = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        self._is_writing = False
        self._waits = True

    @property
    def _conn(self) -> sqlite3.Connection:
        if self._connection is None:
            msg = "no active connection"
            raise ValueError(msg)
        return self._connection

    def cursor(self) -> InlineCursor:
        """Return a cursor."""
        return InlineCursor(self, self._conn.cursor())

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> InlineCursor:
        """Run one statement and return its cursor."""
        return await self.cursor().execute(sql, parameters)

    async def create_function(self, *args: Any, **options: Any) -> None:
        """Register a function for SQL."""
        self._conn.create_function(*args, **options)

    async def begin_writing(self, cursor: sqlite3.Cursor) -> None:
        """Begin at once where nobody else writes, else wait for them in a thread."""
        if self._waits:
            cursor.execute(NO_WAIT)
            self._waits = False
        try:
            cursor.execute(WRITE)
        except sqlite3.OperationalError:
            cursor.execute(WAIT)
            self._waits = True
            await asyncio.to_thread(cursor.execute, WRITE)
        self._is_writing = True

    async def commit(self) -> None:
        """Commit; durable when it returns."""
        if self._is_writing:
            self._is_writing = False
            await asyncio.get_running_loop().run_in_executor(_disk, self._conn.commit)
        else:
            self._conn.commit()

    async def rollback(self) -> None:
        """Roll back."""
        self._is_writing = False
        self._conn.rollback()

    async def close(self) -> None:
        """Close the connection; again is nothing."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def stop(self) -> None:
        """Close at once: there is no thread to stop."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
