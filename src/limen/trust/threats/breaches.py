"""Asking whether a password is known: of the commonest, of the operator's sets, of a service on the network.

What lies here is asked first and answers in microseconds; a service is asked only where the tenant wants it, and only
about a password that is right or is being chosen. A file that cannot be read leaves the last good one in force.
"""

import asyncio
import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, Protocol

import structlog

from limen.identity.credentials.breaches import BreachGuard
from limen.identity.tenants.breaches import BreachSettings
from limen.kernel.clock import MINUTE, Clock, Instant
from limen.kernel.errors import Corrupted
from limen.trust.threats.building import pair_member
from limen.trust.threats.common import commonest, is_made
from limen.trust.threats.sets import CompactSet, Kind, fingerprint

_log = structlog.get_logger("limen.threats")
_LOOK_AGAIN: Final = MINUTE
_PREFIX: Final = 5
Count = Callable[[str, str], None]
"""Told who was asked (``common``, ``set``, ``pairs``, ``online``), and ``known``, ``unknown`` or ``away``."""
Known = Literal["", "password", "pair", "away"]


def uncounted(_source: str, _outcome: str) -> None:
    """Count nothing."""


class RangeSource(Protocol):
    """A service that is asked by the beginning of a hash (k-anonymity)."""

    async def suffixes(self, prefix: str) -> Collection[str] | None:
        """Return the other 35 hexadecimal digits of every known hash with *prefix*; None where it does not answer."""
        ...


class Shelf:
    """A set in a file that somebody may replace while it is read."""

    def __init__(self, path: Path, kind: Kind, clock: Clock) -> None:
        """Read *path* when it is first asked for; that it is not there is no fault."""
        self.path, self.kind = path, kind
        self._clock = clock
        self._held: CompactSet | None = None
        self._stamp: tuple[int, int, int] | None = None
        self._looked: Instant = 0

    @property
    def is_empty(self) -> bool:
        """Tell whether there was no set lately, so that :meth:`current` says so at once."""
        return self._held is None and bool(self._looked) and self._clock.now() < self._looked + _LOOK_AGAIN

    def current(self) -> CompactSet | None:
        """Return the newest good set. Looks at the file once a minute; may wait for the disk."""
        now = self._clock.now()
        if self._looked and now < self._looked + _LOOK_AGAIN:
            return self._held
        self._looked = now
        try:
            stat = self.path.stat()
        except OSError:
            self._held = self._stamp = None
            return None
        stamp = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if stamp != self._stamp:
            self._stamp = stamp
            self._load()
        return self._held

    def _load(self) -> None:
        found = None
        try:
            found = CompactSet.open(self.path)
            why = "" if found.about.kind == self.kind else f"it holds {found.about.kind}"
        except (Corrupted, OSError) as error:
            why = str(error)
        if why or found is None:
            _log.error("threats.set_refused", kind=self.kind, why=why, stance="the last good one stays")
            return
        self._held = found
        _log.info("threats.set_loaded", kind=self.kind, members=len(found))


@dataclass(frozen=True, slots=True)
class BreachSources:
    """What a process knows of breaches, the same for every tenant."""

    passwords: Shelf | None = None
    pairs: Shelf | None = None
    ranges: RangeSource | None = None
    pair_key: bytes = field(default=b"", repr=False)
    count: Count = uncounted

    @property
    def is_at_hand(self) -> bool:
        """Tell whether all that lies here is in memory, so that asking takes microseconds."""
        passwords, pairs = self.passwords, self.pairs
        return is_made() and (passwords is None or passwords.is_empty) and (pairs is None or pairs.is_empty)

    def is_common(self, member: int) -> bool:
        """Tell whether a password is among the commonest: where that is at hand, nothing else lies here."""
        return self._asked("common", member, commonest())

    def here(self, member: int) -> bool:
        """Tell whether a password is in what lies here. May wait for the disk."""
        if self.is_common(member):
            return True
        return self._asked("set", member, self.passwords.current() if self.passwords is not None else None)

    def pair(self, email: str, prepared: bytes) -> bool:
        """Tell whether an address is known together with a password. May wait for the disk."""
        held = self.pairs.current() if self.pairs is not None else None
        return held is not None and self._asked("pairs", pair_member(self.pair_key, email, prepared), held)

    def _asked(self, source: str, member: int, held: CompactSet | None) -> bool:
        if held is None:
            return False
        found = member in held
        self.count(source, "known" if found else "unknown")
        return found

    async def online(self, prepared: bytes) -> bool | None:
        """Tell whether the service knows a password; None where it does not answer, or there is none."""
        digits = sha1_hex(prepared)
        found = await self.ranges.suffixes(digits[:_PREFIX]) if self.ranges is not None else None
        if found is None:
            self.count("online", "away")
            return None
        is_known = digits[_PREFIX:] in found
        self.count("online", "known" if is_known else "unknown")
        return is_known


_DEFAULTS: Final = BreachSettings()
NO_SOURCES: Final = BreachSources()


@dataclass(frozen=True, slots=True)
class Breaches:
    """What one tenant asks: a ``BreachCorpus`` where a password is chosen, and the question at sign-in."""

    sources: BreachSources
    settings: BreachSettings = _DEFAULTS

    @property
    def guard(self) -> BreachGuard:
        """Return what is asked when a password is chosen."""
        return BreachGuard(self, fails_closed=self.settings.when_away == "closed")

    async def is_breached(self, prepared: bytes, emails: Sequence[str] = ()) -> bool | None:
        """Tell whether the *prepared* password is known, alone or beside one of *emails*; None where nobody can say."""
        if await self._lies_here(emails, prepared):
            return True
        return await self.sources.online(prepared) if self.settings.online else False

    async def at_sign_in(self, emails: Sequence[str], prepared: bytes) -> Known:
        """Tell what is known of the right password of whoever owns *emails*; ``away`` where that fails closed."""
        if self.settings.at_sign_in == "off":
            return ""
        known = await self._lies_here(emails, prepared)
        if known:
            return known
        found = await self.sources.online(prepared) if self.settings.online else False
        if found is None:
            return "away" if self.settings.when_away == "closed" else ""
        return "password" if found else ""

    async def _lies_here(self, emails: Sequence[str], prepared: bytes) -> Known:
        """Tell what is found here: in a thread where that may wait for the disk."""
        if self.sources.is_at_hand:
            return "password" if self.sources.is_common(fingerprint(prepared)) else ""
        return await asyncio.to_thread(self._looked, emails, prepared)

    def _looked(self, emails: Sequence[str], prepared: bytes) -> Known:
        for email in emails:
            if self.sources.pair(email, prepared):
                return "pair"
        return "password" if self.sources.here(fingerprint(prepared)) else ""


def sha1_hex(prepared: bytes) -> str:
    """Return the SHA-1 of a password as such services write it."""
    return hashlib.sha1(prepared, usedforsecurity=False).hexdigest().upper()


NO_BREACHES: Final = Breaches(NO_SOURCES)
