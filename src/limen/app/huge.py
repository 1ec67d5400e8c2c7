"""What a process uses all day, in pages of 2 MiB, where Linux lays it there for whoever asks.

A request goes through objects all over the memory, and between two sign-ins by password a hash drives their addresses
out of the processor's tables. With pages of 4 KiB each of thousands is looked up anew, in a virtual machine by two sets
of tables: the loop's part of a sign-in takes about a seventh longer. ``MADV_COLLAPSE`` (madvise(2), Linux 6.1) moves
what is there; what is nearly full already costs no memory to speak of.
"""

import ctypes
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Final

_PAGE: Final = 2 * 1024 * 1024
_COLLAPSE: Final = 25  # linux/mman.h
_MOSTLY: Final = 0.75
"""The share of an area that is in memory: what is emptier, as the stack of a thread, would be filled up with zeros."""
_AREA: Final = re.compile(
    r"^(?P<start>[0-9a-f]+)-(?P<end>[0-9a-f]+) rw-p \S+ \S+ 0 +(?:\[heap\])?\n"
    r"(?:[A-Z]\w+:.*\n)*?Rss: +(?P<resident>\d+) kB$",
    re.MULTILINE,
)


def spread() -> Thread | None:
    """Lay the process's memory in large pages, in a thread: it takes a few tenths of a second.

    Nothing happens where the system has none, or will not.
    """
    if not sys.platform.startswith("linux"):
        return None
    thread = Thread(target=_collapse, name="limen-huge", daemon=True)
    thread.start()
    return thread


def _collapse() -> None:
    with suppress(OSError, AttributeError):  # no /proc, or another C library
        libc = ctypes.CDLL(None)
        for start, size in areas(Path("/proc/self/smaps").read_text()):
            libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(size), _COLLAPSE)


def areas(smaps: str) -> Iterator[tuple[int, int]]:
    """Yield start and size of the whole large pages in memory of our own (proc(5): ``/proc/pid/smaps``)."""
    for found in _AREA.finditer(smaps):
        start, end = int(found["start"], 16), int(found["end"], 16)
        if int(found["resident"]) * 1024 < _MOSTLY * (end - start):
            continue
        first, last = -(-start // _PAGE) * _PAGE, end // _PAGE * _PAGE
        if first < last:
            yield first, last - first
