"""Opaque access tokens: the same claims as a JWT's, readable by nobody but this tenant.

::

    at_ base64url( version 1 ‖ salt 16 ‖ nonce 12 ‖ AES-256-GCM(claims as JSON) ‖ tag 16 )

Each token is encrypted under a key of its own, HMAC-SHA256 of the salt under the tenant's sub-key, so that no number of
tokens comes near the bound on messages under one key (NIST SP 800-38D §8.3). There is no table of tokens:
introspection, userinfo and revocation open them and then treat them as they treat JWTs. What a client or a resource
server does with one is to hand it on (RFC 6749 §1.4).
"""

import hmac
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from limen.access.jose.verify import OPAQUE as PREFIX
from limen.kernel.encoding import b64url, canonical_json, framed, from_b64url
from limen.kernel.entropy import Entropy

PURPOSE: Final = "opaque-access-token"
"""The name of the tenant's sub-key (``TenantVault.derive``)."""
_VERSION: Final = b"\x01"
_SALT, _NONCE, _TAG = 16, 12, 16
_HEAD: Final = len(_VERSION) + _SALT + _NONCE


class OpaqueTokens:
    """One tenant's opaque tokens."""

    __slots__ = ("_bound", "_entropy", "_key")

    def __init__(self, key: bytes, issuer: str, entropy: Entropy) -> None:
        """Encrypt under the sub-key *key*, for *issuer* alone."""
        self._key, self._entropy = key, entropy
        self._bound = framed(PURPOSE, issuer)

    def seal(self, claims: Mapping[str, Any]) -> str:
        """Return *claims* as a token."""
        random = self._entropy.bytes(_SALT + _NONCE)
        sealed = self._cipher(random[:_SALT]).encrypt(random[_SALT:], canonical_json(claims), self._bound)
        return PREFIX + b64url(_VERSION + random + sealed)

    def open(self, token: str) -> dict[str, Any] | None:
        """Return the claims of *token*; None if it is not one of ours."""
        try:
            data = from_b64url(token.removeprefix(PREFIX))
        except ValueError:
            return None
        if not token.startswith(PREFIX) or data[:1] != _VERSION or len(data) < _HEAD + _TAG:
            return None
        salt, nonce, sealed = data[1 : 1 + _SALT], data[1 + _SALT : _HEAD], data[_HEAD:]
        try:
            claims: dict[str, Any] = msgspec.json.decode(self._cipher(salt).decrypt(nonce, sealed, self._bound))
        except InvalidTag:
            return None
        return claims

    def _cipher(self, salt: bytes) -> AESGCM:
        return AESGCM(hmac.digest(self._key, salt, "sha256"))
