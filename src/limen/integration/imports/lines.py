"""Lines and array elements of a file of any size, each within bounds."""

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

LONGEST: Final = 1_048_576
"""Bytes that one row may take."""
_CHUNK: Final = 1 << 16
_TOKEN: Final = re.compile(rb'"(?:[^"\\]+|\\.)*+"|[{}\[\]]|"', re.DOTALL)
"""A string, a bracket, or the beginning of a string that does not end here."""
_OPENS: Final = (b"{", b"[")
_CLOSES: Final = (b"}", b"]")
Raw = tuple[int, bytes | None]
"""The number of the line where a row begins, and its bytes; None where it is too long."""


def lines(file: BinaryIO) -> Iterator[Raw]:
    """Yield the lines of *file*, without what ends them; of one that is too long nothing is kept."""
    number = 0
    while line := file.readline(LONGEST + 1):
        number += 1
        if len(line) <= LONGEST:
            yield number, line.rstrip(b"\r\n")
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(LONGEST)
        yield number, None


def elements(file: BinaryIO, key: bytes) -> Iterator[Raw]:
    """Yield the objects in the array that stands under *key* in the outermost object of *file*, or in no object.

    What cannot be an array of objects ends it with ``(line, b"")``: nothing behind can be told apart any more.
    """
    scan = _Scan(file)
    if not scan.enter(b'"' + key + b'"'):
        yield scan.line, b""
        return
    yield from scan.objects()


class _Scan:
    """A window over a file, of which at most one row and a chunk are held."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._held, self._at = file, b"", 0
        self._passed = self._passed_bytes = 0  # lines and bytes that are let go of

    @property
    def line(self) -> int:
        """Return the number of the line that is read."""
        return 1 + self._passed + self._held.count(b"\n", 0, self._at)

    def enter(self, key: bytes) -> bool:
        """Go behind the ``[`` of the array at *key*, or of one that is the whole file; tell whether there is one."""
        depth, is_named = 0, False
        while (token := self._next(self._at)) is not None:
            if token == b"[" and (depth == 0 or (depth == 1 and is_named)):
                return True
            depth += _step(token)
            is_named = token == key
        return False

    def objects(self) -> Iterator[Raw]:
        """Yield the objects up to the ``]`` that ends the array."""
        while (token := self._next(self._at)) is not None:
            if token == b"]":
                return
            line = self.line
            row = self._object() if token == b"{" else b""
            if row == b"":
                break
            yield line, row
        yield self.line, b""

    def _object(self) -> bytes | None:
        """Return the object whose ``{`` was just read; None where it is too long, empty where the file ends in it."""
        begin, depth, is_long = self._at - 1, 1, False
        while depth:
            before = self._passed_bytes
            token = self._next(self._at if is_long else begin)
            if token is None:
                return b""
            begin -= self._passed_bytes - before
            is_long = is_long or self._at - begin > LONGEST
            depth += _step(token)
        return None if is_long else self._held[begin : self._at]

    def _next(self, keep_from: int) -> bytes | None:
        """Return the next string or bracket; None at the end, or where a string is longer than any row.

        What lies before *keep_from* is let go of where more has to be read.
        """
        while (found := _TOKEN.search(self._held, self._at)) is None or found[0] == b'"':
            at = len(self._held) if found is None else found.start()
            if len(self._held) - at > LONGEST or not self._more(min(keep_from, at), at):
                return None
            keep_from = 0
        self._at = found.end()
        return found[0]

    def _more(self, keep_from: int, at: int) -> bool:
        """Read on from *at*, letting go of what lies before *keep_from*; tell whether there was more."""
        chunk = self._file.read(_CHUNK)
        self._passed += self._held.count(b"\n", 0, keep_from)
        self._passed_bytes += keep_from
        self._held, self._at = self._held[keep_from:] + chunk, at - keep_from
        return bool(chunk)


def _step(token: bytes) -> int:
    return 1 if token in _OPENS else -1 if token in _CLOSES else 0
