"""A first look at a stranger's CBOR (RFC 8949): whether it is as plain as authenticators write it.

They write no tags, nothing of indefinite length, and nest four levels deep (CTAP 2.2 §8). A decoder that takes more can
be made to work by it: three hundred bytes of values that refer to each other (tag 28) become gigabytes when they are
encoded again. What is not plain therefore reaches no library.
"""

from typing import Final

DEEPEST: Final = 6
"""Levels. A compound attestation (WebAuthn §8.9) nests its statements two deeper than others."""
_AUTHENTICATOR_DATA: Final = b"\x68authData"
_HEAD: Final = 37
_ID_AT: Final = _HEAD + 18
_FLAGS_AT: Final = 32
_ATTESTED, _EXTENSIONS = 0x40, 0x80
_BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(2, 8)
_INDEFINITE: Final = 31
_ONE_BYTE, _EIGHT_BYTES = 24, 27
_SIMPLES: Final = frozenset((20, 21, 22))
"""``false``, ``true``, ``null``. No authenticator has a use for the others, or for fractions."""


class NotPlain(ValueError):
    """It is no CBOR, or none that an authenticator writes."""


def end_of(data: bytes, start: int = 0, depth: int = DEEPEST) -> int:
    """Return where the value that begins at *start* ends.

    Raises:
        NotPlain: it is cut off, nested too deep, or has tags, fractions or an indefinite length.
    """
    kind, value, position = _head(data, start)
    if kind in {_BYTES, _TEXT}:
        if value > len(data) - position:
            raise NotPlain("cut off")
        return position + value
    if kind in {_ARRAY, _MAP}:
        if not depth:
            raise NotPlain("too deep")
        for _ in range(value * (1 + (kind == _MAP))):
            position = end_of(data, position, depth - 1)
    return position


def authenticator_data(data: bytes) -> bytes:
    """Return the authenticator data of an attestation object (WebAuthn §6.5): one plain map, as that is plain itself.

    Raises:
        NotPlain: it is not.
    """
    if end_of(data) != len(data):
        raise NotPlain("more than one value")
    kind, pairs, position = _head(data, 0)
    if kind != _MAP:
        raise NotPlain("no map")
    found: list[bytes] = []
    for _ in range(pairs):
        value = end_of(data, position)
        if data[position:value] == _AUTHENTICATOR_DATA:
            found.append(_byte_string(data, value))
        position = end_of(data, value)
    if len(found) != 1:
        raise NotPlain("authenticator data")
    check_authenticator_data(found[0])
    return found[0]


def check_authenticator_data(data: bytes) -> None:
    """Refuse authenticator data (WebAuthn §6.1) whose key or extensions are not plain, or do not fill it.

    Raises:
        NotPlain: they are or do not.
    """
    if len(data) < _HEAD:
        raise NotPlain("cut off")
    flags, position = data[_FLAGS_AT], _HEAD
    if flags & _ATTESTED:
        position = end_of(data, _ID_AT + int.from_bytes(data[_ID_AT - 2 : _ID_AT]))
    if flags & _EXTENSIONS:
        position = end_of(data, position)
    if position != len(data):
        raise NotPlain("length")


def _byte_string(data: bytes, start: int) -> bytes:
    kind, length, position = _head(data, start)
    if kind != _BYTES:
        raise NotPlain("no byte string")
    return data[position : position + length]


def _head(data: bytes, start: int) -> tuple[int, int, int]:
    """Return the kind of a value, its number or length, and where what belongs to it begins."""
    if start >= len(data):
        raise NotPlain("cut off")
    kind, info = data[start] >> 5, data[start] & 0x1F
    if kind == _TAG or (kind == _SIMPLE and info not in _SIMPLES):
        raise NotPlain("not plain")
    if info < _ONE_BYTE:
        return kind, info, start + 1
    if info > _EIGHT_BYTES:
        raise NotPlain("indefinite" if info == _INDEFINITE else "reserved")
    size = 1 << (info - _ONE_BYTE)
    end = start + 1 + size
    if end > len(data):
        raise NotPlain("cut off")
    return kind, int.from_bytes(data[start + 1 : end]), end
