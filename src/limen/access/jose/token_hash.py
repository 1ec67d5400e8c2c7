"""``at_hash`` and ``c_hash``: an ID token names what was issued beside it (OpenID Connect Core §3.1.3.6, §3.3.2.11)."""

import hashlib

from limen.access.jose.algorithms import Algorithm
from limen.kernel.encoding import b64url

_DIGESTS = {
    Algorithm.ES256: hashlib.sha256,
    Algorithm.RS256: hashlib.sha256,
    Algorithm.PS256: hashlib.sha256,
    Algorithm.ES384: hashlib.sha384,
    Algorithm.EDDSA: hashlib.sha512,  # what Ed25519 itself hashes with (RFC 8032 §5.1), and what relying parties do
}


def at_hash(alg: Algorithm, token: str) -> str:
    """Return the left half of *token*'s hash as base64url; *alg* is the ID token's.

    The same rule gives ``c_hash`` of a code.
    """
    digest = _DIGESTS[alg](token.encode("ascii")).digest()
    return b64url(digest[: len(digest) // 2])
