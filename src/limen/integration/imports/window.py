"""A window over a file of any size: places are counted from its first byte, and only what is needed is held."""

import re
from typing import BinaryIO, Final

_CHUNK: Final = 1 << 16
_SPACE: Final = re.compile(rb"[ \t\r\n]*+")


class Window:
    """Bytes of a file from ``base`` on."""

    def __init__(self, file: BinaryIO) -> None:
        """Begin before the first byte of *file*."""
        self._file, self.held, self.base = file, b"", 0
        self._line, self._counted = 1, 0  # the number of a line, and the place up to which its ends were counted

    @property
    def end(self) -> int:
        """Return the place behind the last byte that is held."""
        return self.base + len(self.held)

    def line(self, at: int) -> int:
        """Return the number of the line of a place that is held and not before one that was asked about."""
        self._line += self.held.count(b"\n", self._counted - self.base, at - self.base)
        self._counted = at
        return self._line

    def more(self, keep: int) -> bool:
        """Read on, letting go of what lies before *keep*; tell whether there was more."""
        chunk, cut = self._file.read(_CHUNK), max(0, min(keep, self.end) - self.base)
        if self._counted < self.base + cut:
            self.line(self.base + cut)
        self.held, self.base = self.held[cut:] + chunk, self.base + cut
        return bool(chunk)

    def part(self, begin: int, end: int) -> bytes:
        """Return the bytes between two places that are held."""
        return self.held[begin - self.base : end - self.base]

    def ahead(self, at: int, size: int, keep: int) -> bytes:
        """Return *size* bytes from *at* on, or as many as there are."""
        while self.end - at < size and self.more(keep):
            pass
        return self.part(at, at + size)

    def skip(self, at: int, keep: int, longest: int) -> int | None:
        """Return the place of what is no white space, None at the end; *keep* holds for so many bytes."""
        while True:
            at = self.base + _SPACE.match(self.held, at - self.base).end()  # type: ignore[union-attr]  # it always matches
            if at < self.end:
                return at
            if not self.more(keep if at - keep <= longest else at):
                return None

    def next_line(self, at: int) -> int | None:
        """Return where the line behind *at* begins; None where there is none."""
        while (found := self.held.find(b"\n", at - self.base)) < 0:
            at = self.end
            if not self.more(at):
                return None
        return self.base + found + 1

    def rest(self, begin: int) -> int:
        """Read the file to its end, holding nothing; return how many bytes lie behind *begin*."""
        while self.more(self.end):
            pass
        return self.end - begin
