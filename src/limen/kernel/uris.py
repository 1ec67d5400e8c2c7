"""Absolute URIs: what they are spelt with (RFC 3986), so that each has one reading."""

import re
from typing import Final
from urllib.parse import urlsplit

LONGEST: Final = 2_000
# RFC 3986 §2 and nothing else; "*" is left out: it is legal, but reads as a wildcard to whoever registers it.
CHARACTERS: Final = re.compile(r"(?:[A-Za-z0-9\-._~:/?\[\]@!$&'()+,;=]|%[0-9A-Fa-f]{2})+")
SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]*):(.*)", re.DOTALL)


def is_absolute_uri(text: str) -> bool:
    """Tell whether *text* is an absolute URI without fragment, as a resource indicator must be (RFC 8707 §2)."""
    if not (CHARACTERS.fullmatch(text) and SCHEME.fullmatch(text)) or len(text) > LONGEST:
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.netloc or parts.path) and "@" not in parts.netloc
