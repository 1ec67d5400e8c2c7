"""Signing our own tokens: the costliest pure computation of the token door, so nothing is done twice.

The protected header of a key and a type never changes: it is encoded once. What remains per token is one JSON encoding,
two base64 encodings, and the signature.
"""

from binascii import b2a_base64
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from limen.access.jose.algorithms import Algorithm, PrivateKey, signing_function

Claims = Mapping[str, Any] | msgspec.Struct
"""A claims set: a mapping, or a struct whose encoded fields are the claims."""

_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class TokenType(StrEnum):
    """The ``typ`` of what we sign; it keeps one kind of token from passing for another (RFC 8725 §3.11)."""

    ACCESS = "at+jwt"  # RFC 9068 §2.1
    ID = "JWT"  # OpenID Connect Core §2 asks for none; this is what relying parties expect
    LOGOUT = "logout+jwt"  # OpenID Connect Back-Channel Logout §2.4
    INTROSPECTION = "token-introspection+jwt"  # RFC 9701 §5
    AUTHORIZATION = "oauth-authz-resp+jwt"  # JARM knows none; one of its own keeps it from being taken for another
    USERINFO = ""  # OpenID Connect Core §5.3.2 knows none, and "JWT" is what our ID tokens are


def _encode_other(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    msg = f"no JSON form for {type(value).__name__}"
    raise TypeError(msg)


_json = msgspec.json.Encoder(enc_hook=_encode_other)


def header_segment(alg: Algorithm, kid: str, typ: TokenType) -> bytes:
    """Return the one protected header that tokens of this key and type carry, base64url encoded."""
    return _base64url(_json.encode({"alg": alg, **({"typ": typ} if typ else {}), "kid": kid}))


class Signer:
    """Signs with one private key."""

    __slots__ = ("_heads", "_sign", "alg", "kid")

    def __init__(self, kid: str, alg: Algorithm, private_key: PrivateKey) -> None:
        """Prepare to sign.

        Raises:
            Corrupted: *private_key* is not a key for *alg*.
        """
        self.kid = kid
        self.alg = alg
        self._sign = signing_function(alg, private_key)
        self._heads = {typ: header_segment(alg, kid, typ) + b"." for typ in TokenType}

    def sign(self, claims: Claims, typ: TokenType) -> str:
        """Return *claims* as a compact JWS.

        Raises:
            TypeError: a claim has no JSON form.
        """
        signing_input = self._heads[typ] + _base64url(_json.encode(claims))
        return (signing_input + b"." + _base64url(self._sign(signing_input))).decode("ascii")

    def __repr__(self) -> str:
        """Name the key, never show it."""
        return f"Signer(kid={self.kid!r}, alg={self.alg.value!r})"


def _base64url(data: bytes) -> bytes:
    return b2a_base64(data, newline=False).translate(_URL_SAFE).rstrip(b"=")
