"""Waiting for the disk, once for all who have committed meanwhile (ADR 0040).

SQLite waits inside each commit, and lets nobody else write until the disk has answered. Here a transaction is committed
without waiting, others begin theirs, and whoever must not answer before its commit is durable waits for a flush of the
log that began after it. The log is one file, written in order: a flush covers everything before it, whoever wrote it.
"""

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from limen.storage.dialects.threads import Threads

flush_file: Final = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync
_flushing: Final = Threads(2, "limen-flush")


class Flusher:
    """Flushes the log beside one database file; one flush at a time, led by the first who waits for it."""

    def __init__(self, path: Path) -> None:
        """Flush for the database at *path*; nothing is opened yet."""
        self._log = path.with_name(f"{path.name}-wal")
        self._descriptor: int | None = None
        self._is_flushing = False
        self._waiting: list[asyncio.Future[bool]] = []

    async def flushed(self) -> None:
        """Return when everything that was committed before this call is durable.

        Raises:
            OSError: the disk refuses; what was committed stands, and may be lost with the machine's power.
        """
        if self._is_flushing:
            turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                leads = await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled() and turn.exception() is None and turn.result():
                    self._pass_on()
                raise
            if not leads:
                return
        self._is_flushing = True
        await self._lead()

    async def _lead(self) -> None:
        """Flush for oneself and all who wait by now; then let the first of those who came meanwhile lead."""
        followers, self._waiting = self._waiting, []
        failed: OSError | None = None
        try:
            await _flushing.run(self._flush)
        except OSError as error:
            failed = error
            raise
        finally:
            for turn in followers:
                if turn.done():
                    continue
                if failed is None:
                    turn.set_result(False)
                else:
                    turn.set_exception(failed)
            self._pass_on()

    def _pass_on(self) -> None:
        while self._waiting:
            turn = self._waiting.pop(0)
            if not turn.done():
                turn.set_result(True)
                return
        self._is_flushing = False

    def _flush(self) -> None:
        """Flush the log; called in a thread, one at a time."""
        descriptor = self._opened()
        if descriptor is not None:
            flush_file(descriptor)

    def _opened(self) -> int | None:
        """Return the log, kept open: who opens a file anew may not hear of what went wrong with it before.

        None where there is no log: whoever closed the database last wrote it into the file, and waited.
        """
        try:
            there = self._log.stat()
        except FileNotFoundError:
            self.close()
            return None
        if self._descriptor is not None:
            held = os.fstat(self._descriptor)
            if (held.st_ino, held.st_dev) == (there.st_ino, there.st_dev):
                return self._descriptor
            self.close()
        self._descriptor = os.open(self._log, os.O_RDWR)
        return self._descriptor

    def close(self) -> None:
        """Close the log."""
        if self._descriptor is not None:
            with suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = None
