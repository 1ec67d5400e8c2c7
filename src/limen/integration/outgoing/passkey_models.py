"""The metadata of passkey models, kept current: fetched again and again, and kept beside the data.

A blob counts once it is verified, and never where a newer one is in force. What cannot be fetched, or is refused,
leaves the last good one standing; it is asked for again after a minute, then after two, and so on up to six hours. The
processes of one machine share the file, so that one fetch serves them all; each machine fetches for itself.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from limen.access.outgoing import Outgoing, Wanted
from limen.access.passkeys.trust import NO_METADATA, Blob, Metadata
from limen.integration.outgoing.copies import put_copy
from limen.kernel.clock import MINUTE, SECOND, Clock, Instant
from limen.kernel.errors import Refusal

_log = structlog.get_logger("limen.passkeys")
_WANTED: Final = Wanted(
    "passkey-metadata",
    ("application/octet-stream", "binary/octet-stream", "application/jose", "application/jwt", "text/plain"),
    max_bytes=33_554_432,
    seconds=60.0,
    usual=60,
    longest=60,
)
_LONGEST_BACK_OFF: Final = 6 * 60 * MINUTE
Count = Callable[[str], None]
"""Told what became of a blob: ``loaded``, ``refused``, ``older`` or ``away``."""


@dataclass(frozen=True, slots=True)
class MetadataSource:
    """Where metadata comes from.

    Attributes:
        url: where it is fetched; empty for a file that somebody replaces.
        roots: the file with the certificates that it is signed under (PEM).
        copy: the file that holds the last one.
        every_seconds: how often it is fetched.
    """

    url: str
    roots: Path
    copy: Path
    every_seconds: int


def load(source: MetadataSource) -> Blob | None:
    """Return what the copy says, as certificates stood when it came; None where there is none.

    Raises:
        ValueError: the copy or the roots are not what they should be.
        OSError: one of them cannot be read.
    """
    if not source.copy.exists():
        return None
    return _read(source.copy.read_bytes(), source.roots, source.copy.stat().st_mtime_ns // 1_000)


def _read(data: bytes, roots: Path, at: Instant) -> Blob:
    from cryptography import x509  # noqa: PLC0415 - only where there is metadata

    from limen.access.passkeys.metadata import read_blob  # noqa: PLC0415 - with fido2, likewise

    return read_blob(data, x509.load_pem_x509_certificates(roots.read_bytes()), at)


class ModelKeeper:
    """Keeps what a process knows of models. Without a source it knows nothing, and no model is proven."""

    def __init__(
        self, source: MetadataSource | None, outgoing: Outgoing, clock: Clock, count: Count = lambda _: None
    ) -> None:
        """Read and fetch *source*."""
        self._source, self._outgoing, self._clock, self._count = source, outgoing, clock, count
        self._stamp: tuple[int, int] | None = None
        self._failures = 0
        self._due_at: Instant = 0
        self.blob: Blob | None = None

    async def __call__(self) -> Metadata:
        """Return what is known of models now."""
        return self.blob.metadata if self.blob is not None else NO_METADATA

    async def open(self) -> None:
        """Load what lies here, so that a start needs no network."""
        if self._source is not None:
            await self._from_copy(self._source)

    async def refresh(self) -> None:
        """Load a copy that is newer than what is known, and fetch another where it is time."""
        source, now = self._source, self._clock.now()
        if source is None:
            return
        await self._from_copy(source)
        if not source.url or now < max(self._due_at, self._copied_at() + source.every_seconds * SECOND):
            return
        self._failures = 0 if await self._fetched(source, now) else self._failures + 1
        wait = MINUTE * 2 ** min(self._failures - 1, 12) if self._failures else source.every_seconds * SECOND
        self._due_at = now + min(wait, _LONGEST_BACK_OFF if self._failures else wait)

    def _copied_at(self) -> Instant:
        """Return when the copy in force was written; long ago where there is none."""
        return self._stamp[0] // 1_000 if self._stamp is not None and self.blob is not None else 0

    async def _fetched(self, source: MetadataSource, now: Instant) -> bool:
        answer = await self._outgoing.fetch(source.url, _WANTED, newer_than=now)
        if isinstance(answer, Refusal):
            _log.warning("passkeys.metadata_away", why=answer.code)
            self._count("away")
            return False
        if not await self._taken(answer.body, source, now):
            return False
        self._stamp = await asyncio.to_thread(_written, source.copy, answer.body, now)
        return True

    async def _from_copy(self, source: MetadataSource) -> None:
        try:
            stamp = _stamp(source.copy)
            if stamp is None or stamp == self._stamp:
                return
            data = await asyncio.to_thread(source.copy.read_bytes)
        except OSError as error:
            _log.warning("passkeys.metadata_away", why=type(error).__name__)
            return
        self._stamp = stamp
        await self._taken(data, source, stamp[0] // 1_000)

    async def _taken(self, data: bytes, source: MetadataSource, at: Instant) -> bool:
        try:
            blob = await asyncio.to_thread(_read, data, source.roots, at)
        except (ValueError, OSError) as refused:
            _log.error("passkeys.metadata_refused", why=str(refused), stance="the last good one stays")
            self._count("refused")
            return False
        if self.blob is not None and blob.number < self.blob.number:  # MDS 3 §3.2: numbers only grow
            _log.error("passkeys.metadata_refused", why="an older number", stance="the last good one stays")
            self._count("older")
            return False
        if blob.left_out:
            _log.warning("passkeys.metadata_entries_left_out", entries=blob.left_out)
        self.blob = blob
        self._count("loaded")
        return True


def _stamp(path: Path) -> tuple[int, int] | None:
    if not path.exists():
        return None
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size


def _written(path: Path, data: bytes, now: Instant) -> tuple[int, int] | None:
    put_copy(path, data, now)
    return _stamp(path)
