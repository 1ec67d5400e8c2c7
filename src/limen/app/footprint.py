"""Keeping a process small: what the memory allocator and the garbage collector are told."""

import ctypes
import gc
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Final

from limen.app.compiling import compiled_later

_M_TRIM_THRESHOLD: Final = -1  # malloc.h of the GNU C library
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
_ARENAS: Final = 2
_YOUNG: Final = 20_000
"""New objects before the collector looks for cycles among them: a request makes dozens, and hardly ever a cycle."""
_THRESHOLD_BYTES: Final = 131_072
_KEPT_BYTES: Final = 33_554_432  # the largest threshold that the GNU C library takes


def spare_memory() -> None:
    """Bound the allocator's arenas: by default each of our threads may open one of its own, and none is given back."""
    if not sys.platform.startswith("linux"):
        return
    with suppress(OSError, AttributeError):  # another C library: its own ways will do
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_ARENA_MAX, _ARENAS)
        libc.mallopt(_M_MMAP_THRESHOLD, _THRESHOLD_BYTES)
        libc.mallopt(_M_TRIM_THRESHOLD, _THRESHOLD_BYTES)


@contextmanager
def loading() -> Generator[None]:
    """Look for no cycles while modules are loaded: they make hundreds of thousands of objects, and all of them stay.

    Nor afterwards among these: to look through them once takes a tenth of a start, and finds a hundredth to throw away.
    What records may never be asked is not compiled yet.
    """
    gc.disable()
    try:
        with compiled_later():
            yield
    finally:
        gc.freeze()
        gc.enable()


def settle() -> None:
    """Give back what starting used, and never look through what will live as long as the process.

    From here on large blocks are kept: a hash that was imported may need tens of megabytes of the allocator, and taking
    them from the system anew each time costs half as much as the hash itself.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
    if sys.platform.startswith("linux"):
        with suppress(OSError, AttributeError):
            libc = ctypes.CDLL(None)
            libc.malloc_trim(0)
            libc.mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES)
            libc.mallopt(_M_TRIM_THRESHOLD, 2 * _KEPT_BYTES)
