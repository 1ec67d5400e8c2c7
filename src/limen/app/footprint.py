"""Keeping a process small: what the memory allocator and the garbage collector are told."""

import ctypes
import gc
import sys
from contextlib import suppress
from typing import Final

_M_TRIM_THRESHOLD: Final = -1  # malloc.h of the GNU C library
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
_ARENAS: Final = 2
_THRESHOLD_BYTES: Final = 131_072


def spare_memory() -> None:
    """Bound the allocator's arenas: by default each of our threads may open one of its own, and none is given back."""
    if not sys.platform.startswith("linux"):
        return
    with suppress(OSError, AttributeError):  # another C library: its own ways will do
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_ARENA_MAX, _ARENAS)
        libc.mallopt(_M_MMAP_THRESHOLD, _THRESHOLD_BYTES)
        libc.mallopt(_M_TRIM_THRESHOLD, _THRESHOLD_BYTES)


def settle() -> None:
    """Give back what starting used, and never look through what will live as long as the process."""
    gc.collect()
    gc.freeze()
    if sys.platform.startswith("linux"):
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
