"""Pairwise subject identifiers (OpenID Connect Core §8): who a customer is, told differently to each sector.

``sub`` is AES-SIV (RFC 5297) of the customer's public subject with the sector as additional data: deterministic, so
that a sector always sees the same one; different for each sector, and of no use for finding another; and reversible for
us, so that what comes back in a token or a hint leads to the customer without a table (§8.1).
"""

from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from limen.access.clients.records import ClientDocument
from limen.access.clients.sector import hosts_of
from limen.kernel.encoding import b64url, from_b64url

PURPOSES: Final = ("pairwise-subject:authenticate", "pairwise-subject:encrypt")
"""The names of the tenant's sub-keys whose joined bytes are the key, in this order."""
_SIV = 16


class Subjects:
    """One tenant's subject identifiers. Nothing here is a secret of a client's, so that it knows them by document."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        """Take the *key*: 64 bytes."""
        self._cipher = AESSIV(key)

    def shown(self, document: ClientDocument, subject: str) -> str:
        """Return the ``sub`` by which the client with *document* knows the customer whose public subject this is."""
        if document.subject_type != "pairwise":
            return subject
        return b64url(self._cipher.encrypt(subject.encode(), [sector_of(document).encode()]))

    def public(self, document: ClientDocument, sub: str) -> str | None:
        """Return the public subject behind a ``sub`` of the client's; None if it is none."""
        if document.subject_type != "pairwise":
            return sub
        try:
            data = from_b64url(sub)
            return self._cipher.decrypt(data, [sector_of(document).encode()]).decode() if len(data) > _SIV else None
        except (ValueError, InvalidTag):
            return None


def sector_of(document: ClientDocument) -> str:
    """Return the sector identifier of a client: a host (§8.1)."""
    return _sector(document.sector_identifier_uri, document.redirect_uris)


@lru_cache(maxsize=4096)
def _sector(sector_identifier_uri: str, redirect_uris: tuple[str, ...]) -> str:
    hosts = hosts_of([sector_identifier_uri] if sector_identifier_uri else redirect_uris)
    return min(hosts, default="")  # one, by the rules of registration
