"""Client credentials by HTTP Basic, as OAuth means it (RFC 6749 §2.3.1 over RFC 7617)."""

import binascii
import re
from base64 import b64decode
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from limen.kernel.errors import Refusal, Unauthenticated
from limen.kernel.secret import Secret

MAX_HEADER: Final = 4_096
"""Characters of an ``Authorization`` header that are looked at."""

_BROKEN_ESCAPE: Final = re.compile("%(?![0-9A-Fa-f]{2})")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f]")
_REFUSED: Final = Unauthenticated("invalid_client", "the client credentials are not well formed")


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """What a client presented; nothing is proven yet."""

    client_id: str
    secret: Secret


def parse_basic(authorization: str) -> ClientCredentials | Refusal:
    """Return the credentials in an ``Authorization`` header value, or one and the same refusal for whatever is wrong.

    Identifier and secret are each form-urlencoded before they are joined and base64-encoded (RFC 6749 §2.3.1), so that
    either may hold a colon. A generated identifier or secret holds nothing that the encoding changes.
    """
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic" or len(authorization) > MAX_HEADER:
        return _REFUSED
    try:
        client_id, colon, secret = b64decode(encoded.strip(" "), validate=True).decode().partition(":")
        client_id, secret = _decode(client_id), _decode(secret)
    except (binascii.Error, ValueError):
        return _REFUSED
    if not colon or not client_id or _CONTROL.search(client_id) or _CONTROL.search(secret):
        return _REFUSED
    return ClientCredentials(client_id, Secret(secret))


def _decode(text: str) -> str:
    if "%" not in text and "+" not in text:
        return text
    if _BROKEN_ESCAPE.search(text):
        msg = "broken escape"
        raise ValueError(msg)
    return unquote_to_bytes(text.replace("+", " ")).decode()
