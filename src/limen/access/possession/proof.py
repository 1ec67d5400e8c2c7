"""DPoP proofs (RFC 9449 §4.2, §4.3): one JWT for one request, signed with the key that it carries.

Whether a proof came before (§11.1) and whether its nonce is ours (§8) are the caller's questions: both need more than
the proof.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from limen.access.jose.algorithms import Algorithm, VerifyFunction, verifying_function
from limen.access.jose.compact import split, strict_object
from limen.access.jose.jwk import thumbprint
from limen.kernel.clock import SECOND, Instant
from limen.kernel.encoding import b64url, sha256
from limen.kernel.errors import Corrupted, Invalid

CODE: Final = "invalid_dpop_proof"
"""RFC 9449 §12.2."""
LIFE: Final = 60 * SECOND
"""How old a proof may be."""
SKEW: Final = 30 * SECOND
"""How far a client's clock may be ahead, or behind beyond :data:`LIFE` (FAPI 2.0 Security Profile: 10 to 60 s)."""
LONGEST: Final = 8_192
"""Characters of a proof."""

_ALGORITHMS: Final[Mapping[str, Algorithm]] = {
    "ES256": Algorithm.ES256,
    "ES384": Algorithm.ES384,
    "EdDSA": Algorithm.EDDSA,
    "Ed25519": Algorithm.EDDSA,  # RFC 9864 §2.2: the same by its full name
    "PS256": Algorithm.PS256,
    "RS256": Algorithm.RS256,
}
ALGORITHMS: Final = tuple(_ALGORITHMS)
"""Signatures only: no ``none``, no HMAC (§4.3, step 5)."""
_MEMBERS: Final[Mapping[tuple[str, str], Mapping[str, int]]] = {
    ("EC", "P-256"): {"x": 43, "y": 43},
    ("EC", "P-384"): {"x": 64, "y": 64},
    ("OKP", "Ed25519"): {"x": 43},
}
"""One key has one spelling: coordinates have all their bytes (RFC 7518 §6.2.1.2, RFC 8037 §2)."""
_MOST_RSA: Final = {"n": 683, "e": 8}
"""4,096 bits and what is usual: more is a way to keep us busy."""
_SECRET: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_LONGEST_HEAD: Final = 3_000
_LONGEST_JTI: Final = 256
_LATEST: Final = 1 << 40  # seconds: far beyond any use, and safe to multiply as a float
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Call:
    """The request that a proof must be made for.

    Attributes:
        method: of the request, upper case.
        urls: each address under which it may be called, without query; known to us, never taken from the request.
        token: the access token that comes with it; empty at the token endpoint.
    """

    method: str
    urls: tuple[str, ...]
    token: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a proof proves.

    Attributes:
        thumbprint: of the key, base64url (RFC 7638): the ``jkt``.
        use: SHA-256 of key and ``jti``: what may come once.
        until: until when the same proof would pass again.
        nonce: what it carries of a server's, unverified; empty for none.
        alg: what it is signed with.
    """

    thumbprint: str
    use: bytes
    until: Instant
    nonce: str
    alg: str


def verify_proof(text: str, call: Call, now: Instant) -> Proof | Invalid:
    """Check that *text* was made for *call*, just now, by whoever holds the key in it. No input raises.

    Returns:
        The proof, or ``Invalid("invalid_dpop_proof")``; its ``detail`` is a fixed phrase that holds nothing of the
        input.
    """
    parts = split(text) if len(text) <= LONGEST else None
    if parts is None:
        return _refused("not one signed token")
    head = _head(parts.header_segment) if len(parts.header_segment) <= _LONGEST_HEAD else _refused("too long")
    if isinstance(head, Invalid):
        return head
    if not head.is_signature(parts.signature, parts.signing_input):
        return _refused("bad signature")
    claims = strict_object(parts.payload_segment)
    if claims is None:
        return _refused("not a claims set")
    return _misfit(claims, call, now) or _proof(claims, head)


def normal_url(url: str) -> str | None:
    """Return *url* without query and fragment, in its one spelling (RFC 3986 §6.2.2, §6.2.3); None if it is none."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
    except ValueError:
        return None
    if not scheme or not host or parts.username is not None or parts.password is not None:
        return None
    shown = f"[{host}]" if ":" in host else host
    place = shown if port in {None, _DEFAULT_PORTS.get(scheme)} else f"{shown}:{port}"
    return f"{scheme}://{place}{parts.path or '/'}"


@dataclass(frozen=True, slots=True)
class _Head:
    thumbprint: str
    alg: str
    is_signature: VerifyFunction


@lru_cache(maxsize=1_024)
def _head(segment: bytes) -> _Head | Invalid:
    """Read a protected header. A client sends the same one with every proof, so that its key is loaded once."""
    header = strict_object(segment.decode("ascii"))
    if header is None or header.keys() & {"crit", "b64"}:  # we understand no extension (RFC 7515 §4.1.11)
        return _refused("not a header")
    typ, alg, jwk = header.get("typ"), header.get("alg"), header.get("jwk")
    if not isinstance(typ, str) or typ.lower() != "dpop+jwt":
        return _refused("typ is not dpop+jwt")
    algorithm = _ALGORITHMS.get(alg) if isinstance(alg, str) else None
    if algorithm is None:
        return _refused("alg is not allowed")
    if not isinstance(jwk, dict) or jwk.keys() & _SECRET or not _is_well_formed(jwk):
        return _refused("jwk is not a public key that we take")
    try:
        return _Head(thumbprint(jwk), str(alg), verifying_function(algorithm, jwk))
    except Corrupted:
        return _refused("jwk does not fit alg")


def _is_well_formed(jwk: dict[str, Any]) -> bool:
    kty, crv = jwk.get("kty"), jwk.get("crv")
    if kty == "RSA":
        return all(isinstance(jwk.get(name), str) and len(jwk[name]) <= most for name, most in _MOST_RSA.items())
    members = _MEMBERS.get((kty, crv)) if isinstance(kty, str) and isinstance(crv, str) else None
    return members is not None and all(
        isinstance(jwk.get(name), str) and len(jwk[name]) == size for name, size in members.items()
    )


def _misfit(claims: dict[str, Any], call: Call, now: Instant) -> Invalid | None:
    """Return why a proof is not for *call*, or not for now."""
    jti, htu, iat = claims.get("jti"), claims.get("htu"), claims.get("iat")
    if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_JTI:
        return _refused("jti is missing or too long")
    if claims.get("htm") != call.method:
        return _refused("htm is another method")
    if not isinstance(htu, str) or not (htu in call.urls or normal_url(htu) in map(normal_url, call.urls)):
        return _refused("htu is another address")
    if isinstance(iat, bool) or not isinstance(iat, int | float) or not 0 <= iat < _LATEST:
        return _refused("iat is missing or no time")
    if not now - LIFE - SKEW <= int(iat * SECOND) <= now + SKEW:
        return _refused("iat is too far from now")
    if call.token and claims.get("ath") != b64url(sha256(call.token.encode())):
        return _refused("ath is another token's")
    return None


def _proof(claims: dict[str, Any], head: _Head) -> Proof:
    nonce = claims.get("nonce")
    return Proof(
        thumbprint=head.thumbprint,
        use=sha256(f"{head.thumbprint}\n{claims['jti']}".encode("utf-8", "surrogatepass")),
        until=int(claims["iat"] * SECOND) + LIFE + SKEW,
        nonce=nonce if isinstance(nonce, str) else "",
        alg=head.alg,
    )


def _refused(detail: str) -> Invalid:
    return Invalid(CODE, detail)
