"""Lines of a file of any size, each within bounds."""

from collections.abc import Iterator
from typing import BinaryIO, Final

LONGEST: Final = 1_048_576
"""Bytes that one row may take."""
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
