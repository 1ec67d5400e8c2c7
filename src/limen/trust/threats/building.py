"""A list of passwords becomes a set: streamed, checked whole, and put in place at once or not at all.

A line is a password, or, in the ordered download of breached passwords, 40 hexadecimal digits of a SHA-1 and a count
(``5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9659365``). Which of the two a file holds, its first line says; a line of
the other kind is refused with its number. Of a list of pairs, each line is ``address:password``.

Hashes are collected eight bytes each. An ordered list is one run on the disk as it comes; any other becomes sorted
runs of :data:`RUN` that are merged. Memory stays the same for any length.
"""

import heapq
import os
import re
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Final

from limen.identity.credentials.prepare import prepare
from limen.identity.customers.addresses import parse_email
from limen.kernel.clock import Instant
from limen.kernel.encoding import framed
from limen.kernel.errors import Misconfigured, Refusal
from limen.kernel.mac import HmacSha256
from limen.trust.threats.sets import About, CompactSet, Kind, encode, fingerprint

RUN: Final = 4_000_000
_LONGEST_LINE: Final = 4_096
_HASHED: Final = re.compile(rb"([0-9A-Fa-f]{40})(?::([0-9]{1,18}))?")
_STEP: Final = 1_000_000
Progress = Callable[[str, int], None]
"""Told what is being done (``read``, ``write``) and how many lines or members are through."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a list is read.

    Attributes:
        kind: what it holds.
        least: of counted passwords, those that were seen fewer times are left out.
        pair_key: of pairs, the key under which they are hashed.
    """

    kind: Kind = "passwords"
    least: int = 1
    pair_key: bytes = field(default=b"", repr=False)


def build(source: Path, target: Path, recipe: Recipe, now: Instant, progress: Progress) -> About:
    """Make the set *target* of the list *source*; until it is whole, what stood there stays.

    Raises:
        Misconfigured: a line is not what it should be (it is named by its number, never by what it says), there is no
            line, or the disk is full.
    """
    try:
        with TemporaryDirectory(dir=target.parent, prefix=".limen-") as folder, ExitStack() as stack:
            runs = _Runs(Path(folder), stack)
            with source.open("rb") as lines:
                for member in _members(lines, recipe, progress):
                    runs.add(member)
            about = About(recipe.kind, runs.count(), now)
            if not about.count:
                raise Misconfigured(f"{source.name} holds nothing", "one password a line, or SHA-1:count")
            made = Path(folder) / "set"
            with made.open("wb") as file:
                encode(_told(runs.merged(), progress), about, file)
                file.flush()
                os.fsync(file.fileno())
            CompactSet.open(made)  # as whoever loads it will
            made.chmod(0o600 if recipe.kind == "pairs" else 0o644)
            made.replace(target)
    except OSError as error:
        raise Misconfigured(f"the set cannot be built: {error.strerror}", "see the paths, and the room there") from None
    return about


def pair_member(key: bytes, email: str, prepared: bytes) -> int:
    """Return the 64 bits by which an address and its password are a member: keyed, so that a lost file tells little."""
    return int.from_bytes(HmacSha256(key).digest(framed(email) + prepared)[:8], "big")


def _members(lines: BinaryIO, recipe: Recipe, progress: Progress) -> Iterator[int]:
    is_hashed: bool | None = None
    number = 0
    while line := lines.readline(_LONGEST_LINE + 1):
        number += 1
        if len(line) > _LONGEST_LINE:
            raise _bad(number, "it is too long")
        text = line.rstrip(b"\r\n").removeprefix(b"\xef\xbb\xbf" if number == 1 else b"")
        if number % _STEP == 0:
            progress("read", number)
        if not text:
            continue
        if recipe.kind == "pairs":
            yield _pair(text, recipe.pair_key, number)
            continue
        matched = _HASHED.fullmatch(text)
        if is_hashed is None:
            is_hashed = matched is not None
        if not is_hashed:
            yield _password(text, number)
        elif matched is None:
            raise _bad(number, "40 hexadecimal digits and a count were expected")
        elif matched[2] is None or int(matched[2]) >= recipe.least:
            yield int(matched[1][:16], 16)
    progress("read", number)


def _password(text: bytes, number: int) -> int:
    """Return the member of a password as it would be presented; what nobody could have is left as it stands."""
    try:
        prepared = prepare(text.decode())
    except UnicodeDecodeError:
        raise _bad(number, "it is not UTF-8") from None
    return fingerprint(text if isinstance(prepared, Refusal) else prepared)


def _pair(text: bytes, key: bytes, number: int) -> int:
    try:
        address, separator, password = text.decode().partition(":")
    except UnicodeDecodeError:
        raise _bad(number, "it is not UTF-8") from None
    email, prepared = parse_email(address), prepare(password)
    if not separator or isinstance(email, Refusal) or isinstance(prepared, Refusal):
        raise _bad(number, "address:password was expected")
    return pair_member(key, email, prepared)


def _bad(number: int, why: str) -> Misconfigured:
    return Misconfigured(f"line {number}: {why}", "nothing was built; what was in force stays")


def _told(members: Iterable[int], progress: Progress) -> Iterator[int]:
    number = 0
    for number, member in enumerate(members, 1):
        if number % _STEP == 0:
            progress("write", number)
        yield member
    progress("write", number)


class _Runs:
    """Members on the disk, in ascending runs."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack
        self._runs: list[Path] = []
        self._held: array[int] = array("Q")
        self._last, self._is_ordered = -1, True
        self._count: int | None = None

    def add(self, member: int) -> None:
        if member < self._last:
            self._is_ordered = False
        self._last = member
        self._held.append(member)
        if len(self._held) >= RUN:
            self._spill()

    def _spill(self) -> None:
        if not self._held:
            return
        held = self._held if self._is_ordered else array("Q", sorted(self._held))
        goes_on = bool(self._runs) and self._is_ordered
        path = self._runs[-1] if goes_on else self._folder / f"run-{len(self._runs)}"
        with path.open("ab") as file:
            held.tofile(file)
        if not goes_on:
            self._runs.append(path)
        self._held = array("Q")

    def count(self) -> int:
        """Return how many different members there are."""
        self._spill()
        return sum(1 for _ in self.merged())

    def merged(self) -> Iterator[int]:
        before = -1
        for member in heapq.merge(*(self._read(path) for path in self._runs)):
            if member != before:
                yield member
            before = member

    def _read(self, path: Path) -> Iterator[int]:
        file = self._stack.enter_context(path.open("rb"))
        while data := file.read(65_536):
            yield from array("Q", data)


if sys.maxsize < 2**63 - 1:  # pragma: no cover
    raise ImportError("a 64-bit Python is needed")
