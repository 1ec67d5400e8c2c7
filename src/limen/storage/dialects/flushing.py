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

import structlog

from limen.kernel.errors import Outage
from limen.storage.dialects.threads import Threads

_log = structlog.get_logger(__name__)
flush_file: Final = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync
_flushing: Final = Threads(2, "limen-flush")


class Flusher:
    """Flushes the log beside one database file; one flush at a time, led by the first who waits for it.

    A disk that refuses is not asked again. Linux says once that pages could not be written, takes them for written, and
    answers the next flush with success; what was committed after them would stand in the log behind a hole. So nobody
    writes any more until the process has started anew, from what the disk has.
    """

    def __init__(self, path: Path) -> None:
        """Flush for the database at *path*, which is no link: the log lies beside the file. Nothing is opened yet."""
        self._log = path.with_name(f"{path.name}-wal")
        self._descriptor: int | None = None
        self._is_flushing = False
        self._waiting: list[asyncio.Future[bool]] = []
        self._refused: BaseException | None = None
        self._commits = self._covered = 0
        """How many commits left the disk to a flush, and how many of them one has covered."""

    @property
    def is_behind(self) -> bool:
        """Tell whether a commit of this process was left to a flush that has not come."""
        return self._covered < self._commits

    def leave(self) -> None:
        """Leave a commit to the next flush."""
        self._commits += 1

    @property
    def is_whole(self) -> bool:
        """Tell whether the disk has refused nothing."""
        return self._refused is None

    def must_be_whole(self) -> None:
        """Refuse to go on where a flush was refused.

        Raises:
            Outage: one was.
        """
        if self._refused is not None:
            raise self._outage()

    async def flushed(self) -> None:
        """Return when everything that was committed before this call is durable.

        Raises:
            Outage: the disk refuses; what was committed stands, and may be lost with the machine's power.
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
        covers = self._commits
        try:
            await _flushing.run(self._flush)  # ends when the flush has, even where whoever leads goes away
            self.must_be_whole()
        except Exception as error:
            self._refused = self._refused or error  # no thread could be started
            raise
        finally:
            if self._refused is None:
                self._covered = covers
            for turn in followers:
                if turn.done():
                    continue
                if self._refused is None:
                    turn.set_result(False)
                else:
                    turn.set_exception(self._outage())
            self._pass_on()

    def _pass_on(self) -> None:
        while self._waiting:
            turn = self._waiting.pop(0)
            if not turn.done():
                turn.set_result(True)
                return
        self._is_flushing = False

    def _flush(self) -> None:
        """Flush the log; called in a thread, one at a time. What goes wrong is kept, whoever is there to hear it."""
        if self._refused is not None:
            return
        try:
            flush_file(self._opened())
        except BaseException as error:  # noqa: BLE001 - it is raised by whoever waits
            self._refused = error
            _log.critical("disk.refused", error=type(error).__name__, errno=getattr(error, "errno", None))

    def _opened(self) -> int:
        """Return the log, kept open: who opens a file anew may not hear of what went wrong with it before."""
        there = self._log.stat()
        if self._descriptor is not None:
            held = os.fstat(self._descriptor)
            if (held.st_ino, held.st_dev) == (there.st_ino, there.st_dev):
                return self._descriptor
            self.close()
        self._descriptor = os.open(self._log, os.O_RDWR)
        return self._descriptor

    def _outage(self) -> Outage:
        refused = Outage("the disk refused a flush: nothing is written until this process starts anew")
        refused.__cause__ = self._refused
        return refused

    def close(self) -> None:
        """Close the log."""
        if self._descriptor is not None:
            with suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = None
