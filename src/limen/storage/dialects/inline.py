"""SQLite on the event loop: a connection that waits only for the disk.

A statement on a local file takes microseconds, less than handing it to a thread and waiting for the interpreter lock
twice, and so does a commit that does not wait. What waits for the disk runs in a thread: the flush of the log for those
who have committed (:mod:`limen.storage.dialects.flushing`), and one commit in many, which also writes the log into the
file; so does the beginning of a transaction when another process holds the file. Those who wait and those who commit
have threads apart: who waits may wait for a commit.
"""

import itertools
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from limen.kernel.ids import TypedId
from limen.storage.dialects.flushing import Flusher
from limen.storage.dialects.threads import Threads
from limen.storage.statements import Compiled, Connection, Result, Statement, Values, row_maker

WRITE = "BEGIN IMMEDIATE"
NO_WAIT, WAIT = "PRAGMA busy_timeout=0", "PRAGMA busy_timeout=10000"
LASTING = ("PRAGMA synchronous=FULL", "PRAGMA wal_autocheckpoint=1000")
PASSING = ("PRAGMA wal_autocheckpoint=0", "PRAGMA synchronous=NORMAL")
"""A commit that does not wait for the disk must not write the log into the file either, which does. What waits is
set first, and let go last: whichever fails, no commit waits less than it should.
"""
MOST_TOGETHER, MOST_PASSING = 16, 200
"""So many commits in turn may leave the flush to those who wait for it, or pass without one; the one after them waits
itself, and writes the log into the file if it has grown.
"""
MANY_ROWS = 1000
"""After a transaction of so many the next commit does that."""
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

    def hurry(self) -> None:
        """Let the next commit wait, however few did not."""
        self._passed = MOST_PASSING


class SqliteConnection(Connection):
    """A connection to a file; used by one transaction at a time."""

    kind: ClassVar[str] = "sqlite"

    def __init__(self, path: Path, pragmas: Sequence[str], flusher: Flusher) -> None:
        """Open the file at *path*; transactions are begun by whoever uses it, and *flusher* makes them durable."""
        self._raw = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS_KEPT
        )
        for pragma in pragmas:
            self._raw.execute(pragma)
        # A file system without shared memory has no log: there each commit waits by itself.
        self._has_log = self._raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        self._is_writing = self._is_reading = False
        self._waits = True
        self._lasting = Lasting(self._raw)
        self._flusher = flusher
        self._changed = 0
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
        self._flusher.must_be_whole()
        self._lasting.set(lasts=not self._has_log, most=MOST_TOGETHER if lasts else MOST_PASSING)
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
        """Commit; durable when it returns."""
        if not await self.commit_first():
            await self._flusher.flushed()

    async def commit_first(self) -> bool:
        """Commit on the loop, and leave the disk to whoever waits for it; one commit in many waits in a thread."""
        if not self._is_writing:
            return True
        self._is_writing = False
        changed, self._changed = self._changed, self._raw.total_changes
        if self._lasting:
            await _committing.run(self._raw.commit)
            return True
        self._raw.commit()
        self._flusher.leave()
        if self._changed - changed > MANY_ROWS:
            self._lasting.hurry()
        return False

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
        if self.trace is not None or (self._is_reading and not compiled.is_query):
            self._look_at(compiled)
        rows = self._raw.execute(compiled.sql, compiled.bind(values)).fetchall()
        return compiled.rows(rows) if rows else rows

    async def first(self, statement: Statement, values: Values) -> Any:
        """Run *statement* with *values* by name; return its first row, or None."""
        compiled = statement.known.get("sqlite") or statement.compiled("sqlite")
        if self.trace is not None or (self._is_reading and not compiled.is_query):
            self._look_at(compiled)
        row = self._raw.execute(compiled.sql, compiled.bind(values)).fetchone()
        if row is None or compiled.make is None:
            return None
        return compiled.rows((row,))[0] if compiled.converts else compiled.make(row)

    async def change(self, statement: Statement, values: Values) -> int:
        """Run *statement* with *values* by name; return how many rows it touched."""
        compiled = statement.known.get("sqlite") or statement.compiled("sqlite")
        if self.trace is not None or (self._is_reading and not compiled.is_query):
            self._look_at(compiled)
        return self._raw.execute(compiled.sql, compiled.bind(values)).rowcount

    async def _run(self, compiled: Compiled, bound: Sequence[Any]) -> Result:
        self._look_at(compiled)
        cursor = self._raw.execute(compiled.sql, bound)
        if compiled.has_rows is False:
            return Result([], cursor.rowcount)
        if compiled.has_rows:
            return Result(compiled.rows(cursor.fetchall()), cursor.rowcount)
        make = row_maker(tuple(column[0] for column in cursor.description or ()))
        return Result([make(row) for row in cursor.fetchall()], cursor.rowcount)

    def _look_at(self, compiled: Compiled) -> None:
        """Tell whoever wants to know what is run, and refuse to write where this was lent for reading.

        The everyday ways above do not call where neither is the case: a statement costs little more than a call.
        """
        if self.trace is not None:
            self.trace(compiled.sql)
        if self._is_reading and not compiled.is_query:
            raise sqlite3.OperationalError(_REFUSED)

    async def _run_many(self, sql: str, bound: Sequence[Sequence[Any]]) -> None:
        if self.trace is not None:
            self.trace(sql)
        if self._is_reading:
            raise sqlite3.OperationalError(_REFUSED)
        self._raw.executemany(sql, bound)
