"""The few encodings that the whole house shares."""

import hashlib
import struct
from binascii import a2b_base64, b2a_base64
from typing import Any

import msgspec


def _plain(value: Any) -> str:
    if isinstance(value, str):  # a typed identifier: msgspec encodes exact types only
        return str(value)
    raise NotImplementedError


_LENGTH = struct.Struct(">I").pack
_SHORT = 256
_LENGTHS = tuple(map(_LENGTH, range(_SHORT)))
_URL_SAFE, _STANDARD = bytes.maketrans(b"+/", b"-_"), bytes.maketrans(b"-_", b"+/")

_canonical = msgspec.json.Encoder(order="deterministic", enc_hook=_plain)


def b64url(data: bytes) -> str:
    """Return *data* as unpadded base64url (RFC 7515 §2)."""
    return b2a_base64(data, newline=False).translate(_URL_SAFE).rstrip(b"=").decode("ascii")


def from_b64url(text: str) -> bytes:
    """Return the bytes of unpadded base64url *text*.

    Raises:
        ValueError: *text* is not base64url, or carries padding or non-canonical trailing bits.
    """
    try:
        data = a2b_base64(text.encode("ascii").translate(_STANDARD) + b"=" * (-len(text) % 4))
    except (UnicodeEncodeError, ValueError) as error:
        msg = "not base64url"
        raise ValueError(msg) from error
    if b64url(data) != text:  # one value has one spelling, so that a token cannot be varied
        msg = "not canonical base64url"
        raise ValueError(msg)
    return data


encode_json = msgspec.json.Encoder(enc_hook=_plain).encode
"""Encode a value as JSON bytes; typed identifiers are text."""


def canonical_json(value: Any) -> bytes:
    """Return *value* as JSON with sorted keys and no white space: equal values give equal bytes."""
    return _canonical.encode(value)


def sha256(*parts: bytes) -> bytes:
    """Return the SHA-256 of the joined *parts*, 32 bytes."""
    return hashlib.sha256(b"".join(parts)).digest()


def link_hash(token: str) -> bytes:
    """Return what is stored of a link's token."""
    return sha256(token.encode())


def framed_place(header: bytes, tenant: str, subject: str, field: str, record: str) -> bytes:
    """Return what :func:`framed` does of these, in a third of the time: every envelope is bound to its place."""
    first, second, third, fourth = tenant.encode(), subject.encode(), field.encode(), record.encode()
    try:
        return b"".join((
            _LENGTHS[len(header)], header, _LENGTHS[len(first)], first, _LENGTHS[len(second)], second,
            _LENGTHS[len(third)], third, _LENGTHS[len(fourth)], fourth,
        ))  # fmt: skip
    except IndexError:  # a name is long
        return framed(header, tenant, subject, field, record)


def framed(*parts: bytes | str) -> bytes:
    """Join *parts*, each behind its length as four bytes, so that no two different lists read the same."""
    joined: list[bytes] = []
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        length = len(data)
        joined.append(_LENGTHS[length] if length < _SHORT else _LENGTH(length))
        joined.append(data)
    return b"".join(joined)
