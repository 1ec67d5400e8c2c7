"""Memory for Argon2id that a thread keeps from one hash to the next, in huge pages where the system has them.

A hash goes through 19 MiB in an order that nobody can foresee: with pages of 4 KiB the processor looks up nearly every
address anew. With pages of 2 MiB, which Linux gives to whoever asks (``madvise(2)``), the same hash takes about a
twentieth less. The library wipes the memory after each hash.

libsodium has the same function for newer processors, a tenth faster in a loop. In a server it is slower: it takes its
memory anew for each hash, in small pages, and what answers requests meanwhile pays for that.
"""

import mmap
import threading
from contextlib import suppress
from typing import Any, Final

from argon2.exceptions import HashingError
from argon2.low_level import ARGON2_VERSION, Type, core, error_to_str, ffi

HAS_HUGE_PAGES: Final = hasattr(mmap, "MADV_HUGEPAGE")
_HUGE: Final = 2 * 1024 * 1024
_MOST_KEPT: Final = 64 * 1024 * 1024
"""What a thread keeps at the most; a hash that needs more takes its memory from the allocator, and gives it back."""
_OK: Final = 0  # argon2.h
_NO_MEMORY: Final = -22


class Room:
    """The memory of one thread, and the two functions by which the library takes it and leaves it."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._pages: mmap.mmap | None = None
        self._held: Any = None
        self._size = 0
        self.take: Any = ffi.callback("int(uint8_t **, size_t)", self._take, error=_NO_MEMORY)
        self.leave: Any = ffi.callback("void(uint8_t *, size_t)", _leave)

    @property
    def content(self) -> bytes:
        """Return what lies there: nothing but zeros between two hashes."""
        return self._pages[:] if self._pages is not None else b""

    def _take(self, where: Any, size: int) -> int:
        """Give the library *size* bytes."""
        if size > self._size:
            pages = mmap.mmap(-1, size + _HUGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            with suppress(OSError):  # a system may know of huge pages and be built without them
                pages.madvise(mmap.MADV_HUGEPAGE)
            held = ffi.from_buffer("uint8_t[]", pages, require_writable=True)
            self._pages, self._held, self._size = pages, held, size
        at = int(ffi.cast("uintptr_t", self._held))
        where[0] = ffi.cast("uint8_t *", at + -at % _HUGE)
        return 0


def _leave(_where: Any, _size: int) -> None:
    """Keep it: the next hash wants it."""


_rooms = threading.local()


def digest(secret: bytes, salt: bytes, cost: tuple[int, int, int], length: int) -> bytes:
    """Return the raw Argon2id digest of *secret* in the calling thread's room, without the interpreter lock.

    *cost*: passes, KiB of memory and lanes (RFC 9106 §3.1).

    Raises:
        HashingError: the library refuses the parameters, or there is no memory.
    """
    passes, memory_kib, lanes = cost
    out = ffi.new("uint8_t[]", length)
    given: dict[str, Any] = {
        "version": ARGON2_VERSION,
        "out": out,
        "outlen": length,
        "pwd": ffi.from_buffer("uint8_t[]", secret),
        "pwdlen": len(secret),
        "salt": ffi.from_buffer("uint8_t[]", salt),
        "saltlen": len(salt),
        "t_cost": passes,
        "m_cost": memory_kib,
        "lanes": lanes,
        "threads": lanes,
    }
    held = room() if HAS_HUGE_PAGES and memory_kib * 1024 <= _MOST_KEPT else None
    if held is not None:
        given |= {"allocate_cbk": held.take, "free_cbk": held.leave}
    error = core(ffi.new("argon2_context *", given), Type.ID.value)
    if error != _OK:
        raise HashingError(error_to_str(error))
    return bytes(ffi.buffer(out))


def room() -> Room | None:
    """Return the calling thread's room; None where the system lets nobody make functions for a library to call.

    As under systemd's ``MemoryDenyWriteExecute``: the library then takes its memory from the allocator.
    """
    if not hasattr(_rooms, "held"):
        try:
            _rooms.held = Room()
        except MemoryError:
            _rooms.held = None
    held: Room | None = _rooms.held
    return held
