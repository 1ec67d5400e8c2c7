"""Keys that a client publishes at an address of its own (``jwks_uri``: RFC 7591 §2, OpenID Connect Core §10.1.1).

They are put in the place of registered keys when a client is loaded, so that whoever uses keys need not know which kind
they are. A token that names an unknown key is how a client's rotation shows; the set is then asked for again, at most
once in :data:`PATIENCE_SECONDS`, so that nobody can make us ask by inventing names.
"""

from typing import Any, Final

import msgspec

from limen.access.jose.compact import split, strict_object
from limen.access.outgoing import Fetched, Outgoing, Wanted
from limen.kernel.clock import Instant
from limen.kernel.errors import Invalid, Refusal

JWKS: Final = Wanted("jwks", ("application/jwk-set+json", "application/json"), max_bytes=65_536)
PATIENCE_SECONDS: Final = 30
_decoder = msgspec.json.Decoder(dict[str, Any])


async def fetch_key_set(
    outgoing: Outgoing, url: str, newer_than: Instant = 0
) -> tuple[dict[str, Any], Fetched] | Refusal:
    """Return the JWK set at *url* as it is, and how it was come by; what is in it is judged by whoever reads it."""
    fetched = await outgoing.fetch(url, JWKS, newer_than=newer_than)
    if isinstance(fetched, Refusal):
        return fetched
    try:
        return _decoder.decode(fetched.body), fetched
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return Invalid("outgoing_unexpected", "not a JWK set")


def key_ids(jwks: dict[str, Any] | None) -> frozenset[str]:
    """Return the ``kid`` of every key of a set that has one."""
    members = (jwks or {}).get("keys")
    listed = members if isinstance(members, list) else []
    return frozenset(kid for member in listed if isinstance(member, dict) and isinstance(kid := member.get("kid"), str))


def unverified_kid(token: str) -> str | None:
    """Return the key that a signed *token* names, to look it up; None if it names none."""
    parts = split(token)
    header = strict_object(parts.header_segment.decode("ascii")) if parts is not None else None
    kid = header.get("kid") if header is not None else None
    return kid if isinstance(kid, str) else None
