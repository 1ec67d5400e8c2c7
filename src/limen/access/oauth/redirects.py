"""Redirect URIs: compared as text, never parsed and put together again (RFC 9700 §4.1.3, RFC 3986 §6.2.1).

Two parsers that read one URI differently are how open redirects are made: with user information, backslashes, encoded
slashes, dots, ports, or letters that look alike. So a URI is registered, letter by letter, or it is not.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

MAX_URI: Final = 2_048
_SHORT: Final = 256
"""Characters of a URI of which it is remembered whether it is registered."""

_URI: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):[!$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]+")
"""RFC 3986 characters without ``#``: nothing that ends a header line, an attribute or the URI."""
_SCRIPT_SCHEMES: Final = frozenset({"javascript", "data", "vbscript", "blob", "about", "file"})
_LOOPBACK: Final = re.compile(
    r"http://(?P<host>127\.0\.0\.1|\[::1\])(?::(?P<port>[1-9][0-9]{0,4}))?(?P<rest>(?:[/?].*)?)"
)


def is_well_formed(uri: str) -> bool:
    """Tell whether *uri* may be redirected to at all: absolute, ASCII, no fragment (RFC 6749 §3.1.2), no script."""
    if len(uri) > MAX_URI:
        return False
    match = _URI.fullmatch(uri)
    return match is not None and match["scheme"].lower() not in _SCRIPT_SCHEMES


def is_registered(presented: str, registered: Iterable[str]) -> bool:
    """Tell whether *presented* is one of *registered*, exact but for the port of a loopback address (RFC 8252 §7.3)."""
    if len(presented) <= _SHORT:  # most clients present the same, time after time
        return _remembered(presented, tuple(registered))
    return _is_registered(presented, tuple(registered))


def _is_registered(presented: str, registered: tuple[str, ...]) -> bool:
    if not is_well_formed(presented):
        return False
    portless = _without_port(presented)
    return any(presented == one or (portless is not None and portless == _without_port(one)) for one in registered)


_remembered = lru_cache(maxsize=1_024)(_is_registered)


def is_exactly_registered(presented: str, registered: Iterable[str]) -> bool:
    """Tell whether *presented* is one of *registered*, letter by letter."""
    return is_well_formed(presented) and presented in tuple(registered)


def _without_port(uri: str) -> tuple[str, str] | None:
    """Return host and rest of a loopback URI; None for any other, ``localhost`` included (RFC 8252 §8.3)."""
    match = _LOOPBACK.fullmatch(uri)
    if match is None or int(match["port"] or 80) > 65_535:
        return None
    return match["host"], match["rest"]
