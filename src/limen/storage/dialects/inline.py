"""SQLite on the event loop: a connection that waits only for the disk.

A statement on a local file takes microseconds, less than handing it to a thread and waiting for the interpreter lock
twice. What waits for the disk, the commit of a writing transaction, runs in a thread; so does its beginning when
another process holds the file. Those who wait and those who commit have threads apart: who waits may wait for a commit.
"""

import itertools
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from limen.kernel.ids import TypedId
from limen.storage.dialects.threads import Threads
from limen.storage.statements import Compiled, Connection, Result, Statement, Values, row_maker

WRITE = "BEGIN IMMEDIATE"
NO_WAIT, WAIT = "PRAGMA busy_timeout=0", "PRAGMA busy_timeout=10000"
LASTING = ("PRAGMA synchronous=FULL", "PRAGMA wal_autocheckpoint=1000")
PASSING = ("PRAGMA wal_autocheckpoint=0", "PRAGMA synchronous=NORMAL")
"""A commit that does not wait for the disk must not write the log into the file either, which does. What waits is
set first, and let go last: whichever fails, no commit waits less than it should.
"""
MOST_PASSING = 200
"""So many commits in turn may not wait; the one after them does, and writes the log into the file if it has grown."""
VERSION = "PRAGMA data_version"
STATEMENTS_KEPT = 256
_REFUSED = "attempt to write in a read-only transaction"

Trace = Callable[[str], None]

for kind in TypedId.__subclasses__():
    sqlite3.register_adapter(kind, str)
sqlite3.register_adapter(bytes, bytes)  # sqlite3 looks long for a way to adapt what it takes as it is in the end
_turns = itertools.count(1)
_committing, _waiting = Threads(2, "limen-disk"), Threads(8, "limen-wait")


class Lasting:
    """Whether the next commit of a connection waits for the disk: what is set is set between transactions."""

    __slots__ = ("_lasts", "_passed", "_raw")

    def __init__(self, raw: sqlite3.Connection) -> None:
        """Commits of *raw* wait, until one need not."""
        self._raw = raw
        self._lasts, self._passed = True, 0

    def __bool__(self) -> bool:
        """Tell whether it waits."""
        return self._lasts

    def set(self, *, lasts: bool, most: int) -> None:
        """See to it that the next commit waits where it *lasts*, or where *most* in turn did not; none is open."""
        lasts = lasts or self._passed >= most
        self._passed = 0 if lasts else self._passed + 1
        if lasts is not self._lasts:
            for pragma in LASTING if lasts else PASSING:
                self._raw.execute(pragma)
            self._lasts = lasts


class SqliteConnection(Connection):
    """A connection to a file; used by one transaction at a time."""

    kind: ClassVar[str] = "sqlite"

    def __init__(self, path: Path, pragmas: Sequence[str]) -> None:
        """Open the file at *path*; transactions are begun by whoever uses it."""
        self._raw = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS_KEPT
        )
        for pragma in pragmas:
            self._raw.execute(pragma)
        self._is_writing = self._is_reading = False
        self._waits = True
        self._lasting = Lasting(self._raw)
        self.wrote = 0
        self.trace: Trace | None = None

    def begin_reading(self) -> None:
        """Refuse to write from now on.

        No transaction is open: each statement sees what was committed when it began, as on PostgreSQL, and to begin and
        to end one would cost as much as most of what is read in one.
        """
        self._is_reading = True

    async def begin_writing(self, *, lasts: bool = True) -> None:
        """Begin at once where nobody else writes, else wait for them in a thread."""
        if self.trace is not None:
            self.trace(WRITE)
        self._lasting.set(lasts=lasts, most=MOST_PASSING)
        if self._waits:
            self._raw.execute(NO_WAIT)
            self._waits = False
        try:
            self._raw.execute(WRITE)
        except sqlite3.OperationalError:
            self._raw.execute(WAIT)
            self._waits = True
            await _waiting.run(self._raw.execute, WRITE)
        self._is_writing, self.wrote = True, next(_turns)

    async def commit(self) -> None:
        """Commit; durable when it returns, unless it need not last."""
        waits = self._is_writing and bool(self._lasting)
        self._is_writing = False
        if waits:
            await _committing.run(self._raw.commit)
        else:
            self._raw.commit()

    def rollback(self) -> None:
        """Roll back what is open."""
        self._is_writing = self._is_reading = False
        if self._raw.in_transaction:
            self._raw.rollback()

    def close(self) -> None:
        """Close the connection."""
        self._raw.close()

    def version(self) -> int:
        """Return what is another number after each commit on another connection, of any process."""
        return int(self._raw.execute(VERSION).fetchall()[0][0])

    async def run_script(self, sql: str) -> None:
        """Run *sql* in the disk's thread: it may take its time."""
        await _committing.run(lambda: self._raw.execute(sql).fetchall())

    async def fetch(self, statement: Statement, values: Values) -> list[Any]:
        """Run *statement* with *values* by name; return its rows."""
        compiled = statement.known.get("sqlite") or statement.compiled("sqlite")
        return compiled.rows(self._executed(compiled, compiled.bind(values)).fetchall())

    async def change(self, statement: Statement, values: Values) -> int:
        """Run *statement* with *values* by name; return how many rows it touched."""
        compiled = statement.known.get("sqlite") or statement.compiled("sqlite")
        return self._executed(compiled, compiled.bind(values)).rowcount

    async def _run(self, compiled: Compiled, bound: Sequence[Any]) -> Result:
        cursor = self._executed(compiled, bound)
        if compiled.has_rows is False:
            return Result([], cursor.rowcount)
        if compiled.has_rows:
            return Result(compiled.rows(cursor.fetchall()), cursor.rowcount)
        make = row_maker(tuple(column[0] for column in cursor.description or ()))
        return Result([make(row) for row in cursor.fetchall()], cursor.rowcount)

    def _executed(self, compiled: Compiled, bound: Sequence[Any]) -> sqlite3.Cursor:
        if self.trace is not None:
            self.trace(compiled.sql)
        if self._is_reading and not compiled.is_query:
            raise sqlite3.OperationalError(_REFUSED)
        return self._raw.execute(compiled.sql, bound)

    async def _run_many(self, sql: str, bound: Sequence[Sequence[Any]]) -> None:
        if self.trace is not None:
            self.trace(sql)
        if self._is_reading:
            raise sqlite3.OperationalError(_REFUSED)
        self._raw.executemany(sql, bound)
