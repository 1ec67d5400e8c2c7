"""The keys of one subject as they are wrapped: one, or several after a rotation.

::

    32 bytes                          one key, of the version that stands beside it in the row
    n · (u32 big-end ‖ 32 bytes)      n keys with their versions, the newest first; the newest is the row's version

A rotation puts a new key in front. It seals from then on, and each older one opens what it sealed, so that nothing has
to be encrypted anew; erasure destroys them together.
"""

import struct
from collections.abc import Sequence
from typing import Final

from limen.identity.keyring.envelope import KEY_BYTES, SealingKey
from limen.kernel.errors import Corrupted

MOST: Final = 16
"""Keys of a subject. Each is as good as the other: more rotations than that bound nothing any more."""
_VERSION: Final = struct.Struct(">I")
_ENTRY: Final = _VERSION.size + KEY_BYTES


def parsed(version: int, raw: bytes) -> list[tuple[int, bytes]]:
    """Return versions and keys, the newest first.

    Raises:
        Corrupted: it is neither of the two shapes, or its newest key is not of *version*.
    """
    if len(raw) == KEY_BYTES:
        return [(version, raw)]
    if len(raw) % _ENTRY or not 2 * _ENTRY <= len(raw) <= MOST * _ENTRY:
        msg = "a subject's keys have the wrong length"
        raise Corrupted(msg)
    entries = [raw[start : start + _ENTRY] for start in range(0, len(raw), _ENTRY)]
    keys = [(int(_VERSION.unpack_from(entry)[0]), entry[_VERSION.size :]) for entry in entries]
    numbers = [number for number, _ in keys]
    if numbers[0] != version or numbers != sorted(set(numbers), reverse=True):
        msg = "a subject's keys are not in order"
        raise Corrupted(msg)
    return keys


def joined(keys: Sequence[tuple[int, bytes]]) -> bytes:
    """Return *keys*, the newest first, as they are wrapped."""
    if len(keys) == 1:
        return keys[0][1]
    return b"".join(_VERSION.pack(version) + key for version, key in keys)


def loaded(version: int, raw: bytes) -> tuple[SealingKey, tuple[SealingKey, ...]]:
    """Return the key that seals, and the older ones.

    Raises:
        Corrupted: as :func:`parsed`.
    """
    if len(raw) == KEY_BYTES:
        return SealingKey.load(version, raw), ()
    newest, *older = (SealingKey.load(number, key) for number, key in parsed(version, raw))
    return newest, tuple(older)
