"""Taking a compact JWS apart without believing any of it (RFC 7515 §3.1, RFC 8725 §3).

Limits come before work; one token has one spelling.
"""

import json
from dataclasses import dataclass
from typing import Any

import msgspec

from limen.kernel.encoding import from_b64url

MAX_TOKEN_BYTES = 16 * 1024
_SEPARATORS = 2  # a signed token has three parts; an encrypted one, five


@dataclass(frozen=True, slots=True)
class CompactJws:
    """The parts of a token: segments as they came, contents decoded. Nothing is verified."""

    header_segment: bytes
    signing_input: bytes
    payload_segment: str
    signature: bytes


def split(token: str) -> CompactJws | None:
    """Take *token* apart; None if it is too long, not ASCII, not three segments, or its signature not base64url."""
    if len(token) > MAX_TOKEN_BYTES or not token.isascii() or token.count(".") != _SEPARATORS:
        return None
    head, payload, signature = token.split(".")
    try:
        raw_signature = from_b64url(signature)
    except ValueError:
        return None
    return CompactJws(head.encode(), f"{head}.{payload}".encode(), payload, raw_signature)


def strict_object(segment: str) -> dict[str, Any] | None:
    """Decode a segment that must hold one JSON object.

    Returns:
        The object, or None if *segment* is not canonical base64url over strict UTF-8 JSON, nests beyond what a parser
        bears, holds a lone surrogate, or names a member twice at any depth (parsers differ on which one wins).
    """
    try:
        data = from_b64url(segment)
        value = msgspec.json.decode(data)  # strict, but the last of two equal names wins
        _every_name.decode(data.decode())  # lax, but sees every name
    except (ValueError, RecursionError, msgspec.DecodeError):
        return None
    return value if isinstance(value, dict) else None


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        msg = "a member is named twice"
        raise ValueError(msg)


_every_name = json.JSONDecoder(object_pairs_hook=_refuse_duplicates)
