"""DPoP proofs at a resource server (RFC 9449 §4.3, §7)."""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

ALGORITHMS = ["ES256", "ES384", "PS256", "RS256", "EdDSA", "Ed25519"]
LIFE = 60
"""Seconds on either side of now in which a proof's ``iat`` may be."""
_LONGEST = 8_192
_KINDS: dict[str, Any] = {"EC": ECKey, "OKP": OKPKey, "RSA": RSAKey}

FirstUse = Callable[[str, float], bool]
"""(what was used, until when in epoch seconds): True exactly once."""


def digest(data: bytes) -> str:
    """Return base64url of the SHA-256 of *data*."""
    return urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def check_proof(proof: str, call: tuple[str, str], token: str, now: float, first_use: FirstUse) -> str | None:
    """Return the thumbprint of the key that made *proof* for *token* and *call* (method, url); None if it did not."""
    if len(proof) > _LONGEST or proof.count(".") != 2:
        return None
    try:
        header = json.loads(_decoded(proof.partition(".")[0]))
        jwk = header["jwk"]
        if header["typ"] != "dpop+jwt" or header["alg"] not in ALGORITHMS or jwk.keys() & {"d", "k"}:
            return None
        key = _KINDS[jwk["kty"]].import_key(jwk)
        claims = jwt.decode(proof, key, algorithms=[header["alg"]]).claims
        issued, identifier = float(claims["iat"]), str(claims["jti"])
        fits = (claims["htm"], _without_query(claims["htu"]), claims["ath"]) == (*call, digest(token.encode()))
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        return None
    if not fits or abs(now - issued) > LIFE:
        return None
    thumbprint = str(key.thumbprint())
    return thumbprint if first_use(f"{thumbprint}\n{identifier}", issued + LIFE) else None


def _decoded(segment: str) -> bytes:
    return urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def _without_query(url: Any) -> str:
    return str(url).partition("#")[0].partition("?")[0]
