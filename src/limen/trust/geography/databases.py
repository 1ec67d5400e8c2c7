"""A database in the MaxMind DB format, which somebody may replace while it is read.

It is read from a copy of our own, which is only ever replaced as a whole: the reader maps the file, and whoever writes
into a mapped file ends the process that reads it. The copy is also the last good one, over restarts.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from limen.kernel.clock import SECOND, Instant
from limen.trust.geography.records import NOWHERE, Located, located

if TYPE_CHECKING:
    from maxminddb import Reader

_log = structlog.get_logger("limen.threats")
_PROBES: Final = 2_048
_SEPARATOR: Final = 16
_LONGEST: Final = 1_073_741_824
Put = Callable[[Path, bytes], None]
"""Puts bytes in place of what a path holds, whole or not at all."""
Count = Callable[[str, str], None]
"""Told a database's name and what became of it: ``loaded``, ``refused`` or ``away``."""


class BadDatabase(Exception):
    """A file that is no database, or not a whole one."""


@dataclass(frozen=True, slots=True)
class Read:
    """A database that is open. ``built_at`` is when its maker says it was made."""

    reader: "Reader"
    kind: str
    built_at: Instant

    def of(self, address: str) -> Located:
        """Return what it says of *address*; nothing of what is no address, or where it is damaged."""
        from maxminddb import InvalidDatabaseError  # noqa: PLC0415 - only where there is a database

        try:
            return located(self.reader.get(address))
        except (ValueError, InvalidDatabaseError):
            return NOWHERE


def read_database(path: Path) -> Read:
    """Open *path*, and look up addresses from all over, so that a damaged one shows.

    Raises:
        BadDatabase: it is not what it should be.
        OSError: it cannot be read.
    """
    from maxminddb import InvalidDatabaseError, open_database  # noqa: PLC0415 - only where there is a database

    try:
        reader = open_database(path)
        about = reader.metadata()
        if about.node_count < 1 or _between(path, about.node_count * about.record_size // 4) != bytes(_SEPARATOR):
            raise BadDatabase("it is not whole")
        for number in range(_PROBES):
            reader.get(IPv4Address(number * (2**32 // _PROBES) + 9))
            if about.ip_version == 6:
                reader.get(IPv6Address((0x2000 << 112) + number * (2**125 // _PROBES) + 9))
    except (InvalidDatabaseError, ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise BadDatabase(f"it is no database, or damaged ({type(error).__name__})") from None
    return Read(reader, about.database_type, about.build_epoch * SECOND)


def _between(path: Path, tree: int) -> bytes:
    """Return what stands between the search tree and the data: nothing but zeros (MaxMind DB 2.0)."""
    with path.open("rb") as file:
        file.seek(tree)
        return file.read(_SEPARATOR)


class Database:
    """One database of an operator, by its path."""

    def __init__(self, path: Path, folder: Path, put: Put, count: Count) -> None:
        """Read *path*, by a copy in *folder*."""
        self.path, self._copy = path, folder / path.name
        self._put, self._count = put, count
        self._stamp: tuple[int, int] | None = None
        self._taken: tuple[int, int] | None = None
        self._is_away = False
        self.held: Read | None = None

    def open(self) -> None:
        """Load the copy of the last good one, then what is there now. Reads a file of some 100 MB: not on a loop."""
        if self._copy.exists():
            self._take()
        self.refresh()

    def refresh(self) -> None:
        """Load the file if it is another than before; what is not good leaves the last good one in force."""
        try:
            stamp = _stamp(self.path)
            if stamp == self._stamp:
                return
            if stamp[1] > _LONGEST:
                self._refuse("it is too long")
            else:
                self._load(self.path.read_bytes())
            self._stamp, self._is_away = stamp, False
        except OSError as error:
            if not self._is_away:
                _log.warning("threats.geography_away", database=self.path.name, why=type(error).__name__)
            self._is_away, self._stamp = True, None
            self._count(self.path.name, "away")

    def _load(self, data: bytes) -> None:
        """See that *data* is good before it takes the place of the copy."""
        if self._copy.exists() and self._copy.read_bytes() == data:  # another process was first, or we are anew
            if self.held is None or _stamp(self._copy) != self._taken:
                self._take()
            return
        tried = self._copy.with_name(f".{self._copy.name}.{os.getpid()}")
        try:
            self._put(tried, data)
            read_database(tried).reader.close()
        except BadDatabase as refused:
            self._refuse(str(refused))
            return
        finally:
            tried.unlink(missing_ok=True)
        self._put(self._copy, data)
        self._take()

    def _take(self) -> None:
        try:
            self._taken = _stamp(self._copy)
            self.held = read_database(self._copy)  # the one before is closed when nobody holds it any longer
        except BadDatabase as refused:
            self._refuse(str(refused))
            return
        self._count(self.path.name, "loaded")
        _log.info("threats.geography_loaded", database=self.path.name, kind=self.held.kind)

    def _refuse(self, why: str) -> None:
        _log.error("threats.geography_refused", database=self.path.name, why=why, stance="the last good one stays")
        self._count(self.path.name, "refused")


def _stamp(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size
