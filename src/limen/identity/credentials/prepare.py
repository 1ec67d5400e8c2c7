"""Passwords become bytes in one way only: the PRECIS profile *OpaqueString* (RFC 8265 §4.2).

The same password typed on two keyboards (a composed or a decomposed é, a no-break space) must give the same bytes,
and a code point whose normalisation could still change in a later Unicode version must never be hashed.
"""

import unicodedata

import precis_i18n

from limen.identity.credentials.pool import HashPool
from limen.kernel.errors import Invalid, Unavailable

MAXIMUM_LENGTH = 256
"""The longest password anybody may have, in code points after normalisation. It also bounds what a check may cost."""

_MAXIMUM_RAW = 4 * MAXIMUM_LENGTH  # NFC seldom joins more than four code points into one; more is not worth normalising

_profile = precis_i18n.get_profile("OpaqueString")


def prepare(password: str) -> bytes | Invalid:
    """Return *password* as the UTF-8 bytes that are hashed, or why it cannot be one. Never raises.

    Non-ASCII spaces become U+0020, the text becomes NFC, case and width stay. Refused, with a message key in
    ``fields["password"]``: ``password.empty``, ``password.too_long`` (more than 256 code points) and
    ``password.invalid_character`` (control characters, unassigned or ignorable code points, lone surrogates).
    """
    if not password:
        return refuse("password.empty")
    if len(password) > _MAXIMUM_RAW:
        return refuse("password.too_long")
    if password.isascii() and password.isprintable():  # what the profile leaves as it is; spares the common case 90 µs
        prepared = password
    else:
        # The profile's context rules cost the square of the length: the limit is checked before they run.
        if len(unicodedata.normalize("NFC", password)) > MAXIMUM_LENGTH:
            return refuse("password.too_long")
        try:
            prepared = _profile.enforce(password)
        except UnicodeEncodeError:  # how the library says "disallowed"; its message quotes the password
            return refuse("password.invalid_character")
    return prepared.encode() if len(prepared) <= MAXIMUM_LENGTH else refuse("password.too_long")


def raw_bytes(password: str) -> bytes:
    """Return *password* as it was typed, for hashes of other systems; empty where none can have been made of it.

    A NUL ends the text for some libraries and not for others, and bounds hold for old passwords too.
    """
    if len(password) > _MAXIMUM_RAW or "\0" in password:
        return b""
    return password.encode(errors="ignore")


async def prepare_aside(password: str, pool: HashPool) -> bytes | Invalid | Unavailable:
    """Return the same as :func:`prepare`, for event loops: what is not ASCII may cost 40 ms and goes to a hash thread.

    ``busy`` where the pool takes no more.
    """
    return prepare(password) if password.isascii() else await pool.run(lambda: prepare(password))


def refuse(key: str, field: str = "password") -> Invalid:
    """Return the refusal of a password for the reason that message *key* names, on the form field *field*."""
    return Invalid(code="invalid_password", detail=key, fields={field: key})
