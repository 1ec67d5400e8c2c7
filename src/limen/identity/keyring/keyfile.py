"""The keyring file: one JSON document, private to its owner, replaced whole and durably.

::

    {"format": 1,
     "roots":  [{"key": base64, "created_at": µs, "retired_at": µs or 0}, …],     the last one is active
     "epochs": [{"id": 1, "key": base64, "created_at": µs, "retired_at": µs or 0}, …]}  the last one is current

Everything here blocks: call it at start-up or from a thread. Processes that share the file take turns through a lock
beside it (``flock``).
"""

import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

import msgspec

from limen.identity.keyring.envelope import KEY_BYTES
from limen.identity.keyring.together import WrappingKeys
from limen.kernel.clock import Instant
from limen.kernel.encoding import framed, sha256
from limen.kernel.errors import Misconfigured

_FORMAT: Final = 1
_MOST_WRAPPING: Final = 256
"""Kept of a kind of subject, for all tenants: some minutes of journeys."""
_PRIVATE_FILE: Final = 0o600
_PRIVATE_DIRECTORY: Final = 0o700
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class RootKey:
    """A key that wraps tenant keys. ``retired_at`` is 0 while it is active."""

    key: bytes = field(repr=False)
    created_at: Instant
    retired_at: Instant = 0

    @property
    def number(self) -> int:
        """Its name as a u32: a hash of the key, so that a key may move between file and environment."""
        return int.from_bytes(sha256(framed("limen.root-key-name:v1", self.key))[:4], "big")

    @property
    def name(self) -> str:
        """Its name as text: ``root:`` and eight hexadecimal digits."""
        return f"root:{self.number:08x}"


@dataclass(frozen=True)
class EpochKey:
    """A key that exists nowhere but here and dies on schedule. ``retired_at`` is 0 while it is current."""

    id: int
    key: bytes = field(repr=False)
    created_at: Instant
    retired_at: Instant = 0

    @cached_property
    def wrapping(self) -> WrappingKeys:
        """Return the keys that wrap under this one; they are gone when it is."""
        return WrappingKeys(self.id, self.key, "limen.epoch-wrap:v1", most=_MOST_WRAPPING)


@dataclass(frozen=True, slots=True)
class Keys:
    """What the file holds, oldest first."""

    roots: tuple[RootKey, ...]
    epochs: tuple[EpochKey, ...]
    format: int = _FORMAT


class KeyFile:
    """The file at one path."""

    def __init__(self, path: Path) -> None:
        """Name the file; nothing is touched yet."""
        self._path = Path(os.path.realpath(path))  # a link stays a link when its target is replaced
        self._lock = self._path.with_name(self._path.name + ".lock")

    def read(self) -> Keys:
        """Return the keys.

        Raises:
            Misconfigured: the file is missing, open to others, or not a keyring.
        """
        with self._locked(fcntl.LOCK_SH):
            return self._read()

    def ensure(self, make: Callable[[], Keys]) -> Keys:
        """Return the keys, first writing those of *make* where there is no file. Of two racing processes one writes.

        Raises:
            Misconfigured: as for :meth:`read`, or the directory cannot be made or written.
        """
        try:
            self._path.parent.mkdir(mode=_PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        except OSError as error:
            raise self._unusable(error, "the keyring directory cannot be made") from None
        with self._locked(fcntl.LOCK_EX):
            if not self._path.exists():
                self._write(make())
            return self._read()

    def update(self, change: Callable[[Keys], Keys]) -> Keys:
        """Replace the keys by what *change* makes of them, and return those. The same object back means: write nothing.

        Raises:
            Misconfigured: as for :meth:`read`, or the file cannot be written. It is then whole, old or new.
        """
        with self._locked(fcntl.LOCK_EX):
            old = self._read()
            new = change(old)
            if new is not old:
                self._write(new)
            return new

    def _read(self) -> Keys:
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise self._unusable(error, "the keyring cannot be read") from None
        with os.fdopen(descriptor, "rb") as file:
            if stat.S_IMODE(os.fstat(descriptor).st_mode) & _OTHERS:
                msg = f"the keyring {self._path} is open to others than its owner"
                raise Misconfigured(msg, f"chmod 600 {self._path}; if others could read it, rotate the root key")
            text = file.read()
        return self._parsed(text)

    def _parsed(self, text: bytes) -> Keys:
        try:
            keys = msgspec.json.decode(text, type=Keys)
        except (msgspec.DecodeError, UnicodeDecodeError):
            keys = None  # the parser's own message is dropped: it may quote
        if keys is None or keys.format != _FORMAT or not keys.epochs or not _whole(keys):
            msg = f"the keyring {self._path} is damaged or of an unknown format"
            raise Misconfigured(msg, "restore the file; without its keys what they sealed cannot be read") from None
        return keys

    def _write(self, keys: Keys) -> None:
        """Write beside, fsync, rename, fsync the directory, then overwrite what the old file held."""
        fresh = self._path.with_name(self._path.name + ".new")
        try:
            fresh.unlink(missing_ok=True)  # left by a crash; the lock says that nobody is writing it
            _write_durably(fresh, msgspec.json.encode(keys))
            with _kept_open(self._path) as old:
                fresh.replace(self._path)
                _sync_directory(self._path.parent)
                if old is not None:
                    _overwrite(old)
        except OSError as error:
            raise self._unusable(error, "the keyring cannot be written") from None

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        try:
            descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE_FILE)
        except OSError as error:
            raise self._unusable(error, "the keyring cannot be locked") from None
        try:
            fcntl.flock(descriptor, how)
            yield
        finally:
            os.close(descriptor)

    def _unusable(self, error: OSError, what: str) -> Misconfigured:
        hint = f"{self._path} and its directory must exist and be writable by the user that runs Limen"
        return Misconfigured(f"{what}: {error.strerror}", hint)


def _whole(keys: Keys) -> bool:
    numbers = [epoch.id for epoch in keys.epochs]
    lengths = {len(root.key) for root in keys.roots} | {len(epoch.key) for epoch in keys.epochs}
    return lengths == {KEY_BYTES} and numbers == sorted(set(numbers))


def _write_durably(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _kept_open(path: Path) -> Iterator[int | None]:
    """Hold the file that *path* names now, also once the name has moved on; None where there is none."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _overwrite(descriptor: int) -> None:
    """Zero the old file, so that a destroyed key is not left in free blocks. Flash and snapshots may still keep it."""
    os.pwrite(descriptor, bytes(os.fstat(descriptor).st_size), 0)
    os.fsync(descriptor)
